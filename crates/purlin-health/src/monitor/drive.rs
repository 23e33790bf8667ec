//! What runs the checks of a shard.

use super::shard::{Run, Shard};
use crate::{Cause, Check, CheckOutcome, Failure, Phase, Transition};
use purlin_core::{Clock, Cx, Error, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::{Notify, broadcast};
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
        self.bell.notify_one();
    }

    pub(super) fn pull(&self, job: u32) {
        self.lock().pull(job, self.clock.now());
        self.bell.notify_one();
    }

    /// Whether somebody is to report this check.
    pub(super) fn report(
        &self,
        job: u32,
        outcome: CheckOutcome,
        changes: &broadcast::Sender<Transition>,
    ) -> bool {
        let change = self.lock().reported(job, outcome, self.clock.now(), self.clock.timestamp());
        let Some(change) = change else { return false };
        self.tell(change, changes);
        self.bell.notify_one();
        true
    }

    /// Waits until every check is up or down.
    pub(super) async fn settled(&self) {
        loop {
            let mut moved = pin!(self.moved.notified());
            moved.as_mut().enable();
            if self.lock().is_settled() {
                return;
            }
            moved.await;
        }
    }

    fn tell(&self, changed: impl IntoIterator<Item = Transition>, changes: &broadcast::Sender<Transition>) {
        for transition in changed {
            // Nobody has to listen.
            let _ = changes.send(transition);
            self.moved.notify_waiters();
        }
    }
}

/// Runs checks until told to stop, and then until those under way have ended.
pub(super) async fn drive(station: Arc<Station>, changes: broadcast::Sender<Transition>) {
    let mut running = JoinSet::new();
    let mut begun = Vec::new();
    loop {
        let is_stopping = station.is_stopping.load(Ordering::Acquire);
        if is_stopping && running.is_empty() {
            return;
        }
        let mut next = None;
        if !is_stopping {
            let (now, wall) = (station.clock.now(), station.clock.timestamp());
            let changed = station.lock().begin(now, wall, &mut begun);
            station.tell(changed, &changes);
            next = station.lock().next();
        }
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
                end(&station, ended, &changes);
                while let Some(ended) = running.try_join_next() {
                    end(&station, ended, &changes);
                }
            }
            () = station.bell.notified() => {}
            () = wait => {}
        }
    }
}

/// Which check ended how, and what it took.
type Ended = (u32, CheckOutcome, Duration);

fn end(
    station: &Station,
    ended: Result<Ended, tokio::task::JoinError>,
    changes: &broadcast::Sender<Transition>,
) {
    // A run is never cancelled while the driver lives, and its panics are caught.
    let Ok((job, outcome, took)) = ended else { return };
    let change = station.lock().ended(job, outcome, took, station.clock.now(), station.clock.timestamp());
    station.tell(change, changes);
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
