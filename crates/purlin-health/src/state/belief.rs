//! What is kept of a check between two results.

use super::{State, StateRules};
use crate::Status;
use crate::flap::Memory;
use purlin_core::Instant;

/// What is kept of a check between two results: about a hundred bytes, and no history.
///
/// It is changed by [`step`](super::step()) alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CheckState {
    /// What is sure: pending, up or down.
    pub(super) hard: State,
    /// What the last result said.
    pub(super) status: Status,
    pub(super) is_stale: bool,
    pub(super) is_flapping: bool,
    /// How many results in a row speak against `hard`.
    pub(super) contrary: u32,
    /// The first result of the row that made `hard` sure.
    pub(super) since: Instant,
    /// The first of the contrary results; where there are none and it is down, the first failure since the last success.
    pub(super) row: Instant,
    pub(super) last: Option<Instant>,
    pub(super) flap: Memory,
}

impl CheckState {
    /// No result yet, since this moment.
    pub const fn pending(now: Instant) -> Self {
        Self {
            hard: State::Pending,
            status: Status::Unknown,
            is_stale: false,
            is_flapping: false,
            contrary: 0,
            since: now,
            row: now,
            last: None,
            flap: Memory::Empty,
        }
    }

    /// What is believed.
    pub const fn state(&self) -> State {
        match (self.hard, self.contrary) {
            (hard, 0) => hard,
            (State::Down, _) => State::Recovering,
            _ => State::Suspect,
        }
    }

    /// What the last result said; unknown before the first one, and when no result came for too long.
    pub const fn status(&self) -> Status {
        self.status
    }

    /// Whether no result came for too long.
    pub const fn is_stale(&self) -> bool {
        self.is_stale
    }

    /// Whether it goes up and down all the time, by the rules' [`Flap`](crate::Flap).
    pub const fn is_flapping(&self) -> bool {
        self.is_flapping
    }

    /// Since when it is as it is: the first result of the row that led here. While an outage is suspected that is the
    /// first failure; while one is coming to its end, still the first failure of the outage.
    pub const fn since(&self) -> Instant {
        match self.state() {
            State::Suspect => self.row,
            _ => self.since,
        }
    }

    /// Since when nothing but failures came, where it is down: later than [`since`](Self::since) if there were successes,
    /// too few to end the outage.
    pub const fn failing_since(&self) -> Option<Instant> {
        match self.state() {
            State::Down => Some(self.row),
            _ => None,
        }
    }

    /// When the last result came; none before the first one. Faults of the prober and skipped runs are no results.
    pub const fn last_result(&self) -> Option<Instant> {
        self.last
    }

    /// Which attempt the last result was, as Nagios counts: 1 when up, up to the number of failures that make an outage.
    pub fn attempt(&self, rules: &StateRules) -> u32 {
        match self.state() {
            State::Pending | State::Up => 1,
            State::Suspect => self.contrary.min(rules.failures),
            State::Down | State::Recovering => rules.failures,
        }
    }

    /// How much it flaps, in the unit of the rules' [`Flap`](crate::Flap): changes in its duration, or Nagios' percent.
    pub fn flap_value(&self, rules: &StateRules, now: Instant) -> f64 {
        rules.flap.value(self.flap, now)
    }

    /// When flapping ends if nothing changes until then: [`Event::Tick`](super::Event::Tick) is due at that moment, for
    /// a check whose next result may come later. None where only results can end it, or where it does not flap.
    pub fn settles_at(&self, rules: &StateRules) -> Option<Instant> {
        if self.is_flapping { rules.flap.settles_at(self.flap) } else { None }
    }
}
