//! Deadlines, cancellation and who is named for the end of a call.

use purlin_core::{Cx, Error, ErrorKind, Outcome, Result, SimClock};
use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn simulated() -> (SimClock, Cx) {
    let sim = SimClock::new();
    let cx = Cx::background().with_clock(sim.clone());
    (sim, cx)
}

#[test]
fn a_child_s_deadline_only_shrinks() {
    let (sim, cx) = simulated();
    let parent = cx.with_timeout(10 * SECOND);
    assert_eq!(cx.remaining(), None);
    assert_eq!(parent.with_timeout(60 * SECOND).remaining(), Some(10 * SECOND));
    assert_eq!(parent.with_timeout(SECOND).remaining(), Some(SECOND));
    assert_eq!(parent.with_deadline(sim.now()).remaining(), Some(Duration::ZERO));
    sim.advance(20 * SECOND);
    assert_eq!(parent.remaining(), Some(Duration::ZERO));
}

#[tokio::test]
async fn the_operation_s_own_deadline_ends_it_and_is_named() {
    let (sim, cx) = simulated();
    let caller = cx.with_timeout(60 * SECOND);
    let own = caller.with_timeout(2 * SECOND);
    let error = sim.drive(own.run("db.query", pending::<Result<()>>())).await.unwrap_err();
    assert_eq!(error.to_string(), "db.query: no answer within 2s");
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Maybe));
    assert_eq!(sim.elapsed(), 2 * SECOND);
    assert!(caller.check("app.run").is_ok());
}

#[tokio::test]
async fn the_caller_s_deadline_counts_when_it_is_earlier() {
    let (sim, cx) = simulated();
    let own = cx.with_timeout(SECOND).with_timeout(10 * SECOND);
    let error = sim.drive(own.run("db.query", pending::<Result<()>>())).await.unwrap_err();
    assert_eq!(error.message(), "no answer within 1s");
}

#[tokio::test]
async fn nothing_starts_after_the_end() {
    let (sim, cx) = simulated();
    let cx = cx.with_timeout(SECOND);
    sim.advance(SECOND);
    let started = AtomicBool::new(false);
    let work = async {
        started.store(true, Ordering::Relaxed);
        Ok(())
    };
    let error = cx.run("db.query", work).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::NotSent));
    assert!(!started.load(Ordering::Relaxed));
}

#[tokio::test]
async fn an_answer_at_the_deadline_counts() {
    let (sim, cx) = simulated();
    let limited = cx.with_timeout(SECOND);
    let work = async {
        cx.clock().sleep(SECOND).await;
        Ok("in time")
    };
    assert_eq!(sim.drive(limited.run("db.query", work)).await.unwrap(), "in time");
}

#[tokio::test]
async fn the_real_clock_ends_a_wait_too() {
    let cx = Cx::background().with_timeout(Duration::from_millis(20));
    let error = cx.run("db.query", pending::<Result<()>>()).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Maybe));
    assert!(error.to_string().starts_with("db.query: no answer within "), "{error}");
}

/// It finds something at each turn, until tokio makes it yield: then tokio's timers are not ready for it either.
async fn always_busy() -> Result<()> {
    let turns = tokio::sync::Semaphore::new(1);
    loop {
        drop(turns.acquire().await);
    }
}

