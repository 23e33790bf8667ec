//! A plan as a file.

use crate::input::at_fault;
use purlin::core::{Diagnostic, Place};
use purlin::deploy::Plan;
use purlin::{Error, ErrorKind, Result};
use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The largest plan: thousands of hosts with their diffs.
const LIMIT: u64 = 256 << 20;

/// Writes it for its owner alone, whole or not at all.
///
/// # Errors
/// Those of the system, with the path.
pub(super) fn write(path: &Path, plan: &Plan) -> Result<()> {
    let text = serde_json::to_string_pretty(plan)
        .map_err(|error| Error::new(ErrorKind::Internal, "the plan cannot be written").with_source(error))?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    };
    write().map_err(|error| {
        // Where it could not be made there is nothing to take away.
        let _ = std::fs::remove_file(&beside);
        refused(path, Error::io("file.write", error).message().to_owned(), "unwritable")
    })
}

/// Reads it.
///
/// # Errors
/// [`ErrorKind::Invalid`] with file, line and column for what is no plan, or one of another form.
pub(super) fn read(path: &Path) -> Result<Plan> {
    let unreadable = |error| refused(path, Error::io("file.read", error).message().to_owned(), "unreadable");
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() || metadata.len() > LIMIT {
        return Err(refused(path, "this is no file, or too large for a plan".to_owned(), "not-a-file"));
    }
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(LIMIT).read_to_string(&mut text))
        .map_err(unreadable)?;
    let value: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| broken(path, &text, &error))?;
    if let Some(form) = value.get("purlin").and_then(serde_json::Value::as_u64).filter(|form| *form != 1) {
        let message = format!("the plan has form {form}, and this version knows form 1");
        return Err(refused(path, message, "other-form"));
    }
    serde_json::from_str(&text).map_err(|error| broken(path, &text, &error))
}

fn broken(path: &Path, text: &str, error: &serde_json::Error) -> Error {
    let before: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let offset = text.floor_char_boundary(before + error.column().saturating_sub(1));
    let place = Place::file(path.display().to_string()).offset(text, offset);
    let said = error.to_string();
    let said = said.split(" at line ").next().unwrap_or(&said);
    let fault = Diagnostic::error("bad-plan", format!("this is no plan: {said}")).place(place);
    at_fault(ErrorKind::Invalid, fault.help("make one with `fleet deploy plan --out FILE`"))
}

fn refused(path: &Path, message: String, code: &'static str) -> Error {
    let fault = Diagnostic::error(code, message).place(Place::file(path.display().to_string()));
    at_fault(ErrorKind::Invalid, fault)
}
