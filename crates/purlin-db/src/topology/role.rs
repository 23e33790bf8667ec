//! What a node is, and which one is wanted.

use purlin_core::{Error, ErrorKind, Outcome};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a node is, as it says itself. A single node can be wrong for seconds: see [`Verdict`](crate::Verdict).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Role {
    /// It takes writes and follows nobody; in Galera, a synced member of the primary component.
    Primary,
    /// It follows another, or is held to reading; in Galera, a donor or desynced member, which takes writes and should
    /// not be given any.
    Replica,
    /// A member of a cluster whose part has no quorum: it answers `SELECT 1`, and refuses tables.
    NonPrimary,
    /// A member that is not connected to its cluster, or not ready to answer yet.
    Isolated,
    /// It does not say, or nobody may ask it.
    Unknown,
}

impl Role {
    /// As it is written in JSON, such as `non_primary`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Replica => "replica",
            Self::NonPrimary => "non_primary",
            Self::Isolated => "isolated",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which nodes of a database will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WantedRole {
    /// Any that serves: all but [`NonPrimary`](Role::NonPrimary) and [`Isolated`](Role::Isolated).
    #[default]
    Any,
    /// One that takes writes.
    Primary,
    /// One that follows another.
    Replica,
}

impl WantedRole {
    /// As it is written in URLs: `any`, `primary` or `replica`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Primary => "primary",
            Self::Replica => "replica",
        }
    }

    /// Whether a node of that role will do.
    pub fn accepts(self, role: Role) -> bool {
        match self {
            Self::Any => !matches!(role, Role::NonPrimary | Role::Isolated),
            Self::Primary => role == Role::Primary,
            Self::Replica => role == Role::Replica,
        }
    }
}

impl fmt::Display for WantedRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for WantedRole {
    type Err = Error;

    /// Reads `any`, `primary` or `replica`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for anything else.
    fn from_str(text: &str) -> Result<Self, Error> {
        let all = [Self::Any, Self::Primary, Self::Replica];
        all.into_iter().find(|role| role.as_str() == text).ok_or_else(|| {
            Error::new(ErrorKind::Invalid, format!("role {text:?}: there are any, primary and replica"))
                .with_operation("db.target")
                .with_outcome(Outcome::NotSent)
        })
    }
}
