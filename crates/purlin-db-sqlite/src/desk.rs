//! Where the caller and the connection's thread meet: one order at a time in, answers out, each with its number.
//!
//! An answer is taken only by the call whose number it bears. So what a dropped call left behind is never another's.

mod thread;
mod turn;

pub(crate) use turn::Turn;

use crate::batch::Batch;
use crate::steer::Steer;
use crate::worker::Worker;
use purlin_core::{Clock, Error, ErrorKind, Outcome, Result};
use purlin_db::{Columns, Value};
use rusqlite::InterruptHandle;
use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// How often either side looks again before it sleeps, giving its core away between two looks. A short statement is
/// over meanwhile, and waking a sleeper costs more than the statement: measured in docs/decisions/0006.
const LOOKS: u32 = 30;
/// No longer than this: where others want the core, giving it away once can take milliseconds.
const LOOKING: Duration = Duration::from_micros(300);
/// Answers that may wait for the caller; the thread pauses then.
const MAX_WAITING: usize = 2;

type Call = Box<dyn FnOnce(&mut Worker) -> Result<()> + Send>;

/// Work for the thread.
pub(crate) enum Order {
    Run { sql: Box<str>, parameters: Vec<Value>, prepared: bool },
    Call(Call),
    Close,
}

/// What a result is made of.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) columns: Columns,
    pub(crate) steers: Arc<[Steer]>,
}

/// How a result ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Done {
    pub(crate) affected: Option<u64>,
    pub(crate) last_insert_id: Option<u64>,
    pub(crate) more: bool,
}

/// A part of an answer.
#[derive(Debug, Default)]
pub(crate) struct Piece {
    /// With the first part of each result.
    pub(crate) shape: Option<Shape>,
    pub(crate) batch: Option<Batch>,
    /// With the last part of each result.
    pub(crate) done: Option<Done>,
}

struct Answer {
    id: u64,
    piece: Result<Piece>,
}

#[derive(Default)]
struct Slots {
    order: Option<(u64, Order)>,
    answers: VecDeque<Answer>,
    spare: Option<Batch>,
    waker: Option<Waker>,
    last: u64,
    running: bool,
    /// The thread sleeps until it is called.
    asleep: bool,
    closed: bool,
    ended: Option<String>,
    interrupt: Option<InterruptHandle>,
}

/// See the module.
pub(crate) struct Desk {
    slots: Mutex<Slots>,
    bell: Condvar,
    /// The order that runs.
    current: AtomicU64,
    /// Orders up to this one are to be stopped as soon as can be.
    stopped: AtomicU64,
    /// Rows of orders up to this one are of no more use.
    discarded: AtomicU64,
    /// Whether the statement under way only reads, so that stopping it loses nothing.
    reads: AtomicBool,
    /// Whether a transaction was open when the last order ended.
    in_transaction: AtomicBool,
    /// Something for the thread, or for the caller, may have come; looked at before the lock is taken.
    called: AtomicBool,
    answered: AtomicBool,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").field("current", &self.current).finish_non_exhaustive()
    }
}

/// The order of opening, which begins with the desk.
pub(crate) const OPENING: u64 = 1;

/// The caller's side.
impl Desk {
    pub(crate) fn new() -> Self {
        Self {
            slots: Mutex::new(Slots { last: OPENING, running: true, ..Slots::default() }),
            bell: Condvar::new(),
            current: AtomicU64::new(OPENING),
            stopped: AtomicU64::new(0),
            discarded: AtomicU64::new(0),
            reads: AtomicBool::new(false),
            in_transaction: AtomicBool::new(false),
            called: AtomicBool::new(false),
            answered: AtomicBool::new(false),
        }
    }

    /// Leaves an order and gives its number. One that was left before and did not begin is taken back.
    pub(crate) fn submit(&self, order: Order) -> Result<u64> {
        let mut slots = self.lock();
        if let Some(why) = &slots.ended {
            return Err(gone(why, Outcome::NotSent));
        }
        slots.last += 1;
        let id = slots.last;
        slots.order = Some((id, order));
        let asleep = slots.asleep;
        drop(slots);
        self.called.store(true, Ordering::Relaxed);
        if asleep {
            self.bell.notify_one();
        }
        Ok(id)
    }

