//! Checks that go up and down all the time.

use crate::Status;
use purlin_core::Instant;
use std::time::Duration;

/// How a check that goes up and down all the time is found. While it flaps, a recovery is not told; it is told once the
/// check is steady. A failure is told at once in any case.
///
/// ```
/// use purlin_health::Flap;
/// use std::time::Duration;
///
/// // From 8 changes an hour on, until it is down to 3.
/// let flap = Flap::changes(Duration::from_secs(3600), 8.0, 3.0);
/// # assert_ne!(flap, Flap::default());
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flap(Rule);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Rule {
    Off,
    Changes { over: Duration, start: f32, stop: f32 },
    Nagios { low: f32, high: f32 },
}

/// What is kept of the past.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Memory {
    Empty,
    /// How many changes there were, each with a weight that fades with its age, at that moment.
    Changes {
        weight: f32,
        at: Instant,
    },
    /// The status of the last 21 hard results, two bits each, the newest in the lowest.
    Results(u64),
}

/// `MAX_STATE_HISTORY_ENTRIES` of Nagios.
const RESULTS: u32 = 21;

impl Flap {
    /// Counts confirmed changes between up and down by time, so that the same trouble is judged alike whatever the
    /// interval: a change weighs 1 when it happens and fades with its age, to 1/e after `over`. A check that changes
    /// `n` times in each `over` comes to weigh `n`. It flaps from `start` on, and until its weight is `stop` or less.
    pub fn changes(over: Duration, start: f32, stop: f32) -> Self {
        Self(Rule::Changes { over, start, stop: stop.min(start) })
    }

    /// Nagios' way: the last 21 results that were hard or a soft recovery, each change between neighbours weighing 0.75
    /// (the oldest) to 1.25 (the newest), in percent of 20 changes; it flaps from 30 % on until 20 %.
    pub fn nagios() -> Self {
        Self::nagios_thresholds(20.0, 30.0)
    }

    /// The same with other thresholds: `low_service_flap_threshold` and `high_service_flap_threshold`, in percent.
    pub fn nagios_thresholds(low: f32, high: f32) -> Self {
        Self(Rule::Nagios { low, high })
    }

    /// Nothing ever flaps.
    pub const fn off() -> Self {
        Self(Rule::Off)
    }

    /// The memory after a change between up and down was confirmed.
    pub(crate) fn changed(self, memory: Memory, now: Instant) -> Memory {
        match self.0 {
            Rule::Changes { over, .. } => Memory::Changes { weight: faded(memory, over, now) + 1.0, at: now },
            _ => memory,
        }
    }

    /// The memory after a result that was hard, or a soft recovery.
    pub(crate) fn record(self, memory: Memory, status: Status) -> Memory {
        let Rule::Nagios { .. } = self.0 else { return memory };
        let known = if let Memory::Results(known) = memory { known } else { 0 };
        let mask = (1 << (2 * RESULTS)) - 1;
        Memory::Results((known << 2 | u64::from(status.exit_code())) & mask)
    }

    /// Whether it flaps, having (or not having) done so before.
    pub(crate) fn judge(self, memory: Memory, now: Instant, did: bool) -> bool {
        let (start, stop) = match self.0 {
            Rule::Off => return false,
            Rule::Changes { start, stop, .. } => (start, stop),
            Rule::Nagios { low, high } => (high, low),
        };
        let value = self.value(memory, now);
        // In this order, as Nagios does it: equal thresholds mean that it does not flap at them.
        if value <= f64::from(stop) { false } else { did || value >= f64::from(start) }
    }

    pub(crate) fn value(self, memory: Memory, now: Instant) -> f64 {
        match (self.0, memory) {
            (Rule::Changes { over, .. }, _) => faded(memory, over, now).into(),
            (Rule::Nagios { .. }, Memory::Results(states)) => percent(states),
            _ => 0.0,
        }
    }

    pub(crate) fn settles_at(self, memory: Memory) -> Option<Instant> {
        let (Rule::Changes { over, stop, .. }, Memory::Changes { weight, at }) = (self.0, memory) else {
            return None;
        };
        if stop <= 0.0 {
            return None;
        }
        // A little later, so that rounding does not leave it a hair above.
        let time = f64::from(weight / stop).ln().max(0.0) * 1.000_01 * over.as_secs_f64();
        Some(at.saturating_add(Duration::try_from_secs_f64(time).unwrap_or(Duration::MAX)))
    }
}

impl Default for Flap {
    /// From 6 changes an hour on (three outages), until it is down to 2.
    fn default() -> Self {
        Self::changes(Duration::from_secs(3600), 6.0, 2.0)
    }
}

fn faded(memory: Memory, over: Duration, now: Instant) -> f32 {
    let Memory::Changes { weight, at } = memory else { return 0.0 };
    let age = now.since(at).as_secs_f32() / over.as_secs_f32();
    // Zero over zero: everything is faded at once.
    if age.is_nan() { 0.0 } else { weight * (-age).exp() }
}

/// `check_for_service_flapping` of Nagios Core 4, `base/flapping.c`.
fn percent(states: u64) -> f64 {
    const LOW: f64 = 0.75;
    const HIGH: f64 = 1.25;
    let state = |age: u32| states >> (2 * age) & 3;
    let changes = (1..RESULTS)
        .filter(|x| state(RESULTS - 1 - x) != state(RESULTS - x))
        .map(|x| f64::from(x - 1) * (HIGH - LOW) / f64::from(RESULTS - 2) + LOW)
        // Not `sum`, which makes -0.0 of nothing.
        .fold(0.0, |sum, weight| sum + weight);
    changes * 100.0 / f64::from(RESULTS - 1)
}
