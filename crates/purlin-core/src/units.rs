//! How durations and sizes are written in configuration files and on command lines: `"10s"`, `"1h30m"`, `"14d"`,
//! `"64KiB"`. One grammar for the whole workspace.

pub mod duration;
pub mod size;
mod text;

pub use text::{DurationText, SizeText};

use crate::{Error, ErrorKind};

fn invalid(operation: &'static str, message: String) -> Error {
    Error::new(ErrorKind::Invalid, message).with_operation(operation)
}
