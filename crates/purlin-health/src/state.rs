//! What is believed of a check.

use serde::Serialize;

/// What is believed of a check, after one result or many.
///
/// `Suspect` and `Recovering` are Nagios' soft states: something changed, and it is not yet sure. Only what is sure is
/// told to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
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
}
