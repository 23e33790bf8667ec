//! From what was declared to what runs.

use super::desk::Web;
use super::index::Index;
use super::record::{Node, Pace, Record};
use super::shard::{References, Shard};
use crate::alarm::CheckRecord;
use crate::schedule::{Ceilings, Job, Scheduler};
use crate::spec::Work;
use crate::{
    Cadence, CheckId, CheckKind, CheckSet, CheckSpec, CheckState, Dependencies, History, MonitorSettings,
    State, StateRules,
};
use purlin_core::{Diagnostic, Diagnostics, Instant, Result, Timestamp};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

/// Where a check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Seat {
    pub(super) shard: usize,
    pub(super) job: u32,
}

/// What a monitor runs.
pub(super) struct Plan {
    pub(super) shards: Vec<Shard>,
    pub(super) index: Index,
    pub(super) web: Option<Web>,
}

impl Plan {
    /// Where the check of this name is.
    pub(super) fn find(&self, id: &str) -> Option<Seat> {
        find(&self.index, &self.shards, id)
    }
}

fn find(index: &Index, shards: &[Shard], id: &str) -> Option<Seat> {
    index.find(id, |seat| shards[seat.shard].record(seat.job).id.as_str() == id)
}

/// Makes the plan; checks go on from what was kept of them.
pub(super) fn plan(
    checks: CheckSet,
    settings: &MonitorSettings,
    mut kept: BTreeMap<CheckId, CheckRecord>,
) -> Result<Plan> {
    // Only errors are found here, and none is left after this.
    let _ = validate(&checks, settings)?.into_result("health.start")?;
    let involved = involved(&checks);
    let names: Vec<CheckId> = involved.iter().map(|spec| spec.id.clone()).collect();
    let nodes: HashMap<CheckId, usize> = names.iter().cloned().zip(0..).collect();
    // The whole set was built without a fault above, so its part has none.
    let dependencies = Dependencies::build(involved.iter().map(|spec| (&spec.id, spec.hangs_on())), |_| None);
    drop(involved);
    let mut builder = Builder::new(settings, checks.len());
    for (rank, spec) in checks.0.into_iter().enumerate() {
        let node = nodes.get(&spec.id).copied().map_or(Node::NONE, Node::new);
        let kept = kept.remove(&spec.id);
        builder.add(spec, rank, kept, node, settings);
    }
    let shards = builder.shards;
    let index = Index::new(&shards);
    let seats: Vec<Seat> = names.iter().filter_map(|name| find(&index, &shards, name.as_str())).collect();
    let web = dependencies.ok().filter(|_| !seats.is_empty()).map(|dependencies| {
        let round = |node: usize| {
            let pace = &shards[seats[node].shard].record(seats[node].job).pace;
            pace.rules.decides_within(pace.cadence.timeout_in_force())
        };
        let patience = (0..seats.len()).map(|node| dependencies.patience(node, &round)).collect();
        Web { dependencies, seats, patience }
    });
    Ok(Plan { shards, index, web })
}

/// Those that hang on each other: most checks do not, and cost nothing there.
fn involved(checks: &CheckSet) -> Vec<&CheckSpec> {
    let mut names: HashSet<&CheckId> = HashSet::new();
    for spec in checks.iter() {
        if let Some(needs) = spec.hangs_on() {
            names.insert(&spec.id);
            names.extend(needs.checks());
        }
    }
    checks.iter().filter(|spec| names.contains(&spec.id)).collect()
}

