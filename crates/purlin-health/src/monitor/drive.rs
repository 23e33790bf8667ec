//! What runs the checks of a shard.

use super::hall::Hall;
use super::shard::{Run, Shard};
use crate::{Cause, Check, CheckOutcome, Failure, Phase};
use purlin_core::{Clock, Cx, Error, ErrorKind, Instant};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// How long after its deadline a check is cut off that did not end by itself: a check knows better what it waited for.
const GRACE: Duration = Duration::from_millis(50);

/// A shard, and how its driver and others meet.
#[derive(Debug)]
pub(super) struct Station {
    shard: Mutex<Shard>,
    clock: Clock,
    /// Something is to be done earlier than planned.
    bell: Notify,
    /// A check became sure, or unsure.
    moved: Notify,
    is_stopping: AtomicBool,
}

impl Station {
    pub(super) fn new(shard: Shard, clock: Clock) -> Self {
        Self {
            shard: Mutex::new(shard),
            clock,
            bell: Notify::new(),
            moved: Notify::new(),
            is_stopping: AtomicBool::new(false),
        }
    }

    /// Held for moments only, never over an await.
    pub(super) fn lock(&self) -> MutexGuard<'_, Shard> {
        self.shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn stop(&self) {
        self.is_stopping.store(true, Ordering::Release);
        self.ring();
    }

    /// Makes a check due at that moment, or now.
    pub(super) fn pull(&self, job: u32, at: Option<Instant>) {
        self.lock().pull(job, at.unwrap_or_else(|| self.clock.now()));
        self.ring();
    }

    pub(super) fn ring(&self) {
        self.bell.notify_one();
    }

    pub(super) fn moved(&self) {
        self.moved.notify_waiters();
    }

    /// Waits until that is so, looking whenever a check became sure or unsure, or the last of a round has run.
    pub(super) async fn until(&self, is_so: impl Fn(&Shard) -> bool) {
        loop {
            let mut moved = pin!(self.moved.notified());
            moved.as_mut().enable();
            if is_so(&self.lock()) {
                return;
            }
            moved.await;
        }
    }
}

/// Runs the checks of a shard until told to stop, and then until those under way have ended.
pub(super) async fn drive(hall: Arc<Hall>, shard: usize) {
    let station = &hall.stations[shard];
    let mut running = JoinSet::new();
    let mut begun = Vec::new();
    loop {
        let is_stopping = station.is_stopping.load(Ordering::Acquire);
        if is_stopping && running.is_empty() {
            return;
        }
        let next = if is_stopping { None } else { begin(&hall, shard, &mut begun) };
        for run in begun.drain(..) {
            running.spawn(go(run, station.clock.clone()));
        }
        let wait = async {
            match next {
                Some(moment) => station.clock.sleep_until(moment).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            Some(ended) = running.join_next() => {
                end(&hall, shard, ended);
                while let Some(ended) = running.try_join_next() {
                    end(&hall, shard, ended);
                }
            }
            () = station.bell.notified() => {}
            () = wait => {}
        }
    }
}

/// Gives the runs that begin now, and when to ask again.
fn begin(hall: &Hall, number: usize, begun: &mut Vec<Run>) -> Option<Instant> {
    let station = &hall.stations[number];
    let (now, wall) = (station.clock.now(), station.clock.timestamp());
    let mut shard = station.lock();
    let moved = shard.begin(now, wall, begun);
    let next = shard.next();
    let follows: Vec<_> = moved.iter().map(|moved| hall.note(number, moved, &shard, now, wall)).collect();
    drop(shard);
    moved.into_iter().for_each(|moved| hall.tell(station, moved));
    follows.into_iter().for_each(|follow| hall.follow(follow));
    next
}

/// Which check ended how, and what it took.
type Ended = (u32, CheckOutcome, Duration);

fn end(hall: &Hall, number: usize, ended: Result<Ended, tokio::task::JoinError>) {
    // A run is never cancelled while the driver lives, and its panics are caught.
    let Ok((job, outcome, took)) = ended else { return };
    let station = &hall.stations[number];
    let (now, wall) = (station.clock.now(), station.clock.timestamp());
    let mut shard = station.lock();
    let moved = shard.ended(job, outcome, took, now, wall);
    let follow = hall.note(number, &moved, &shard, now, wall);
    let is_round_over = shard.is_round_over();
    drop(shard);
    hall.tell(station, moved);
    hall.follow(follow);
    if is_round_over {
        station.moved();
    }
}

async fn go(run: Run, clock: Clock) -> Ended {
    let cx = Cx::background().with_clock(clock);
    let limit = cx.with_timeout(run.timeout.saturating_add(GRACE));
    let inner = cx.with_timeout(run.timeout);
    let begun = cx.now();
    let ended = limit.run("health.check", async { Ok(guarded(&*run.check, &inner).await) }).await;
    let outcome = ended.unwrap_or_else(|error| {
        CheckOutcome::Failed(Failure::new(Phase::Execute, Cause::Timeout, error.message().to_owned()))
    });
    (run.job, outcome, cx.now().since(begun))
}

/// A check that panics is a fault of the prober, and of this run alone.
async fn guarded(check: &dyn Check, cx: &Cx) -> CheckOutcome {
    let mut run = check.run(cx);
    std::future::poll_fn(|context| {
        // The future is not polled again after a panic.
        match catch_unwind(AssertUnwindSafe(|| run.as_mut().poll(context))) {
            Ok(poll) => poll,
            Err(_) => Poll::Ready(CheckOutcome::Prober(Error::new(
                ErrorKind::Internal,
                format!("the check of kind \"{}\" panicked", check.kind()),
            ))),
        }
    })
    .await
}
