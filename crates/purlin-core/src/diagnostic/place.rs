//! Places in files.

use serde::Serialize;
use std::fmt;

/// A place in a file. Lines and columns count from 1; columns count characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[non_exhaustive]
pub struct Place {
    /// The file as the user named it.
    pub file: String,
    /// None where the whole file is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// None where the whole line is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

impl Place {
    /// A whole file.
    pub fn file(file: impl Into<String>) -> Self {
        Self { file: file.into(), line: None, column: None }
    }

    /// The same file at this line and column, both from 1.
    #[must_use]
    pub fn at(mut self, line: u32, column: u32) -> Self {
        (self.line, self.column) = (Some(line), Some(column));
        self
    }

    /// The same file at this line, from 1.
    #[must_use]
    pub fn line(mut self, line: u32) -> Self {
        (self.line, self.column) = (Some(line), None);
        self
    }

    /// The same file at a byte offset into its text; an offset beyond the end is the end. Where a text has many
    /// places, a [`LineIndex`] finds them without reading all of it each time.
    #[must_use]
    pub fn offset(self, text: &str, offset: usize) -> Self {
        LineIndex::new(text).place(self.file, offset)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(column) = self.column {
            write!(f, ":{column}")?;
        }
        Ok(())
    }
}

/// Where the lines of a text begin, to tell the places of many byte offsets.
///
/// ```
/// use purlin_core::LineIndex;
///
/// let lines = LineIndex::new("purlin = 1\ntimeot = \"5s\"\n");
/// assert_eq!(lines.place("fleet.toml", 11).to_string(), "fleet.toml:2:1");
/// ```
#[derive(Clone)]
pub struct LineIndex<'t> {
    text: &'t str,
    /// The offsets behind each line break.
    starts: Vec<usize>,
}

impl<'t> LineIndex<'t> {
    /// Reads the text once.
    pub fn new(text: &'t str) -> Self {
        Self { text, starts: text.match_indices('\n').map(|(offset, _)| offset + 1).collect() }
    }

    /// The place of a byte offset in a file of this text; an offset beyond the end is the end, one inside of a
    /// character is that character.
    pub fn place(&self, file: impl Into<String>, offset: usize) -> Place {
        let mut end = offset.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let breaks = self.starts.partition_point(|start| *start <= end);
        let start = breaks.checked_sub(1).map_or(0, |last| self.starts[last]);
        let column = self.text[start..end].chars().count() + 1;
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Place::file(file).at(number(breaks + 1), number(column))
    }
}

impl fmt::Debug for LineIndex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineIndex").field("lines", &(self.starts.len() + 1)).finish_non_exhaustive()
    }
}
