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

/// A value or its place, in eight bytes: what is small stays in the cache on its way to the other core.
#[derive(Debug, Clone, Copy)]
struct Cell(u64);

/// What a cell is, in its lowest bits; and what stands above them.
mod kind {
    pub(super) const NULL: u64 = 0;
    /// The number, signed.
    pub(super) const INTEGER: u64 = 1;
    /// The place in the list of numbers, as that of the next.
    pub(super) const LONG: u64 = 2;
    pub(super) const REAL: u64 = 3;
    /// The length, and above that the start; as with the next.
    pub(super) const TEXT: u64 = 4;
    pub(super) const BYTES: u64 = 5;
    /// The place in the list of far ones.
    pub(super) const FAR: u64 = 6;
    pub(super) const BITS: u32 = 3;
}

/// Bits of a length.
const LENGTH: u32 = 30;
/// Bits of a start.
const START: u32 = 64 - kind::BITS - LENGTH;

impl Cell {
    /// A number, where it is not among the few that need all 64 bits.
    #[inline]
    fn integer(number: i64) -> Option<Self> {
        let shifted = number << kind::BITS;
        (shifted >> kind::BITS == number).then_some(Self(shifted.cast_unsigned() | kind::INTEGER))
    }

    #[inline]
    fn place(kind: u64, start: usize, length: usize) -> Option<Self> {
        let (start, length) = (start as u64, length as u64);
        (start >> START == 0 && length >> LENGTH == 0)
            .then_some(Self(start << (kind::BITS + LENGTH) | length << kind::BITS | kind))
    }

    #[inline]
    fn listed(kind: u64, index: usize) -> Self {
        Self((index as u64) << kind::BITS | kind)
    }

    #[inline]
    fn kind(self) -> u64 {
        self.0 & ((1 << kind::BITS) - 1)
    }

    #[inline]
    fn number(self) -> i64 {
        self.0.cast_signed() >> kind::BITS
    }

    #[inline]
    fn index(self) -> usize {
        (self.0 >> kind::BITS) as usize
    }

    #[inline]
    fn range(self) -> Range<usize> {
        let start = (self.0 >> (kind::BITS + LENGTH)) as usize;
        start..start + (self.0 >> kind::BITS & ((1 << LENGTH) - 1)) as usize
    }
}

/// Rows, column by column of each: numbers in place, text and bytes in one buffer each.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    cells: Vec<Cell>,
    /// Text as SQLite gave it, until it is known to be UTF-8.
    unchecked: Vec<u8>,
    text: String,
    bytes: Vec<u8>,
    /// The bits of numbers that need all of them.
    numbers: Vec<u64>,
    /// Places of huge values, and whether they are text.
    far: Vec<(bool, Range<usize>)>,
    rows: usize,
}

impl Batch {
    #[inline]
    pub(crate) fn push(&mut self, value: Stored<'_>) {
        let cell = match value {
            Stored::Null => Cell(kind::NULL),
            Stored::Integer(number) => match Cell::integer(number) {
                Some(cell) => cell,
                None => self.push_number(kind::LONG, number.cast_unsigned()),
            },
            Stored::Real(number) => self.push_number(kind::REAL, number.to_bits()),
            Stored::Text(raw) => {
                let (start, length) = (self.unchecked.len(), raw.len());
                self.unchecked.extend_from_slice(raw);
                match Cell::place(kind::TEXT, start, length) {
                    Some(cell) => cell,
                    None => self.push_far(true, start..start + length),
                }
            }
            Stored::Blob(raw) => {
                let (start, length) = (self.bytes.len(), raw.len());
                self.bytes.extend_from_slice(raw);
                match Cell::place(kind::BYTES, start, length) {
                    Some(cell) => cell,
                    None => self.push_far(false, start..start + length),
                }
            }
        };
        self.cells.push(cell);
    }

    #[inline]
    fn push_number(&mut self, kind: u64, bits: u64) -> Cell {
        self.numbers.push(bits);
        Cell::listed(kind, self.numbers.len() - 1)
    }

    #[cold]
    fn push_far(&mut self, is_text: bool, place: Range<usize>) -> Cell {
        self.far.push((is_text, place));
        Cell::listed(kind::FAR, self.far.len() - 1)
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
        self.numbers.clear();
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
        let cell = *self.cells.get(row * steers.len() + column)?;
        match cell.kind() {
            kind::TEXT => self.lent(*steer, cell.range()),
            kind::INTEGER => Some(steer.integer(cell.number())),
            kind::NULL => Some(ValueRef::Null),
            kind::BYTES => Some(steer.bytes(self.bytes.get(cell.range())?)),
            kind::REAL => Some(ValueRef::F64(f64::from_bits(*self.numbers.get(cell.index())?))),
            kind::LONG => Some(steer.integer(self.numbers.get(cell.index())?.cast_signed())),
            _ => match self.far.get(cell.index())? {
                (true, place) => self.lent(*steer, place.clone()),
                (false, place) => Some(steer.bytes(self.bytes.get(place.clone())?)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_comes_back_whatever_its_size() {
        let numbers = [0, 1, -1, (1 << 60) - 1, 1 << 60, -(1 << 60), -(1 << 60) - 1, i64::MAX, i64::MIN];
        let steers = [Steer::Plain];
        let mut batch = Batch::default();
        for number in numbers {
            batch.push(Stored::Integer(number));
        }
        batch.push(Stored::Null);
        batch.push(Stored::Real(-0.5));
        batch.push(Stored::Text("é".as_bytes()));
        batch.push(Stored::Text(b""));
        batch.push(Stored::Blob(&[0xff, 0]));
        batch.seal();
        let read = |row| batch.value(row, 0, &steers);
        for (row, number) in numbers.into_iter().enumerate() {
            assert_eq!(read(row), Some(ValueRef::I64(number)));
        }
        let rest: Vec<_> = (numbers.len()..).map_while(read).collect();
        let expected = [
            ValueRef::Null,
            ValueRef::F64(-0.5),
            ValueRef::Text("é"),
            ValueRef::Text(""),
            ValueRef::Bytes(&[0xff, 0]),
        ];
        assert_eq!(rest, expected);
    }

    #[test]
    fn a_place_beyond_the_bits_of_a_cell_is_kept_apart() {
        for (start, length) in [(0, 0), (5, 7), ((1 << START) - 1, (1 << LENGTH) - 1)] {
            let cell = Cell::place(kind::TEXT, start, length).unwrap();
            assert_eq!((cell.kind(), cell.range()), (kind::TEXT, start..start + length));
        }
        assert!(Cell::place(kind::TEXT, 1 << START, 0).is_none());
        assert!(Cell::place(kind::BYTES, 0, 1 << LENGTH).is_none());
        assert!(Cell::integer(1 << 60).is_none() && Cell::integer(-(1 << 60)).is_some());
    }
}
