//! What is believed of a check, in half the room.

use super::{CheckState, State};
use crate::Status;
use crate::flap::Memory;
use purlin_core::Instant;
use std::time::Duration;

/// A [`CheckState`] whose moments are nanoseconds before or after one that whoever holds it knows: 44 bytes, of which a
/// monitor may hold 100,000.
#[derive(Debug, Clone, Copy)]
#[repr(Rust, packed(4))]
pub(crate) struct PackedState {
    since: i64,
    row: i64,
    last: i64,
    /// A moment, or the last results, as `kind` says.
    flap: i64,
    weight: f32,
    contrary: u32,
    hard: State,
    status: Status,
    kind: Kind,
    flags: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Empty,
    Changes,
    Results,
}

const STALE: u8 = 1;
const FLAPPING: u8 = 2;
const HAS_LAST: u8 = 4;

impl PackedState {
    pub(crate) fn new(state: &CheckState, epoch: Instant) -> Self {
        let (kind, weight, flap) = match state.flap {
            Memory::Empty => (Kind::Empty, 0.0, 0),
            Memory::Changes { weight, at } => (Kind::Changes, weight, offset(at, epoch)),
            Memory::Results(results) => (Kind::Results, 0.0, results.cast_signed()),
        };
        let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
        Self {
            since: offset(state.since, epoch),
            row: offset(state.row, epoch),
            last: state.last.map_or(0, |last| offset(last, epoch)),
            flap,
            weight,
            contrary: state.contrary,
            hard: state.hard,
            status: state.status,
            kind,
            flags: flag(state.is_stale, STALE)
                | flag(state.is_flapping, FLAPPING)
                | flag(state.last.is_some(), HAS_LAST),
        }
    }

    /// The same again, with the same epoch.
    pub(crate) fn unpack(&self, epoch: Instant) -> CheckState {
        CheckState {
            hard: self.hard,
            status: self.status,
            is_stale: self.flags & STALE != 0,
            is_flapping: self.flags & FLAPPING != 0,
            contrary: self.contrary,
            since: moment(self.since, epoch),
            row: moment(self.row, epoch),
            last: (self.flags & HAS_LAST != 0).then(|| moment(self.last, epoch)),
            flap: match self.kind {
                Kind::Empty => Memory::Empty,
                Kind::Changes => Memory::Changes { weight: self.weight, at: moment(self.flap, epoch) },
                Kind::Results => Memory::Results(self.flap.cast_unsigned()),
            },
        }
    }
}

/// What is further than 292 years is that far.
fn offset(moment: Instant, epoch: Instant) -> i64 {
    let nanos = |time: Duration| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
    if moment >= epoch { nanos(moment.since(epoch)) } else { -nanos(epoch.since(moment)) }
}

/// What the monotonic clock cannot express was never before.
fn moment(offset: i64, epoch: Instant) -> Instant {
    let time = Duration::from_nanos(offset.unsigned_abs());
    if offset >= 0 { epoch.saturating_add(time) } else { epoch.checked_sub(time).unwrap_or(epoch) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cadence, Event, Flap, StateRules, step};
    use purlin_core::SimClock;

    #[test]
    fn nothing_is_lost() {
        assert!(size_of::<PackedState>() <= 44);
        let clock = SimClock::new();
        let epoch = clock.now().saturating_add(Duration::from_secs(35));
        let rules = StateRules::new(&Cadence::every(Duration::from_secs(10)).confirm(2).recover(2));
        for rules in [rules.clone(), rules.flap(Flap::nagios())] {
            let mut state = CheckState::pending(clock.now());
            let words = [Status::Ok, Status::Critical, Status::Warning, Status::Critical, Status::Critical];
            for round in 0..40 {
                let event = match round % 7 {
                    5 => Event::Expired,
                    other => Event::Result(words[other % words.len()]),
                };
                assert_eq!(PackedState::new(&state, epoch).unpack(epoch), state, "{round}");
                clock.advance(Duration::new(10, 7));
                state = step(&state, event, clock.now(), &rules).0;
            }
        }
    }
}
