//! The life of an alarm: what was told to people and what was not, and why; who takes care; when nobody wants to hear
//! of it; and how all that outlives the process.
//!
//! What decides here is pure: an [`AlarmBook`] is shown what is believed of a check ([`Facts`]), and makes [`Notice`]s
//! of it. Whoever drives it first [commits](AlarmStore::commit) what is unsaved, then delivers what is due: so a notice
//! is on disk before it is sent, and whoever is killed in between sends it again, under the same key.
//!
//! Each outage that was told is told to be over exactly once, through flapping, dead parents, downtimes and restarts;
//! one that was never told is not told to be over either.

mod book;
#[cfg(feature = "db")]
mod database;
mod document;
mod downtime;
mod facts;
mod notice;
mod selection;
mod store;
#[cfg(test)]
mod tests;
#[cfg(feature = "zones")]
mod weekly;

pub use book::{AlarmBook, Observed, Probe, Story};
#[cfg(feature = "db")]
pub use database::DatabaseStore;
pub use document::{CheckRecord, StateDocument};
pub use downtime::{Downtime, DowntimeId};
pub use facts::Facts;
pub use notice::Notice;
pub use selection::Selection;
pub use store::{AlarmStore, MemoryStore, Write};
#[cfg(feature = "zones")]
pub use weekly::{Weekday, Weekly};

use crate::CheckId;
use purlin_core::{Instant, Timestamp};
use serde::{Deserialize, Serialize};

/// Somebody takes care of an outage: it is not told (again) until it is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Acknowledgement {
    /// Who.
    pub author: String,
    /// What they say about it.
    pub comment: String,
    /// Since when.
    pub at: Timestamp,
    /// Until when at most; none for as long as the outage lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl Acknowledgement {
    /// One that lasts as long as the outage.
    pub fn new(author: impl Into<String>, comment: impl Into<String>, at: Timestamp) -> Self {
        Self { author: author.into(), comment: comment.into(), at, until: None }
    }

    /// Sets when it ends at the latest; an outage that was not told before is told then.
    #[must_use]
    pub fn until(mut self, end: Timestamp) -> Self {
        self.until = Some(end);
        self
    }

    fn holds(&self, wall: Timestamp) -> bool {
        self.until.is_none_or(|end| wall < end)
    }
}

/// Why an outage is not told. It mutes the alarm, and hides nothing: state and results stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Mute {
    /// What it hangs on is down: this check, as far as one alone explains it.
    Suppressed(Option<CheckId>),
    /// Somebody announced work on it.
    Downtime(DowntimeId),
    /// Somebody takes care already.
    Acknowledged,
    /// Whether it can be reached, or is still down by itself, is being found out.
    Undetermined,
}

/// What is kept of an outage while it lasts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Alarm {
    /// Since when the outage lasts that was told, and whose end was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Timestamp>,
    /// Since when one lasts that was not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untold: Option<Timestamp>,
    /// Why it was not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mute: Option<Mute>,
    /// Who takes care.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Acknowledgement>,
    /// Since when it waits for its parents to be asked. A new process waits anew.
    #[serde(skip)]
    waits: Option<Instant>,
    #[serde(skip)]
    behind: Behind,
}

/// Whether what it hangs on was down during this outage, and if so until when: a failure from then may be its parent's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Behind {
    #[default]
    Never,
    Unreachable,
    ReachableSince(Instant),
}

impl Alarm {
    /// What outlives the process.
    fn kept(&self) -> impl PartialEq + '_ {
        (self.told, self.untold, &self.mute, &self.acknowledged)
    }

    /// Whether there is nothing to keep.
    fn is_over(&self) -> bool {
        self.told.is_none() && self.untold.is_none()
    }
}
