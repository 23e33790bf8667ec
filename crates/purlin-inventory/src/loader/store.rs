//! The last good batch of each source.

use crate::Batch;
use purlin_core::Timestamp;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Keeps the last good batch of sources whose stale answers are allowed, in memory.
#[derive(Debug, Default)]
pub(super) struct Store(Mutex<HashMap<String, (Batch, Timestamp)>>);

impl Store {
    /// The last good batch of a source, and when it was fetched.
    pub(super) fn last(&self, source: &str) -> Option<(Batch, Timestamp)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(source).cloned()
    }

    /// Keeps a good batch instead of the one before.
    pub(super) fn keep(&self, source: &str, batch: &Batch, at: Timestamp) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(source.to_owned(), (batch.clone(), at));
    }
}
