//! The state of a pool under its lock, and what is done after the lock is let go.

use super::lane::{Entry, Lane, Purpose};
use super::lent::Pooled;
use super::loans::Loans;
use super::queue::Waiter;
use super::shared::Shared;
use super::{PoolSettings, PoolStats};
use purlin_core::{Error, Instant, Result};
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::pin::Pin;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;
use tokio::runtime::Handle;

/// How far a pool has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Open,
    /// It lends nothing any more.
    Closed,
    /// Its last handle is gone.
    Ended,
}

pub(super) struct State {
    work: Lane,
    probe: Lane,
    pub(super) generation: u64,
    pub(super) phase: Phase,
    pub(super) stats: PoolStats,
    pub(super) last_failure: Option<Error>,
    pub(super) loans: Loans,
    /// Somebody looks after the resting sessions.
    pub(super) kept: bool,
    /// Where tasks run that are begun outside a runtime.
    pub(super) runtime: Option<Handle>,
}

/// One probe that hangs must not be in the way of the next one.
const PROBES: u32 = 2;

impl State {
    pub(super) fn new(settings: &PoolSettings) -> Self {
        Self {
            work: Lane::new(settings.max),
            probe: Lane::new(PROBES),
            generation: 0,
            phase: Phase::Open,
            stats: PoolStats { max: settings.max, ..PoolStats::default() },
            last_failure: None,
            loans: Loans::default(),
            kept: false,
            runtime: None,
        }
    }

    pub(super) fn lane(&mut self, purpose: Purpose) -> &mut Lane {
        match purpose {
            Purpose::Work => &mut self.work,
            Purpose::Probe => &mut self.probe,
        }
    }

    pub(super) fn lanes(&self) -> [&Lane; 2] {
        [&self.work, &self.probe]
    }

    pub(super) fn is_closed(&self) -> bool {
        self.phase != Phase::Open
    }

    /// Takes note of a loan; its slot is given back with the session.
    pub(super) fn lend(
        &mut self,
        purpose: Purpose,
        location: &'static Location<'static>,
        since: Instant,
    ) -> usize {
        self.stats.acquired += 1;
        self.loans.begins(purpose, location, since)
    }

    pub(super) fn returned(&mut self, slot: usize, lent_for: Duration) {
        self.loans.ends(slot);
        self.stats.use_time += lent_for;
    }

    /// What was proven until now counts no more.
    pub(super) fn distrust(&mut self) {
        self.generation += 1;
    }
}

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What must not happen under the lock: whatever it drops or wakes may want it.
enum Act {
    Run(Task),
    Answer(Waiter, Result<Pooled>),
    /// Its caller asks again.
    Forget(Waiter),
    Drop(Box<Entry>),
}

/// Done when it is dropped.
struct After<'p> {
    shared: &'p Arc<Shared>,
    acts: Vec<Act>,
    runtime: Option<Handle>,
    changed: bool,
}

impl Drop for After<'_> {
    fn drop(&mut self) {
        for act in std::mem::take(&mut self.acts) {
            match act {
                // Where there is no runtime, or it is gone, the task is dropped here, and gives back what it counted.
                Act::Run(task) => {
                    if let Some(runtime) = Handle::try_current().ok().or_else(|| self.runtime.clone()) {
                        drop(runtime.spawn(task));
                    }
                }
                // A caller who has just left drops the session, and that gives it back.
                Act::Answer(waiter, answer) => drop(waiter.answer.send(answer)),
                Act::Forget(waiter) => drop(waiter),
                Act::Drop(entry) => drop(entry),
            }
        }
        if self.changed {
            self.shared.changed.notify_waiters();
        }
    }
}

/// The state under its lock. What is to happen afterwards does so when it is dropped: the fields go in this order.
pub(super) struct Locked<'p> {
    state: MutexGuard<'p, State>,
    after: After<'p>,
}

impl<'p> Locked<'p> {
    pub(super) fn new(shared: &'p Arc<Shared>, state: MutexGuard<'p, State>) -> Self {
        Self { state, after: After { shared, acts: Vec::new(), runtime: None, changed: false } }
    }

    pub(super) fn shared(&self) -> &'p Arc<Shared> {
        self.after.shared
    }

    /// Starts a task that ends with the pool, or when it is closed.
    pub(super) fn spawn(&mut self, until: Phase, task: impl Future<Output = ()> + Send + 'static) {
        self.after.runtime = self.state.runtime.clone();
        let task = super::task::until(self.after.shared.clone(), until, task);
        self.after.acts.push(Act::Run(Box::pin(task)));
    }

    pub(super) fn answer(&mut self, waiter: Waiter, answer: Result<Pooled>) {
        self.after.acts.push(Act::Answer(waiter, answer));
    }

    pub(super) fn forget(&mut self, waiter: Waiter) {
        self.after.acts.push(Act::Forget(waiter));
    }

    pub(super) fn drop_later(&mut self, entry: Box<Entry>) {
        self.after.acts.push(Act::Drop(entry));
    }

    /// Tells those who wait for a session to come back or go.
    pub(super) fn changed(&mut self) {
        self.after.changed = true;
    }
}

impl Deref for Locked<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.state
    }
}
