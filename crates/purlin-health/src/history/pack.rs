//! One run in the eight bytes of the form to keep, and as the ring holds it.
//!
//! | bits | what |
//! |---|---|
//! | 0 to 31 | seconds since 1970, up to the year 2106 |
//! | 32, 33 | the status, as exit code |
//! | 34, 35 | how it ended |
//! | 36 to 38 | the state, in the order of the enum |
//! | 39 to 41 | 1 + the phase, or 0 |
//! | 42 to 45 | 1 + the cause, or 0 |
//! | 46 to 49 | shift of the duration |
//! | 50 to 63 | the duration in microseconds, shifted right |
//!
//! The numbers are kept on disk: they may be added to, never changed.

use super::ring::Run;
use super::{End, Past};
use crate::{Cause, Phase, State, Status};
use purlin_core::Timestamp;
use std::time::Duration;

const ENDS: [End; 4] = [End::Answered, End::Failed, End::Prober, End::Skipped];
const STATES: [State; 5] = [State::Pending, State::Up, State::Suspect, State::Down, State::Recovering];
const PHASES: [Phase; 7] = [
    Phase::Resolve,
    Phase::Connect,
    Phase::Tls,
    Phase::Login,
    Phase::FirstByte,
    Phase::Transfer,
    Phase::Execute,
];
const CAUSES: [&str; 11] = [
    "unresolved",
    "refused",
    "timeout",
    "closed",
    "unreachable",
    "tls",
    "auth",
    "protocol",
    "assertion",
    "stale",
    "dependency",
];
const DURATION_BITS: u32 = 14;
/// The longest duration that is kept, in microseconds: nine minutes.
const MOST: u64 = ((1 << DURATION_BITS) - 1) << 15;
/// Those that come without phase and cause.
const ENDS_OF_ONE_KIND: [End; 3] = [End::Answered, End::Prober, End::Skipped];
/// The first number of those that come with both.
const FAILED: u64 = ENDS_OF_ONE_KIND.len() as u64;

pub(super) const fn word(cause: &Cause) -> &'static str {
    CAUSES[match cause {
        Cause::Unresolved => 0,
        Cause::Refused => 1,
        Cause::Timeout => 2,
        Cause::Closed => 3,
        Cause::Unreachable => 4,
        Cause::Tls(_) => 5,
        Cause::Auth => 6,
        Cause::Protocol => 7,
        Cause::Assertion(_) => 8,
        Cause::Stale => 9,
        Cause::Dependency(_) => 10,
    }]
}

/// A clock that was never set, or one beyond 2106, shows the nearest moment.
fn seconds(at: Timestamp) -> u32 {
    u32::try_from(at.unix_seconds().max(0)).unwrap_or(u32::MAX)
}

/// As the ring holds it.
pub(super) fn run(past: &Past) -> Run {
    let (phases, causes) = (1 + PHASES.len(), 1 + CAUSES.len());
    let phase = past.phase.and_then(|phase| place(&PHASES, phase)).map_or(0, |place| place + 1);
    let cause = past.cause.and_then(|cause| place(&CAUSES, cause)).map_or(0, |place| place + 1);
    let end = match past.end {
        End::Failed => FAILED + phase * causes as u64 + cause,
        other => place(&ENDS_OF_ONE_KIND, other).unwrap_or(0),
    };
    let ends = FAILED + (phases * causes) as u64;
    let state = place(&STATES, past.state).unwrap_or(0);
    let what = (u64::from(past.status.exit_code()) * ends + end) * STATES.len() as u64 + state;
    Run {
        seconds: seconds(past.at),
        micros: u64::try_from(past.took.as_micros()).unwrap_or(u64::MAX).min(MOST),
        // Below 4 * 99 * 5.
        what: u16::try_from(what).unwrap_or(0),
    }
}

/// From the ring.
pub(super) fn past(run: Run) -> Past {
    let causes = 1 + CAUSES.len();
    let ends = ENDS_OF_ONE_KIND.len() + (1 + PHASES.len()) * causes;
    let what = usize::from(run.what);
    let (rest, state) = (what / STATES.len(), what % STATES.len());
    let (status, end) = (rest / ends, rest % ends);
    let (end, phase, cause) = match ENDS_OF_ONE_KIND.get(end) {
        Some(end) => (*end, None, None),
        None => {
            let detail = end - ENDS_OF_ONE_KIND.len();
            let known = |place: usize| place.wrapping_sub(1);
            let (phase, cause) = (PHASES.get(known(detail / causes)), CAUSES.get(known(detail % causes)));
            (End::Failed, phase.copied(), cause.copied())
        }
    };
    Past {
        at: Timestamp::from_unix_seconds(run.seconds.into()),
        end,
        status: i32::try_from(status).ok().and_then(Status::from_exit_code).unwrap_or(Status::Unknown),
        state: STATES[state],
        took: Duration::from_micros(run.micros),
        phase,
        cause,
    }
}

pub(super) fn pack(past: &Past) -> u64 {
    let phase = past.phase.and_then(|phase| place(&PHASES, phase)).map_or(0, |place| place + 1);
    let cause = past.cause.and_then(|cause| place(&CAUSES, cause)).map_or(0, |place| place + 1);
    let (shift, value) = duration(past.took);
    u64::from(seconds(past.at))
        | u64::from(past.status.exit_code()) << 32
        | place(&ENDS, past.end).unwrap_or(0) << 34
        | place(&STATES, past.state).unwrap_or(0) << 36
        | phase << 39
        | cause << 42
        | shift << 46
        | value << 50
}

pub(super) fn unpack(run: u64) -> Past {
    let bits = |from: u32, count: u32| run >> from & ((1 << count) - 1);
    // A place beyond the table is one that a later version wrote, or damage: nothing is known of it.
    let beyond = |from, count| usize::try_from(bits(from, count)).unwrap_or(0).wrapping_sub(1);
    let index = |from, count| usize::try_from(bits(from, count)).unwrap_or(0);
    Past {
        at: Timestamp::from_unix_seconds(i64::try_from(bits(0, 32)).unwrap_or(0)),
        status: i32::try_from(bits(32, 2)).ok().and_then(Status::from_exit_code).unwrap_or(Status::Unknown),
        end: ENDS[index(34, 2)],
        state: STATES.get(index(36, 3)).copied().unwrap_or(State::Pending),
        phase: PHASES.get(beyond(39, 3)).copied(),
        cause: CAUSES.get(beyond(42, 4)).copied(),
        took: Duration::from_micros(bits(50, DURATION_BITS) << bits(46, 4)),
    }
}

fn place<T: PartialEq>(table: &[T], value: T) -> Option<u64> {
    table.iter().position(|known| *known == value).and_then(|place| u64::try_from(place).ok())
}

/// Shift and shifted microseconds; what is longer than the most is the most.
fn duration(took: Duration) -> (u64, u64) {
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).min(MOST);
    let shift = (u64::BITS - micros.leading_zeros()).saturating_sub(DURATION_BITS);
    (shift.into(), micros >> shift)
}
