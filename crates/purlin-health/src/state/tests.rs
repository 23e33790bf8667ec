use super::*;
use crate::{Cadence, Flap, Status};
use proptest::prelude::*;
use purlin_core::{Instant, SimClock};
use std::time::Duration;

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn cadence() -> Cadence {
    Cadence::every(secs(10)).suspect_every(secs(2)).down_every(secs(30))
}

/// Plays results that come every so many seconds, and tells what was believed after each.
fn play(rules: &StateRules, every: u64, results: &[Status]) -> Vec<State> {
    let clock = SimClock::new();
    let mut state = CheckState::pending(clock.now());
    let mut believed = Vec::new();
    for result in results {
        clock.advance(secs(every));
        state = step(&state, Event::Result(*result), clock.now(), rules).0;
        believed.push(state.state());
    }
    believed
}

use State::{Down, Pending, Recovering, Suspect, Up};
use Status::{Critical as Bad, Ok as Good, Unknown, Warning};

#[test]
fn a_state_stays_small() {
    assert!(size_of::<CheckState>() <= 120, "{} bytes", size_of::<CheckState>());
}

#[test]
fn one_failure_is_no_outage_where_three_are_asked_for() {
    let rules = StateRules::new(&cadence().confirm(3).recover(2));
    let believed = play(&rules, 1, &[Good, Bad, Bad, Good, Bad, Bad, Bad, Good, Bad, Good, Good]);
    let expected = [Up, Suspect, Suspect, Up, Suspect, Suspect, Down, Recovering, Down, Recovering, Up];
    assert_eq!(believed, expected);
}

#[test]
fn failures_must_be_spread_over_the_window() {
    let rules = StateRules::new(&cadence().confirm(2).over(secs(30)));
    assert_eq!(play(&rules, 10, &[Good, Bad, Bad, Bad, Bad]), [Up, Suspect, Suspect, Suspect, Down]);
    assert_eq!(play(&rules, 40, &[Good, Bad, Bad]), [Up, Suspect, Down]);
}

#[test]
fn by_default_a_warning_is_up_and_an_unknown_is_a_failure() {
    let rules = StateRules::new(&cadence());
    assert_eq!(play(&rules, 1, &[Warning, Unknown, Warning]), [Up, Down, Up]);
    let rules = rules.warning(Counts::AsFailure).unknown(Counts::NotAtAll);
    assert_eq!(play(&rules, 1, &[Unknown, Warning, Unknown, Good]), [Pending, Down, Down, Up]);
}

#[test]
fn each_state_has_its_interval() {
    let rules = StateRules::new(&cadence().confirm(2).recover(2));
    let clock = SimClock::new();
    let mut state = CheckState::pending(clock.now());
    let mut intervals = Vec::new();
    for result in [Good, Bad, Bad, Good, Good] {
        let (next, effects) = step(&state, Event::Result(result), clock.now(), &rules);
        state = next;
        intervals.push(effects.next.as_secs());
    }
    assert_eq!(intervals, [10, 2, 30, 2, 10]);
}

#[test]
fn faults_of_the_prober_count_for_nothing() {
    let rules = StateRules::new(&cadence().confirm(2));
    let clock = SimClock::new();
    let (state, _) = step(&CheckState::pending(clock.now()), Event::Result(Bad), clock.now(), &rules);
    clock.advance(secs(1));
    let (after, effects) = step(&state, Event::NoResult, clock.now(), &rules);
    assert_eq!((after, effects.change, effects.confirmed), (state, None, None));
}

#[test]
fn an_ill_monitor_confirms_no_outage() {
    let rules = StateRules::new(&cadence().confirm(2));
    let clock = SimClock::new();
    let mut state = CheckState::pending(clock.now());
    for _ in 0..9 {
        state = step(&state, Event::Doubted(Bad), clock.now(), &rules).0;
    }
    assert_eq!(state.state(), Suspect);
    let (down, effects) = step(&state, Event::Result(Bad), clock.now(), &rules);
    assert_eq!((down.state(), effects.confirmed), (Down, Some(Down)));
    let (up, _) = step(&down, Event::Doubted(Good), clock.now(), &rules);
    assert_eq!(up.state(), Up);
}

