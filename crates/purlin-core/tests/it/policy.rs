//! The driver of the machines, on simulated time.

use purlin_core::policy::{Breaker, Budget, Rate};
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, Policy, Result, Retry, RetryHint, SimClock};
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

const SECOND: Duration = Duration::from_secs(1);

fn simulated() -> (SimClock, Cx) {
    let sim = SimClock::new();
    let cx = Cx::background().with_clock(sim.clone()).with_timeout(3600 * SECOND);
    (sim, cx)
}

fn refused() -> Error {
    Error::new(ErrorKind::Refused, "nobody listens").with_operation("tcp.connect")
}

fn db1() -> Endpoint {
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
        let lost = || async { Err::<(), _>(Error::new(ErrorKind::Unavailable, "connection lost")) };
        let error = sim.drive(policy.run(&cx, |_| lost())).await.unwrap_err();
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
    assert_eq!(sim.elapsed(), 5 * SECOND);
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
    let (cx, canceller) = cx.cancellable();
    let policy = Policy::new().retry(Retry::new(3).base(60 * SECOND).cap(60 * SECOND));
    let attempt = |_| {
        canceller.cancel();
        async { Err::<(), _>(refused()) }
    };
    let error = sim.drive(policy.run(&cx, attempt)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(format!("{error:#}"), "policy.attempt: cancelled by the caller");
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
async fn a_breaker_leaves_one_endpoint_alone_and_quotes_the_cause() {
    let (sim, cx) = simulated();
    let policy = Policy::new().breaker(Breaker::new(2).cool_down(30 * SECOND));
    let (sick, well) = (policy.at(&db1()), policy.at(&Endpoint::new("db2.lon", 3306).unwrap()));
    for _ in 0..2 {
        let _ = sick.run(&cx, |_| async { Err::<(), _>(refused()) }).await;
    }
    let error = sick.run(&cx, |_| async { Ok(()) }).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unavailable, Outcome::NotSent));
    assert_eq!(error.retry(), RetryHint::After(30 * SECOND));
    assert_eq!(
        format!("{error:#}"),
        "policy.breaker db1.lon:3306: left alone after repeated failures (circuit breaker open): tcp.connect: nobody listens"
    );
    assert!(well.run(&cx, |_| async { Ok(()) }).await.is_ok());
    assert_eq!((policy.stats().open_breakers, policy.stats().refused), (1, 1));
    sim.advance(30 * SECOND);
    assert!(sick.run(&cx, |_| async { Ok(()) }).await.is_ok());
    assert_eq!(policy.stats().open_breakers, 0);
}

#[tokio::test]
async fn a_dropped_probe_lets_the_next_one_go() {
    let (sim, cx) = simulated();
    let policy = Policy::new().breaker(Breaker::new(1));
    let _ = policy.run(&cx, |_| async { Err::<(), _>(refused()) }).await;
    sim.advance(30 * SECOND);
    let mut probe = Box::pin(policy.run(&cx, |_| pending::<Result<()>>()));
    let polled =
        std::future::poll_fn(|context| std::task::Poll::Ready(probe.as_mut().poll(context).is_pending()))
            .await;
    assert!(polled);
    assert_eq!(policy.run(&cx, |_| async { Ok(()) }).await.unwrap_err().operation(), Some("policy.breaker"));
    drop(probe);
    assert!(policy.run(&cx, |_| async { Ok(()) }).await.is_ok());
}

#[tokio::test]
async fn an_impatient_caller_does_not_open_the_breaker() {
    let (sim, cx) = simulated();
    let policy = Policy::new().attempt_timeout(10 * SECOND).breaker(Breaker::new(1));
    let impatient = cx.with_timeout(SECOND);
    let error = sim.drive(policy.run(&impatient, |_| pending::<Result<()>>())).await.unwrap_err();
    assert_eq!(error.message(), "no answer within 1s");
    assert!(policy.run(&cx, |_| async { Ok(()) }).await.is_ok());
    let error = sim.drive(policy.run(&cx, |_| pending::<Result<()>>())).await.unwrap_err();
    assert_eq!(error.message(), "no answer within 10s");
    assert_eq!(policy.stats().open_breakers, 1);
}

#[tokio::test]
async fn a_breaker_that_opens_between_attempts_keeps_the_cause() {
    let (sim, cx) = simulated();
    let policy = Policy::new().retry(Retry::new(5).base(Duration::ZERO)).breaker(Breaker::new(2));
    let error = sim.drive(policy.run(&cx, |_| async { Err::<(), _>(refused()) })).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "tcp.connect: nobody listens (2 attempts, left alone after repeated failures (circuit breaker open))"
    );
}

#[tokio::test]
async fn the_rate_spaces_attempts_out_and_refuses_what_comes_too_late() {
    let (sim, cx) = simulated();
    let policy = Policy::new().rate(Rate::per_second(2));
    for _ in 0..3 {
        sim.drive(policy.run(&cx, |_| async { Ok(()) })).await.unwrap();
    }
    assert_eq!(sim.elapsed(), SECOND);
    let short = cx.with_timeout(Duration::from_millis(100));
    let error = policy.run(&short, |_| async { Ok(()) }).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.operation(), error.outcome()),
        (ErrorKind::RateLimited, Some("policy.rate"), Outcome::NotSent)
    );
}

#[tokio::test]
async fn concurrency_is_kept_and_served_in_order() {
    let policy = Policy::new().concurrency(2);
    let (running, most) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for number in 0..20 {
        let (policy, running, most, order) = (policy.clone(), running.clone(), most.clone(), order.clone());
        tasks.push(tokio::spawn(async move {
            let attempt = |_| async {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                order.lock().unwrap().push(number);
                tokio::task::yield_now().await;
                running.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            };
            policy.run(&Cx::background(), attempt).await
        }));
    }
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(most.load(Ordering::SeqCst), 2);
    assert!(order.lock().unwrap().is_sorted());
}

#[tokio::test]
async fn waiting_for_a_slot_ends_with_the_call() {
    let policy = Policy::new().concurrency(1);
    let held = Arc::new(Notify::new());
    let (holder, holding) = (policy.clone(), held.clone());
    let task = tokio::spawn(async move {
        let attempt = |_| async {
            holding.notify_one();
            pending::<Result<()>>().await
        };
        holder.run(&Cx::background(), attempt).await
    });
    held.notified().await;
    let cx = Cx::background().with_timeout(Duration::from_millis(20));
    let error = policy.run(&cx, |_| async { Ok(()) }).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.operation(), error.outcome()),
        (ErrorKind::Timeout, Some("policy.concurrency"), Outcome::NotSent)
    );
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    policy.run(&Cx::background(), |_| async { Ok(()) }).await.unwrap();
}

#[tokio::test]
async fn clones_share_and_setters_start_anew() {
    let (_, cx) = simulated();
    let policy = Policy::new();
    policy.clone().run(&cx, |_| async { Ok(()) }).await.unwrap();
    assert_eq!(policy.stats().calls, 1);
    assert_eq!(policy.concurrency(3).stats().calls, 0);
}
