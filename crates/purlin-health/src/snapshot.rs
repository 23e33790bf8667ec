//! What is known of a check now.

use crate::{CheckId, State, Status};
use purlin_core::{Subject, Timestamp};
use serde::Serialize;
use std::time::Duration;

/// What is known of a check, with its age: there is no status without one.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Snapshot {
    /// The check.
    pub id: CheckId,
    /// What it is about.
    pub subject: Subject,
    /// What is believed.
    pub state: State,
    /// What the last result said; [`Status::Unknown`] where there is none, or it is stale.
    pub status: Status,
    /// Since when it is as it is.
    pub since: Timestamp,
    /// How old the last result is; none where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age: Option<Duration>,
    /// Whether the last result is older than two intervals and a timeout, or than a reporter's time to live.
    pub is_stale: bool,
    /// Whether it goes up and down all the time.
    pub is_flapping: bool,
    /// The line for people of the last run, also where that was no result.
    pub message: String,
}

impl Snapshot {
    /// Whether it is sure to be well: up, and not stale.
    pub fn is_up(&self) -> bool {
        self.state == State::Up && !self.is_stale
    }
}
