//! How a monitor runs.

use crate::alarm::AlarmStore;
use crate::{Cadence, CheckKind, Publisher};
use purlin_core::Clock;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many runs may be under way in all, where nobody said.
const TOTAL: usize = 512;

/// How many runs may be under way on one host, where nobody said.
const PER_HOST: usize = 2;

/// How many first runs may begin in a second, where nobody said.
const START_UP: u32 = 1000;

/// How a monitor runs: the cadence of checks that have none of their own, limits, and the clock.
///
/// ```
/// use purlin_health::{Cadence, MonitorSettings};
/// use std::time::Duration;
///
/// let settings = MonitorSettings::new(Cadence::every(Duration::from_secs(10)))
///     .at_once(200)
///     .per_kind("plugin", 4);
/// # let _ = settings;
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MonitorSettings {
    pub(crate) cadence: Cadence,
    pub(crate) at_once: usize,
    pub(crate) per_host: usize,
    pub(crate) per_kind: BTreeMap<CheckKind, usize>,
    pub(crate) start_up: u32,
    pub(crate) shards: Option<usize>,
    pub(crate) clock: Clock,
    pub(crate) publishers: Vec<Arc<dyn Publisher>>,
    pub(crate) store: Option<Arc<dyn AlarmStore>>,
    pub(crate) rounds: Rounds,
}

/// How often each check runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rounds {
    Unending,
    One,
}

impl MonitorSettings {
    /// This cadence for every check without its own.
    pub fn new(cadence: Cadence) -> Self {
        Self {
            cadence,
            at_once: TOTAL,
            per_host: PER_HOST,
            per_kind: BTreeMap::new(),
            start_up: START_UP,
            shards: None,
            clock: Clock::system(),
            publishers: Vec::new(),
            store: None,
            rounds: Rounds::Unending,
        }
    }

    /// Sets how many runs may be under way in all. Default: 512. Each shard has an equal part, and at least one.
    #[must_use]
    pub fn at_once(mut self, runs: usize) -> Self {
        self.at_once = runs;
        self
    }

    /// Sets how many runs may be under way on one host, so that a monitor is no load test. Default: 2.
    #[must_use]
    pub fn per_host(mut self, runs: usize) -> Self {
        self.per_host = runs;
        self
    }

    /// Sets how many runs of one kind may be under way. Default: no limit of its own. Each shard has an equal part, and
    /// at least one.
    #[must_use]
    pub fn per_kind(mut self, kind: impl Into<CheckKind>, runs: usize) -> Self {
        self.per_kind.insert(kind.into(), runs);
        self
    }

    /// Sets how many first runs may begin in a second: a check with a long interval is not unknown for all of it, and a
    /// restart is no flood. Default: 1,000.
    #[must_use]
    pub fn start_up(mut self, per_second: u32) -> Self {
        self.start_up = per_second;
        self
    }

    /// Sets how many schedulers share the work; all checks of a host are in one. Default: one for each CPU, four at most.
    #[must_use]
    pub fn shards(mut self, shards: usize) -> Self {
        self.shards = Some(shards);
        self
    }

    /// Sets the clock; a simulated one plays weeks in seconds. Default: the system's.
    #[must_use]
    pub fn clock(mut self, clock: impl Into<Clock>) -> Self {
        self.clock = clock.into();
        self
    }

    /// Tells alarms and recoveries by this too. That it cannot is a failure of the check `monitor/publisher NAME`, which
    /// the others tell.
    #[must_use]
    pub fn publish(mut self, publisher: impl Publisher + 'static) -> Self {
        self.publishers.push(Arc::new(publisher));
        self
    }

    /// Keeps state, alarms, downtimes and untold notices there, and goes on with what is there: so that an outage that
    /// was told is told neither twice nor without its end, whatever happens to this process. Default: in memory. That it
    /// cannot be written is a failure of the check `monitor/store`; nothing is told then until it can.
    #[must_use]
    pub fn store(mut self, store: Arc<dyn AlarmStore>) -> Self {
        self.store = Some(store);
        self
    }

    /// Runs each check once and then no more: for a look, not for a watch. See
    /// [`round`](crate::MonitorHandle::round).
    #[must_use]
    pub fn single_round(mut self) -> Self {
        self.rounds = Rounds::One;
        self
    }

    pub(crate) fn shard_count(&self) -> usize {
        let cpus = || std::thread::available_parallelism().map_or(1, usize::from).min(4);
        self.shards.unwrap_or_else(cpus).max(1)
    }
}

impl From<Cadence> for MonitorSettings {
    fn from(cadence: Cadence) -> Self {
        Self::new(cadence)
    }
}
