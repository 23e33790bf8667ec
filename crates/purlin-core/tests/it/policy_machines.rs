//! The decisions of a policy, as properties of its pure machines.

use proptest::prelude::*;
use purlin_core::policy::breaker::{Admission, Circuit, Report};
use purlin_core::policy::budget::Tokens;
use purlin_core::policy::rate::Bucket;
use purlin_core::policy::retry::{Stop, Verdict};
use purlin_core::policy::{Breaker, Budget, Failure, Rate, Retry, RetryScope};
use purlin_core::{ErrorKind, Instant, Outcome, RetryHint, SimClock};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn hint() -> impl Strategy<Value = RetryHint> {
    prop_oneof![
        Just(RetryHint::Never),
        Just(RetryHint::Safe),
        Just(RetryHint::IfIdempotent),
        Just(RetryHint::Exhausted),
        (0u64..10_000).prop_map(|millis| RetryHint::After(Duration::from_millis(millis))),
    ]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![Just(Outcome::NotSent), Just(Outcome::Maybe), Just(Outcome::Sent)]
}

fn failure(attempt: u32, hint: RetryHint) -> Failure {
    Failure::new(attempt, hint, Outcome::NotSent)
}

fn retry() -> impl Strategy<Value = Retry> {
    (0u32..8, 0u64..5_000, 0u64..20_000, any::<bool>()).prop_map(|(attempts, base, cap, idempotent)| {
        let retry = Retry::new(attempts).base(Duration::from_millis(base)).cap(Duration::from_millis(cap));
        if idempotent { retry.idempotent() } else { retry }
    })
}

/// Plays one call whose attempts all fail with these hints; the number of attempts made and the waits between them.
fn play(
    retry: &Retry,
    hints: &[RetryHint],
    tokens: &mut Tokens,
    scope: Option<&RetryScope>,
    random: f64,
) -> Vec<Duration> {
    let mut waits = Vec::new();
    for (number, hint) in (1..).zip(hints) {
        match retry.after_failure(failure(number, *hint), random, tokens, scope) {
            Verdict::Again { after } => waits.push(after),
            _ => break,
        }
    }
    waits
}

