//! Where what is believed becomes what is told.

mod keeper;
mod teller;

pub(super) use keeper::{keep, mind};
pub(super) use teller::tell;

use super::plan::Seat;
use super::record::Record;
use super::shard::Moved;
use crate::alarm::{AlarmBook, AlarmStore, CheckRecord, Facts, Probe, Story, Write};
use crate::{CheckState, Condition, Dependencies, Publisher};
use purlin_core::{Clock, Instant, Result, Timestamp};
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// What is to be done about other checks.
#[derive(Debug, Default)]
pub(super) struct Follow {
    /// To be shown again.
    pub(super) show: Vec<Seat>,
    /// To be run soon: at that moment, or at once.
    pub(super) pull: Vec<(Seat, Option<Instant>)>,
}

/// Who hangs on whom, with the places of those who do.
#[derive(Debug)]
pub(super) struct Web {
    pub(super) dependencies: Dependencies,
    pub(super) seats: Vec<Seat>,
    /// How long the alarm of each waits at most until it is known whether it can be reached.
    pub(super) patience: Vec<Duration>,
}

/// Everything that is decided about alarms.
#[derive(Debug)]
struct Ledger {
    book: AlarmBook,
    web: Option<Web>,
    /// Who is to be shown again at the latest when.
    waits: HashMap<Seat, Instant>,
    order: BTreeSet<(Instant, Seat)>,
    /// When the last run of each check with an outage began.
    begun: HashMap<Seat, Instant>,
}

/// The alarms of all shards, and those who tell them.
#[derive(Debug)]
pub(super) struct Desk {
    ledger: Mutex<Ledger>,
    pub(super) publishers: Vec<Arc<dyn Publisher>>,
    store: Option<Arc<dyn AlarmStore>>,
    clock: Clock,
    /// There is something to keep.
    unsaved: Notify,
    /// There may be something to tell.
    due: watch::Sender<u64>,
    /// The next moment may have come nearer.
    sooner: Notify,
    /// The tellers are to end when there is nothing left to tell, or it cannot be told.
    stopping: watch::Sender<bool>,
    /// The keeper is to end when there is nothing left to keep.
    is_closing: AtomicBool,
    store_faults: AtomicU64,
}

