//! A source as it was added.

use crate::Source;
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) origin: Origin,
    pub(super) policy: Policy,
    /// How long it may take.
    pub(super) time: Option<Duration>,
}

#[derive(Debug, Clone)]
pub(super) enum Origin {
    Named(String),
    /// Read already: what a file of this name would hold.
    Content(String, Arc<[u8]>),
    Custom(Arc<dyn Source>),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Policy {
    Required,
    Optional,
    StaleAllowed(Duration),
}

impl Entry {
    pub(super) fn new(origin: Origin) -> Self {
        Self { origin, policy: Policy::Required, time: None }
    }
}
