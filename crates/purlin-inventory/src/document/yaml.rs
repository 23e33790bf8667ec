//! YAML.

mod collect;
mod compose;
mod fault;
mod key;
mod plain;
mod strict;
mod tag;
#[cfg(test)]
mod tests;
mod texts;
mod time;

use super::{Named, Read};
use crate::FileId;
use purlin_core::Diagnostics;

/// Which rules turn plain scalars into values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// YAML 1.1 as PyYAML's safe loader and Ansible read it: `yes` is true, `0755` is octal, `12:30` is 750; with
    /// `!vault`, `!unsafe` and merge keys.
    Ansible,
    /// The core schema of YAML 1.2.
    Core,
}

/// Reads a text of one document; an empty one is null. `name` is the file's name in faults, `file` its id in origins.
pub(crate) fn read_all(text: &str, name: &str, file: FileId, dialect: Dialect) -> Result<Read, Diagnostics> {
    let named = Named { name, file };
    compose::read(text, named, dialect)
}
