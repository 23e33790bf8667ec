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
    /// Text as SQLite gave it, until it is known to be UTF-8.
    unchecked: Vec<u8>,
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
            Stored::Text(raw) => {
                let place = append(&mut self.unchecked, raw);
                match short(&place) {
                    Some((start, end)) => Cell::Text(start, end),
                    None => self.push_far(true, place),
                }
            }
            Stored::Blob(raw) => {
                let place = append(&mut self.bytes, raw);
                match short(&place) {
                    Some((start, end)) => Cell::Bytes(start, end),
                    None => self.push_far(false, place),
                }
            }
        };
        self.cells.push(cell);
    }

    /// Makes it ready to be read: the text of all rows is looked through at once, which is much quicker than each for
    /// itself. A part of good UTF-8 between two of its characters' bounds is good as well.
    pub(crate) fn seal(&mut self) {
        match String::from_utf8(std::mem::take(&mut self.unchecked)) {
            Ok(text) => self.text = text,
            Err(error) => self.unchecked = error.into_bytes(),
        }
    }

    #[inline]
    fn lent(&self, steer: Steer, place: Range<usize>) -> Option<ValueRef<'_>> {
        match self.text.get(place.clone()) {
            Some(text) => Some(steer.text(text)),
            None => self.lent_unchecked(steer, place),
        }
    }

    /// Where not all of the text is UTF-8, each part is looked at for itself.
    #[cold]
    fn lent_unchecked(&self, steer: Steer, place: Range<usize>) -> Option<ValueRef<'_>> {
        let all = if self.text.is_empty() { &self.unchecked } else { self.text.as_bytes() };
        let raw = all.get(place)?;
        Some(std::str::from_utf8(raw).map_or(ValueRef::Bytes(raw), |text| steer.text(text)))
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
        self.rows >= MAX_ROWS || self.unchecked.len() + self.bytes.len() >= MAX_BYTES
    }

    /// Empty, with its buffers kept for the next rows.
    pub(crate) fn cleared(mut self) -> Self {
        self.cells.clear();
        if !self.text.is_empty() {
            self.unchecked = std::mem::take(&mut self.text).into_bytes();
        }
        self.unchecked.clear();
        self.bytes.clear();
        self.far.clear();
        self.unchecked.shrink_to(MAX_KEPT);
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
            Cell::Text(start, end) => self.lent(*steer, start as usize..end as usize)?,
            Cell::Bytes(start, end) => steer.bytes(self.bytes.get(start as usize..end as usize)?),
            Cell::Far(number) => match self.far.get(number as usize)? {
                (true, place) => self.lent(*steer, place.clone())?,
                (false, place) => steer.bytes(self.bytes.get(place.clone())?),
            },
        })
    }
}

fn append(all: &mut Vec<u8>, raw: &[u8]) -> Range<usize> {
    let start = all.len();
    all.extend_from_slice(raw);
    start..all.len()
}

fn short(place: &Range<usize>) -> Option<(u32, u32)> {
    Some((u32::try_from(place.start).ok()?, u32::try_from(place.end).ok()?))
}
