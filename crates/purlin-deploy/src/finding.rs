//! What a step would do.

use crate::Before;
use crate::data::digest;
use purlin_core::Result;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a step finds when it looks at a host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Finding {
    /// The host is as the step wants it.
    NoChange,
    /// The step would change this.
    Change {
        /// For people: lines with `-` and `+`, or a sentence.
        diff: String,
        /// What undoing needs.
        before: Before,
    },
    /// The step would run, and cannot say whether it changes anything.
    May {
        /// Why it would run.
        why: String,
        /// What undoing needs.
        before: Before,
    },
    /// It cannot be told now, such as a question that only an earlier step makes answerable.
    Unknown {
        /// Why not.
        why: String,
    },
    /// The step cannot be applied as things stand.
    Blocked {
        /// What is in the way.
        why: String,
    },
}

impl Finding {
    /// A change.
    pub fn change(diff: impl Into<String>, before: Before) -> Self {
        Self::Change { diff: diff.into(), before }
    }

    /// Something that runs in any case.
    pub fn may(why: impl Into<String>, before: Before) -> Self {
        Self::May { why: why.into(), before }
    }

    /// Something that cannot be told.
    pub fn unknown(why: impl Into<String>) -> Self {
        Self::Unknown { why: why.into() }
    }

    /// Something in the way.
    pub fn blocked(why: impl Into<String>) -> Self {
        Self::Blocked { why: why.into() }
    }

    /// The word for it: `no_change`, `change`, `may`, `unknown`, `blocked`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NoChange => "no_change",
            Self::Change { .. } => "change",
            Self::May { .. } => "may",
            Self::Unknown { .. } => "unknown",
            Self::Blocked { .. } => "blocked",
        }
    }

    /// How things stand now, where it says.
    pub fn before(&self) -> Option<&Before> {
        match self {
            Self::Change { before, .. } | Self::May { before, .. } => Some(before),
            _ => None,
        }
    }

    /// The diff, or the reason.
    pub fn text(&self) -> &str {
        match self {
            Self::NoChange => "",
            Self::Change { diff, .. } => diff,
            Self::May { why, .. } | Self::Unknown { why } | Self::Blocked { why } => why,
        }
    }

    /// What the host looked like, as far as the step saw it: equal where nothing has changed since. None where the
    /// finding says nothing about that.
    pub(crate) fn fingerprint(&self) -> Result<Option<String>> {
        match self {
            Self::NoChange | Self::Change { .. } => digest(self).map(Some),
            _ => Ok(None),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
