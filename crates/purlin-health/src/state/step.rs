//! What one event makes of what is believed.

use super::{CheckState, Counts, Expiry, State, StateRules};
use crate::Status;
use purlin_core::Instant;
use std::time::Duration;

/// What happened to a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Event {
    /// The target answered or failed, and the rules made this of it.
    Result(Status),
    /// The same, got while the monitor itself was ill: a failure may make it suspect, but confirms no outage. A success
    /// counts as any other, since no illness of ours makes one up.
    Doubted(Status),
    /// It was skipped, or the prober could not do its work: this says nothing about the target.
    NoResult,
    /// No result came for longer than its age may be.
    Expired,
    /// Nothing but time passed.
    Tick,
}

/// What an event brought about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "what is not done about a step is lost"]
#[non_exhaustive]
pub struct Effects {
    /// What was believed before, and what now, where that differs; changes between soft states included.
    pub change: Option<(State, State)>,
    /// Became sure: an outage began or ended, or the first success came. Never twice the same in a row.
    pub confirmed: Option<State>,
    /// Whether it began (true) or ceased to flap, where that changed.
    pub flapping: Option<bool>,
    /// How long from the time when it was due to the next run.
    pub next: Duration,
}

/// What this event makes of what was believed, and what follows from it.
///
/// An outage begins with the first failure at which there were enough of them in a row *and* the first one was long
/// enough ago. An event that is older than the last result says nothing new and changes nothing. It neither waits, nor
/// allocates, nor asks a clock.
///
/// ```
/// use purlin_core::SimClock;
/// use purlin_health::{Cadence, CheckState, Event, State, StateRules, Status, step};
/// use std::time::Duration;
///
/// let clock = SimClock::new();
/// let cadence = Cadence::every(Duration::from_secs(10)).confirm(2).over(Duration::from_secs(15));
/// let rules = StateRules::new(&cadence);
/// let mut state = CheckState::pending(clock.now());
/// let mut seen = Vec::new();
/// for _ in 0..3 {
///     clock.advance(Duration::from_secs(10));
///     let (next, effects) = step(&state, Event::Result(Status::Critical), clock.now(), &rules);
///     state = next;
///     seen.push((state.state(), effects.confirmed));
/// }
/// assert_eq!(seen, [(State::Suspect, None), (State::Suspect, None), (State::Down, Some(State::Down))]);
/// ```
pub fn step(state: &CheckState, event: Event, now: Instant, rules: &StateRules) -> (CheckState, Effects) {
    let before = state.state();
    let mut after = *state;
    let mut confirmed = None;
    if after.last.is_none_or(|last| last <= now) {
        confirmed = match event {
            Event::Result(status) => after.result(status, now, rules, Trust::Full),
            Event::Doubted(status) => after.result(status, now, rules, Trust::Doubted),
            Event::Expired => after.expired(now, rules),
            Event::NoResult | Event::Tick => None,
        };
        let is_result = matches!(event, Event::Result(_) | Event::Doubted(_));
        if is_result && after.contrary == 0 && after.hard != State::Pending {
            after.flap = rules.flap.record(after.flap, after.status);
        }
        if confirmed.is_some() && before != State::Pending {
            after.flap = rules.flap.changed(after.flap, now);
        }
        after.is_flapping = rules.flap.judge(after.flap, now, after.is_flapping);
    }
    let now_believed = after.state();
    let effects = Effects {
        change: (before != now_believed).then_some((before, now_believed)),
        confirmed,
        flapping: (state.is_flapping != after.is_flapping).then_some(after.is_flapping),
        next: rules.every(now_believed),
    };
    (after, effects)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    Full,
    Doubted,
}

impl CheckState {
    fn result(&mut self, status: Status, now: Instant, rules: &StateRules, trust: Trust) -> Option<State> {
        (self.status, self.is_stale, self.last) = (status, false, Some(now));
        match (rules.counts(status), self.hard) {
            (Counts::NotAtAll, _) => None,
            (Counts::AsFailure, State::Down) => {
                self.relapse(now);
                None
            }
            (Counts::AsSuccess, State::Up) => {
                self.contrary = 0;
                None
            }
            (Counts::AsFailure, _) => {
                self.contrary(now);
                let enough = self.contrary >= rules.failures && now.since(self.row) >= rules.over;
                (enough && trust == Trust::Full).then(|| self.confirm(State::Down))
            }
            (Counts::AsSuccess, State::Down) => {
                self.contrary(now);
                (self.contrary >= rules.successes).then(|| self.confirm(State::Up))
            }
            // Nothing was sure before, so the first success makes it so.
            (Counts::AsSuccess, _) => {
                self.row = now;
                Some(self.confirm(State::Up))
            }
        }
    }

    fn expired(&mut self, now: Instant, rules: &StateRules) -> Option<State> {
        (self.status, self.is_stale) = (Status::Unknown, true);
        if rules.expiry == Expiry::Unknown {
            return None;
        }
        if self.hard == State::Down {
            self.relapse(now);
            return None;
        }
        if self.contrary == 0 {
            self.row = now;
        }
        Some(self.confirm(State::Down))
    }

    /// An outage goes on; what had begun to recover fails anew.
    fn relapse(&mut self, now: Instant) {
        if self.contrary > 0 {
            (self.contrary, self.row) = (0, now);
        }
    }

    /// One more result against what is sure.
    fn contrary(&mut self, now: Instant) {
        if self.contrary == 0 {
            self.row = now;
        }
        self.contrary = self.contrary.saturating_add(1);
    }

    fn confirm(&mut self, hard: State) -> State {
        (self.hard, self.contrary, self.since) = (hard, 0, self.row);
        hard
    }
}
