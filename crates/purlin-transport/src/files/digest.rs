//! SHA-256, piece by piece.

use sha2::{Digest as _, Sha256};
use std::fmt::Write;

#[derive(Default)]
pub(crate) struct Digest {
    state: Sha256,
    size: u64,
}

impl Digest {
    pub(crate) fn take(&mut self, bytes: &[u8]) {
        self.state.update(bytes);
        self.size += bytes.len() as u64;
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn hex(self) -> String {
        let mut text = String::with_capacity(64);
        for byte in self.state.finalize() {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    pub(crate) fn of(bytes: &[u8]) -> String {
        let mut digest = Self::default();
        digest.take(bytes);
        digest.hex()
    }
}
