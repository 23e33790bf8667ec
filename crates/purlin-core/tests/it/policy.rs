//! The driver of the machines, on simulated time.

use purlin_core::policy::{Breaker, Budget, Rate};
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, Policy, Result, Retry, RetryHint, SimClock};
use std::future::pending;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

pub(crate) fn simulated() -> (SimClock, Cx) {
    let sim = SimClock::new();
    let cx = Cx::background().with_clock(sim.clone()).with_timeout(3600 * SECOND);
    (sim, cx)
}

pub(crate) fn refused() -> Error {
    Error::new(ErrorKind::Refused, "nobody listens").with_operation("tcp.connect")
}

pub(crate) fn db1() -> Endpoint {
    Endpoint::new("db1.lon", 3306).unwrap()
}

/// Fails so often, then answers with the number of the attempt.
async fn flaky(count: &AtomicU32, failures: u32) -> Result<u32> {
    match count.fetch_add(1, Ordering::Relaxed) + 1 {
        number if number <= failures => Err(refused()),
        number => Ok(number),
    }
}

#[tokio::test]
async fn a_flaky_call_is_cured() {
    let (sim, cx) = simulated();
    let policy = Policy::new().retry(Retry::new(3));
    let count = AtomicU32::new(0);
    let seen = std::sync::Mutex::new(Vec::new());
    let run = policy.run(&cx, |cx| {
        seen.lock().unwrap().push(cx.attempt());
        flaky(&count, 2)
    });
    assert_eq!(sim.drive(run).await.unwrap(), 3);
    assert_eq!(*seen.lock().unwrap(), [1, 2, 3]);
    let stats = policy.stats();
    assert_eq!((stats.calls, stats.attempts, stats.retries, stats.failures), (1, 3, 2, 0));
}

#[tokio::test]
async fn a_dead_one_fails_with_its_true_cause() {
    let (sim, cx) = simulated();
    let policy = Policy::new().retry(Retry::new(3)).at(&db1());
    let error = sim.drive(policy.run(&cx, |_| async { Err::<(), _>(refused()) })).await.unwrap_err();
    assert_eq!(error.to_string(), "tcp.connect db1.lon:3306: nobody listens (3 attempts)");
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Refused, Outcome::NotSent));
    assert_eq!(error.retry(), RetryHint::Exhausted);
}

#[tokio::test]
async fn a_plain_policy_changes_nothing() {
    let (_, cx) = simulated();
    let error = Policy::new().run(&cx, |_| async { Err::<(), _>(refused()) }).await.unwrap_err();
    assert_eq!((error.note(), error.retry()), (None, RetryHint::Safe));
}

#[tokio::test]
async fn what_may_have_happened_is_repeated_only_if_it_may_happen_twice() {
    let (sim, cx) = simulated();
    for (retry, attempts) in [(Retry::new(3), 1), (Retry::new(3).idempotent(), 3)] {
        let policy = Policy::new().retry(retry);
        let error = sim.drive(policy.run(&cx, |_| async { Err::<(), _>(lost()) })).await.unwrap_err();
        assert_eq!((policy.stats().attempts, error.outcome()), (attempts, Outcome::Maybe));
    }
}

#[tokio::test]
async fn an_attempt_ends_at_its_own_timeout_and_the_next_one_starts() {
    let (sim, cx) = simulated();
    let policy =
        Policy::new().attempt_timeout(2 * SECOND).retry(Retry::new(2).idempotent().base(Duration::ZERO));
    let hangs_once = |cx: Cx| async move { if cx.attempt() == 1 { pending().await } else { Ok("answer") } };
    assert_eq!(sim.drive(policy.run(&cx, hangs_once)).await.unwrap(), "answer");
    assert_eq!(sim.elapsed(), 2 * SECOND);
    let error = sim.drive(policy.run(&cx, |_| pending::<Result<()>>())).await.unwrap_err();
    assert_eq!(error.to_string(), "policy.attempt: no answer within 2s (2 attempts)");
}

