//! Waiting for a slot and for a turn, on simulated time.

use crate::policy::simulated;
use purlin_core::policy::Rate;
use purlin_core::{Cx, ErrorKind, Outcome, Policy, Result, RetryHint};
use std::future::pending;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

const SECOND: Duration = Duration::from_secs(1);

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
async fn a_wait_has_a_limit_even_where_the_call_has_none() {
    let (sim, _) = simulated();
    let cx = Cx::background().with_clock(sim.clone());
    let policy = Policy::new().concurrency(1).rate(Rate::new(1, 3600 * SECOND));
    let holder = policy.run(&cx, |cx| async move { cx.sleep(100 * SECOND).await });
    let waiter = policy.run(&cx, |_| async { Ok(()) });
    let (held, waited) = sim.drive(async { tokio::join!(holder, waiter) }).await;
    let error = waited.unwrap_err();
    assert_eq!((held.is_ok(), error.kind(), error.outcome()), (true, ErrorKind::Timeout, Outcome::NotSent));
    assert_eq!(error.to_string(), "policy.concurrency: no slot became free within 30s");

    let error = policy.run(&cx, |_| async { Ok(()) }).await.unwrap_err();
    assert_eq!(error.to_string(), "policy.rate: the rate limit leaves no turn within 30s");
    assert_eq!(error.retry(), RetryHint::After(3500 * SECOND));

    let patient = Policy::new().rate(Rate::new(1, 60 * SECOND)).queue_timeout(100 * SECOND);
    for _ in 0..2 {
        sim.drive(patient.run(&cx, |_| async { Ok(()) })).await.unwrap();
    }
}

#[tokio::test]
async fn who_gives_up_waiting_for_a_turn_costs_the_others_nothing() {
    let (sim, cx) = simulated();
    let policy = Policy::new().rate(Rate::per_second(1)).queue_timeout(3600 * SECOND);
    policy.run(&cx, |_| async { Ok(()) }).await.unwrap();
    let mut waiters: Vec<_> = (0..600).map(|_| Box::pin(policy.run(&cx, |_| async { Ok(()) }))).collect();
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(waiters.iter_mut().all(|waiter| waiter.as_mut().poll(&mut context).is_pending()));
    drop(waiters);
    sim.drive(policy.run(&cx, |_| async { Ok(()) })).await.unwrap();
    assert_eq!(sim.elapsed(), SECOND);
}

/// When each of these attempts began, in seconds, in the order of their beginning.
async fn beginnings(policy: &Policy, hold: impl Fn(u32) -> Duration, calls: u32) -> Vec<(u32, u64)> {
    let (sim, cx) = simulated();
    let begun = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for number in 0..calls {
        let (policy, cx, sim, begun, hold) =
            (policy.clone(), cx.clone(), sim.clone(), begun.clone(), hold(number));
        tasks.push(tokio::spawn(async move {
            let attempt = |cx: Cx| {
                begun.lock().unwrap().push((number, sim.elapsed().as_secs()));
                async move { cx.sleep(hold).await }
            };
            policy.run(&cx, attempt).await
        }));
    }
    sim.drive(async {
        for task in tasks {
            task.await.unwrap().unwrap();
        }
    })
    .await;
    let begun = begun.lock().unwrap();
    begun.clone()
}

#[tokio::test]
async fn turns_come_in_the_order_in_which_they_were_asked_for() {
    let policy = Policy::new().rate(Rate::per_second(1));
    assert_eq!(beginnings(&policy, |_| Duration::ZERO, 4).await, [(0, 0), (1, 1), (2, 2), (3, 3)]);
}

#[tokio::test]
async fn who_waited_for_a_slot_keeps_the_rate_all_the_same() {
    let policy = Policy::new().rate(Rate::per_second(1)).concurrency(1);
    let hold = |number| if number == 0 { 10 * SECOND } else { Duration::ZERO };
    assert_eq!(beginnings(&policy, hold, 4).await, [(0, 0), (1, 10), (2, 11), (3, 12)]);
}
