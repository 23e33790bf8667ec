//! The driver around the lanes: locks, tasks, the clock.

use super::lane::{Entry, Free, Lane, Purpose, Waiter};
use super::lent::{Borrower, Pooled};
use super::{PoolSettings, PoolStats, fault};
use crate::{Connector, Session, SessionState};
use purlin_core::{Clock, Cx, Endpoint, Error, Instant, Result};
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// A pool, as its tasks and lent sessions hold it.
pub(super) struct Shared {
    pub(super) connector: Arc<dyn Connector>,
    pub(super) endpoint: Endpoint,
    pub(super) settings: PoolSettings,
    pub(super) clock: Clock,
    /// Told whenever a session comes back or goes.
    pub(super) changed: Notify,
    state: Mutex<State>,
}

pub(super) struct State {
    work: Lane,
    probe: Lane,
    pub(super) generation: u64,
    pub(super) closed: bool,
    pub(super) stats: PoolStats,
    pub(super) last_failure: Option<Error>,
    borrowers: Vec<Option<Loan>>,
    free_slots: Vec<usize>,
    tasks: JoinSet<()>,
    runtime: Option<Handle>,
}

#[derive(Debug)]
struct Loan {
    location: &'static Location<'static>,
    since: Instant,
    told: bool,
}

impl State {
    pub(super) fn lane(&mut self, purpose: Purpose) -> &mut Lane {
        match purpose {
            Purpose::Work => &mut self.work,
            Purpose::Probe => &mut self.probe,
        }
    }

    pub(super) fn lanes(&mut self) -> [&mut Lane; 2] {
        [&mut self.work, &mut self.probe]
    }

    /// Takes note of a loan; its slot is given back with the session.
    pub(super) fn lend(&mut self, location: &'static Location<'static>, since: Instant) -> usize {
        self.stats.acquired += 1;
        let loan = Some(Loan { location, since, told: false });
        match self.free_slots.pop() {
            Some(slot) if slot < self.borrowers.len() => {
                self.borrowers[slot] = loan;
                slot
            }
            _ => {
                self.borrowers.push(loan);
                self.borrowers.len() - 1
            }
        }
    }

    fn returned(&mut self, slot: usize) {
        if let Some(loan) = self.borrowers.get_mut(slot) {
            *loan = None;
            self.free_slots.push(slot);
        }
    }

    pub(super) fn longest(&self, now: Instant) -> Vec<Borrower> {
        let loans = self.borrowers.iter().flatten();
        let mut all: Vec<_> =
            loans.map(|loan| Borrower { location: loan.location, lent_for: now.since(loan.since) }).collect();
        all.sort_by_key(|borrower| std::cmp::Reverse(borrower.lent_for));
        all
    }

    /// Those that are lent for longer than that and were not told yet.
    pub(super) fn leaks(&mut self, limit: Duration, now: Instant) -> Vec<Borrower> {
        let mut leaks = Vec::new();
        for loan in self.borrowers.iter_mut().flatten() {
            let lent_for = now.since(loan.since);
            if !loan.told && lent_for >= limit {
                loan.told = true;
                leaks.push(Borrower { location: loan.location, lent_for });
            }
        }
        leaks
    }
}