impl Desk {
    pub(super) fn new(
        book: AlarmBook,
        web: Option<Web>,
        publishers: Vec<Arc<dyn Publisher>>,
        store: Option<Arc<dyn AlarmStore>>,
        clock: Clock,
    ) -> Self {
        let ledger =
            Ledger { book, web, waits: HashMap::new(), order: BTreeSet::new(), begun: HashMap::new() };
        Self {
            ledger: Mutex::new(ledger),
            publishers,
            store,
            clock,
            unsaved: Notify::new(),
            due: watch::Sender::new(0),
            sooner: Notify::new(),
            stopping: watch::Sender::new(false),
            is_closing: AtomicBool::new(false),
            store_faults: AtomicU64::new(0),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A check had a result. Its shard is locked meanwhile, so that its results come here in their order.
    pub(super) fn noted(
        &self,
        seat: Seat,
        record: &Record,
        moved: &Moved,
        now: Instant,
        wall: Timestamp,
    ) -> Follow {
        let state = record.state();
        let mut ledger = self.lock();
        let mut follow = ledger.moved(record, &state);
        if moved.is_new && self.store.is_some() {
            let kept = CheckRecord::new(state.saved(now, wall), record.history);
            ledger.book.keep(&record.id, kept);
        }
        match moved.begun.filter(|_| state.state().is_outage()) {
            Some(begun) => ledger.begun.insert(seat, begun),
            None => ledger.begun.remove(&seat),
        };
        ledger.observe(seat, record, now, wall, &mut follow);
        self.rang(&ledger);
        follow
    }

    /// A check is looked at again without a new result of its own.
    pub(super) fn shown(&self, seat: Seat, record: &Record, now: Instant, wall: Timestamp) -> Follow {
        let mut ledger = self.lock();
        let mut follow = Follow::default();
        ledger.observe(seat, record, now, wall, &mut follow);
        self.rang(&ledger);
        follow
    }

    fn rang(&self, ledger: &Ledger) {
        if !ledger.book.unsaved().is_empty() {
            self.unsaved.notify_one();
        }
        self.sooner.notify_one();
    }

    /// Changes the book, such as by a downtime; everything with an outage is to be shown again then.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut AlarmBook) -> Result<T>) -> Result<T> {
        let mut ledger = self.lock();
        let changed = change(&mut ledger.book)?;
        self.rang(&ledger);
        Ok(changed)
    }

    pub(super) fn read<T>(&self, read: impl FnOnce(&AlarmBook) -> T) -> T {
        read(&self.lock().book)
    }

    pub(super) fn store_faults(&self) -> u64 {
        self.store_faults.load(Ordering::Relaxed)
    }

    /// Nothing new comes: the tellers are to come to their end.
    pub(super) fn stop(&self) {
        let _ = self.stopping.send_replace(true);
        self.due.send_modify(|round| *round += 1);
    }

    /// Nobody tells any more: what remains is to be kept.
    pub(super) fn close(&self) {
        self.is_closing.store(true, Ordering::Release);
        self.unsaved.notify_one();
        self.sooner.notify_one();
    }

    fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::Acquire)
    }

    fn unsaved_writes(&self) -> Vec<Write> {
        self.lock().book.unsaved().to_vec()
    }

    /// Who is to be shown by now; they wait no longer.
    fn take_due(&self, now: Instant) -> Vec<Seat> {
        let mut ledger = self.lock();
        let mut due = Vec::new();
        while let Some((moment, seat)) = ledger.order.first().copied().filter(|(moment, _)| *moment <= now) {
            ledger.order.remove(&(moment, seat));
            ledger.waits.remove(&seat);
            due.push(seat);
        }
        due
    }

    fn next_moment(&self) -> Option<Instant> {
        let ledger = self.lock();
        let (now, wall) = (self.clock.now(), self.clock.timestamp());
        let edge = ledger.book.next_edge(wall).map(|edge| now.saturating_add(edge.since(wall)));
        ledger.order.first().map(|(moment, _)| *moment).into_iter().chain(edge).min()
    }
}

impl Ledger {
    /// Tells those that hang on a check how it is.
    fn moved(&mut self, record: &Record, state: &CheckState) -> Follow {
        let mut follow = Follow::default();
        let (Some(web), Some(node)) = (&mut self.web, record.node.get()) else { return follow };
        let others = web.dependencies.update(node, Condition::from(state));
        follow.show.extend(others.into_iter().map(|other| web.seats[other]));
        if web.dependencies.has_children(node) {
            // They may have waited for this answer.
            follow.show.extend(self.waits.keys().copied());
        }
        follow
    }

    fn observe(&mut self, seat: Seat, record: &Record, now: Instant, wall: Timestamp, follow: &mut Follow) {
        let state = record.state();
        let begun = self.begun.get(&seat).copied().or(state.last_result());
        let mut facts = Facts::new(&state, &record.pace.rules, now, wall).begun(begun);
        if let (Some(web), Some(node)) = (&self.web, record.node.get()) {
            facts = facts.behind(&web.dependencies, node, &state, web.patience[node]);
        }
        let subject = record.subject();
        let story = Story::new(&record.id, &subject, state.status(), &record.line).runbook(record.runbook());
        let observed = self.book.observe(&story, &facts, now, wall);
        if let Some(old) = self.waits.remove(&seat) {
            self.order.remove(&(old, seat));
        }
        if let Some(again) = observed.again_at {
            self.waits.insert(seat, again);
            self.order.insert((again, seat));
        }
        match (observed.probe, &self.web, record.node.get()) {
            (Some(Probe::Check { at }), ..) => follow.pull.push((seat, Some(at))),
            (Some(Probe::Parents), Some(web), Some(node)) => {
                follow.pull.extend(
                    web.dependencies.parents(node).into_iter().map(|parent| (web.seats[parent], None)),
                );
            }
            _ => {}
        }
    }
}
