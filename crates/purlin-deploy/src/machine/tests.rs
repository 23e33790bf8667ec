//! The shipped state machine in a small world where everything can go wrong.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a helper fails the test"
)]

mod world;

use crate::machine::{Action, Event, Machine};
use crate::{Ending, Plan, Record, Turn};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use std::sync::Arc;
use world::{Case, World, case};

/// A process that takes the run up, from what the journal says.
fn begun(plan: &Arc<Plan>, world: &mut World) -> Machine {
    world.resumed();
    let mut machine =
        Machine::new(plan.clone(), world.journal.iter().map(|(record, at)| (record, *at))).unwrap();
    let actions = machine.step(Event::Begin, world.now());
    world.take(actions, &machine);
    machine
}

/// Plays a case to its end.
fn play(case: &Case) -> World {
    let mut world = World::new(case);
    let plan = Arc::new(case.plan());
    let mut machine = begun(&plan, &mut world);
    for turn in 0..20_000 {
        if machine.state().ended.is_some() {
            return world;
        }
        if world.crashes(turn) {
            world.lose_all();
            machine = begun(&plan, &mut world);
            continue;
        }
        let Some(event) = world.next() else {
            panic!("the run came to a dead end: {:#?}", world.journal);
        };
        let actions = machine.step(event, world.now());
        world.take(actions, &machine);
        world.watch(&machine);
    }
    panic!("the run does not end: {:#?}", world.journal.iter().rev().take(30).collect::<Vec<_>>());
}

fn ended(world: &World) -> (Ending, Vec<crate::HostRelease>) {
    let ended = world.journal.iter().find_map(|(record, _)| match record {
        Record::Ended { ending, hosts, .. } => Some((*ending, hosts.clone())),
        _ => None,
    });
    ended.expect("an end")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever fails and whenever the process dies: the run ends in one way that is true of the world, no bound is broken,
    /// and nothing is left open without being named.
    #[test]
    fn runs_end_and_say_the_truth(case in case()) {
        let world = play(&case);
        prop_assert!(world.broken.is_empty(), "{:?}\n{:#?}", world.broken, world.journal);
        let (ending, hosts) = ended(&world);
        for (host, said) in hosts.iter().enumerate() {
            for (step, planned) in case.steps.iter().enumerate() {
                if planned.obligation && world.in_effect[host][step] {
                    let named = said.open.iter().any(|line| line.contains(&format!("s{step}")) || line.contains("reached"));
                    prop_assert!(named, "h{host} s{step} is open and not named: {said:?}\n{:#?}", world.journal);
                    prop_assert_eq!(ending, Ending::NeedsPerson);
                }
                if planned.effect == crate::Effect::AtMostOnce {
                    prop_assert!(world.applied[host][step] <= 1, "h{host} s{step} twice\n{:#?}", world.journal);
                }
            }
        }
        let works = |host: usize, step: usize| {
            let planned = &case.steps[step];
            planned.obligation || planned.closes.is_some() || planned.unchanged || planned.once || planned.listens.is_some() || world.in_effect[host][step]
        };
        let all = |has: &dyn Fn(usize, usize) -> bool| {
            (0..case.hosts).all(|host| (0..case.steps.len()).all(|step| has(host, step)))
        };
        let none = |host: usize, step: usize| !world.in_effect[host][step];
        match ending {
            Ending::Succeeded => prop_assert!(all(&works), "{:#?}", world.journal),
            Ending::RolledBack => prop_assert!(all(&none), "{:?} {:#?}", world.in_effect, world.journal),
            Ending::Stopped => prop_assert!(all(&works) || all(&none), "{:#?}", world.journal),
            Ending::NeedsPerson => prop_assert!(
                hosts.iter().any(|host| !host.open.is_empty())
                    || world.journal.iter().any(|(record, _)| matches!(record, Record::Turned { .. } | Record::Failed { .. })),
                "{:#?}", world.journal
            ),
        }
    }
}

