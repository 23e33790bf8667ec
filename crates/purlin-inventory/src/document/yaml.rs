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
use crate::{FileId, Origin};
use purlin_core::Diagnostics;
use std::collections::HashSet;

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
    read_with_keys(text, name, file, dialect).map(|(read, _)| read)
}

/// The origins of values whose keys are no texts: `10:`, `true:`, `null:`.
pub(crate) type OddKeys = HashSet<Origin>;

/// As [`read_all`]; says also which keys were no texts, though they have become such.
pub(crate) fn read_with_keys(
    text: &str,
    name: &str,
    file: FileId,
    dialect: Dialect,
) -> Result<(Read, OddKeys), Diagnostics> {
    let named = Named { name, file };
    compose::read(text, named, dialect)
}