#[test]
fn an_expired_status_is_unknown_and_an_outage_where_somebody_was_to_report() {
    let clock = SimClock::new();
    let rules = StateRules::new(&cadence().confirm(5));
    let (up, _) = step(&CheckState::pending(clock.now()), Event::Result(Good), clock.now(), &rules);
    clock.advance(secs(60));
    let (stale, effects) = step(&up, Event::Expired, clock.now(), &rules);
    assert_eq!((stale.state(), stale.status(), stale.is_stale()), (Up, Unknown, true));
    assert_eq!(effects.confirmed, None);

    let passive = rules.expiry(Expiry::Outage);
    let (down, effects) = step(&up, Event::Expired, clock.now(), &passive);
    assert_eq!((down.state(), effects.confirmed, down.since()), (Down, Some(Down), clock.now()));
    let (again, effects) = step(&down, Event::Expired, clock.now(), &passive);
    assert_eq!((again.state(), effects.change, effects.confirmed), (Down, None, None));
    let (back, _) = step(&down, Event::Result(Good), clock.now(), &passive);
    assert_eq!((back.state(), back.is_stale()), (Up, false));
}

#[test]
fn an_older_result_does_not_overwrite_a_newer_one() {
    let rules = StateRules::new(&cadence());
    let clock = SimClock::new();
    let early = clock.now();
    clock.advance(secs(5));
    let (up, _) = step(&CheckState::pending(early), Event::Result(Good), clock.now(), &rules);
    let (after, effects) = step(&up, Event::Result(Bad), early, &rules);
    assert_eq!((after, effects.change), (up, None));
}

#[test]
fn since_is_the_first_result_of_the_row() {
    let rules = StateRules::new(&cadence().confirm(3).recover(2));
    let clock = SimClock::new();
    let start = clock.now();
    let mut state = CheckState::pending(start);
    let mut since = Vec::new();
    for result in [Good, Bad, Bad, Bad, Good, Bad, Good, Good] {
        state = step(&state, Event::Result(result), clock.now(), &rules).0;
        since.push(state.since().since(start).as_secs());
        clock.advance(secs(1));
    }
    assert_eq!(since, [0, 1, 1, 1, 1, 1, 1, 6]);
}

#[test]
fn a_flapping_check_is_found_by_time_whatever_its_interval() {
    // Down for 5 minutes, up for 5 minutes: 12 changes an hour.
    let found_after = |every: u64| {
        let rules = StateRules::new(&Cadence::every(secs(every)));
        let clock = SimClock::new();
        let mut state = CheckState::pending(clock.now());
        for tick in 1.. {
            clock.advance(secs(every));
            let is_up = ((tick * every - 1) / 300).is_multiple_of(2);
            state = step(&state, Event::Result(if is_up { Good } else { Bad }), clock.now(), &rules).0;
            if state.is_flapping() {
                return (tick * every).div_ceil(300);
            }
        }
        unreachable!("it flaps after some time")
    };
    assert_eq!(found_after(10), found_after(60));
    assert_eq!(found_after(60), found_after(300));
}

#[test]
fn flapping_ends_by_itself_at_the_moment_that_is_told() {
    let rules = StateRules::new(&Cadence::every(secs(10)).confirm(1));
    let clock = SimClock::new();
    let mut state = CheckState::pending(clock.now());
    for result in [Good, Bad].into_iter().cycle().take(9) {
        state = step(&state, Event::Result(result), clock.now(), &rules).0;
        clock.advance(secs(1));
    }
    assert!(state.is_flapping());
    let end = state.settles_at(&rules).unwrap();
    let (still, _) = step(&state, Event::Tick, end.checked_sub(secs(1)).unwrap(), &rules);
    assert!(still.is_flapping());
    let (steady, effects) = step(&state, Event::Tick, end, &rules);
    assert_eq!((steady.is_flapping(), effects.flapping), (false, Some(false)));
}