#[test]
fn without_trouble_all_hosts_are_done_in_their_order() {
    let case = Case::calm(5, 3);
    let world = play(&case);
    assert_eq!(ended(&world).0, Ending::Succeeded);
    let turned = world.journal.iter().any(|(record, _)| matches!(record, Record::Turned { .. }));
    assert!(!turned);
}

#[test]
fn a_failure_of_the_canary_takes_it_back_and_touches_nobody_else() {
    let mut case = Case::calm(5, 2);
    case.failing = Some((0, 1));
    let world = play(&case);
    assert_eq!(ended(&world).0, Ending::RolledBack);
    let turned = world.journal.iter().find_map(|(record, _)| match record {
        Record::Turned { turn, .. } => Some(*turn),
        _ => None,
    });
    assert_eq!(turned, Some(Turn::RollBackRun));
    assert!(world.applied.iter().skip(1).flatten().all(|count| *count == 0));
}

/// One step fails, and nothing else: then what is open is closed, whatever goes back.
#[test]
fn what_is_open_is_closed_after_every_failure() {
    use crate::Rollback::{Batch, Host, None, Run};
    for (rollback, host, step) in [None, Host, Batch, Run]
        .into_iter()
        .flat_map(|back| (0..3).flat_map(move |host| (1..4).map(move |step| (back, host, step))))
    {
        let mut case = Case::calm(3, 4).failing(host, step, rollback);
        case.steps[0].obligation = true;
        let world = play(&case);
        let (ending, hosts) = ended(&world);
        assert!(world.in_effect.iter().all(|steps| !steps[0]), "{rollback:?} h{host} s{step}: {hosts:?}");
        assert!(world.broken.is_empty(), "{:?}", world.broken);
        let back: Vec<bool> =
            world.in_effect.iter().map(|steps| steps[1..].iter().any(|step| *step)).collect();
        let wanted = match rollback {
            Run => Ending::RolledBack,
            // What failed may have done half of it, and nobody takes that back.
            None => Ending::NeedsPerson,
            // The hosts of earlier batches have the release, the others do not; or nothing was changed at all.
            _ if back.contains(&true) => Ending::NeedsPerson,
            Batch => Ending::RolledBack,
            _ => Ending::Stopped,
        };
        assert_eq!(ending, wanted, "{rollback:?} h{host} s{step}: {hosts:?}");
    }
}

#[test]
fn a_step_starts_only_when_that_is_durable() {
    let case = Case::calm(2, 1);
    let (plan, mut world) = (Arc::new(case.plan()), World::new(&case));
    let mut machine = begun(&plan, &mut world);
    let finding = crate::Finding::change("x", crate::Before::default());
    let actions = machine.step(Event::Checked(0, Ok(finding)), world.now());
    let Some(Action::Record(started)) = actions.first() else { panic!("{actions:?}") };
    assert!(matches!(started, Record::Started { .. }));
    assert!(!actions.iter().any(|action| matches!(action, Action::Apply(..))));
    let actions = machine.step(Event::Recorded(started.clone()), world.now());
    assert!(matches!(actions.first(), Some(Action::Apply(0, 0, 1, _))), "{actions:?}");
}

/// The cases reach every way in which a run can end, with and without a crash on the way.
#[test]
fn the_cases_reach_every_end() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = std::collections::BTreeMap::new();
    for _ in 0..600 {
        let case = case().new_tree(&mut runner).unwrap().current();
        let world = play(&case);
        let crashed =
            world.journal.iter().filter(|(record, _)| matches!(record, Record::Resumed { .. })).count() > 1;
        *seen.entry((format!("{:?}", ended(&world).0), crashed)).or_insert(0) += 1;
    }
    assert_eq!(seen.len(), 8, "{seen:?}");
    assert!(seen.values().all(|count| *count >= 3), "{seen:?}");
}
