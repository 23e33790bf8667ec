//! Who gets which session: a machine without I/O.

use super::lent::Pooled;
use crate::Session;
use purlin_core::{Error, Instant, Result};
use std::collections::VecDeque;
use std::panic::Location;
use tokio::sync::oneshot;

/// What a session is borrowed for; each purpose has sessions of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Work,
    Probe,
}

/// A session with what the pool knows of it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) session: Session,
    /// It ends at that moment.
    pub(super) expires: Instant,
    /// It proved itself last at that moment, or was given back.
    pub(super) rested_since: Instant,
    /// It was given back at that moment; keepalives do not count.
    pub(super) idle_since: Instant,
    /// It was in order under that generation of the pool.
    pub(super) generation: u64,
}

/// A caller who waits.
#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) answer: oneshot::Sender<Result<Pooled>>,
    pub(super) location: &'static Location<'static>,
    pub(super) since: Instant,
}

/// Where a session goes that became free.
#[derive(Debug)]
pub(super) enum Free {
    /// To that waiter.
    Give(Waiter, Box<Entry>),
    /// It rests.
    Kept,
    /// It ends: there is no room, or its time is over.
    End(Box<Entry>),
}

/// Sessions that move from place to place by their pointer.
pub(super) type Entries = Vec<Box<Entry>>;

/// The sessions of one purpose. A session rests only while nobody waits.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) max: u32,
    /// The one given back last is lent first, so that those not needed grow old.
    pub(super) idle: Entries,
    pub(super) waiters: VecDeque<Waiter>,
    /// Sessions that exist, or are being opened.
    pub(super) open: u32,
    /// Of those, the ones that are being opened, tested or brought into order.
    pub(super) busy: u32,
}

impl Lane {
    pub(super) fn new(max: u32) -> Self {
        Self { max, idle: Vec::new(), waiters: VecDeque::new(), open: 0, busy: 0 }
    }

    pub(super) fn lent(&self) -> u32 {
        let resting = u32::try_from(self.idle.len()).unwrap_or(u32::MAX);
        self.open.saturating_sub(self.busy).saturating_sub(resting)
    }

    pub(super) fn waiting(&self) -> u32 {
        u32::try_from(self.waiters.len()).unwrap_or(u32::MAX)
    }

    /// Takes the session that rested shortest.
    pub(super) fn take(&mut self) -> Option<Box<Entry>> {
        self.idle.pop()
    }

    /// Takes note of new sessions to be opened: one for each waiter whom nothing under way can serve, as far as there
    /// is room.
    pub(super) fn connects_wanted(&mut self) -> u32 {
        self.waiters.retain(|waiter| !waiter.answer.is_closed());
        let wanted = self.waiting().saturating_sub(self.busy).min(self.max.saturating_sub(self.open));
        self.open += wanted;
        self.busy += wanted;
        wanted
    }

    /// A session became free.
    pub(super) fn free(&mut self, entry: Box<Entry>, now: Instant) -> Free {
        while let Some(waiter) = self.waiters.pop_front() {
            if !waiter.answer.is_closed() {
                return Free::Give(waiter, entry);
            }
        }
        // The callers who waited may have left.
        if self.open > self.max || entry.expires <= now {
            self.open -= 1;
            return Free::End(entry);
        }
        self.idle.push(entry);
        Free::Kept
    }

    /// A session is gone, or was never had.
    pub(super) fn lost(&mut self) {
        self.open = self.open.saturating_sub(1);
    }

    /// Who is told that a connect failed: everybody where no session is left that could come free, else who waited
    /// longest.
    pub(super) fn told_of(&mut self, error: &Error) -> Vec<(Waiter, Error)> {
        let alone = self.lent() == 0 && self.idle.is_empty() && self.busy == 0;
        let count = if alone { self.waiters.len() } else { usize::from(!self.waiters.is_empty()) };
        self.waiters.drain(..count).map(|waiter| (waiter, error.clone())).collect()
    }

    /// Takes the resting sessions that are to end, and those that are to be asked for a sign of life.
    pub(super) fn due(&mut self, keep: &super::PoolSettings, floor: u32, now: Instant) -> (Entries, Entries) {
        let (mut over, mut asked, mut rest) = (Vec::new(), Vec::new(), Vec::new());
        let mut left = u32::try_from(self.idle.len()).unwrap_or(u32::MAX);
        for entry in self.idle.drain(..) {
            let idle = now.since(entry.idle_since) >= keep.idle_timeout && left > floor;
            if entry.expires <= now || idle {
                left -= 1;
                over.push(entry);
            } else if now.since(entry.rested_since) >= keep.keepalive {
                asked.push(entry);
            } else {
                rest.push(entry);
            }
        }
        self.idle = rest;
        self.open -= u32::try_from(over.len()).unwrap_or(0);
        self.busy += u32::try_from(asked.len()).unwrap_or(0);
        (over, asked)
    }
}
