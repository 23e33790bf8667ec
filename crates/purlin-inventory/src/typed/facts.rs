//! What was observed of a host, as opposed to what is intended.

use crate::{Located, Map};
use purlin_core::Timestamp;
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
