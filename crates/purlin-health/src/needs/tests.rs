use super::*;
use proptest::prelude::*;
use purlin_core::{Diagnostics, Instant, Place, SimClock};
use std::time::Duration;

fn build(checks: &[(&str, Option<Needs>)]) -> Result<Dependencies, Diagnostics> {
    let checks: Vec<(CheckId, _)> = checks.iter().map(|(id, needs)| ((*id).into(), needs.clone())).collect();
    let place = |id: &CheckId| {
        let line = checks.iter().position(|(known, _)| known == id)? + 1;
        Some(Place::file("checks.toml").at(u32::try_from(line).ok()?, 1))
    };
    Dependencies::build(checks.iter().map(|(id, needs)| (id, needs.as_ref())), place)
}

fn told(checks: &[(&str, Option<Needs>)]) -> Vec<String> {
    build(checks).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn every_fault_of_the_set_is_told_with_names() {
    let faults = told(&[
        ("a", Some(Needs::check("c"))),
        ("b", Some(Needs::all([Needs::check("a"), Needs::check("uplinc")]))),
        ("c", Some(Needs::any([Needs::check("b"), Needs::check("uplink")]))),
        ("uplink", None),
        ("d", Some(Needs::at_least(3, [Needs::check("uplink"), Needs::check("a")]))),
        ("e", Some(Needs::check("e"))),
        ("uplink", None),
    ]);
    assert_eq!(
        faults,
        [
            "checks.toml:1:1: error[needs-cycle]: checks hang on each other in a circle: a -> c -> b -> a",
            "checks.toml:2:1: error[unknown-check]: \"b\" hangs on \"uplinc\", which there is not\n  \
             help: did you mean \"uplink\"?",
            "checks.toml:4:1: error[duplicate-check]: there are two checks \"uplink\"",
            "checks.toml:5:1: error[needs-impossible]: \"d\" wants 3 of 2, which can never be met",
            "checks.toml:6:1: error[needs-cycle]: checks hang on each other in a circle: e -> e",
        ]
    );
}

#[test]
fn two_circles_are_both_told_and_who_hangs_on_them_is_not() {
    let faults = told(&[
        ("a", Some(Needs::check("b"))),
        ("b", Some(Needs::check("a"))),
        ("c", Some(Needs::check("a"))),
        ("x", Some(Needs::check("y"))),
        ("y", Some(Needs::check("x"))),
    ]);
    assert_eq!(faults.len(), 2);
    assert!(faults[0].ends_with("a -> b -> a") && faults[1].ends_with("x -> y -> x"), "{faults:?}");
}

fn now() -> Instant {
    SimClock::new().now()
}

#[test]
fn two_uplinks_and_one_of_them_is_enough() {
    let uplinks = || Needs::any([Needs::check("a"), Needs::check("b")]);
    let mut graph = build(&[("a", None), ("b", None), ("app", Some(uplinks()))]).unwrap();
    assert_eq!(graph.reach(2), Reach::Undetermined);
    graph.update(0, Condition::Met(now()));
    assert_eq!((graph.reach(2), graph.suppressed_by(2)), (Reach::Reachable, None));
    assert!(graph.update(1, Condition::Unmet).is_empty());
    assert_eq!(graph.update(0, Condition::Undetermined), [2]);
    assert_eq!(graph.reach(2), Reach::Undetermined);
    assert_eq!(graph.update(0, Condition::Unmet), [2]);
    assert_eq!((graph.reach(2), graph.suppressed_by(2).unwrap().as_str()), (Reach::Unreachable, "a"));
    assert_eq!((graph.parents(2), graph.has_children(0), graph.has_children(2)), (vec![0, 1], true, false));
}

#[test]
fn a_grandchild_is_told_at_once_and_whose_fault_it_is() {
    let checks = [
        ("switch", None),
        ("host", Some(Needs::check("switch"))),
        ("db", Some(Needs::check("host"))),
        ("app", Some(Needs::all([Needs::check("db"), Needs::check("host")]))),
    ];
    let mut graph = build(&checks).unwrap();
    for check in 0..4 {
        graph.update(check, Condition::Met(now()));
    }
    // The host fails first, as it often does, and only then the switch is found to be dead.
    assert_eq!(graph.update(1, Condition::Unmet), [2, 3]);
    assert_eq!(graph.suppressed_by(3).unwrap().as_str(), "host");
    assert_eq!(graph.update(0, Condition::Unmet), [1]);
    assert_eq!(graph.suppressed_by(3).unwrap().as_str(), "switch");
    assert_eq!(graph.update(0, Condition::Met(now())), [1]);
    assert_eq!(graph.suppressed_by(3).unwrap().as_str(), "host");
}

#[test]
fn a_parent_must_have_answered_since_the_child_failed() {
    let clock = SimClock::new();
    let mut graph = build(&[("parent", None), ("child", Some(Needs::check("parent")))]).unwrap();
    graph.update(0, Condition::Met(clock.now()));
    clock.advance(Duration::from_secs(1));
    let failed = clock.now();
    assert_eq!((graph.reach(1), graph.reach_since(1, failed)), (Reach::Reachable, Reach::Undetermined));
    graph.update(0, Condition::Met(failed));
    assert_eq!(graph.reach_since(1, failed), Reach::Reachable);
}

#[test]
fn patience_is_that_of_the_longest_way_up() {
    let checks = [
        ("switch", None),
        ("host", Some(Needs::check("switch"))),
        ("db", Some(Needs::check("host"))),
        ("app", Some(Needs::any([Needs::check("db"), Needs::check("switch")]))),
    ];
    let graph = build(&checks).unwrap();
    let patience = |check| graph.patience(check, &|parent| Duration::from_secs(10 << parent)).as_secs();
    assert_eq!([0, 1, 2, 3].map(patience), [0, 10, 30, 70]);
}

/// What the words mean, worked out anew for each question.
fn by_definition(checks: &[(CheckId, Option<Needs>)], own: &[Condition], needs: Option<&Needs>) -> Reach {
    match needs {
        None => Reach::Reachable,
        Some(Needs::Check(id)) => {
            let parent = checks.iter().position(|(known, _)| known == id).unwrap();
            match (by_definition(checks, own, checks[parent].1.as_ref()), own[parent]) {
                (Reach::Unreachable, _) | (_, Condition::Unmet) => Reach::Unreachable,
                (Reach::Reachable, Condition::Met(_)) => Reach::Reachable,
                _ => Reach::Undetermined,
            }
        }
        Some(Needs::AtLeast(count, needs)) => {
            let all: Vec<_> = needs.iter().map(|needs| by_definition(checks, own, Some(needs))).collect();
            let number = |reach| all.iter().filter(|it| **it == reach).count();
            if number(Reach::Reachable) >= *count {
                Reach::Reachable
            } else if all.len() - number(Reach::Unreachable) < *count {
                Reach::Unreachable
            } else {
                Reach::Undetermined
            }
        }
    }
}

/// Needs of check `number`: only of earlier ones, so that there is no circle.
fn needs_of(number: usize) -> BoxedStrategy<Option<Needs>> {
    if number == 0 {
        return Just(None).boxed();
    }
    let leaf = (0..number).prop_map(|parent| Needs::check(format!("c{parent}")));
    let tree = leaf.prop_recursive(2, 6, 3, |inner| {
        prop::collection::vec(inner, 1..4).prop_flat_map(|needs| {
            (0..=needs.len()).prop_map(move |count| Needs::at_least(count, needs.clone()))
        })
    });
    prop::option::of(tree).boxed()
}

proptest! {
    #[test]
    fn along_the_edges_it_finds_what_the_definition_says(
        needs in (0..12usize).map(needs_of).collect::<Vec<_>>(),
        // Those that hang on others may be declared before them.
        turn in 0..12usize,
        changes in prop::collection::vec((0..12usize, 0..3u8), 0..60),
    ) {
        let mut checks: Vec<(CheckId, _)> =
            needs.into_iter().enumerate().map(|(number, needs)| (format!("c{number}").into(), needs)).collect();
        checks.rotate_left(turn);
        let mut graph =
            Dependencies::build(checks.iter().map(|(id, needs)| (id, needs.as_ref())), |_| None).unwrap();
        let now = now();
        let mut own = vec![Condition::Undetermined; checks.len()];
        for (check, kind) in changes {
            own[check] = [Condition::Met(now), Condition::Unmet, Condition::Undetermined][usize::from(kind)];
            let before: Vec<_> = (0..checks.len()).map(|check| graph.reach(check)).collect();
            let mut changed = graph.update(check, own[check]);
            for (check, (_, needs)) in checks.iter().enumerate() {
                let reach = by_definition(&checks, &own, needs.as_ref());
                prop_assert_eq!(graph.reach(check), reach);
                prop_assert_eq!(graph.suppressed_by(check).is_some(), reach == Reach::Unreachable);
            }
            changed.sort_unstable();
            let expected: Vec<_> = (0..checks.len()).filter(|check| graph.reach(*check) != before[*check]).collect();
            prop_assert_eq!(changed, expected);
        }
    }
}