proptest! {
    #[test]
    fn attempts_are_bounded(retry in retry(), hints in prop::collection::vec(hint(), 20), random in 0.0..1.0f64) {
        let mut tokens = Tokens::new(Budget::percent(100).reserve(1000));
        let retries = play(&retry, &hints, &mut tokens, None, random).len();
        prop_assert!(retries as u32 <= retry.attempts.saturating_sub(1));
    }

    #[test]
    fn waits_are_capped_and_never_shorter_than_asked_for(
        retry in retry(), hints in prop::collection::vec(hint(), 20), random in -1.0..2.0f64,
    ) {
        let mut tokens = Tokens::new(Budget::percent(100).reserve(1000));
        for ((number, wait), hint) in (0u32..).zip(play(&retry, &hints, &mut tokens, None, random)).zip(hints) {
            let least = match hint { RetryHint::After(time) => time, _ => Duration::ZERO };
            let most = retry.base.saturating_mul(2u32.pow(number)).min(retry.cap);
            prop_assert!(wait >= least && wait <= least + most, "{wait:?} after attempt {}", number + 1);
        }
    }

    #[test]
    fn waits_follow_the_random_number(retry in retry(), attempt in 1u32..8, one in 0.0..1.0f64, other in 0.0..1.0f64) {
        let retry = Retry::new(9).base(retry.base).cap(retry.cap);
        let wait = |random| {
            let mut tokens = Tokens::new(Budget::default());
            match retry.after_failure(failure(attempt, RetryHint::Safe), random, &mut tokens, None) {
                Verdict::Again { after } => after,
                verdict => panic!("{verdict:?}"),
            }
        };
        let longest = retry.base.saturating_mul(2u32.pow(attempt - 1)).min(retry.cap);
        prop_assert_eq!((wait(0.0), wait(1.0)), (Duration::ZERO, longest));
        // Full jitter: the random number is the share of the longest wait.
        let gap = wait(one).abs_diff(wait(other)).as_secs_f64();
        prop_assert!((gap - (one - other).abs() * longest.as_secs_f64()).abs() < 1e-6);
    }

    #[test]
    fn what_is_useless_or_unsafe_is_not_repeated(
        retry in retry(), hint in hint(), outcome in outcome(), random in 0.0..1.0f64,
    ) {
        let mut tokens = Tokens::new(Budget::default());
        let failure = Failure::new(1, hint, outcome);
        let again = matches!(retry.after_failure(failure, random, &mut tokens, None), Verdict::Again { .. });
        let is_useful = !matches!(hint, RetryHint::Never | RetryHint::Exhausted);
        let in_doubt = hint == RetryHint::IfIdempotent || outcome == Outcome::Maybe;
        prop_assert_eq!(again, is_useful && (retry.idempotent || !in_doubt) && retry.attempts > 1);
    }

    #[test]
    fn the_budget_is_never_exceeded(
        percent in 0u32..100, reserve in 0u32..20, calls in prop::collection::vec(0usize..6, 0..200),
    ) {
        let mut tokens = Tokens::new(Budget::percent(percent).reserve(reserve));
        let retry = Retry::new(6);
        let mut retries = 0;
        for (count, wanted) in (1u64..).zip(&calls) {
            tokens.earn();
            retries += play(&retry, &vec![RetryHint::Safe; *wanted], &mut tokens, None, 0.0).len() as u64;
            prop_assert!(100 * retries <= 100 * u64::from(reserve) + u64::from(percent) * count);
        }
    }

    #[test]
    fn nested_retries_add_up_and_never_multiply(outer in 2u32..6, inner in 1u32..6, innermost in 1u32..6) {
        // Each call of a level runs the level below anew; the leaf always fails, always safe to repeat.
        let scope = RetryScope::new(outer - 1);
        let levels = [outer, inner, innermost];
        fn run(levels: &[u32], scope: &RetryScope) -> u32 {
            let Some((attempts, below)) = levels.split_first() else { return 1 };
            let mut tokens = Tokens::new(Budget::percent(100).reserve(1000));
            let mut leaves = 0;
            for number in 1.. {
                leaves += run(below, scope);
                let verdict = Retry::new(*attempts).after_failure(failure(number, RetryHint::Safe), 0.0, &mut tokens, Some(scope));
                if !matches!(verdict, Verdict::Again { .. }) {
                    break;
                }
            }
            leaves
        }
        prop_assert!(run(&levels, &scope) <= outer);
    }

    #[test]
    fn a_rate_is_kept_over_any_window(
        count in 1u32..50, burst in 1u32..10, gaps in prop::collection::vec(0u64..200, 1..200), window in 1u64..5_000,
    ) {
        let (sim, rate) = (SimClock::new(), Rate::per_second(count).burst(burst));
        let mut bucket = Bucket::new(rate);
        let start = sim.now();
        let mut turns = Vec::new();
        for gap in gaps {
            sim.advance(Duration::from_millis(gap));
            // The next one begins as soon as there is a place.
            while let Err(turn) = bucket.take(sim.now()) {
                sim.advance(turn.since(sim.now()));
            }
            turns.push(sim.now().since(start));
        }
        prop_assert!(turns.is_sorted());
        let window = Duration::from_millis(window);
        for (index, first) in turns.iter().enumerate() {
            let within = turns[index..].iter().filter(|turn| **turn < *first + window).count() as f64;
            prop_assert!(within <= f64::from(burst) + window.as_secs_f64() * f64::from(count) + 1e-6);
        }
    }

    #[test]
    fn asking_for_a_turn_costs_nothing(count in 1u32..50, tries in 1usize..20) {
        let sim = SimClock::new();
        let mut bucket = Bucket::new(Rate::per_second(count));
        prop_assert_eq!(bucket.take(sim.now()), Ok(()));
        let next = sim.now().saturating_add(SECOND / count);
        for _ in 0..tries {
            prop_assert_eq!((bucket.take(sim.now()), bucket.turn(sim.now(), 0)), (Err(next), next));
        }
    }

    #[test]
    fn a_turn_behind_others_comes_when_they_have_had_theirs(
        count in 1u32..50, burst in 1u32..10, used in 0u32..20, ahead in 0u32..20,
    ) {
        let sim = SimClock::new();
        let mut bucket = Bucket::new(Rate::per_second(count).burst(burst));
        let take = |bucket: &mut Bucket| -> Instant {
            while let Err(turn) = bucket.take(sim.now()) {
                sim.advance(turn.since(sim.now()));
            }
            sim.now()
        };
        (0..used).for_each(|_| { take(&mut bucket); });
        let told = bucket.turn(sim.now(), ahead);
        (0..ahead).for_each(|_| { take(&mut bucket); });
        prop_assert_eq!(take(&mut bucket), told);
    }

    #[test]
    fn a_breaker_admits_one_probe_and_none_too_early(
        failures in 1u32..5, steps in prop::collection::vec((0u8..5, 0u64..40), 1..200),
    ) {
        let (sim, breaker) = (SimClock::new(), Breaker::new(failures).cool_down(30 * SECOND));
        let mut circuit = Circuit::default();
        let (mut probe, mut opened, mut under_way) = (false, None, Vec::new());
        for (step, seconds) in steps {
            sim.advance(Duration::from_secs(seconds));
            let now = sim.now();
            if step < 2 {
                match circuit.admit(now) {
                    Admission::Pass => under_way.push(Admission::Pass),
                    Admission::Probe => {
                        prop_assert!(!probe, "a second probe");
                        prop_assert!(opened.is_none_or(|at| now.since(at) >= 30 * SECOND), "too early");
                        probe = true;
                        under_way.push(Admission::Probe);
                    }
                    _ => {}
                }
            } else if let Some(admission) = under_way.pop() {
                let report = [Report::Well, Report::Ill, Report::Unknown][usize::from(step) - 2];
                let before = circuit;
                circuit.report(&breaker, admission, report, now);
                if admission == Admission::Probe {
                    probe = false;
                } else if !matches!(before, Circuit::Closed { .. }) {
                    prop_assert_eq!(before, circuit, "an old answer decided");
                }
                match circuit {
                    Circuit::Open { .. } if report == Report::Ill && before != circuit => opened = Some(now),
                    Circuit::Open { .. } if report == Report::Unknown => opened = None,
                    _ => {}
                }
            }
        }
    }
}

