//! Real and simulated time.

use purlin_core::{Clock, SimClock, Timestamp};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn arithmetic_saturates() {
    let now = Clock::system().now();
    let far = now.saturating_add(Duration::MAX);
    assert!(far > now);
    assert_eq!(now.since(far), Duration::ZERO);
    assert_eq!(now.checked_sub(Duration::MAX), None);
    assert_eq!(now.saturating_add(SECOND).since(now), SECOND);
}

#[test]
fn simulated_time_moves_only_when_told() {
    let sim = SimClock::starting_at(Timestamp::UNIX_EPOCH);
    let clock = Clock::from(sim.clone());
    let start = clock.now();
    assert_eq!(clock.now(), start);
    sim.advance(90 * SECOND);
    assert_eq!(clock.now().since(start), 90 * SECOND);
    assert_eq!(clock.timestamp().to_string(), "1970-01-01T00:01:30Z");
}

#[tokio::test]
async fn sleepers_wake_in_order_and_none_too_early() {
    let sim = SimClock::new();
    let woken = Arc::new(Mutex::new(Vec::new()));
    for seconds in [3, 1, 2] {
        let (clock, woken) = (Clock::from(sim.clone()), woken.clone());
        tokio::spawn(async move {
            clock.sleep(seconds * SECOND).await;
            woken.lock().unwrap().push(seconds);
        });
    }
    tokio::task::yield_now().await;
    sim.advance(SECOND - Duration::from_nanos(1));
    tokio::task::yield_now().await;
    assert!(woken.lock().unwrap().is_empty());
    sim.advance(10 * SECOND);
    tokio::task::yield_now().await;
    assert_eq!(*woken.lock().unwrap(), [1, 2, 3]);
}

#[tokio::test]
async fn a_dropped_sleep_leaves_no_timer() {
    let sim = SimClock::new();
    let clock = Clock::from(sim.clone());
    let mut sleep = Box::pin(clock.sleep(SECOND));
    assert!(
        std::future::poll_fn(|context| std::task::Poll::Ready(sleep.as_mut().poll(context).is_pending()))
            .await
    );
    drop(sleep);
    assert!(!sim.advance_to_next());
}

#[tokio::test]
async fn a_week_passes_at_once() {
    let sim = SimClock::new();
    let clock = Clock::from(sim.clone());
    let days = sim
        .drive(async {
            let mut days = 0;
            while days < 7 {
                clock.sleep(24 * 3600 * SECOND).await;
                days += 1;
            }
            days
        })
        .await;
    assert_eq!((days, sim.elapsed()), (7, 7 * 24 * 3600 * SECOND));
}

#[tokio::test]
async fn no_time_passes_while_there_is_something_else_to_do() {
    let sim = SimClock::new();
    let clock = Clock::from(sim.clone());
    let other = tokio::spawn(async { "done" });
    let elapsed = || sim.elapsed();
    let future = async {
        let mut sleep = std::pin::pin!(clock.sleep(SECOND));
        let is_waiting =
            std::future::poll_fn(|context| std::task::Poll::Ready(sleep.as_mut().poll(context).is_pending()));
        assert!(is_waiting.await);
        // Each of the three wakes the task in a way of its own: at once, later by the scheduler, through a task.
        woken_at_once().await;
        tokio::task::yield_now().await;
        assert_eq!(other.await.unwrap(), "done");
        let before = elapsed();
        sleep.await;
        (before, elapsed())
    };
    assert_eq!(sim.drive(future).await, (Duration::ZERO, SECOND));
}

async fn woken_at_once() {
    let mut was_polled = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut was_polled, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}
