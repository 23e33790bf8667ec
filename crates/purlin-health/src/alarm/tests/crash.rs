//! Killed at any point, it tells each outage once and its end once.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Where the process is killed.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kill {
    Never,
    BeforeCommit,
    BeforeSending,
    /// Told, and not yet noted: the one point at which it is told again.
    BeforeNoting,
    AfterAll,
}

#[derive(Debug, Clone, Copy)]
enum Act {
    Result(Status),
    Parent(bool),
    Downtime(u64),
    Acknowledge(Option<u64>),
    Look,
}

/// What outlives the process, and what the receiver heard.
struct World {
    desk: Desk,
    disk: StateDocument,
    is_deaf: bool,
    heard: Vec<String>,
}

impl World {
    fn new() -> Self {
        let mut desk = Desk::new();
        desk.rules = StateRules::new(&Cadence::every(secs(10)).confirm(2).recover(2)).flap(Flap::changes(
            secs(200),
            3.0,
            1.0,
        ));
        Self { desk, disk: StateDocument::default(), is_deaf: false, heard: Vec::new() }
    }

    fn act(&mut self, act: Act, kill: Kill) {
        let desk = &mut self.desk;
        let wall = desk.clock.timestamp();
        match act {
            Act::Result(status) => {
                let now = desk.clock.now();
                let (after, effects) = step(&desk.state, Event::Result(status), now, &desk.rules);
                desk.state = after;
                if effects.change.is_some() || effects.flapping.is_some() {
                    let record = CheckRecord::new(after.saved(now, wall), Default::default());
                    desk.book.keep(&desk.check, record);
                }
            }
            Act::Parent(is_up) => {
                desk.parent(is_up);
            }
            Act::Downtime(seconds) => desk.announce(seconds),
            Act::Acknowledge(seconds) => {
                let by = Acknowledgement::new("ann", "on it", wall);
                let by = seconds.map_or(by.clone(), |seconds| by.until(wall.saturating_add(secs(seconds))));
                // Without an outage it is refused.
                let _ = desk.book.acknowledge(&desk.check, by);
            }
            Act::Look => {}
        }
        desk.look();
        self.commit_and_tell(kill);
        if kill != Kill::Never {
            self.restart();
        }
    }

    fn commit_and_tell(&mut self, kill: Kill) {
        if kill == Kill::BeforeCommit {
            return;
        }
        self.commit();
        if kill == Kill::BeforeSending || self.is_deaf {
            return;
        }
        loop {
            let due = self.desk.book.due("pager").first().map(|it| (it.number, it.transition.key.clone()));
            let Some((number, key)) = due else { break };
            self.heard.push(key);
            if kill == Kill::BeforeNoting {
                return;
            }
            self.desk.book.delivered(number, "pager");
            self.commit();
        }
    }

    fn commit(&mut self) {
        let writes = self.desk.book.unsaved();
        let count = writes.len();
        writes.iter().for_each(|write| self.disk.apply(write));
        self.desk.book.saved(count);
    }

    /// A new process: nothing in memory, nobody asked yet.
    fn restart(&mut self) {
        let desk = &mut self.desk;
        let (now, wall) = (desk.clock.now(), desk.clock.timestamp());
        let text = serde_json::to_string(&self.disk).unwrap();
        let kept: StateDocument = serde_json::from_str(&text).unwrap();
        let record = kept.checks.get(&desk.check);
        desk.state = record.map_or(CheckState::pending(now), |record| record.state.restored(now, wall));
        desk.book = AlarmBook::load(kept, ["pager"]);
        let fresh = Desk::new();
        desk.parents = fresh.parents;
        desk.look();
        self.commit_and_tell(Kill::Never);
    }

    /// What was heard, without repetitions: each key once.
    fn once(&self) -> Vec<&str> {
        let mut keys = BTreeSet::new();
        self.heard.iter().map(String::as_str).filter(|key| keys.insert(*key)).collect()
    }
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => Just(Act::Result(Good)),
        6 => Just(Act::Result(Bad)),
        1 => Just(Act::Result(Status::Unknown)),
        3 => any::<bool>().prop_map(Act::Parent),
        1 => (1..120u64).prop_map(Act::Downtime),
        1 => prop::option::of(1..100u64).prop_map(Act::Acknowledge),
        1 => Just(Act::Look),
    ]
}

fn kill() -> impl Strategy<Value = Kill> {
    prop_oneof![
        6 => Just(Kill::Never),
        1 => Just(Kill::BeforeCommit),
        1 => Just(Kill::BeforeSending),
        1 => Just(Kill::BeforeNoting),
        1 => Just(Kill::AfterAll),
    ]
}

/// Down and up take turns, and each end names the outage before it.
fn pairs(keys: &[&str]) -> bool {
    keys.chunks(2).all(|pair| match pair {
        [down, up] => down.strip_suffix("/down").is_some_and(|outage| up.strip_suffix("/up") == Some(outage)),
        [down] => down.ends_with("/down"),
        _ => false,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(purlin_testkit::count(200, 20_000)))]

    #[test]
    fn each_told_outage_has_one_told_end_whatever_happens_and_wherever_it_is_killed(
        acts in prop::collection::vec((act(), kill(), 0..40u64, prop::bool::weighted(0.2)), 0..80),
        is_down_at_the_end: bool,
    ) {
        let mut world = World::new();
        for (act, kill, pause, is_deaf) in acts {
            world.desk.wait(pause);
            world.is_deaf = is_deaf;
            world.act(act, kill);
            prop_assert!(pairs(&world.once()), "{:?}", world.heard);
        }
        // Whatever was: after a while in which all is quiet, what was told is what is.
        world.is_deaf = false;
        for _ in 0..90 {
            world.desk.wait(10);
            world.act(Act::Parent(true), Kill::Never);
            world.act(Act::Result(if is_down_at_the_end { Bad } else { Good }), Kill::Never);
            if is_down_at_the_end {
                // It may have been acknowledged for as long as it lasts.
                let _ = world.desk.book.unacknowledge(&world.desk.check);
            }
        }
        prop_assert!(pairs(&world.once()), "{:?}", world.heard);
        prop_assert_eq!(world.once().len() % 2 == 1, is_down_at_the_end, "{:?}", world.heard);
        prop_assert_eq!(world.desk.book.waiting(), 0);
    }

    #[test]
    fn who_is_not_killed_between_telling_and_noting_tells_nothing_twice(
        acts in prop::collection::vec((act(), kill(), 0..40u64), 0..80),
    ) {
        let mut world = World::new();
        for (act, kill, pause) in acts {
            world.desk.wait(pause);
            world.act(act, if kill == Kill::BeforeNoting { Kill::AfterAll } else { kill });
        }
        prop_assert_eq!(world.once().len(), world.heard.len());
    }
}

/// The case of the operator's nightmare, in plain steps.
#[test]
fn killed_between_failure_and_recovery_it_tells_one_down_and_one_up() {
    for kill in [Kill::BeforeCommit, Kill::BeforeSending, Kill::AfterAll] {
        let mut world = World::new();
        world.act(Act::Parent(true), Kill::Never);
        for (number, status) in [Good, Bad, Bad, Bad, Bad, Good, Good, Good].into_iter().enumerate() {
            world.desk.wait(10);
            world.act(Act::Parent(true), Kill::Never);
            world.act(Act::Result(status), if number == 2 { kill } else { Kill::Never });
            world.act(Act::Parent(true), Kill::Never);
        }
        let words: Vec<_> = world.heard.iter().map(|key| key.rsplit('/').next().unwrap()).collect();
        assert_eq!(words, ["down", "up"], "{kill:?}");
    }
}