#[test]
fn it_is_sure_within_the_time_that_is_told() {
    for (failures, over, successes) in [(1, 0, 1), (3, 0, 1), (3, 9, 2), (1, 4, 5)] {
        let rules = StateRules::new(&cadence().confirm(failures).over(secs(over)).recover(successes));
        let timeout = secs(2);
        for (before, status) in [(Good, Bad), (Bad, Good)] {
            let clock = SimClock::new();
            let mut state = CheckState::pending(clock.now());
            for _ in 0..20 {
                state = step(&state, Event::Result(before), clock.now(), &rules).0;
                clock.advance(secs(10));
            }
            // A run is under way that takes all its time, and so does each that follows.
            let asked = clock.now();
            clock.advance(timeout);
            let sure = state.state();
            loop {
                clock.advance(timeout);
                state = step(&state, Event::Result(status), clock.now(), &rules).0;
                if state.state().is_hard() && state.state() != sure {
                    break;
                }
                clock.advance(rules.every(state.state()).saturating_sub(timeout));
            }
            assert!(
                clock.now().since(asked) <= rules.decides_within(timeout),
                "{failures} {over} {successes}"
            );
        }
    }
}

fn event() -> impl Strategy<Value = Event> {
    let status = prop_oneof![4 => Just(Good), 1 => Just(Warning), 1 => Just(Unknown), 4 => Just(Bad)];
    prop_oneof![
        12 => status.clone().prop_map(Event::Result),
        1 => status.prop_map(Event::Doubted),
        1 => Just(Event::NoResult),
        1 => Just(Event::Expired),
        1 => Just(Event::Tick),
    ]
}

prop_compose! {
    fn rules()(
        failures in 1..5u32,
        over in 0..40u64,
        successes in 1..4u32,
        is_passive: bool,
        ignores_unknown: bool,
    ) -> StateRules {
        let rules = StateRules::new(&cadence().confirm(failures).over(secs(over)).recover(successes));
        let rules = if is_passive { rules.expiry(Expiry::Outage) } else { rules };
        let rules = if ignores_unknown { rules.unknown(Counts::NotAtAll) } else { rules };
        rules.flap(Flap::changes(secs(120), 3.0, 1.5))
    }
}

/// What the rules say in words, worked out anew from the whole past.
fn told_by_the_past(past: &[(Event, Instant)], rules: &StateRules) -> State {
    let mut hard = Pending;
    let mut row: Vec<Instant> = Vec::new();
    for (event, at) in past {
        let (status, is_sure) = match event {
            Event::Result(status) => (*status, true),
            Event::Doubted(status) => (*status, false),
            Event::Expired if rules.expiry == Expiry::Outage => {
                (hard, row) = (Down, Vec::new());
                continue;
            }
            _ => continue,
        };
        let is_failure = match rules.counts(status) {
            Counts::AsFailure => true,
            Counts::AsSuccess => false,
            Counts::NotAtAll => continue,
        };
        if is_failure == (hard == Down) && hard != Pending {
            row.clear();
            continue;
        }
        row.push(*at);
        let is_confirmed = match is_failure {
            true => is_sure && row.len() >= rules.failures as usize && at.since(row[0]) >= rules.over,
            false => hard != Down || row.len() >= rules.successes as usize,
        };
        if is_confirmed {
            (hard, row) = (if is_failure { Down } else { Up }, Vec::new());
        }
    }
    match (hard, row.is_empty()) {
        (hard, true) => hard,
        (Down, false) => Recovering,
        _ => Suspect,
    }
}