impl Shared {
    pub(super) fn new(connector: Arc<dyn Connector>, endpoint: Endpoint, settings: PoolSettings) -> Self {
        let state = State {
            work: Lane::new(settings.max),
            probe: Lane::new(1),
            generation: 0,
            closed: false,
            stats: PoolStats { max: settings.max, ..PoolStats::default() },
            last_failure: None,
            borrowers: Vec::new(),
            free_slots: Vec::new(),
            tasks: JoinSet::new(),
            runtime: None,
        };
        Self {
            connector,
            endpoint,
            settings,
            clock: Clock::system(),
            changed: Notify::new(),
            state: Mutex::new(state),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics while it holds the lock; were it so, the counts are still whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a task of the pool, which ends with it.
    pub(super) fn spawn(state: &mut State, task: impl Future<Output = ()> + Send + 'static) {
        while state.tasks.try_join_next().is_some() {}
        if let Some(runtime) = state.runtime.clone().or_else(|| Handle::try_current().ok()) {
            state.tasks.spawn_on(task, &runtime);
        }
    }

    /// At the first call within a runtime: what keeps the sessions begins.
    pub(super) fn wake(shared: &Arc<Self>, state: &mut State) {
        if state.runtime.is_none()
            && let Ok(runtime) = Handle::try_current()
        {
            state.runtime = Some(runtime);
            let keeper = super::keep::run(Arc::downgrade(shared));
            Self::spawn(state, keeper);
        }
    }

    /// Ends all tasks and resting sessions: the last handle is gone.
    pub(super) fn end(&self) {
        let mut state = self.state();
        state.closed = true;
        state.tasks.abort_all();
        let mut over = Vec::new();
        let mut waiters = Vec::new();
        for lane in state.lanes() {
            over.append(&mut lane.idle);
            waiters.extend(lane.waiters.drain(..));
        }
        drop(state);
        for waiter in waiters {
            let _ = waiter.answer.send(Err(fault::closed(&self.endpoint)));
        }
    }

    /// Opens a session for each waiter whom nothing under way can serve.
    pub(super) fn connect_for_waiters(shared: &Arc<Self>, state: &mut State, purpose: Purpose) {
        if state.closed {
            return;
        }
        for _ in 0..state.lane(purpose).connects_wanted() {
            Self::connect(shared, state, purpose);
        }
    }

    /// Opens a session in the background; the lane has counted it as open and busy.
    pub(super) fn connect(shared: &Arc<Self>, state: &mut State, purpose: Purpose) {
        let pool = shared.clone();
        Self::spawn(state, async move {
            let begun = pool.clock.now();
            let result = pool.open().await;
            Self::connected(&pool, purpose, result, begun);
        });
    }

    pub(super) async fn open(&self) -> Result<Session> {
        let cx = Cx::background();
        let limits = self.settings.limits.clone();
        Session::connect_within(&cx, &*self.connector, &self.endpoint, limits).await
    }

    pub(super) fn entry(&self, session: Session, generation: u64, now: Instant) -> Box<Entry> {
        let lifetime = self.settings.max_lifetime.mul_f64(1.0 - fastrand::f64() / 10.0);
        let expires = now.saturating_add(lifetime);
        Box::new(Entry { session, expires, rested_since: now, idle_since: now, generation })
    }

    fn connected(shared: &Arc<Self>, purpose: Purpose, result: Result<Session>, begun: Instant) {
        let now = shared.clock.now();
        let mut state = shared.state();
        state.lane(purpose).busy -= 1;
        match result {
            Ok(session) => {
                state.stats.created += 1;
                state.stats.create_time += now.since(begun);
                state.last_failure = None;
                let entry = shared.entry(session, state.generation, now);
                Self::free(shared, state, purpose, entry, now);
            }
            Err(error) => {
                state.stats.connect_failures += 1;
                state.last_failure = Some(error.clone());
                state.lane(purpose).lost();
                let told = state.lane(purpose).told_of(&error);
                Self::connect_for_waiters(shared, &mut state, purpose);
                drop(state);
                shared.changed.notify_waiters();
                for (waiter, error) in told {
                    let _ = waiter.answer.send(Err(error));
                }
            }
        }
    }

    /// A session in order became free: to a waiter, or to rest.
    pub(super) fn free(
        shared: &Arc<Self>,
        mut state: MutexGuard<'_, State>,
        purpose: Purpose,
        entry: Box<Entry>,
        now: Instant,
    ) {
        if state.closed {
            state.lane(purpose).lost();
            drop(state);
            shared.changed.notify_waiters();
            return drop(entry);
        }
        match state.lane(purpose).free(entry, now) {
            Free::Kept => {}
            Free::Give(Waiter { answer, location, since }, entry) => {
                state.stats.wait_time += now.since(since);
                let mut lent = Pooled::new(entry, shared, purpose, now);
                lent.slot = state.lend(location, now);
                drop(state);
                // A caller who has just left drops the session, and that gives it back.
                drop(answer.send(Ok(lent)));
            }
            Free::End(entry) => {
                Self::connect_for_waiters(shared, &mut state, purpose);
                super::close::politely(&mut state, shared, entry);
            }
        }
    }

    /// A lent session comes back.
    pub(super) fn give_back(
        shared: &Arc<Self>,
        mut entry: Box<Entry>,
        purpose: Purpose,
        slot: usize,
        since: Instant,
    ) {
        let now = shared.clock.now();
        let mut state = shared.state();
        state.returned(slot);
        state.stats.use_time += now.since(since);
        entry.rested_since = now;
        entry.idle_since = now;
        entry.generation = state.generation;
        match entry.session.state() {
            SessionState::Idle if !state.closed => return Self::free(shared, state, purpose, entry, now),
            SessionState::Closed => {
                // What broke one may have broken all: the others prove themselves first.
                state.generation += 1;
                state.stats.discarded += 1;
            }
            _ if state.closed => {}
            _ => {
                state.lane(purpose).busy += 1;
                return super::keep::settle(shared, &mut state, purpose, entry, super::keep::Need::Order);
            }
        }
        state.lane(purpose).lost();
        Self::connect_for_waiters(shared, &mut state, purpose);
        drop(state);
        shared.changed.notify_waiters();
    }

    pub(super) fn stats(&self) -> PoolStats {
        let mut state = self.state();
        let mut stats = state.stats;
        for lane in state.lanes() {
            stats.used += lane.lent();
            stats.idle += u32::try_from(lane.idle.len()).unwrap_or(u32::MAX);
            stats.busy += lane.busy;
            stats.pending_requests += lane.waiting();
        }
        stats
    }

    pub(super) fn borrowers(&self) -> Vec<Borrower> {
        self.state().longest(self.clock.now())
    }
}
