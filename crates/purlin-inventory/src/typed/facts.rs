//! What was observed of a host, as opposed to what is intended.

use crate::{Located, Map};
use purlin_core::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// What was observed of a host, and when. Facts are apart from variables: none ever overrides a variable.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    observed_at: Timestamp,
    values: Map,
}

impl Facts {
    /// What was observed at that time.
    pub fn new(observed_at: Timestamp, values: Map) -> Self {
        Self { observed_at, values }
    }

    /// Of two observations the newer one, the later of equals.
    pub(crate) fn keep_newest(known: &mut Option<Arc<Self>>, other: Arc<Self>) {
        if known.as_ref().is_none_or(|known| known.observed_at <= other.observed_at) {
            *known = Some(other);
        }
    }

    /// Moves all origins into a table where the batch's files begin at `offset`.
    pub(crate) fn move_files(&mut self, offset: u32) {
        self.values.values_mut().for_each(|value| value.move_files(offset));
    }

    /// When it was observed.
    pub fn observed_at(&self) -> Timestamp {
        self.observed_at
    }

    /// How old it is; zero where the observer's clock is ahead.
    pub fn age(&self, now: Timestamp) -> Duration {
        now.since(self.observed_at)
    }

    /// A fact by its name.
    pub fn get(&self, name: &str) -> Option<&Located> {
        self.values.get(name)
    }

    /// All facts, in the order in which they were observed.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Located)> {
        self.values.iter()
    }
}