proptest! {
    #[test]
    fn it_believes_what_the_whole_past_says(
        rules in rules(),
        events in prop::collection::vec((event(), 0..20u64), 0..60),
    ) {
        let clock = SimClock::new();
        let mut state = CheckState::pending(clock.now());
        let mut past = Vec::new();
        let (mut sure, mut flaps) = (Pending, false);
        for (event, pause) in events {
            clock.advance(secs(pause));
            let (after, effects) = step(&state, event, clock.now(), &rules);
            past.push((event, clock.now()));
            prop_assert_eq!(after.state(), told_by_the_past(&past, &rules));
            prop_assert_eq!(effects.change, (state.state() != after.state()).then_some((state.state(), after.state())));
            // Each thing that became sure is another one than before: no outage begins or ends twice.
            if let Some(confirmed) = effects.confirmed {
                prop_assert!(confirmed.is_hard() && confirmed == after.state() && confirmed != sure);
                sure = confirmed;
            }
            prop_assert_eq!(sure.is_outage(), after.state().is_outage());
            if let Some(flapping) = effects.flapping {
                prop_assert_ne!(flapping, flaps);
                flaps = flapping;
            }
            prop_assert_eq!(after.is_flapping(), flaps);
            prop_assert!(after.since() <= clock.now());
            state = after;
        }
    }

    #[test]
    fn what_was_kept_goes_on_as_if_nothing_had_happened(
        rules in rules(),
        events in prop::collection::vec((event(), 0..20u64), 1..40),
        stop in any::<prop::sample::Index>(),
    ) {
        let clock = SimClock::new();
        let (mut whole, mut broken) = (CheckState::pending(clock.now()), CheckState::pending(clock.now()));
        let stop = stop.index(events.len());
        for (number, (event, pause)) in events.into_iter().enumerate() {
            clock.advance(secs(pause));
            if number == stop {
                let saved = broken.saved(clock.now(), clock.timestamp());
                let text = serde_json::to_string(&saved).unwrap();
                let read: SavedState = serde_json::from_str(&text).unwrap();
                prop_assert_eq!(&read, &saved);
                // The next process has a monotonic clock of its own.
                broken = read.restored(clock.now(), clock.timestamp());
            }
            (whole, _) = step(&whole, event, clock.now(), &rules);
            (broken, _) = step(&broken, event, clock.now(), &rules);
            prop_assert_eq!((whole.state(), whole.status(), whole.is_flapping(), whole.last_result()),
                (broken.state(), broken.status(), broken.is_flapping(), broken.last_result()));
            prop_assert_eq!(whole.since(), broken.since());
        }
    }

    #[test]
    fn whatever_a_file_says_it_can_be_gone_on_with(
        hard in 0..5usize,
        status in 0..4usize,
        contrary in any::<u32>(),
        moments in prop::array::uniform4(-62_167_219_200..=253_402_300_799i64),
        weight in any::<f32>(),
        results in any::<Option<u64>>(),
        rules in rules(),
        event in event(),
    ) {
        let at = moments.map(|second| purlin_core::Timestamp::from_unix_seconds(second).to_string());
        let words = (["pending", "up", "suspect", "down", "recovering"][hard], ["ok", "warning", "unknown", "critical"][status]);
        let flap = match results {
            Some(results) => serde_json::json!({ "results": results }),
            None => serde_json::json!({ "changes": { "weight": weight, "at": at[3] } }),
        };
        let text = serde_json::json!({
            "hard": words.0, "status": words.1, "contrary": contrary, "since": at[0], "row": at[1], "last": at[2],
            "stale": true, "flapping": true, "flap": flap,
        });
        // A weight that JSON cannot write is none.
        let Ok(saved) = serde_json::from_str::<SavedState>(&text.to_string()) else { return Ok(()) };
        let clock = SimClock::new();
        let state = saved.restored(clock.now(), clock.timestamp());
        let (after, _) = step(&state, event, clock.now(), &rules);
        prop_assert!(after.since() <= clock.now() && after.last_result().is_none_or(|last| last <= clock.now()));
        prop_assert!(after.flap_value(&rules, clock.now()).is_finite());
        let _ = (after.settles_at(&rules), after.saved(clock.now(), clock.timestamp()));
    }
}
