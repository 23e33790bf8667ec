//! Rows on their way from the thread to the caller: many at once, in three allocations whatever their number.

use crate::steer::Steer;
use purlin_db::ValueRef;
use rusqlite::types::ValueRef as Stored;
use std::ops::Range;

/// A batch is handed over when it holds so many rows,
const MAX_ROWS: usize = 1024;
/// or so many bytes of text and blobs.
const MAX_BYTES: usize = 64 * 1024;
/// Buffers that one huge value has stretched beyond this are not kept for the next batch.
const MAX_KEPT: usize = 4 * MAX_BYTES;

#[derive(Debug, Clone, Copy)]
enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(u32, u32),
    Bytes(u32, u32),
    /// A place beyond what 32 bits count: its number in the list of those.
    Far(u32),
}

/// Rows, column by column of each: numbers in place, text and bytes in one buffer each.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    cells: Vec<Cell>,
    text: String,
    bytes: Vec<u8>,
    /// Places of huge values, and whether they are text.
    far: Vec<(bool, Range<usize>)>,
    rows: usize,
}

impl Batch {
    #[inline]
    pub(crate) fn push(&mut self, value: Stored<'_>) {
        let cell = match value {
            Stored::Null => Cell::Null,
            Stored::Integer(number) => Cell::Integer(number),
            Stored::Real(number) => Cell::Real(number),
            Stored::Text(raw) => match std::str::from_utf8(raw) {
                Ok(text) => {
                    let start = self.text.len();
                    self.text.push_str(text);
                    match (u32::try_from(start), u32::try_from(self.text.len())) {
                        (Ok(start), Ok(end)) => Cell::Text(start, end),
                        _ => self.push_far(true, start..self.text.len()),
                    }
                }
                Err(_) => self.push_bytes(raw),
            },
            Stored::Blob(raw) => self.push_bytes(raw),
        };
        self.cells.push(cell);
    }

    fn push_bytes(&mut self, raw: &[u8]) -> Cell {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(raw);
        match (u32::try_from(start), u32::try_from(self.bytes.len())) {
            (Ok(start), Ok(end)) => Cell::Bytes(start, end),
            _ => self.push_far(false, start..self.bytes.len()),
        }
    }

    #[cold]
    fn push_far(&mut self, is_text: bool, place: Range<usize>) -> Cell {
        self.far.push((is_text, place));
        Cell::Far(u32::try_from(self.far.len() - 1).unwrap_or(u32::MAX))
    }

    pub(crate) fn row_ends(&mut self) {
        self.rows += 1;
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn is_full(&self) -> bool {
        self.rows >= MAX_ROWS || self.text.len() + self.bytes.len() >= MAX_BYTES
    }

    /// Empty, with its buffers kept for the next rows.
    pub(crate) fn cleared(mut self) -> Self {
        self.cells.clear();
        self.text.clear();
        self.bytes.clear();
        self.far.clear();
        self.text.shrink_to(MAX_KEPT);
        self.bytes.shrink_to(MAX_KEPT);
        self.rows = 0;
        self
    }

    /// The value of a row's column; none where there is no such place.
    #[inline]
    pub(crate) fn value(&self, row: usize, column: usize, steers: &[Steer]) -> Option<ValueRef<'_>> {
        let steer = steers.get(column)?;
        Some(match *self.cells.get(row * steers.len() + column)? {
            Cell::Null => ValueRef::Null,
            Cell::Integer(number) => steer.integer(number),
            Cell::Real(number) => ValueRef::F64(number),
            Cell::Text(start, end) => steer.text(self.text.get(start as usize..end as usize)?),
            Cell::Bytes(start, end) => steer.bytes(self.bytes.get(start as usize..end as usize)?),
            Cell::Far(number) => match self.far.get(number as usize)? {
                (true, place) => steer.text(self.text.get(place.clone())?),
                (false, place) => steer.bytes(self.bytes.get(place.clone())?),
            },
        })
    }
}
