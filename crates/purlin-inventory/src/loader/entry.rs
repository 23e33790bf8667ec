//! A source with what the loader does about it.

use crate::Source;
use std::sync::Arc;
use std::time::Duration;

/// A source for [`Loader::add`](crate::Loader::add), with what happens when it fails and how long it may take.
///
/// Without more, it is required: if it fails, the load fails.
///
/// ```
/// use purlin_inventory::{Loader, SourceEntry};
/// use std::time::Duration;
///
/// let lab = SourceEntry::named("lab.ini").optional();
/// let cmdb = SourceEntry::named("exec:cmdb --list").stale_allowed(Duration::from_secs(3600)).time(Duration::from_secs(20));
/// let loader = Loader::new().source("hosts.ini").add(lab).add(cmdb);
/// # let _ = loader;
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct SourceEntry {
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

impl SourceEntry {
    /// A source by its name, which is what [`Loader::source`](crate::Loader::source) takes.
    pub fn named(name: impl Into<String>) -> Self {
        Self::new(Origin::Named(name.into()))
    }

    /// What is read already, as [`Loader::content`](crate::Loader::content) takes it.
    pub fn content(name: impl Into<String>, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self::new(Origin::Content(name.into(), bytes.into()))
    }

    /// A source of your own.
    pub fn custom(source: Arc<dyn Source>) -> Self {
        Self::new(Origin::Custom(source))
    }

    /// If it fails, it is left out with a warning. Of this and [`stale_allowed`](Self::stale_allowed), the last said counts.
    pub fn optional(mut self) -> Self {
        self.policy = Policy::Optional;
        self
    }

    /// If it fails, what it said last is used with a warning, unless that is older than this; then the load fails. It is
    /// kept in memory, for the loader and its clones, and only for what is read by the same settings. Two sources of one
    /// name cannot both be so. Of this and [`optional`](Self::optional), the last said counts.
    pub fn stale_allowed(mut self, max_age: Duration) -> Self {
        self.policy = Policy::StaleAllowed(max_age);
        self
    }

    /// How long it may take. Default: 90 s; but of an optional or stale-allowed source at most half of what is left of the
    /// call's time, so that there is some for the others when it does not answer.
    pub fn time(mut self, time: Duration) -> Self {
        self.time = Some(time);
        self
    }

    fn new(origin: Origin) -> Self {
        Self { origin, policy: Policy::Required, time: None }
    }
}

impl<S: Source + 'static> From<Arc<S>> for SourceEntry {
    fn from(source: Arc<S>) -> Self {
        Self::custom(source)
    }
}

impl From<Arc<dyn Source>> for SourceEntry {
    fn from(source: Arc<dyn Source>) -> Self {
        Self::custom(source)
    }
}
