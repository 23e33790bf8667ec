//! The driver around the lanes: the lock, the clock, the ways of a session.

use super::lane::{Entry, Free, Purpose, Service};
use super::lent::{Borrower, Pooled};
use super::locked::{Locked, Phase, State};
use super::queue::Waiter;
use super::task::{Doing, Underway, part};
use super::{PoolSettings, PoolStats, keep};
use crate::{Connector, Session, SessionState};
use purlin_core::{Clock, Cx, Endpoint, Instant, Result};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// A pool, as its tasks and lent sessions hold it.
pub(super) struct Shared {
    pub(super) connector: Arc<dyn Connector>,
    pub(super) endpoint: Endpoint,
    pub(super) settings: PoolSettings,
    pub(super) clock: Clock,
    /// Told whenever a session comes or goes.
    pub(super) changed: Notify,
    /// How far it has come, for its tasks.
    pub(super) phase: watch::Sender<Phase>,
    state: Mutex<State>,
}

impl Shared {
    pub(super) fn new(connector: Arc<dyn Connector>, endpoint: Endpoint, settings: PoolSettings) -> Self {
        Self {
            connector,
            endpoint,
            clock: Clock::system(),
            changed: Notify::new(),
            phase: watch::Sender::new(Phase::Open),
            state: Mutex::new(State::new(&settings)),
            settings,
        }
    }

    pub(super) fn lock(self: &Arc<Self>) -> Locked<'_> {
        // Nothing in here panics while it holds the lock; were it so, the counts are still whole.
        Locked::new(self, self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The last handle is gone: ends all tasks and resting sessions.
    pub(super) fn end(self: &Arc<Self>) {
        let mut state = self.lock();
        state.phase = Phase::Ended;
        for purpose in [Purpose::Work, Purpose::Probe] {
            let lane = state.lane(purpose);
            let (over, waiters) = (std::mem::take(&mut lane.idle), lane.waiters.drain().collect::<Vec<_>>());
            over.into_iter().for_each(|entry| state.drop_later(entry));
            waiters.into_iter().for_each(|waiter| state.forget(waiter));
        }
        drop(state);
        self.phase.send_replace(Phase::Ended);
    }

    /// Sees to it that whoever waits and has nothing under way gets something.
    pub(super) fn serve(state: &mut Locked<'_>, purpose: Purpose) {
        if state.is_closed() || state.lane(purpose).waiters.is_empty() {
            return;
        }
        let now = state.shared().clock.now();
        while let Some(service) = state.lane(purpose).service(now) {
            match service {
                Service::Open => Self::connect(state, purpose),
                Service::Prove(entry) => keep::settle(state, purpose, entry, keep::Need::Proof),
                Service::End(entry) => {
                    state.lane(purpose).lost();
                    part(state, purpose, entry);
                }
            }
        }
    }

    /// A session was lost: serves those who wait, and opens what is missing.
    pub(super) fn make_up(state: &mut Locked<'_>, purpose: Purpose) {
        Self::serve(state, purpose);
        if purpose == Purpose::Work && !state.is_closed() {
            let least = state.shared().settings.min_idle;
            let lane = state.lane(purpose);
            let resting = lane.resting() + lane.busy().saturating_sub(lane.waiters.len());
            let missing = least.saturating_sub(resting).min(lane.room());
            for _ in 0..missing {
                Self::connect(state, purpose);
            }
        }
    }

    /// Opens a session in the background.
    fn connect(state: &mut Locked<'_>, purpose: Purpose) {
        let place = Underway::new(state, purpose, Doing::Opening);
        state.spawn(Phase::Closed, async move {
            let result = place.shared.open().await;
            place.opened(result);
        });
    }

    pub(super) async fn open(&self) -> Result<Session> {
        let cx = Cx::background();
        let limits = self.settings.limits.clone();
        Session::connect_within(&cx, &*self.connector, &self.endpoint, limits).await
    }

    pub(super) fn entry(&self, session: Session, generation: u64, now: Instant) -> Box<Entry> {
        let lifetime = self.settings.max_lifetime;
        // Never over at once: a session would be opened for a caller again and again.
        let lifetime =
            lifetime.saturating_sub(lifetime.mul_f64(fastrand::f64() / 10.0)).max(Duration::from_millis(1));
        let expires = now.saturating_add(lifetime);
        Box::new(Entry { session, expires, rested_since: now, idle_since: now, generation })
    }

    /// A session in order became free: to a waiter, or to rest.
    pub(super) fn free(mut state: Locked<'_>, purpose: Purpose, entry: Box<Entry>, now: Instant) {
        if state.is_closed() {
            state.lane(purpose).lost();
            state.changed();
            return part(&mut state, purpose, entry);
        }
        let generation = state.generation;
        match state.lane(purpose).free(entry, generation, now) {
            Free::Kept => {}
            Free::Give(Waiter { answer, location, since, .. }, entry) => {
                state.stats.wait_time += now.since(since);
                let mut lent = Pooled::new(entry, state.shared(), purpose, now);
                lent.slot = state.lend(purpose, location, now);
                drop(state);
                // A caller who has just left drops the session, and that gives it back.
                drop(answer.send(Ok(lent)));
            }
            Free::Prove(entry) => keep::settle(&mut state, purpose, entry, keep::Need::Proof),
            Free::End(entry) => {
                state.lane(purpose).lost();
                part(&mut state, purpose, entry);
                Self::make_up(&mut state, purpose);
            }
        }
    }

    /// A lent session comes back.
    pub(super) fn give_back(
        self: &Arc<Self>,
        mut entry: Box<Entry>,
        purpose: Purpose,
        slot: usize,
        since: Instant,
    ) {
        let now = self.clock.now();
        let mut state = self.lock();
        state.returned(slot, now.since(since));
        entry.rested_since = now;
        entry.idle_since = now;
        match entry.session.state() {
            SessionState::Idle => Self::free(state, purpose, entry, now),
            SessionState::Closed => {
                // What broke one may have broken all: the others prove themselves first.
                state.distrust();
                Self::throw_away(&mut state, purpose, entry);
            }
            _ if state.is_closed() => Self::throw_away(&mut state, purpose, entry),
            _ => keep::settle(&mut state, purpose, entry, keep::Need::Order),
        }
    }

    /// A lent session that its borrower does not want lent again.
    pub(super) fn discard(
        self: &Arc<Self>,
        entry: Box<Entry>,
        purpose: Purpose,
        slot: usize,
        since: Instant,
    ) {
        let lent_for = self.clock.now().since(since);
        let mut state = self.lock();
        state.returned(slot, lent_for);
        Self::throw_away(&mut state, purpose, entry);
    }

    fn throw_away(state: &mut Locked<'_>, purpose: Purpose, entry: Box<Entry>) {
        state.stats.discarded += 1;
        state.lane(purpose).lost();
        state.changed();
        part(state, purpose, entry);
        Self::make_up(state, purpose);
    }

    pub(super) fn stats(self: &Arc<Self>) -> PoolStats {
        let state = self.lock();
        let mut stats = state.stats;
        for lane in state.lanes() {
            stats.used += lane.lent();
            stats.idle += lane.resting();
            stats.busy += lane.busy();
            stats.pending_requests += lane.waiters.len();
        }
        stats
    }

    pub(super) fn borrowers(self: &Arc<Self>) -> Vec<Borrower> {
        let now = self.clock.now();
        self.lock().loans.longest(None, now)
    }
}
