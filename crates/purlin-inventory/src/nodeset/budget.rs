//! What reading and combining sets may cost: a short text can ask for more than any machine has.

use super::Parts;

/// How many pieces (runs of numbers) may be made: by ranges with steps, and where sets of several dimensions are
/// combined. The text of a set has no more of them either.
pub(super) const MAX_PIECES: usize = 4_000_000;
/// How many pieces may be looked at.
const MAX_WORK: usize = 40_000_000;
/// What each letter of a text may cost beside that.
const WORK_A_LETTER: usize = 16;
/// What finding a shape costs, in pieces.
const SHAPE: usize = 8;

/// The sets would be too large.
#[derive(Debug)]
pub(super) enum TooLarge {
    Pieces,
    Work,
    Names,
}

impl TooLarge {
    pub(super) fn message(&self) -> String {
        match self {
            Self::Pieces => format!("the sets fall into more than {MAX_PIECES} pieces"),
            Self::Work => "the sets are too large, or too many, to be put together".to_owned(),
            Self::Names => "more names than can be counted: 2^128".to_owned(),
        }
    }
}

/// What is left.
#[derive(Debug)]
pub(super) struct Budget {
    pieces: usize,
    work: usize,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self { pieces: MAX_PIECES, work: MAX_WORK }
    }

    /// For sets that are there already and are put together once.
    pub(super) fn of_one() -> Self {
        Self { pieces: MAX_PIECES, work: usize::MAX }
    }

    /// Grants what a text of this length may cost.
    pub(super) fn grant(&mut self, length: usize) {
        self.work = self.work.saturating_add(length.saturating_mul(WORK_A_LETTER));
    }

    /// Takes the price of pieces that are made.
    pub(super) fn keep(&mut self, pieces: usize) -> Result<(), TooLarge> {
        self.pieces = self.pieces.checked_sub(pieces).ok_or(TooLarge::Pieces)?;
        Ok(())
    }

    /// Takes the price of a shape with so many pieces that is looked at.
    pub(super) fn shape(&mut self, pieces: usize) -> Result<(), TooLarge> {
        self.work = self.work.checked_sub(pieces.saturating_add(SHAPE)).ok_or(TooLarge::Work)?;
        Ok(())
    }
}

/// The same, where its names can be counted and its text is no longer than a set may be large.
pub(super) fn measured(parts: Parts) -> Result<Parts, TooLarge> {
    let count = |sum: u128, space: &super::Space| sum.checked_add(space.checked_count()?);
    parts.values().try_fold(0, count).ok_or(TooLarge::Names)?;
    let several = parts.iter().filter(|(shape, _)| shape.gaps > 1);
    let written = several.fold(0, |sum: usize, (_, space)| sum.saturating_add(space.written(0)));
    if written > MAX_PIECES { Err(TooLarge::Pieces) } else { Ok(parts) }
}
