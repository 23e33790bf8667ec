//! What a check hangs on.

mod build;
mod graph;
#[cfg(test)]
mod tests;

pub use graph::{Condition, Dependencies, Reach};

use crate::CheckId;

/// What a check hangs on: while it is not met, the check's own alarm is muted, not hidden.
///
/// ```
/// use purlin_health::Needs;
///
/// // Both uplinks down, or the core switch: then nothing behind them is worth a page.
/// let needs = Needs::all([Needs::check("switch"), Needs::any([Needs::check("uplink-a"), Needs::check("uplink-b")])]);
/// assert_eq!(needs.checks().count(), 3);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Needs {
    /// This check is up.
    Check(CheckId),
    /// At least so many of these are met.
    AtLeast(usize, Vec<Needs>),
}

impl Needs {
    /// This check is up.
    pub fn check(id: impl Into<CheckId>) -> Self {
        Self::Check(id.into())
    }

    /// All of these are met.
    pub fn all(needs: impl IntoIterator<Item = Self>) -> Self {
        let needs: Vec<_> = needs.into_iter().collect();
        Self::AtLeast(needs.len(), needs)
    }

    /// One of these is met.
    pub fn any(needs: impl IntoIterator<Item = Self>) -> Self {
        Self::AtLeast(1, needs.into_iter().collect())
    }

    /// At least `count` of these are met.
    pub fn at_least(count: usize, needs: impl IntoIterator<Item = Self>) -> Self {
        Self::AtLeast(count, needs.into_iter().collect())
    }

    /// Every check that is named, in order, with repetitions.
    pub fn checks(&self) -> Box<dyn Iterator<Item = &CheckId> + '_> {
        match self {
            Self::Check(id) => Box::new(std::iter::once(id)),
            Self::AtLeast(_, needs) => Box::new(needs.iter().flat_map(Self::checks)),
        }
    }
}