#[test]
fn a_breaker_opens_after_failures_in_a_row_and_only_then() {
    let (sim, breaker) = (SimClock::new(), Breaker::new(3));
    let mut circuit = Circuit::default();
    for report in [Report::Ill, Report::Ill, Report::Well, Report::Ill, Report::Ill, Report::Unknown] {
        circuit.report(&breaker, Admission::Pass, report, sim.now());
        assert_eq!(circuit.admit(sim.now()), Admission::Pass);
    }
    circuit.report(&breaker, Admission::Pass, Report::Ill, sim.now());
    let until = sim.now().saturating_add(breaker.cool_down);
    assert_eq!(circuit.admit(sim.now()), Admission::Refused { until: Some(until) });
}

#[test]
fn a_probe_that_was_dropped_frees_its_place() {
    let (sim, breaker) = (SimClock::new(), Breaker::new(1));
    let mut circuit = Circuit::default();
    circuit.report(&breaker, Admission::Pass, Report::Ill, sim.now());
    sim.advance(breaker.cool_down);
    assert_eq!(circuit.admit(sim.now()), Admission::Probe);
    assert_eq!(circuit.admit(sim.now()), Admission::Refused { until: None });
    circuit.report(&breaker, Admission::Probe, Report::Unknown, sim.now());
    assert_eq!(circuit.admit(sim.now()), Admission::Probe);
    circuit.report(&breaker, Admission::Probe, Report::Well, sim.now());
    assert_eq!(circuit, Circuit::default());
}

#[test]
fn a_server_that_answers_no_is_well() {
    for kind in [
        ErrorKind::NotFound,
        ErrorKind::Denied,
        ErrorKind::Conflict,
        ErrorKind::Invalid,
        ErrorKind::RateLimited,
    ] {
        assert!(!Breaker::counts(kind), "{kind}");
    }
    for kind in [ErrorKind::Refused, ErrorKind::Timeout, ErrorKind::Protocol, ErrorKind::Unavailable] {
        assert!(Breaker::counts(kind), "{kind}");
    }
}

#[test]
fn no_wait_reaches_beyond_the_deadline() {
    let mut tokens = Tokens::new(Budget::default());
    let retry = Retry::new(5).base(4 * SECOND);
    let verdict = |remaining, tokens: &mut Tokens| {
        retry.after_failure(failure(1, RetryHint::Safe).remaining(Some(remaining)), 1.0, tokens, None)
    };
    assert_eq!(verdict(4 * SECOND, &mut tokens), Verdict::Stop(Stop::Deadline));
    assert_eq!(verdict(5 * SECOND, &mut tokens), Verdict::Again { after: 4 * SECOND });
}

#[test]
fn a_burst_comes_at_once_and_refills() {
    let sim = SimClock::new();
    let mut bucket = Bucket::new(Rate::per_second(1).burst(3));
    let at_once = |bucket: &mut Bucket| (0..10).take_while(|_| bucket.take(sim.now()).is_ok()).count();
    assert_eq!((at_once(&mut bucket), at_once(&mut bucket)), (3, 0));
    assert_eq!(bucket.turn(sim.now(), 2), sim.now().saturating_add(3 * SECOND));
    sim.advance(100 * SECOND);
    assert_eq!(at_once(&mut bucket), 3);
}
