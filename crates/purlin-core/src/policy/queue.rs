//! Waiting for a slot and for a turn.

use super::lock;
use super::rate::{Bucket, Rate};
use crate::units::duration;
use crate::{Cx, Error, ErrorKind, Result, RetryHint};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// First a slot, then a turn, so that no turn is used up by somebody who cannot begin yet.
#[derive(Debug)]
pub(super) struct Queue {
    slots: Option<Semaphore>,
    line: Option<Line>,
    limit: Duration,
}

/// Who waits for a turn. Only the first of them looks at the bucket.
#[derive(Debug)]
struct Line {
    bucket: Mutex<Bucket>,
    first: Semaphore,
    length: AtomicU32,
}

/// Somebody who may begin. Dropped before it [begins](Self::begin), it has used up nothing.
#[derive(Debug)]
pub(super) struct Place<'a> {
    slot: Option<SemaphorePermit<'a>>,
    turn: Option<Turn<'a>>,
}

/// The first of the line, while there is room in the bucket.
#[derive(Debug)]
struct Turn<'a> {
    line: &'a Line,
    _first: SemaphorePermit<'a>,
    _member: Member<'a>,
}

/// Somebody in the line, until it is dropped.
#[derive(Debug)]
struct Member<'a>(&'a AtomicU32);

impl Queue {
    pub(super) fn new(concurrency: Option<usize>, rate: Option<Rate>, limit: Duration) -> Self {
        let line = |rate| Line {
            bucket: Mutex::new(Bucket::new(rate)),
            first: Semaphore::new(1),
            length: AtomicU32::new(0),
        };
        Self {
            slots: concurrency.map(|most| Semaphore::new(most.clamp(1, Semaphore::MAX_PERMITS))),
            line: rate.map(line),
            limit,
        }
    }

    /// Whether there is anything to wait for.
    pub(super) fn exists(&self) -> bool {
        self.slots.is_some() || self.line.is_some()
    }

    pub(super) async fn wait(&self, cx: &Cx) -> Result<Place<'_>> {
        if !self.exists() {
            return Ok(Place { slot: None, turn: None });
        }
        let waiting = cx.with_timeout(self.limit);
        // In the words of the one limit or the other.
        let until = || {
            if waiting.deadline() == cx.deadline() {
                return "before the deadline".to_owned();
            }
            format!("within {}", duration::approximate(self.limit))
        };
        let slot = match &self.slots {
            Some(slots) => Some(take_slot(slots, &waiting, until).await?),
            None => None,
        };
        let turn = match &self.line {
            Some(line) => Some(line.turn(&waiting, until).await?),
            None => None,
        };
        Ok(Place { slot, turn })
    }
}

impl<'a> Place<'a> {
    /// Uses up the turn; the slot is held until it is dropped.
    pub(super) fn begin(self, cx: &Cx) -> Option<SemaphorePermit<'a>> {
        if let Some(turn) = self.turn {
            // There is room: nobody else has been first since it was looked at.
            let _ = lock(&turn.line.bucket).take(cx.now());
        }
        self.slot
    }
}

async fn take_slot<'a>(
    slots: &'a Semaphore,
    cx: &Cx,
    until: impl Fn() -> String,
) -> Result<SemaphorePermit<'a>> {
    cx.run("policy.concurrency", acquire(slots)).await.map_err(|error| match error.kind() {
        ErrorKind::Timeout => Error::new(ErrorKind::Timeout, format!("no slot became free {}", until()))
            .with_operation("policy.concurrency"),
        _ => error,
    })
}

async fn acquire(semaphore: &Semaphore) -> Result<SemaphorePermit<'_>> {
    // It is never closed.
    semaphore.acquire().await.map_err(|_| Error::new(ErrorKind::Internal, "the semaphore was closed"))
}

impl Line {
    async fn turn(&self, cx: &Cx, until: impl Fn() -> String) -> Result<Turn<'_>> {
        let (member, ahead) = Member::join(&self.length);
        self.time_to_wait(cx, ahead, &until)?;
        let first = cx.run("policy.rate", acquire(&self.first)).await?;
        while let Some(time) = self.time_to_wait(cx, 0, &until)? {
            cx.sleep(time).await.map_err(|error| error.with_operation("policy.rate"))?;
        }
        Ok(Turn { line: self, _first: first, _member: member })
    }

    /// None when there is room; an error when there will be none in time.
    fn time_to_wait(&self, cx: &Cx, ahead: u32, until: impl Fn() -> String) -> Result<Option<Duration>> {
        let now = cx.now();
        let turn = lock(&self.bucket).turn(now, ahead);
        if turn <= now {
            return Ok(None);
        }
        let time = turn.since(now);
        if cx.deadline().is_some_and(|latest| latest <= turn) {
            let error =
                Error::new(ErrorKind::RateLimited, format!("the rate limit leaves no turn {}", until()));
            return Err(error.with_operation("policy.rate").with_retry(RetryHint::After(time)));
        }
        Ok(Some(time))
    }
}

impl<'a> Member<'a> {
    fn join(length: &'a AtomicU32) -> (Self, u32) {
        let ahead = length.fetch_add(1, Ordering::Relaxed);
        (Self(length), ahead)
    }
}

impl Drop for Member<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