fn validate(checks: &CheckSet, settings: &MonitorSettings) -> Result<Diagnostics> {
    settings.cadence.validate()?;
    let specs = || checks.iter().map(|spec| (&spec.id, spec.hangs_on()));
    let mut faults = Dependencies::build(specs(), |_| None).err().unwrap_or_default();
    for spec in checks.iter() {
        let target = if let Work::Active(check) = &spec.work { check.target() } else { None };
        let groups = spec.extras.iter().flat_map(|extras| &extras.groups);
        groups.filter_map(|group| group.lint(&spec.id, target)).for_each(|fault| faults.push(fault));
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
    /// One for each cadence and time to live.
    paces: HashMap<Tempo, Arc<Pace>>,
    hosts: Vec<HashMap<String, u32>>,
    kinds: HashMap<CheckKind, u16>,
    now: Instant,
    wall: Timestamp,
}

impl Builder {
    fn new(settings: &MonitorSettings, checks: usize) -> Self {
        let (now, wall) = (settings.clock.now(), settings.clock.timestamp());
        let count = settings.shard_count();
        let kinds: HashMap<_, _> = settings.per_kind.keys().cloned().zip(0..).collect();
        let share = |runs: usize| (runs / count).max(1);
        let references = Arc::new(References::default());
        let ceilings = Ceilings {
            total: share(settings.at_once),
            host: settings.per_host.max(1),
            kinds: settings.per_kind.values().map(|runs| share(*runs)).collect(),
        };
        // Hosts differ in their number of checks. What is never used is never touched, and so costs nothing; what grows
        // step by step leaves holes in the heap as large as itself.
        let room = if count == 1 { checks } else { checks / count + checks / (8 * count) };
        let shard = || {
            let scheduler = Scheduler::new(ceilings.clone(), room);
            Shard::new(scheduler, now, references.clone(), settings.rounds, room)
        };
        Self {
            shards: (0..count).map(|_| shard()).collect(),
            paces: HashMap::new(),
            hosts: vec![HashMap::new(); count],
            kinds,
            now,
            wall,
        }
    }

    fn add(
        &mut self,
        spec: CheckSpec,
        rank: usize,
        kept: Option<CheckRecord>,
        node: Node,
        settings: &MonitorSettings,
    ) {
        let (check, ttl) = match &spec.work {
            Work::Active(check) => (Some(check), None),
            Work::Passive(ttl) => (None, Some(*ttl)),
        };
        let target = check.and_then(|check| check.target());
        let shard = self.shard_of(target.unwrap_or(spec.id.as_str()));
        let host = target.map(|target| self.host(shard, target));
        let pace = self.pace(spec.cadence.clone(), ttl, settings);
        let kind = check.and_then(|check| self.kinds.get(&check.kind()).copied()).unwrap_or(u16::MAX);
        let interval = ttl.is_none().then_some(pace.cadence.interval);
        let place = &mut self.shards[shard];
        let (state, history) = match kept {
            Some(kept) => (kept.state.restored(self.now, self.wall), kept.history),
            None => (CheckState::pending(self.now), History::new()),
        };
        let wall = self.wall.since(Timestamp::from_unix_seconds(0));
        // What is suspected is asked first.
        let is_open = matches!(state.state(), State::Suspect | State::Recovering);
        let rank = if is_open { 0 } else { rank };
        let latest = Duration::from_secs_f64(rank as f64 / f64::from(settings.start_up.max(1)));
        let named = check.as_ref().and_then(|check| check.due_with()).unwrap_or(spec.id.as_str());
        place.scheduler.add(&Job { id: named, interval, host, kind }, wall, latest);
        if let Some(ttl) = ttl {
            place.scheduler.pull_at(u32::try_from(place.records.len()).unwrap_or(u32::MAX), ttl, false);
        }
        place.push(Record::new(spec, pace, &state, history, node));
    }

    /// The number of a host in its shard.
    fn host(&mut self, shard: usize, target: &str) -> u32 {
        let hosts = &mut self.hosts[shard];
        if let Some(known) = hosts.get(target) {
            return *known;
        }
        let next = u32::try_from(hosts.len()).unwrap_or(u32::MAX - 1);
        hosts.insert(target.to_owned(), next);
        next
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
        let epoch = self.now;
        let pace = self.paces.entry((own, ttl)).or_insert_with_key(|(own, ttl)| {
            let cadence = own.as_deref().unwrap_or(&settings.cadence).clone();
            let rules = StateRules::new(&cadence);
            let keeps = ttl.unwrap_or(2 * cadence.longest() + cadence.timeout_in_force());
            Arc::new(Pace { cadence, rules, keeps, ttl: *ttl, epoch })
        });
        pace.clone()
    }
}
