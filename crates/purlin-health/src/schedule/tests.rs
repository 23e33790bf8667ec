//! The scheduler against its promises, for random checks, limits and run times.

use super::*;
use proptest::prelude::*;
use std::collections::HashMap;

const WALL: Duration = Duration::from_secs(1_795_370_000);

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[derive(Debug, Clone)]
struct Plan {
    interval: Duration,
    host: Option<u32>,
    kind: u16,
    takes: Duration,
}

fn plans() -> impl Strategy<Value = Vec<Plan>> {
    let plan = (1..40u64, proptest::option::of(0..3u32), 0..2u16, 0..120u64).prop_map(
        |(tens, host, kind, takes)| Plan {
            interval: millis(tens * 50),
            host,
            kind,
            takes: millis(takes * 10),
        },
    );
    proptest::collection::vec(plan, 1..30)
}

/// One run: which check, when it was due, when it began.
type Run = (u32, Duration, Duration);

struct World {
    scheduler: Scheduler,
    counts: RunCounts,
    runs: Vec<Run>,
}

/// Plays this long, in steps of 10 ms.
fn play(plans: &[Plan], ceilings: Ceilings, time: Duration) -> World {
    let mut world = World {
        scheduler: Scheduler::new(ceilings.clone(), 0),
        counts: RunCounts::default(),
        runs: Vec::new(),
    };
    for (number, plan) in plans.iter().enumerate() {
        let id = format!("check{number}");
        let job = Job { id: &id, interval: Some(plan.interval), host: plan.host, kind: plan.kind };
        world.scheduler.add(&job, WALL, Duration::MAX);
    }
    let mut ends: Vec<(Duration, u32)> = Vec::new();
    let mut now = Duration::ZERO;
    while now < time {
        now += millis(10);
        let over: Vec<u32> = ends.extract_if(.., |(end, _)| *end <= now).map(|(_, job)| job).collect();
        for job in over {
            world.scheduler.finished(job, now, None, false, &mut world.counts);
        }
        let mut starts = Vec::new();
        world.scheduler.tick(now, &mut world.counts, &mut starts);
        for Start { job, due } in starts {
            assert!(!ends.iter().any(|(_, running)| *running == job), "check {job} overlaps itself");
            ends.push((now + plans[job as usize].takes, job));
            world.runs.push((job, due, now));
        }
        limits_hold(plans, &ceilings, &ends);
        assert_eq!(world.scheduler.running(), ends.len());
    }
    world
}

