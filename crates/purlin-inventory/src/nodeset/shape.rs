//! Names without their numbers.

use super::index::{self, MAX_DIGITS};

/// A name may have so many numbers; further ones are text like any other.
pub(super) const MAX_DIMENSIONS: usize = 16;

/// Stands where a number was taken out.
pub(super) const GAP: char = '\0';

/// What names have in common that differ only in their numbers: the text with gaps. A name that itself has the
/// character of gaps has no numbers here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Shape {
    pub(super) text: Box<str>,
    pub(super) gaps: u8,
}

impl Shape {
    pub(super) fn new(text: &str, gaps: usize) -> Self {
        // At most MAX_DIMENSIONS, which fits.
        Self { text: text.into(), gaps: u8::try_from(gaps).unwrap_or(u8::MAX) }
    }

    /// The texts before, between and behind the numbers.
    pub(super) fn pieces(&self) -> Vec<&str> {
        if self.gaps == 0 { vec![&*self.text] } else { self.text.split(GAP).collect() }
    }
}

/// Takes a name apart: its text with gaps, and its numbers, added to what is in these. False when the name itself has
/// the character of gaps: then it is all text.
pub(super) fn take_apart(name: &str, text: &mut String, numbers: &mut Vec<u64>) -> bool {
    let bytes = name.as_bytes();
    let (mut done, mut at) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        if *byte == 0 {
            text.clear();
            text.push_str(name);
            numbers.clear();
            return false;
        }
        at += 1;
        if !byte.is_ascii_digit() {
            continue;
        }
        let start = at - 1;
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        if at - start <= MAX_DIGITS && numbers.len() < MAX_DIMENSIONS {
            text.push_str(&name[done..start]);
            text.push(GAP);
            numbers.push(index::of_digits(&bytes[start..at]));
            done = at;
        }
    }
    text.push_str(&name[done..]);
    true
}