    /// The first part of that order's answer, which can be there in a moment.
    pub(crate) fn poll_first(&self, id: u64, context: &mut Context<'_>) -> Poll<Result<Piece>> {
        look_again(&self.answered);
        self.poll_answer(id, context)
    }

    /// The next part of that order's answer; parts of earlier orders are thrown away.
    pub(crate) fn poll_answer(&self, id: u64, context: &mut Context<'_>) -> Poll<Result<Piece>> {
        let mut slots = self.lock();
        let was_full = slots.answers.len() >= MAX_WAITING;
        while let Some(answer) = slots.answers.pop_front() {
            if answer.id == id {
                self.answered.store(!slots.answers.is_empty(), Ordering::Relaxed);
                drop(slots);
                if was_full {
                    self.bell.notify_one();
                }
                return Poll::Ready(answer.piece);
            }
        }
        if let Some(why) = &slots.ended {
            return Poll::Ready(Err(gone(why, Outcome::Maybe)));
        }
        self.answered.store(false, Ordering::Relaxed);
        if !slots.waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
            slots.waker = Some(context.waker().clone());
        }
        drop(slots);
        if was_full {
            self.bell.notify_one();
        }
        Poll::Pending
    }

    /// Gives buffers back for the next rows.
    pub(crate) fn give_back(&self, batch: Batch) {
        let batch = batch.cleared();
        self.lock().spare.get_or_insert(batch);
    }

    /// Stops the last order, wherever it stands; where it has ended, the next one is not touched.
    pub(crate) fn stop(&self) {
        let slots = self.lock();
        self.stop_locked(&slots, slots.last);
    }

    fn stop_locked(&self, slots: &Slots, id: u64) {
        self.stopped.fetch_max(id, Ordering::Relaxed);
        // Under the lock, so that the order cannot end and the next one begin in between.
        let runs = slots.running && self.current.load(Ordering::Relaxed) <= id;
        if let (true, Some(handle)) = (runs, &slots.interrupt) {
            handle.interrupt();
        }
        self.bell.notify_one();
    }

    /// Nobody waits for that order any more: it is stopped.
    fn abandon(&self, id: u64) {
        let mut slots = self.lock();
        slots.answers.retain(|answer| answer.id > id);
        self.stop_locked(&slots, id);
    }

    /// Whether a transaction was open when the last order ended.
    pub(crate) fn in_transaction(&self) -> bool {
        self.in_transaction.load(Ordering::Relaxed)
    }

    /// Nobody reads that order's rows any more: a reading statement is stopped, a writing one is ended without undoing.
    pub(crate) fn discard(&self, id: u64) {
        let mut slots = self.lock();
        slots.answers.retain(|answer| answer.id > id);
        self.discarded.fetch_max(id, Ordering::Relaxed);
        if self.reads.load(Ordering::Relaxed) {
            self.stop_locked(&slots, id);
        }
        self.bell.notify_one();
    }

    /// Sends the thread home, whatever it does.
    pub(crate) fn close(&self) {
        let mut slots = self.lock();
        slots.closed = true;
        self.called.store(true, Ordering::Relaxed);
        self.stop_locked(&slots, u64::MAX);
    }

    fn lock(&self) -> MutexGuard<'_, Slots> {
        // Nothing that holds the lock can panic half way through a change.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn look_again(sign: &AtomicBool) {
    if sign.load(Ordering::Relaxed) {
        return;
    }
    let clock = Clock::system();
    let until = clock.now().saturating_add(LOOKING);
    for _ in 0..LOOKS {
        std::thread::yield_now();
        if sign.load(Ordering::Relaxed) || clock.now() > until {
            return;
        }
    }
}

fn gone(why: &str, outcome: Outcome) -> Error {
    let error = match why {
        "" => Error::new(ErrorKind::Unavailable, "the connection is closed"),
        why => Error::new(ErrorKind::Internal, format!("the connection's thread ended: {why}")),
    };
    error.with_outcome(outcome)
}
