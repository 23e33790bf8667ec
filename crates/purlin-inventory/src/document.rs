//! Texts become values: YAML, JSON, TOML and Python literals, each value with its line and column.

pub(crate) mod json;
pub(crate) mod literal;
mod number;
pub(crate) mod toml;
pub(crate) mod yaml;

pub(crate) use number::json_float;

use crate::{FileId, Located, Origin};
use purlin_core::{Diagnostic, Diagnostics, Place};

/// How deep lists and maps may be nested: whoever walks over values may use one call a level.
const MAX_DEPTH: usize = 128;

/// How many values a text may hold, those counted again that aliases repeat. A hundred thousand hosts with forty
/// variables each are four million.
const MAX_VALUES: usize = 8_000_000;

/// What a text says, and what is odd about it.
#[derive(Debug)]
pub(crate) struct Read {
    /// What it says.
    pub(crate) value: Located,
    /// What is probably not meant so; none of them is an error.
    pub(crate) warnings: Diagnostics,
}

/// The file that is being read, for places in messages and for origins.
#[derive(Clone, Copy)]
struct Named<'a> {
    name: &'a str,
    file: FileId,
}

impl Named<'_> {
    fn place(self, origin: Origin) -> Place {
        Place::file(self.name).at(origin.line, origin.column)
    }

    fn origin(self, line: usize, column: usize) -> Origin {
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Origin::new(self.file, narrow(line), narrow(column))
    }
}

fn too_deep(place: Place) -> Diagnostic {
    Diagnostic::error("too-deep", format!("more than {MAX_DEPTH} lists and maps inside each other"))
        .place(place)
        .help("nest less deeply")
}

fn too_many(place: Place) -> Diagnostic {
    Diagnostic::error("too-many-values", format!("more than {MAX_VALUES} values in one file"))
        .place(place)
        .help("split the file; anchors that repeat each other count as often as they are repeated")
}
