//! Files become texts, within bounds.

use purlin_core::{Cx, Diagnostic, Error, ErrorKind, Place, Result};
use std::fs::{File, Metadata};
use std::io::Read;
use std::path::Path;

const OPERATION: &str = "inventory.read";

/// An error of the system about a file, with its name.
pub(crate) fn fault(path: &Path, error: std::io::Error) -> Error {
    let place = Place::file(path.display().to_string());
    crate::loader::error_at(place, &Error::io(OPERATION, error), OPERATION)
}

/// What a path is, links followed.
pub(crate) fn metadata(path: &Path) -> Result<Metadata> {
    path.metadata().map_err(|error| fault(path, error))
}

/// The bytes of a file. Only a regular file is opened: reading a pipe or a device may never end.
///
/// # Errors
/// [`ErrorKind::Invalid`] for what is no regular file or too big; else the system's.
pub(crate) fn bytes(cx: &Cx, path: &Path, limit: u64) -> Result<Vec<u8>> {
    cx.check(OPERATION)?;
    let name = path.display().to_string();
    let found = metadata(path)?;
    if !found.is_file() {
        let message = "not a regular file; write its content into one, or run what makes it with exec:";
        return Err(invalid(Place::file(name), message.to_owned()));
    }
    if found.len() > limit {
        return Err(too_big(name, limit));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(found.len()).unwrap_or(0).saturating_add(1));
    let file = File::open(path).map_err(|error| fault(path, error))?;
    // It may have grown since; one byte more than the limit shows it.
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| fault(path, error))?;
    if bytes.len() as u64 > limit {
        return Err(too_big(name, limit));
    }
    Ok(bytes)
}

/// What a file of this name holds is more than is read.
pub(crate) fn too_big(name: String, limit: u64) -> Error {
    let message = format!("bigger than the limit of {}", purlin_core::units::size::format(limit));
    invalid(Place::file(name).at(1, 1), message)
}

fn invalid(place: Place, message: String) -> Error {
    crate::loader::error_at(place, &Error::new(ErrorKind::Invalid, message), OPERATION)
}

/// The bytes as text, without a byte order mark; a fault at the first byte that is none.
pub(crate) fn text(bytes: Vec<u8>, name: &str) -> Result<String, Box<Diagnostic>> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(error.as_bytes().get(..valid).unwrap_or_default()).into_owned();
        let byte = error.as_bytes().get(valid).copied().unwrap_or_default();
        not_text(format!("the byte {byte:#04x} is no UTF-8"), Place::file(name).offset(&before, valid))
    })?;
    if let Some(index) = text.find('\0') {
        return Err(not_text("a zero byte: this is no text file", Place::file(name).offset(&text, index)));
    }
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

fn not_text(message: impl Into<String>, place: Place) -> Box<Diagnostic> {
    Box::new(Diagnostic::error("not-text", message).place(place).help("save the file as UTF-8 text"))
}

/// As [`text`], leaving out comment lines that are no UTF-8: people write their names there.
pub(crate) fn ini_text(bytes: Vec<u8>, name: &str) -> Result<String, Box<Diagnostic>> {
    if std::str::from_utf8(&bytes).is_ok() {
        return text(bytes, name);
    }
    let mut kept = Vec::with_capacity(bytes.len());
    let lines = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        let is_comment =
            line.trim_ascii_start().starts_with(b"#") || line.trim_ascii_start().starts_with(b";");
        match is_comment && std::str::from_utf8(line).is_err() {
            true => kept.extend_from_slice(b"#\n"),
            false => kept.extend_from_slice(line),
        }
    }
    text(kept, name)
}
