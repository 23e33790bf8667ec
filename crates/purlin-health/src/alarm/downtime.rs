//! Announced work.

use super::Selection;
#[cfg(feature = "zones")]
use super::Weekly;
use crate::CheckId;
use purlin_core::{Error, ErrorKind, Result, Subject, Timestamp, text_id};
use serde::{Deserialize, Serialize};

text_id! {
    /// The name of a downtime, by which it is ended.
    pub struct DowntimeId;
}

/// Announced work: outages of the checks that it selects are not told while it lasts. One that is still there when it
/// ends is told then; the end of an outage that was told before is told at once, downtime or not.
///
/// It always has a start and an end. Within these it holds all the time, or with feature `zones` in a window of each
/// week (`weekly`, feature `zones`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Downtime {
    /// Its name.
    pub id: DowntimeId,
    /// Whom it is about.
    pub select: Selection,
    /// From when.
    pub start: Timestamp,
    /// Until when, itself no longer part of it.
    pub end: Timestamp,
    /// The hours of a week, within start and end.
    #[cfg(feature = "zones")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weekly: Option<Weekly>,
    /// Who announced it.
    pub author: String,
    /// What for.
    pub comment: String,
}

impl Downtime {
    /// From `start` to `end`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where it ends before it begins (Nagios takes such a one and drops it in silence), or
    /// nobody says who or why.
    pub fn new(
        id: impl Into<DowntimeId>,
        select: Selection,
        (start, end): (Timestamp, Timestamp),
        author: impl Into<String>,
        comment: impl Into<String>,
    ) -> Result<Self> {
        let (author, comment) = (author.into(), comment.into());
        let invalid =
            |message: String| Err(Error::new(ErrorKind::Invalid, message).with_operation("health.downtime"));
        if end <= start {
            return invalid(format!("the downtime ends at {end}, before it begins at {start}"));
        }
        if author.trim().is_empty() || comment.trim().is_empty() {
            return invalid("a downtime says who announced it and what for".to_owned());
        }
        Ok(Self {
            id: id.into(),
            select,
            start,
            end,
            #[cfg(feature = "zones")]
            weekly: None,
            author,
            comment,
        })
    }

    /// Holds in this window of each week only, between start and end.
    #[cfg(feature = "zones")]
    #[must_use]
    pub fn weekly(mut self, window: Weekly) -> Self {
        self.weekly = Some(window);
        self
    }

    /// Whether it holds at that moment.
    pub fn holds(&self, at: Timestamp) -> bool {
        #[cfg(feature = "zones")]
        if let Some(weekly) = &self.weekly {
            return (self.start..self.end).contains(&at) && weekly.holds(at);
        }
        (self.start..self.end).contains(&at)
    }

    /// When it next begins or ceases to hold, after that moment; none once it is over.
    pub fn next_edge(&self, after: Timestamp) -> Option<Timestamp> {
        if after >= self.end {
            return None;
        }
        if after < self.start && !self.holds(self.start) {
            return self.next_edge(self.start);
        }
        if after < self.start {
            return Some(self.start);
        }
        #[cfg(feature = "zones")]
        if let Some(weekly) = &self.weekly {
            let inner = weekly.next_edge(after).filter(|edge| *edge < self.end);
            // The last window may be cut off by the end; after it nothing changes any more.
            return inner.or_else(|| self.holds(after).then_some(self.end));
        }
        Some(self.end)
    }

    pub(super) fn mutes(&self, check: &CheckId, subject: &Subject, at: Timestamp) -> bool {
        self.holds(at) && self.select.selects(check, subject)
    }
}
