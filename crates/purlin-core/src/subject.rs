//! What a result, an event or a limit is about.

use crate::{Labels, text_id};
use serde::{Deserialize, Serialize};
use std::fmt;

text_id! {
    /// The sort of a [`Subject`], such as `host` or `service`: a word in lower case.
    pub struct SubjectKind;
}

text_id! {
    /// What a [`Subject`] is called among its kind.
    pub struct SubjectId;
}

/// What a result, an event or a limit is about: a host, a service, a check, a database.
///
/// ```
/// use purlin_core::Subject;
///
/// let subject = Subject::new("host", "web01.lon");
/// assert_eq!(subject.to_string(), "host web01.lon");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Subject {
    /// What sort of thing it is.
    pub kind: SubjectKind,
    /// Which one of its kind.
    pub id: SubjectId,
    /// What else is known about it and useful to whoever reads the event.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
}

impl Subject {
    /// A subject without labels.
    pub fn new(kind: impl Into<SubjectKind>, id: impl Into<SubjectId>) -> Self {
        Self { kind: kind.into(), id: id.into(), labels: Labels::default() }
    }

    /// Sets the labels.
    #[must_use]
    pub fn labels(mut self, labels: Labels) -> Self {
        self.labels = labels;
        self
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.id)
    }
}

/// A fencing number: whoever holds the higher one has the newer right, and a target that has seen it refuses every
/// lower one with [`ErrorKind::Fenced`](crate::ErrorKind::Fenced).
///
/// A lease alone protects nothing, since its holder may sleep past its end without noticing (M. Kleppmann, "How to
/// do distributed locking", 2016).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fence(u64);

impl Fence {
    /// The fencing number of this value; the first one granted is usually 1.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Fence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
