//! Standard input, where it is what a command works on.

use super::STANDARD_INPUT;
use purlin::core::{Diagnostic, Diagnostics, Place, units};
use purlin::{Error, ErrorKind, Result};
use std::io::{self, Read};

/// The most that is read: names of some millions of hosts.
const LIMIT: u64 = 64 << 20;

/// All of it. This waits for whoever writes.
///
/// # Errors
/// [`Invalid`](ErrorKind::Invalid) for more than 64 MiB; the system's.
pub(crate) fn standard_input() -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = io::stdin().lock().take(LIMIT + 1).read_to_end(&mut bytes);
    read.map_err(|error| Error::io("stdin.read", error).with_note(STANDARD_INPUT))?;
    if bytes.len() as u64 > LIMIT {
        let message = format!("more than {}", units::size::format(LIMIT));
        let fault = Diagnostic::error("too-large", message).place(Place::file(STANDARD_INPUT));
        return Err(at_fault(ErrorKind::Invalid, fault));
    }
    Ok(bytes)
}

/// The error that one fault is.
pub(crate) fn at_fault(kind: ErrorKind, fault: Diagnostic) -> Error {
    let error = Error::new(kind, fault.message.clone()).with_operation("stdin.read");
    error.with_detail([fault].into_iter().collect::<Diagnostics>())
}
