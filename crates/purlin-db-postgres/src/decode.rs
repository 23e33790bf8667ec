//! From the server's bytes to values.

mod binary;
mod calendar;
mod nested;
mod numeric;
mod text;

pub(crate) use calendar::days_from_civil;

use crate::types::Kind;
use purlin_core::{Error, ErrorKind, Outcome, Result};
use purlin_db::ValueRef;

/// How the server sends a result's values: binary after a statement was prepared, text in the simple protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Binary,
}

/// Decodes a value that is not NULL. `name` is the type's; it becomes part of an [`ValueRef::Other`].
pub(crate) fn decode<'r>(kind: Kind, format: Format, name: &'r str, bytes: &'r [u8]) -> Result<ValueRef<'r>> {
    match format {
        Format::Binary => binary::decode(kind, name, bytes),
        Format::Text => text::decode(kind, name, bytes),
    }
}

/// The bytes of a `bytea` that came as text.
pub(crate) fn bytea(text: &[u8]) -> Option<Vec<u8>> {
    text::bytea(text)
}

fn broken(name: &str, bytes: &[u8]) -> Error {
    let message = format!("{} bytes are no value of type {name}", bytes.len());
    Error::new(ErrorKind::Protocol, message).with_operation("db.row").with_outcome(Outcome::Sent)
}

/// Text, or bytes where it is not UTF-8: a database whose encoding is SQL_ASCII converts nothing.
fn textual(bytes: &[u8]) -> ValueRef<'_> {
    std::str::from_utf8(bytes).map_or(ValueRef::Bytes(bytes), ValueRef::Text)
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(2 + 2 * bytes.len());
    text.push_str("0x");
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests;
