//! Who gets which session: a machine without I/O.

use super::queue::{Queue, Waiter};
use crate::{DbDetail, ErrorClass, Session};
use purlin_core::{Error, Instant};
use std::time::Duration;

/// How long nothing more is opened where the server has no room and a lent session will come back.
const ROOM: Duration = Duration::from_secs(1);

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
    /// The generation of the pool when its last proof, or its connect, began.
    pub(super) generation: u64,
}

/// Where a session goes that became free.
#[derive(Debug)]
pub(super) enum Free {
    /// To that waiter.
    Give(Waiter, Box<Entry>),
    /// It rests.
    Kept,
    /// It proves itself first: somebody waits for it.
    Prove(Box<Entry>),
    /// It ends: its time is over.
    End(Box<Entry>),
}

/// What is done for a waiter whom nothing under way can serve.
#[derive(Debug)]
pub(super) enum Service {
    /// That resting session proves itself.
    Prove(Box<Entry>),
    /// That one's time is over.
    End(Box<Entry>),
    /// A new one is opened.
    Open,
}

/// Sessions that move from place to place by their pointer.
pub(super) type Entries = Vec<Box<Entry>>;

/// The sessions of one purpose.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) max: u32,
    /// The one given back last is lent first, so that those not needed grow old.
    pub(super) idle: Entries,
    pub(super) waiters: Queue,
    /// Sessions that exist, or are being opened.
    pub(super) open: u32,
    /// Of those, the ones that are being opened.
    pub(super) opening: u32,
    /// Of those, the ones that are being tested or brought into order.
    pub(super) proving: u32,
    /// Of the proving, the ones that take so long that nobody counts on them.
    pub(super) slow: u32,
    /// Sessions that say good-bye; they are not open any more.
    pub(super) leaving: u32,
    no_room_until: Option<Instant>,
}

impl Lane {
    pub(super) fn new(max: u32) -> Self {
        Self {
            max,
            idle: Vec::new(),
            waiters: Queue::default(),
            open: 0,
            opening: 0,
            proving: 0,
            slow: 0,
            leaving: 0,
            no_room_until: None,
        }
    }

    pub(super) fn resting(&self) -> u32 {
        u32::try_from(self.idle.len()).unwrap_or(u32::MAX)
    }

    /// Those that nobody holds and nobody can have yet.
    pub(super) fn busy(&self) -> u32 {
        self.opening + self.proving
    }

    pub(super) fn lent(&self) -> u32 {
        self.open.saturating_sub(self.busy()).saturating_sub(self.resting())
    }

    /// How many more may be opened.
    pub(super) fn room(&self) -> u32 {
        self.max.saturating_sub(self.open)
    }

    /// Takes the session that rested shortest, if it is fit to be lent without a proof.
    pub(super) fn take(&mut self, fit: impl FnOnce(&Entry) -> bool) -> Option<Box<Entry>> {
        self.idle.pop_if(|entry| fit(entry))
    }

    /// What is to be done for the next waiter whom nothing under way can serve: a resting session proves itself, or,
    /// where one of these keeps silent, a new one is opened beside it.
    pub(super) fn service(&mut self, now: Instant) -> Option<Service> {
        let under_way = self.busy().saturating_sub(self.slow);
        if self.waiters.len() <= under_way {
            return None;
        }
        let no_room = self.no_room_until.is_some_and(|until| now < until) && self.lent() > 0;
        let may_open = self.room() > 0 && !no_room;
        if self.slow > 0 && may_open {
            return Some(Service::Open);
        }
        match self.idle.pop() {
            Some(entry) if entry.expires <= now => Some(Service::End(entry)),
            Some(entry) => Some(Service::Prove(entry)),
            None => may_open.then_some(Service::Open),
        }
    }

    /// A session became free.
    pub(super) fn free(&mut self, entry: Box<Entry>, generation: u64, now: Instant) -> Free {
        if entry.expires <= now {
            return Free::End(entry);
        }
        if entry.generation != generation && !self.waiters.is_empty() {
            return Free::Prove(entry);
        }
        if let Some(waiter) = self.waiters.pop() {
            return Free::Give(waiter, entry);
        }
        self.idle.push(entry);
        Free::Kept
    }

    /// A session is gone, or was never had.
    pub(super) fn lost(&mut self) {
        self.open = self.open.saturating_sub(1);
    }

    /// Nothing is left that could come free.
    pub(super) fn is_bare(&self) -> bool {
        self.lent() == 0 && self.idle.is_empty() && self.busy() == 0
    }

    /// Who is told that a connect failed: everybody where no session is left that could come free, else who waited
    /// longest; nobody where the server has no room for more, and a lent session will come back.
    pub(super) fn told_of(&mut self, error: &Error, now: Instant) -> Vec<Waiter> {
        let full = DbDetail::class_of(error) == Some(ErrorClass::TooManyConnections);
        if full && self.lent() > 0 {
            self.no_room_until = Some(now.saturating_add(ROOM));
            return Vec::new();
        }
        self.disappointed()
    }

    /// Everybody where no session is left that could come free, else who waited longest.
    pub(super) fn disappointed(&mut self) -> Vec<Waiter> {
        let count = if self.is_bare() { usize::MAX } else { 1 };
        self.waiters.drain().take(count).collect()
    }

    /// Takes the resting sessions that are to end, and those that are to be asked for a sign of life.
    pub(super) fn due(&mut self, keep: &super::PoolSettings, floor: u32, now: Instant) -> (Entries, Entries) {
        let (mut over, mut asked, mut rest) = (Vec::new(), Vec::new(), Vec::new());
        let mut left = self.resting();
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
        (over, asked)
    }
}
