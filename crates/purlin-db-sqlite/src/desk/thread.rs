//! The thread's side of the desk.

use super::{Answer, Desk, MAX_WAITING, Order, Piece, Slots, look_again};
use crate::batch::Batch;
use purlin_core::Result;
use rusqlite::InterruptHandle;
use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

impl Desk {
    /// What stops a statement of this connection from outside.
    pub(crate) fn can_be_interrupted(&self, handle: InterruptHandle) {
        self.lock().interrupt = Some(handle);
    }

    /// Waits for an order; none when the thread is to end.
    pub(crate) fn take(&self) -> Option<(u64, Order)> {
        look_again(&self.called);
        let mut slots = self.lock();
        self.called.store(false, Ordering::Relaxed);
        slots.running = false;
        loop {
            if slots.closed {
                return None;
            }
            if let Some((id, order)) = slots.order.take() {
                slots.running = true;
                self.reads.store(false, Ordering::Relaxed);
                self.current.store(id, Ordering::Relaxed);
                return Some((id, order));
            }
            slots.asleep = true;
            slots = self.bell.wait(slots).unwrap_or_else(PoisonError::into_inner);
            slots.asleep = false;
        }
    }

    /// Hands a part over, once there is room; false when nobody wants it.
    pub(crate) fn hand_over(&self, id: u64, piece: Piece) -> bool {
        let mut slots = self.lock();
        while slots.answers.len() >= MAX_WAITING && !self.is_unwanted(id) {
            slots = self.bell.wait(slots).unwrap_or_else(PoisonError::into_inner);
        }
        if self.is_unwanted(id) {
            return false;
        }
        slots.answers.push_back(Answer { id, piece: Ok(piece) });
        self.wake(slots);
        true
    }

    /// Hands the last part over; it needs no room. From here on nothing stops the order any more.
    pub(crate) fn finish(&self, id: u64, piece: Result<Piece>) {
        let mut slots = self.lock();
        slots.running = false;
        slots.answers.push_back(Answer { id, piece });
        self.wake(slots);
    }

    /// The thread ends; whoever waits is told why.
    pub(crate) fn ended(&self, why: String) {
        let mut slots = self.lock();
        slots.running = false;
        slots.order = None;
        slots.interrupt = None;
        slots.ended = Some(why);
        self.wake(slots);
    }

    fn wake(&self, mut slots: MutexGuard<'_, Slots>) {
        let waker = slots.waker.take();
        self.answered.store(true, Ordering::Relaxed);
        drop(slots);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Buffers for the next rows.
    pub(crate) fn buffers(&self) -> Batch {
        self.lock().spare.take().unwrap_or_default()
    }

    /// Sleeps, unless the order is stopped first; says whether it was.
    pub(crate) fn pause(&self, time: Duration) -> bool {
        let slots = self.lock();
        let stopped = |_: &mut Slots| !self.is_stopped();
        drop(self.bell.wait_timeout_while(slots, time, stopped));
        self.is_stopped()
    }

    /// Said before the order's end is told.
    pub(crate) fn stands_in_transaction(&self, open: bool) {
        self.in_transaction.store(open, Ordering::Relaxed);
    }

    pub(crate) fn begins_statement(&self, reads: bool) {
        self.reads.store(reads, Ordering::Relaxed);
    }

    /// Whether the order under way is to stop.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed) >= self.current.load(Ordering::Relaxed)
    }

    pub(crate) fn is_unwanted(&self, id: u64) -> bool {
        self.discarded.load(Ordering::Relaxed) >= id || self.stopped.load(Ordering::Relaxed) >= id
    }

    /// Whether the caller has nothing to read.
    pub(crate) fn has_no_answers(&self) -> bool {
        !self.answered.load(Ordering::Relaxed)
    }
}
