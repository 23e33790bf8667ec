//! The last good batch of each source.

use crate::Batch;
use purlin_core::Timestamp;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// Keeps the last good batch of sources whose stale answers are allowed.
pub trait BatchStore: Send + Sync + fmt::Debug {
    /// The last good batch of the source of this name, and when it was fetched.
    fn last(&self, source: &str) -> Option<(Batch, Timestamp)>;

    /// Keeps a good batch instead of the one before.
    fn keep(&self, source: &str, batch: &Batch, at: Timestamp);
}

/// Keeps them in memory.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<HashMap<String, (Batch, Timestamp)>>);

impl MemoryStore {
    /// Nothing kept yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl BatchStore for MemoryStore {
    fn last(&self, source: &str) -> Option<(Batch, Timestamp)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(source).cloned()
    }

    fn keep(&self, source: &str, batch: &Batch, at: Timestamp) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(source.to_owned(), (batch.clone(), at));
    }
}