#[tokio::test]
async fn a_future_that_is_always_busy_ends_at_the_deadline() {
    let cx = Cx::background().with_timeout(Duration::from_millis(20));
    assert_eq!(cx.run("db.query", always_busy()).await.unwrap_err().kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn a_future_that_is_always_busy_hears_of_a_cancel() {
    let (cx, canceller) = Cx::background().cancellable();
    let task = tokio::spawn(async move { cx.run("db.query", always_busy()).await });
    tokio::task::yield_now().await;
    canceller.cancel();
    assert_eq!(task.await.unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
}

#[tokio::test]
async fn the_innermost_of_equal_deadlines_is_named() {
    let cx = Cx::background().with_timeout(Duration::from_millis(20));
    let inner = cx.run("db.query", pending::<Result<()>>());
    assert_eq!(cx.run("app.step", inner).await.unwrap_err().operation(), Some("db.query"));
}

#[tokio::test]
async fn a_timeout_says_how_long_was_really_waited() {
    let (sim, cx) = simulated();
    let call = cx.with_timeout(30 * SECOND);
    sim.advance(Duration::from_millis(29_900));
    let error = sim.drive(call.run("db.query", pending::<Result<()>>())).await.unwrap_err();
    assert_eq!(error.message(), "no answer within 100ms, all that was left of 30s");
    let error = call.run("db.query", pending::<Result<()>>()).await.unwrap_err();
    assert_eq!(error.message(), "no time left, nothing was asked");
}

#[test]
fn a_deadline_is_the_moment_that_was_asked_for() {
    let cx = Cx::background();
    let at = cx.now().saturating_add(3600 * SECOND);
    assert_eq!(cx.with_deadline(at).deadline(), Some(at));
}

#[tokio::test]
async fn a_detached_context_keeps_clock_and_labels_alone() {
    let (sim, cx) = simulated();
    let (call, canceller) = cx.with_label("site", "lon").with_timeout(SECOND).cancellable();
    let detached = call.detached();
    canceller.cancel();
    sim.advance(60 * SECOND);
    assert!(!detached.is_cancelled() && detached.check("db.connect").is_ok());
    assert_eq!((detached.deadline(), detached.attempt()), (None, 1));
    assert_eq!((detached.now(), detached.labels().get("site")), (sim.now(), Some("lon")));
}

#[tokio::test(start_paused = true)]
async fn tokio_s_paused_time_is_the_system_s() {
    let cx = Cx::background().with_timeout(3600 * SECOND);
    assert_eq!(cx.run("db.query", pending::<Result<()>>()).await.unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(cx.remaining(), Some(Duration::ZERO));
}

#[tokio::test]
async fn cancelling_ends_the_children_and_not_the_parents() {
    let (_, root) = simulated();
    let (parent, canceller) = root.cancellable();
    let (child, of_child) = parent.with_timeout(SECOND).cancellable();
    let (sibling, _of_sibling) = parent.cancellable();
    of_child.cancel();
    assert!(child.is_cancelled() && !parent.is_cancelled() && !sibling.is_cancelled());
    canceller.cancel();
    assert!(parent.is_cancelled() && sibling.is_cancelled() && !root.is_cancelled());
}

#[tokio::test]
async fn a_wait_hears_of_a_cancel_from_any_ancestor() {
    for which in 0..3 {
        let (first, one) = Cx::background().cancellable();
        let (second, two) = first.cancellable();
        let (third, three) = second.cancellable();
        let waiting = tokio::spawn(async move { third.run("app.wait", pending::<Result<()>>()).await });
        tokio::task::yield_now().await;
        [one, two, three][which].cancel();
        let error = waiting.await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), "app.wait: cancelled by the caller");
    }
}

#[tokio::test]
async fn cancelled_returns_at_once_when_it_was() {
    let (cx, canceller) = Cx::background().cancellable();
    canceller.cancel();
    canceller.cancel();
    cx.cancelled().await;
    assert_eq!(cx.check("app.step").unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(cx.sleep(SECOND).await.unwrap_err().kind(), ErrorKind::Cancelled);
}

#[tokio::test]
async fn a_sleep_ends_with_its_call() {
    let (sim, cx) = simulated();
    let error = sim.drive(cx.with_timeout(SECOND).sleep(10 * SECOND)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.operation(), error.outcome()),
        (ErrorKind::Timeout, Some("cx.sleep"), Outcome::NotSent)
    );
    assert_eq!(sim.elapsed(), SECOND);
    assert!(sim.drive(cx.sleep(10 * SECOND)).await.is_ok());
}

#[test]
fn without_a_limit_no_runtime_is_needed() {
    let mut future = Box::pin(async { Cx::background().run("app.step", async { Ok(7) }).await });
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(answer) = future.as_mut().poll(&mut context) else { panic!("not ready") };
    assert_eq!(answer.unwrap(), 7);
}

#[test]
fn labels_are_replaced_and_inherited() {
    let parent = Cx::background().with_label("site", "lon").with_label("role", "web");
    let child = parent.with_timeout(SECOND).with_label("site", "leeds");
    assert_eq!(parent.labels().to_string(), "role=web site=lon");
    assert_eq!(child.labels().to_string(), "role=web site=leeds");
}

#[tokio::test]
async fn blocking_work_answers_fails_and_panics_like_any_other() {
    let cx = Cx::background().with_timeout(60 * SECOND);
    assert_eq!(cx.run_blocking("file.read", |_| Ok(7)).await.unwrap(), 7);
    let fails = |_: &Cx| Err::<(), _>(Error::new(ErrorKind::NotFound, "no such file"));
    assert_eq!(cx.run_blocking("file.read", fails).await.unwrap_err().kind(), ErrorKind::NotFound);
    let error = cx.run_blocking::<(), _>("file.read", |_| panic!("on purpose")).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Internal, Some("file.read")));
}

#[tokio::test]
async fn blocking_work_is_told_when_nobody_waits_any_more() {
    let (sender, receiver) = mpsc::channel();
    let cx = Cx::background().with_timeout(Duration::from_millis(20));
    let work = move |cx: &Cx| {
        while !cx.is_cancelled() {
            std::thread::sleep(Duration::from_millis(1));
        }
        sender.send("told").unwrap();
        Ok(())
    };
    let error = cx.run_blocking("file.read", work).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(receiver.recv_timeout(10 * SECOND).unwrap(), "told");
}

#[tokio::test]
async fn a_dropped_future_tells_the_blocking_work() {
    let (sender, receiver) = mpsc::channel();
    let cx = Cx::background();
    let running = Arc::new(AtomicBool::new(false));
    let seen = running.clone();
    let task = tokio::spawn(async move {
        let work = move |cx: &Cx| {
            seen.store(true, Ordering::Release);
            while !cx.is_cancelled() {
                std::thread::sleep(Duration::from_millis(1));
            }
            sender.send("told").unwrap();
            Ok(())
        };
        cx.run_blocking("file.read", work).await
    });
    while !running.load(Ordering::Acquire) {
        tokio::task::yield_now().await;
    }
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_eq!(receiver.recv_timeout(10 * SECOND).unwrap(), "told");
}