fn limits_hold(plans: &[Plan], ceilings: &Ceilings, ends: &[(Duration, u32)]) {
    assert!(ends.len() <= ceilings.total);
    let mut hosts: HashMap<u32, usize> = HashMap::new();
    let mut kinds: HashMap<u16, usize> = HashMap::new();
    for (_, job) in ends {
        let plan = &plans[*job as usize];
        plan.host.into_iter().for_each(|host| *hosts.entry(host).or_default() += 1);
        *kinds.entry(plan.kind).or_default() += 1;
    }
    assert!(hosts.values().all(|count| *count <= ceilings.host));
    assert!(kinds.iter().all(|(kind, count)| *count <= ceilings.kinds[usize::from(*kind)]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// No overlap and no limit broken (asserted while it plays); every moment is one of the check's place; each moment
    /// that came is accounted for.
    #[test]
    fn it_keeps_its_promises(plans in plans(), total in 1..12usize, host in 1..4usize, kinds in [1..6usize, 1..6usize]) {
        let ceilings = Ceilings { total, host, kinds: kinds.to_vec() };
        let world = play(&plans, ceilings, Duration::from_secs(20));
        for (job, due, began) in &world.runs {
            let plan = &plans[*job as usize];
            let wall = (WALL + *due).as_nanos() % plan.interval.as_nanos();
            let place = splay::offset(&format!("check{job}"), plan.interval).as_nanos();
            prop_assert_eq!(wall, place, "check {} drifted", job);
            prop_assert!(began >= due);
        }
        let skipped = world.counts.skipped.late + world.counts.skipped.overlap;
        let waiting = world.scheduler.waiting() as u64;
        prop_assert_eq!(world.counts.offered, world.counts.started + skipped + waiting);
        prop_assert_eq!(world.counts.started, world.counts.finished + world.scheduler.running() as u64);
    }

    /// With room for all, nothing is skipped but what overlaps itself, and all begins within a tick.
    #[test]
    fn with_room_nothing_is_late(plans in plans()) {
        let ceilings = Ceilings { total: 1000, host: 1000, kinds: vec![1000, 1000] };
        let world = play(&plans, ceilings, Duration::from_secs(10));
        prop_assert_eq!(world.counts.skipped.late, 0);
        prop_assert!(world.runs.iter().all(|(_, due, began)| *began - *due < millis(20)));
    }
}

/// Under twice the load that fits, the work done stays at capacity, everybody gets a share, and what was left out is
/// counted.
#[test]
fn overload_is_told_and_shared() {
    let plan = Plan { interval: millis(1_000), host: None, kind: 0, takes: millis(100) };
    let plans = vec![plan; 200];
    let ceilings = Ceilings { total: 10, host: 2, kinds: vec![1000] };
    let world = play(&plans, ceilings, Duration::from_secs(60));
    // Ten at a time, of 100 ms each: 100 a second; 200 a second were due.
    assert!((5_800..=6_000).contains(&world.counts.started), "{:?}", world.counts);
    assert!(world.counts.skipped.late > 5_000, "{:?}", world.counts);
    let mut runs = [0u32; 200];
    world.runs.iter().for_each(|(job, ..)| runs[*job as usize] += 1);
    assert!(runs.iter().all(|count| (28..=32).contains(count)), "{runs:?}");
}

/// One host whose checks never end takes its own places and nobody else's.
#[test]
fn a_stuck_host_holds_up_nobody_else() {
    let stuck = Plan { interval: millis(500), host: Some(0), kind: 0, takes: Duration::from_secs(3600) };
    let well = Plan { interval: millis(500), host: Some(1), kind: 0, takes: millis(10) };
    let mut plans = vec![stuck; 50];
    plans.push(well);
    let world = play(&plans, Ceilings { total: 10, host: 2, kinds: vec![100] }, Duration::from_secs(10));
    assert_eq!(world.runs.iter().filter(|(job, ..)| *job == 50).count(), 20);
    assert_eq!(world.runs.iter().filter(|(job, ..)| *job < 50).count(), 2);
}

/// What is urgent overtakes what has waited longer.
#[test]
fn the_unknown_and_suspect_come_first() {
    let mut scheduler = Scheduler::new(Ceilings { total: 1, host: 9, kinds: vec![9] }, 0);
    let mut counts = RunCounts::default();
    let hour = Duration::from_secs(3600);
    for number in 0..3 {
        let id = format!("check{number}");
        scheduler.add(&Job { id: &id, interval: Some(hour), host: None, kind: 0 }, WALL, Duration::ZERO);
    }
    let mut starts = Vec::new();
    // Each has run once, and is no longer unknown.
    for _ in 0..3 {
        scheduler.tick(millis(20), &mut counts, &mut starts);
        let last = starts.last().map_or(9, |start| start.job);
        scheduler.finished(last, millis(20), None, false, &mut counts);
    }
    starts.clear();
    scheduler.pull_at(0, millis(430), false);
    scheduler.pull_at(1, millis(440), false);
    scheduler.pull_at(2, millis(450), true);
    scheduler.tick(millis(500), &mut counts, &mut starts);
    scheduler.finished(starts[0].job, millis(500), None, false, &mut counts);
    scheduler.tick(millis(500), &mut counts, &mut starts);
    assert_eq!(starts.iter().map(|start| start.job).collect::<Vec<_>>(), [2, 0]);
}

/// A timer starts once, counts as no run and takes nobody's place.
#[test]
fn a_timer_is_no_run() {
    let mut scheduler = Scheduler::new(Ceilings { total: 0, host: 0, kinds: vec![0] }, 0);
    let mut counts = RunCounts::default();
    scheduler.add(&Job { id: "backup", interval: None, host: Some(0), kind: 0 }, WALL, Duration::ZERO);
    let mut starts = Vec::new();
    scheduler.tick(millis(50), &mut counts, &mut starts);
    assert_eq!(starts, []);
    scheduler.pull_at(0, millis(100), false);
    scheduler.pull_at(0, millis(200), false);
    scheduler.tick(millis(150), &mut counts, &mut starts);
    assert_eq!(starts, []);
    scheduler.tick(millis(10_000), &mut counts, &mut starts);
    assert_eq!(starts, [Start { job: 0, due: millis(200) }]);
    assert_eq!((counts, scheduler.next()), (RunCounts::default(), None));
}

/// A suspect is asked at its own interval and returns to its place afterwards.
#[test]
fn another_interval_does_not_move_the_place() {
    let mut scheduler = Scheduler::new(Ceilings { total: 9, host: 9, kinds: vec![9] }, 0);
    let mut counts = RunCounts::default();
    let interval = Duration::from_secs(10);
    scheduler.add(&Job { id: "db1", interval: Some(interval), host: None, kind: 0 }, WALL, Duration::MAX);
    let place = splay::until_next("db1", interval, WALL);
    let mut begin = |scheduler: &mut Scheduler, now: Duration| {
        let mut starts = Vec::new();
        scheduler.tick(now, &mut counts, &mut starts);
        starts.first().map(|start| start.due)
    };
    assert_eq!(begin(&mut scheduler, place + millis(10)), Some(place));
    let mut counts_ = RunCounts::default();
    scheduler.finished(0, place + millis(20), Some(millis(3_000)), true, &mut counts_);
    assert_eq!(begin(&mut scheduler, place + millis(3_010)), Some(place + millis(3_000)));
    scheduler.finished(0, place + millis(3_020), None, false, &mut counts_);
    assert_eq!(begin(&mut scheduler, place + interval + millis(10)), Some(place + interval));
}
