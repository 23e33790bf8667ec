//! What is believed of a check.

mod belief;
mod packed;
mod rules;
mod saved;
mod step;
#[cfg(test)]
mod tests;

pub use belief::CheckState;
pub(crate) use packed::PackedState;
pub use rules::{Counts, Expiry, StateRules};
pub use saved::SavedState;
pub use step::{Effects, Event, step};

use serde::{Deserialize, Serialize};

/// What is believed of a check, after one result or many.
///
/// `Suspect` and `Recovering` are Nagios' soft states: something changed, and it is not yet sure. Only what is sure is
/// told to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(
    clippy::exhaustive_enums,
    reason = "the machine has these five states; another one is another machine"
)]
pub enum State {
    /// No result yet.
    Pending,
    /// As it should be.
    Up,
    /// Failures, too few or over too short a time for an outage.
    Suspect,
    /// An outage.
    Down,
    /// Successes after an outage, too few to call it over.
    Recovering,
}

impl State {
    /// Whether it is sure: Nagios' hard state.
    pub const fn is_hard(self) -> bool {
        matches!(self, Self::Up | Self::Down)
    }

    /// Whether an outage was confirmed that is not over: down, or on the way back from it.
    pub const fn is_outage(self) -> bool {
        matches!(self, Self::Down | Self::Recovering)
    }
}
