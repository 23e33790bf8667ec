//! Opening a file that somebody wrote: never hanging, never reading without bound, and not trusting what anybody
//! could have changed.

use purlin::core::{Diagnostic, Diagnostics, Place, units};
use purlin::{Error, ErrorKind};
use rustix::fs::{Mode, OFlags};
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

/// The largest input file: far above what a person writes, too small to hurt.
const LIMIT: u64 = 1024 * 1024;
/// The byte order mark in UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";
/// What the name `-` is called in messages.
pub(crate) const STANDARD_INPUT: &str = "<stdin>";

/// Who may have written a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Anybody whom the caller named; but nobody but the owner and the group may change it.
    Named,
    /// It was found, not named: only the caller or root.
    OwnOnly,
}

/// The text of an input file.
#[derive(Debug)]
pub(crate) struct Source {
    /// How messages name it.
    pub(crate) name: String,
    /// What its relative paths are relative to.
    pub(crate) folder: PathBuf,
    pub(crate) text: String,
}

impl Source {
    /// Reads a file; `-` is standard input. None with the fault reported.
    pub(crate) fn named(path: &Path, faults: &mut Diagnostics) -> Option<Self> {
        if path == Path::new("-") {
            return Self::take(io::stdin().lock(), STANDARD_INPUT.to_owned(), PathBuf::new(), faults);
        }
        match Self::optional(path, path.display().to_string(), Trust::Named, faults) {
            Ok(source) => source,
            Err(NotThere) => {
                let message = "no such file or directory";
                faults.push(
                    Diagnostic::error("not-found", message).place(Place::file(path.display().to_string())),
                );
                None
            }
        }
    }

    /// Reads a file that need not be there. `Ok(None)` with the fault reported.
    pub(crate) fn optional(
        path: &Path,
        name: String,
        trust: Trust,
        faults: &mut Diagnostics,
    ) -> Result<Option<Self>, NotThere> {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let text = String::new();
        // What everybody writes who wants no file at all.
        if path == Path::new("/dev/null") {
            return Ok(Some(Self { name, folder, text }));
        }
        let opened = open(path).and_then(|file| file.metadata().map(|metadata| (file, metadata)));
        let (file, metadata) = match opened {
            Ok(opened) => opened,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(NotThere),
            Err(error) => {
                faults.push(unreadable(&name, error));
                return Ok(None);
            }
        };
        if let Some(fault) = refused(&metadata, trust, &name) {
            faults.push(fault.place(Place::file(name)));
            return Ok(None);
        }
        Ok(Self::take(file, name, folder, faults))
    }

    fn take(from: impl Read, name: String, folder: PathBuf, faults: &mut Diagnostics) -> Option<Self> {
        let mut bytes = Vec::new();
        if let Err(error) = from.take(LIMIT + 1).read_to_end(&mut bytes) {
            faults.push(unreadable(&name, error));
            return None;
        }
        if bytes.len() as u64 > LIMIT {
            faults.push(too_large().place(Place::file(name)));
            return None;
        }
        // The mark that some editors put before UTF-8; it is no character of the first line.
        if bytes.starts_with(MARK) {
            bytes.drain(..MARK.len());
        }
        match String::from_utf8(bytes) {
            Ok(text) => Some(Self { name, folder, text }),
            Err(error) => {
                let good = error.utf8_error().valid_up_to();
                let before = String::from_utf8_lossy(&error.as_bytes()[..good]);
                let place = Place::file(name).offset(&before, good);
                let fault = Diagnostic::error("not-utf8", "not UTF-8 text from here on");
                faults.push(fault.place(place).help("save the file as UTF-8"));
                None
            }
        }
    }
}

/// There is no such file.
#[derive(Debug)]
pub(crate) struct NotThere;

/// Without waiting for the other end of a pipe.
fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?.into())
}

fn unreadable(name: &str, error: io::Error) -> Diagnostic {
    let error = Error::io("file.read", error);
    let fault = Diagnostic::error("unreadable", format!("cannot be read: {}", error.message()));
    let fault = fault.place(Place::file(name));
    match error.kind() {
        ErrorKind::Denied => fault.help("let this user read it, or name another file"),
        _ => fault,
    }
}

/// What is seen before a byte is read.
fn refused(metadata: &Metadata, trust: Trust, name: &str) -> Option<Diagnostic> {
    if !metadata.is_file() {
        let fault = Diagnostic::error("not-a-file", format!("this is {}, not a file", what(metadata)));
        let is_pipe = metadata.file_type().is_fifo();
        let help = "to read from a pipe, write - and feed it to standard input";
        return Some(if is_pipe { fault.help(help) } else { fault });
    }
    let caller = rustix::process::geteuid().as_raw();
    distrusted(metadata.mode(), metadata.uid(), caller, trust, name)
        .or_else(|| (metadata.len() > LIMIT).then(too_large))
}

/// Whether somebody else than the caller, root or whoever the caller named could have written it.
fn distrusted(mode: u32, owner: u32, caller: u32, trust: Trust, name: &str) -> Option<Diagnostic> {
    if mode & 0o002 != 0 {
        let message = format!("anybody may change this file (mode {:04o}), so it is not used", mode & 0o7777);
        return Some(Diagnostic::error("world-writable", message).help(format!("run `chmod o-w {name}`")));
    }
    if trust == Trust::OwnOnly && owner != caller && owner != 0 {
        let message = format!(
            "this file belongs to user {owner}, neither to you (user {caller}) nor to root, so it is not used"
        );
        let help = format!("if you trust it, name it: --config {name}");
        return Some(Diagnostic::error("foreign-owner", message).help(help));
    }
    None
}

fn what(metadata: &Metadata) -> &'static str {
    let kind = metadata.file_type();
    if kind.is_dir() {
        "a folder"
    } else if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

fn too_large() -> Diagnostic {
    let limit = units::size::format(LIMIT);
    Diagnostic::error("too-large", format!("larger than {limit}, so it was not read"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_have_written_a_file() {
        let (me, root, somebody) = (1000, 0, 1);
        let code = |mode, owner, trust| {
            distrusted(mode, owner, me, trust, "fleet.toml").map(|fault| fault.code.into_owned())
        };
        for owner in [me, root] {
            assert_eq!(code(0o664, owner, Trust::OwnOnly), None);
        }
        assert_eq!(code(0o644, somebody, Trust::OwnOnly).as_deref(), Some("foreign-owner"));
        assert_eq!(code(0o644, somebody, Trust::Named), None);
        for trust in [Trust::Named, Trust::OwnOnly] {
            assert_eq!(code(0o646, me, trust).as_deref(), Some("world-writable"));
        }
    }
}