#[tokio::test]
async fn the_call_s_deadline_does_not_hide_the_cause() {
    let (sim, cx) = simulated();
    let cx = cx.with_timeout(5 * SECOND);
    let policy = Policy::new().retry(Retry::new(3).base(Duration::ZERO));
    let refused_then_silent = |cx: Cx| async move {
        if cx.attempt() == 1 { Err(refused()) } else { pending::<Result<()>>().await }
    };
    let error = sim.drive(policy.run(&cx, refused_then_silent)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "tcp.connect: nobody listens (2 attempts, the deadline cut the last one off)"
    );
    // The one that was cut off was on its way.
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Refused, Outcome::Maybe));
    assert_eq!(sim.elapsed(), 5 * SECOND);
}

fn lost() -> Error {
    Error::new(ErrorKind::Unavailable, "connection lost")
}

#[tokio::test]
async fn a_doubt_about_an_earlier_attempt_is_not_forgotten() {
    let (sim, cx) = simulated();
    let policy = Policy::new().retry(Retry::new(2).idempotent());
    let lost_then_refused =
        |cx: Cx| async move { Err::<(), _>(if cx.attempt() == 1 { lost() } else { refused() }) };
    let error = sim.drive(policy.run(&cx, lost_then_refused)).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Refused, Outcome::Maybe));
    let answered = |cx: Cx| async move {
        Err::<(), _>(if cx.attempt() == 1 {
            lost()
        } else {
            Error::new(ErrorKind::Conflict, "it exists already")
        })
    };
    let error = sim.drive(policy.run(&cx, answered)).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::Maybe));
}

#[tokio::test]
async fn a_doubt_survives_a_cancel_between_attempts() {
    let (sim, cx) = simulated();
    let (call, canceller) = cx.cancellable();
    let policy = Policy::new().retry(Retry::new(2).idempotent());
    let attempt = |_| async { Err::<(), _>(lost().with_retry(RetryHint::After(60 * SECOND))) };
    let cancel = async {
        cx.clock().sleep(SECOND).await;
        canceller.cancel();
    };
    let (answer, ()) = sim.drive(async { tokio::join!(policy.run(&call, attempt), cancel) }).await;
    let error = answer.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Cancelled, Outcome::Maybe));
}

#[tokio::test]
async fn a_doubt_survives_a_breaker_and_a_rate_that_refuse_the_next_attempt() {
    let (sim, cx) = simulated();
    let retry = Retry::new(3).idempotent().base(Duration::ZERO);
    let breaker = Policy::new().retry(retry).breaker(Breaker::new(1));
    let rate = Policy::new().retry(retry).rate(Rate::new(1, 60 * SECOND));
    for policy in [breaker, rate] {
        let error = sim.drive(policy.run(&cx, |_| async { Err::<(), _>(lost()) })).await.unwrap_err();
        assert_eq!((error.message(), error.outcome()), ("connection lost", Outcome::Maybe));
        assert_eq!((policy.stats().attempts, policy.stats().refused), (1, 1));
    }
}

#[tokio::test]
async fn a_hint_to_come_again_does_not_make_a_doubt_safe() {
    let (sim, cx) = simulated();
    for (retry, attempts) in [(Retry::new(3), 1), (Retry::new(3).idempotent(), 3)] {
        let policy = Policy::new().retry(retry);
        let later = || lost().with_retry(RetryHint::After(SECOND));
        let error = sim.drive(policy.run(&cx, |_| async { Err::<(), _>(later()) })).await.unwrap_err();
        assert_eq!((policy.stats().attempts, error.outcome()), (attempts, Outcome::Maybe));
    }
}

