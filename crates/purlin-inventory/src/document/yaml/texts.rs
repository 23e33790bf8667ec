//! Texts that stand in a file again and again are kept once.

use std::sync::Arc;

const SLOTS: usize = 4096;

/// Longer texts are rarely repeated.
const LONGEST: usize = 64;

/// Remembers the texts that were last asked for. It is as large for a file of a thousand keys as for one of a million.
pub(super) struct Texts(Vec<Option<Arc<str>>>);

impl Texts {
    pub(super) fn new() -> Self {
        Self(vec![None; SLOTS])
    }

    pub(super) fn keep(&mut self, text: &str) -> Arc<str> {
        if text.len() > LONGEST {
            return text.into();
        }
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let slot = usize::try_from(hash % SLOTS as u64).unwrap_or(0);
        match self.0.get_mut(slot) {
            Some(Some(known)) if **known == *text => known.clone(),
            Some(other) => other.insert(text.into()).clone(),
            None => text.into(),
        }
    }
}
