//! Where a value was said.

/// A file, or another thing that was read, in the table of the [`Batch`](crate::Batch) or the
/// [`Inventory`](crate::Inventory) that the value belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub(crate) u32);

/// Where a value was said: a file with line and column, both from 1; 0 means the whole file or line.
///
/// It is small because every value of an inventory carries one; the file's name is in a table on the side (see
/// [`Inventory::place`](crate::Inventory::place)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    pub(crate) file: FileId,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Origin {
    /// A line and a column of a file, both from 1; 0 means the whole file or line.
    pub fn new(file: FileId, line: u32, column: u32) -> Self {
        Self { file, line, column }
    }

    /// A whole file, or a source that has no lines.
    pub fn file(file: FileId) -> Self {
        Self::new(file, 0, 0)
    }

    /// The line, from 1; 0 for the whole file.
    pub fn line(self) -> u32 {
        self.line
    }

    /// The column, from 1; 0 for the whole line.
    pub fn column(self) -> u32 {
        self.column
    }

    /// The same in a table where the batch's files begin at `offset`.
    pub(crate) fn moved(self, offset: u32) -> Self {
        Self { file: FileId(self.file.0 + offset), ..self }
    }

    pub(crate) fn place(self, files: &[std::sync::Arc<str>]) -> purlin_core::Place {
        let name = files.get(self.file.0 as usize).map_or("", |name| &**name);
        let place = purlin_core::Place::file(name);
        match (self.line, self.column) {
            (0, _) => place,
            (line, 0) => place.line(line),
            (line, column) => place.at(line, column),
        }
    }
}