#[tokio::test]
async fn it_gives_up_when_the_next_attempt_would_come_too_late() {
    let (sim, cx) = simulated();
    let cx = cx.with_timeout(5 * SECOND);
    let policy = Policy::new().retry(Retry::new(3));
    let busy = || async {
        Err::<(), _>(
            Error::new(ErrorKind::RateLimited, "slow down").with_retry(RetryHint::After(10 * SECOND)),
        )
    };
    let error = sim.drive(policy.run(&cx, |_| busy())).await.unwrap_err();
    assert_eq!(error.to_string(), "slow down (1 attempt, no time left for another)");
    assert_eq!(sim.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn cancelling_ends_the_wait_between_attempts() {
    let (sim, cx) = simulated();
    let (call, canceller) = cx.cancellable();
    let policy = Policy::new().retry(Retry::new(3));
    let slow_down = || Error::new(ErrorKind::RateLimited, "slow down");
    let busy = |_| async { Err::<(), _>(slow_down().with_retry(RetryHint::After(60 * SECOND))) };
    let cancel = async {
        cx.clock().sleep(SECOND).await;
        canceller.cancel();
    };
    let (answer, ()) = sim.drive(async { tokio::join!(policy.run(&call, busy), cancel) }).await;
    let error = answer.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Cancelled, Outcome::Sent));
    assert_eq!(format!("{error:#}"), "policy.retry: cancelled by the caller (1 attempt): slow down");
    assert_eq!((policy.stats().attempts, sim.elapsed()), (1, SECOND));
}

#[tokio::test]
async fn the_wait_between_attempts_is_random() {
    let (sim, cx) = simulated();
    let policy = Policy::new().retry(Retry::new(2).base(60 * SECOND).cap(60 * SECOND));
    let mut waits = std::collections::HashSet::new();
    for _ in 0..8 {
        let before = sim.elapsed();
        sim.drive(
            policy.run(&cx, |cx| async move { if cx.attempt() == 1 { Err(refused()) } else { Ok(()) } }),
        )
        .await
        .unwrap();
        waits.insert(sim.elapsed() - before);
    }
    assert!(waits.len() > 1, "{waits:?}");
}

#[tokio::test]
async fn nested_policies_do_not_multiply() {
    let (sim, cx) = simulated();
    let (outer, inner) = (Policy::new().retry(Retry::new(3)), Policy::new().retry(Retry::new(4)));
    let count = AtomicU32::new(0);
    let run = outer.run(&cx, |cx| {
        let (inner, count) = (&inner, &count);
        async move { inner.run(&cx, |_| flaky(count, u32::MAX)).await }
    });
    let error = sim.drive(run).await.unwrap_err();
    assert_eq!(count.load(Ordering::Relaxed), 3);
    assert_eq!(error.note(), Some("3 attempts, the outer policy's attempts are used up"));
}

#[tokio::test]
async fn a_second_failure_further_out_does_not_start_the_inner_retries_anew() {
    let (sim, cx) = simulated();
    let (outer, inner) = (Policy::new().retry(Retry::new(3)), Policy::new().retry(Retry::new(3)));
    let count = AtomicU32::new(0);
    // The inner call succeeds at its second attempt each time; what comes after it always fails.
    let run = outer.run(&cx, |cx| {
        let (inner, count) = (&inner, &count);
        async move {
            let calls = AtomicU32::new(0);
            inner
                .run(&cx, |_| {
                    count.fetch_add(1, Ordering::Relaxed);
                    let calls = &calls;
                    async move { flaky(calls, 1).await }
                })
                .await?;
            Err::<(), _>(refused())
        }
    });
    assert!(sim.drive(run).await.is_err());
    assert!(
        count.load(Ordering::Relaxed) <= 4,
        "two retries in all, so two outer attempts of two calls at most"
    );
}

#[tokio::test]
async fn the_budget_bounds_what_all_calls_add() {
    let (sim, cx) = simulated();
    let policy =
        Policy::new().retry(Retry::new(10).base(Duration::ZERO).budget(Budget::percent(0).reserve(4)));
    for _ in 0..20 {
        let _ = sim.drive(policy.run(&cx, |_| async { Err::<(), _>(refused()) })).await;
    }
    assert_eq!((policy.stats().calls, policy.stats().retries), (20, 4));
    let error = policy.run(&cx, |_| async { Err::<(), _>(refused()) }).await.unwrap_err();
    assert_eq!(error.note(), Some("1 attempt, retry budget used up"));
}

#[tokio::test]
async fn clones_share_and_setters_start_anew() {
    let (_, cx) = simulated();
    let policy = Policy::new();
    policy.clone().run(&cx, |_| async { Ok(()) }).await.unwrap();
    assert_eq!(policy.stats().calls, 1);
    assert_eq!(policy.concurrency(3).stats().calls, 0);
}
