//! From what was declared to what runs.

use super::record::{Pace, Record};
use super::shard::{References, Shard};
use crate::schedule::{Ceilings, Job, Scheduler};
use crate::spec::Work;
use crate::{
    Cadence, CheckId, CheckKind, CheckSet, CheckSpec, CheckState, Dependencies, History, MonitorSettings,
    StateRules,
};
use purlin_core::{Diagnostic, Diagnostics, Instant, Result};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

/// Where a check is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seat {
    pub(super) shard: usize,
    pub(super) job: u32,
}

/// What a monitor runs.
pub(super) struct Plan {
    pub(super) shards: Vec<Shard>,
    pub(super) index: HashMap<CheckId, Seat>,
}

pub(super) fn plan(checks: CheckSet, settings: &MonitorSettings) -> Result<Plan> {
    // Only errors are found here, and none is left after this.
    let _ = validate(&checks, settings)?.into_result("health.start")?;
    let now = settings.clock.now();
    let wall = settings.clock.timestamp();
    let mut builder = Builder::new(settings, now, checks.len());
    let since_1970 = wall.since(purlin_core::Timestamp::from_unix_seconds(0));
    for (rank, spec) in checks.0.into_iter().enumerate() {
        builder.add(spec, rank, since_1970, settings);
    }
    Ok(Plan { shards: builder.shards, index: builder.index })
}

fn validate(checks: &CheckSet, settings: &MonitorSettings) -> Result<Diagnostics> {
    settings.cadence.validate()?;
    let specs = || checks.iter().map(|spec| (&spec.id, spec.hangs_on()));
    let mut faults = Dependencies::build(specs(), |_| None).err().unwrap_or_default();
    for spec in checks.iter() {
        if let Some(Err(error)) = spec.cadence.as_deref().map(Cadence::validate) {
            let message = format!("the check \"{}\": {}", spec.id.as_str().escape_debug(), error.message());
            faults.push(Diagnostic::error("check-cadence", message));
        }
    }
    Ok(faults)
}

/// A cadence, where it is not the common one, and a time to live, where somebody reports.
type Tempo = (Option<Arc<Cadence>>, Option<Duration>);

struct Builder {
    shards: Vec<Shard>,
    index: HashMap<CheckId, Seat>,
    /// One for each cadence and time to live.
    paces: HashMap<Tempo, Arc<Pace>>,
    hosts: Vec<HashMap<String, u32>>,
    kinds: HashMap<CheckKind, u16>,
    now: Instant,
}

impl Builder {
    fn new(settings: &MonitorSettings, now: Instant, checks: usize) -> Self {
        let count = settings.shard_count();
        let kinds: HashMap<_, _> = settings.per_kind.keys().cloned().zip(0..).collect();
        let share = |runs: usize| (runs / count).max(1);
        let references = Arc::new(References::default());
        let ceilings = Ceilings {
            total: share(settings.at_once),
            host: settings.per_host.max(1),
            kinds: settings.per_kind.values().map(|runs| share(*runs)).collect(),
        };
        let shard = || Shard::new(Scheduler::new(ceilings.clone()), now, references.clone());
        Self {
            shards: (0..count).map(|_| shard()).collect(),
            index: HashMap::with_capacity(checks),
            paces: HashMap::new(),
            hosts: vec![HashMap::new(); count],
            kinds,
            now,
        }
    }

    fn add(&mut self, spec: CheckSpec, rank: usize, wall: Duration, settings: &MonitorSettings) {
        let (check, ttl) = match &spec.work {
            Work::Active(check) => (Some(check.clone()), None),
            Work::Passive(ttl) => (None, Some(*ttl)),
        };
        let target = check.as_ref().and_then(|check| check.target()).map(str::to_owned);
        let shard = self.shard_of(target.as_deref().unwrap_or(spec.id.as_str()));
        let host = target.map(|target| {
            let next = u32::try_from(self.hosts[shard].len()).unwrap_or(u32::MAX - 1);
            *self.hosts[shard].entry(target).or_insert(next)
        });
        let pace = self.pace(spec.cadence, ttl, settings);
        let kind =
            check.as_ref().and_then(|check| self.kinds.get(&check.kind()).copied()).unwrap_or(u16::MAX);
        let interval = ttl.is_none().then_some(pace.cadence.interval);
        let place = &mut self.shards[shard];
        let latest = Duration::from_secs_f64(rank as f64 / f64::from(settings.start_up.max(1)));
        place.scheduler.add(&Job { id: spec.id.as_str(), interval, host, kind }, wall, latest);
        if let Some(ttl) = ttl {
            place.scheduler.pull_at(u32::try_from(place.records.len()).unwrap_or(u32::MAX), ttl, false);
        }
        let job = u32::try_from(place.records.len()).unwrap_or(u32::MAX);
        self.index.insert(spec.id.clone(), Seat { shard, job });
        let state = CheckState::pending(self.now);
        place.push(Record {
            id: spec.id,
            check,
            pace,
            state,
            history: History::new(),
            line: Box::default(),
            extras: spec.extras,
        });
    }

    /// All checks of a host are in one shard, so that its limit needs no lock.
    fn shard_of(&self, target: &str) -> usize {
        let mut hasher = DefaultHasher::new();
        target.hash(&mut hasher);
        // The remainder is below the number of shards.
        (hasher.finish() % self.shards.len() as u64) as usize
    }

    fn pace(
        &mut self,
        own: Option<Arc<Cadence>>,
        ttl: Option<Duration>,
        settings: &MonitorSettings,
    ) -> Arc<Pace> {
        let pace = self.paces.entry((own, ttl)).or_insert_with_key(|(own, ttl)| {
            let cadence = own.as_deref().unwrap_or(&settings.cadence).clone();
            let rules = StateRules::new(&cadence);
            let keeps = ttl.unwrap_or(2 * cadence.longest() + cadence.timeout_in_force());
            Arc::new(Pace { cadence, rules, keeps, ttl: *ttl })
        });
        pace.clone()
    }
}
