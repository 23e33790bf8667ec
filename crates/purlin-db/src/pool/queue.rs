//! Who waits, in order.

use super::lent::Pooled;
use purlin_core::{Instant, Result};
use std::collections::VecDeque;
use std::panic::Location;
use tokio::sync::oneshot;

/// A caller who waits.
#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) answer: oneshot::Sender<Result<Pooled>>,
    pub(super) location: &'static Location<'static>,
    pub(super) since: Instant,
    ticket: u64,
}

/// The caller's side of a waiter.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) answer: oneshot::Receiver<Result<Pooled>>,
    ticket: u64,
}

/// Those who wait, the longest first. Who leaves is counted at once and taken out now and then, so that a crowd that
/// leaves costs no more than one that stays.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiters: VecDeque<Waiter>,
    left: usize,
    last: u64,
}

impl Queue {
    pub(super) fn push(&mut self, location: &'static Location<'static>, since: Instant) -> Place {
        let (answer, receiver) = oneshot::channel();
        self.last += 1;
        self.waiters.push_back(Waiter { answer, location, since, ticket: self.last });
        Place { answer: receiver, ticket: self.last }
    }

    /// How many wait.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.waiters.len() - self.left).unwrap_or(u32::MAX)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiters.len() == self.left
    }

    /// Who waits longest.
    pub(super) fn pop(&mut self) -> Option<Waiter> {
        loop {
            let waiter = self.waiters.pop_front()?;
            if !waiter.answer.is_closed() {
                return Some(waiter);
            }
            self.left -= 1;
        }
    }

    /// All of them.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Waiter> + '_ {
        std::iter::from_fn(|| self.pop())
    }

    /// The caller goes; an answer that is on its way is dropped with the place.
    pub(super) fn leave(&mut self, place: &mut Place) {
        place.answer.close();
        // They go out at the front, in the order of their tickets.
        if self.waiters.front().is_none_or(|first| first.ticket > place.ticket) {
            return;
        }
        self.left += 1;
        if self.left * 2 > self.waiters.len() {
            self.waiters.retain(|waiter| !waiter.answer.is_closed());
            self.left = 0;
        }
    }
}
