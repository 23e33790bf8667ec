//! The tasks of a pool, and what they have in hand: given back however they end, also by a panic in a driver or with
//! their runtime.

use super::lane::{Entry, Purpose};
use super::locked::{Locked, Phase};
use super::shared::Shared;
use crate::{Session, SessionState};
use purlin_core::{Cx, Error, ErrorKind, Instant, Outcome, Result};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// How long a session that proves itself is waited for alone.
const PATIENCE: Duration = Duration::from_millis(250);

/// Runs the work unless the pool comes to that phase.
pub(super) async fn until(shared: Arc<Shared>, end: Phase, work: impl Future<Output = ()>) {
    let mut phase = shared.phase.subscribe();
    let over = async {
        // An error means that the pool is gone.
        drop(phase.wait_for(|phase| *phase >= end).await);
    };
    let (mut over, mut work) = (pin!(over), pin!(work));
    poll_fn(|context| {
        if over.as_mut().poll(context).is_ready() { Poll::Ready(()) } else { work.as_mut().poll(context) }
    })
    .await;
}

/// What is done with a session that nobody can have yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    Opening,
    Proving,
}

/// A session that is being opened, tested or brought into order, as its lane counts it.
pub(super) struct Underway {
    pub(super) shared: Arc<Shared>,
    purpose: Purpose,
    doing: Doing,
    generation: u64,
    begun: Instant,
    slow: bool,
    /// Whoever does it may leave.
    by_caller: bool,
    done: bool,
}

impl Underway {
    pub(super) fn new(state: &mut Locked<'_>, purpose: Purpose, doing: Doing) -> Self {
        let shared = state.shared().clone();
        let (generation, begun) = (state.generation, shared.clock.now());
        let lane = state.lane(purpose);
        match doing {
            Doing::Opening => {
                lane.open += 1;
                lane.opening += 1;
            }
            Doing::Proving => lane.proving += 1,
        }
        Self { shared, purpose, doing, generation, begun, slow: false, by_caller: false, done: false }
    }

    /// Done by a caller in person, not by a task.
    pub(super) fn by_caller(mut self) -> Self {
        self.by_caller = true;
        self
    }

    fn is_over(&mut self, state: &mut Locked<'_>) {
        self.done = true;
        let lane = state.lane(self.purpose);
        match self.doing {
            Doing::Opening => lane.opening -= 1,
            Doing::Proving => lane.proving -= 1,
        }
        lane.slow -= u32::from(self.slow);
        state.changed();
    }

    /// The connect ended.
    pub(super) fn opened(mut self, result: Result<Session>) {
        let shared = self.shared.clone();
        let now = shared.clock.now();
        let mut state = shared.lock();
        self.is_over(&mut state);
        match result {
            Ok(session) => {
                state.stats.created += 1;
                state.stats.create_time += now.since(self.begun);
                state.last_failure = None;
                let entry = shared.entry(session, self.generation, now);
                Shared::free(state, self.purpose, entry, now);
            }
            Err(error) => failed(&mut state, self.purpose, &error, now),
        }
    }

    /// Runs a proof; when it takes long, those who wait are served beside it.
    pub(super) async fn patiently<T>(&mut self, work: impl Future<Output = T>) -> T {
        let clock = self.shared.clock.clone();
        let (mut work, mut patience) = (pin!(work), pin!(clock.sleep(PATIENCE)));
        poll_fn(|context| {
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(done);
            }
            if !self.slow && patience.as_mut().poll(context).is_ready() {
                self.slow = true;
                let mut state = self.shared.lock();
                state.lane(self.purpose).slow += 1;
                Shared::serve(&mut state, self.purpose);
            }
            Poll::Pending
        })
        .await
    }

    /// The session is in order.
    pub(super) fn settled(mut self, mut entry: Box<Entry>) {
        let shared = self.shared.clone();
        let now = shared.clock.now();
        let mut state = shared.lock();
        self.is_over(&mut state);
        entry.rested_since = now;
        entry.generation = self.generation;
        Shared::free(state, self.purpose, entry, now);
    }

    /// The session is of no more use, and counted as gone at once: a replacement need not wait for the good-byes.
    pub(super) fn discarded(mut self, broke: bool) -> Leaving {
        let shared = self.shared.clone();
        let mut state = shared.lock();
        self.is_over(&mut state);
        state.stats.discarded += 1;
        // What broke one may have broken all, unless they have been proven since.
        if broke && state.generation == self.generation {
            state.distrust();
        }
        state.lane(self.purpose).lost();
        let leaving = Leaving::new(&mut state, self.purpose);
        Shared::make_up(&mut state, self.purpose);
        leaving
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let shared = self.shared.clone();
        let now = shared.clock.now();
        let mut state = shared.lock();
        self.is_over(&mut state);
        let panicked = std::thread::panicking();
        match self.doing {
            Doing::Opening if panicked => {
                let error = Error::new(ErrorKind::Internal, "the driver panicked while it connected")
                    .with_operation("db.connect")
                    .with_endpoint(shared.endpoint.clone())
                    .with_outcome(Outcome::NotSent);
                return failed(&mut state, self.purpose, &error, now);
            }
            Doing::Opening => {}
            Doing::Proving => state.stats.discarded += 1,
        }
        state.lane(self.purpose).lost();
        if panicked || self.by_caller {
            Shared::serve(&mut state, self.purpose);
        } else {
            // The task went with its runtime: who waits asks again, from a runtime that lives.
            for waiter in state.lane(self.purpose).disappointed() {
                state.forget(waiter);
            }
        }
    }
}

fn failed(state: &mut Locked<'_>, purpose: Purpose, error: &Error, now: Instant) {
    state.stats.connect_failures += 1;
    state.last_failure = Some(error.clone());
    state.lane(purpose).lost();
    for waiter in state.lane(purpose).told_of(error, now) {
        state.answer(waiter, Err(error.clone()));
    }
    Shared::serve(state, purpose);
}

/// A session that says good-bye; [`Shared::close`] waits for it.
pub(super) struct Leaving {
    shared: Arc<Shared>,
    purpose: Purpose,
}

impl Leaving {
    pub(super) fn new(state: &mut Locked<'_>, purpose: Purpose) -> Self {
        state.lane(purpose).leaving += 1;
        Self { shared: state.shared().clone(), purpose }
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.lane(self.purpose).leaving -= 1;
        state.changed();
    }
}

/// Ends a session in the background: politely, or by stopping what it still does on the server. The lane has
/// forgotten it.
pub(super) fn part(state: &mut Locked<'_>, purpose: Purpose, entry: Box<Entry>) {
    if state.phase == Phase::Ended {
        return state.drop_later(entry);
    }
    let leaving = Leaving::new(state, purpose);
    state.spawn(Phase::Ended, async move {
        let _leaving = leaving;
        let session = entry.session;
        match session.state() {
            SessionState::Interrupted => session.abandon().await,
            // It is gone either way.
            _ => drop(session.close(&Cx::background()).await),
        }
    });
}
