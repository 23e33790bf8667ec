//! What a monitor tells.

use crate::{CheckId, State, Status};
use async_trait::async_trait;
use purlin_core::{Cx, Result, Subject, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A change of what is believed of a check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Transition {
    /// The version of this form: 1.
    pub version: u32,
    /// When it was noticed.
    pub at: Timestamp,
    /// The check.
    pub check: CheckId,
    /// What it is about.
    pub subject: Subject,
    /// What was believed before.
    pub from: State,
    /// What is believed now.
    pub to: State,
    /// What the check says now.
    pub status: Status,
    /// Since when: the first result of the row that led here.
    pub since: Timestamp,
    /// The line for people of the last result.
    pub message: String,
    /// The page to open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
    /// The same for every attempt to tell this, and for nothing else: whoever receives it twice can drop one.
    pub key: String,
}

/// Tells people or systems of [transitions](Transition) between up and down.
#[async_trait]
pub trait Publisher: Send + Sync + fmt::Debug {
    /// What it is called in figures and messages.
    fn name(&self) -> &str;

    /// Tells one transition. `cx` bounds it; it is called again after a failure, with the same
    /// [`key`](Transition::key).
    ///
    /// # Errors
    /// Whatever kept it from being told.
    async fn publish(&self, cx: &Cx, transition: &Transition) -> Result<()>;
}
