//! Reading bytes that may not all be there yet.

use std::fmt;

/// What no server may say.
#[derive(Debug)]
pub(crate) struct Malformed(pub(crate) String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server's answer is not TDS: {}", self.0)
    }
}

impl std::error::Error for Malformed {}

/// Bytes from the front; each method gives none where there are too few.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bytes<'b> {
    all: &'b [u8],
    at: usize,
}

impl<'b> Bytes<'b> {
    pub(super) fn new(all: &'b [u8]) -> Self {
        Self { all, at: 0 }
    }

    pub(super) fn used(&self) -> usize {
        self.at
    }

    pub(super) fn left(&self) -> usize {
        self.all.len() - self.at
    }

    pub(super) fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let taken = self.all.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(taken)
    }

    pub(super) fn skip(&mut self, count: usize) -> Option<()> {
        self.take(count).map(drop)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// Text after a count of characters in one byte (`B_VARCHAR`).
    pub(super) fn short_text(&mut self) -> Option<String> {
        let count = self.u8()?;
        self.text(count.into())
    }

    /// Text after a count of characters in two bytes (`US_VARCHAR`).
    pub(super) fn long_text(&mut self) -> Option<String> {
        let count = self.u16()?;
        self.text(count.into())
    }

    fn text(&mut self, count: usize) -> Option<String> {
        let units = self.take(count * 2)?.chunks_exact(2);
        let units: Vec<_> = units.map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
        Some(String::from_utf16_lossy(&units))
    }
}
