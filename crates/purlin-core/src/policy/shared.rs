//! What clones of a policy share.

use super::breaker::{Admission, Breaker, Report};
use super::budget::Tokens;
use super::circuits::Circuits;
use super::lock;
use super::queue::Queue;
use super::rate::Rate;
use super::retry::{Failure, Retry, RetryScope, Stop, Verdict};
use crate::{Cx, Endpoint, Error, ErrorKind, Instant, Outcome, Result};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::SemaphorePermit;

/// How long an attempt waits for its slot and its turn.
const QUEUE_LIMIT: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    pub(super) attempt_timeout: Option<Duration>,
    pub(super) queue_timeout: Option<Duration>,
    pub(super) retry: Option<Retry>,
    pub(super) rate: Option<Rate>,
    pub(super) concurrency: Option<usize>,
    pub(super) breaker: Option<Breaker>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) settings: Settings,
    tokens: Mutex<Tokens>,
    queue: Queue,
    circuits: Option<Circuits>,
    counts: Counts,
}

#[derive(Debug, Default)]
struct Counts {
    calls: AtomicU64,
    attempts: AtomicU64,
    failures: AtomicU64,
    retries: AtomicU64,
    refused: AtomicU64,
}

/// What a [`Policy`](super::Policy) has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PolicyStats {
    /// Calls begun.
    pub calls: u64,
    /// Attempts begun, first ones and retries.
    pub attempts: u64,
    /// Calls that failed in the end.
    pub failures: u64,
    /// Retries granted.
    pub retries: u64,
    /// Attempts not made because a breaker was open, or a rate or concurrency limit left no time.
    pub refused: u64,
    /// Endpoints whose breaker is open or half open now.
    pub open_breakers: u64,
}

impl Shared {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            tokens: Mutex::new(Tokens::new(settings.retry.map(|retry| retry.budget).unwrap_or_default())),
            queue: Queue::new(
                settings.concurrency,
                settings.rate,
                settings.queue_timeout.unwrap_or(QUEUE_LIMIT),
            ),
            circuits: settings.breaker.map(Circuits::new),
            counts: Counts::default(),
            settings,
        }
    }

    pub(super) fn begin(&self) {
        add(&self.counts.calls);
        if self.settings.retry.is_some() {
            lock(&self.tokens).earn();
        }
    }

    pub(super) fn fail(&self) {
        add(&self.counts.failures);
    }

    pub(super) fn stats(&self) -> PolicyStats {
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        PolicyStats {
            calls: count(&self.counts.calls),
            attempts: count(&self.counts.attempts),
            failures: count(&self.counts.failures),
            retries: count(&self.counts.retries),
            refused: count(&self.counts.refused),
            open_breakers: self.circuits.as_ref().map_or(0, Circuits::open),
        }
    }

    pub(super) fn after_failure(
        &self,
        attempt: u32,
        error: &Error,
        remaining: Option<Duration>,
        outer: Option<&RetryScope>,
    ) -> Verdict {
        let Some(retry) = self.settings.retry else {
            return Verdict::Stop(Stop::Attempts);
        };
        let random = fastrand::f64();
        let mut tokens = lock(&self.tokens);
        let failure = Failure::new(attempt, error.retry(), error.outcome()).remaining(remaining);
        let verdict = retry.after_failure(failure, random, &mut tokens, outer);
        if matches!(verdict, Verdict::Again { .. }) {
            add(&self.counts.retries);
        }
        verdict
    }

    /// Waits for a slot and a turn, and asks the breaker: before the wait, which would be in vain, and after it, when
    /// others have found out what the endpoint is like.
    pub(super) async fn admit<'a>(&'a self, cx: &Cx, endpoint: Option<&'a Endpoint>) -> Result<Ticket<'a>> {
        let ticket = self.admitted(cx, endpoint).await;
        add(if ticket.is_ok() { &self.counts.attempts } else { &self.counts.refused });
        ticket.map_err(|error| error.with_outcome(Outcome::NotSent))
    }

    async fn admitted<'a>(&'a self, cx: &Cx, endpoint: Option<&'a Endpoint>) -> Result<Ticket<'a>> {
        if let Some(circuits) = self.circuits.as_ref().filter(|_| self.queue.exists()) {
            circuits.look(endpoint, cx.now())?;
        }
        let place = self.queue.wait(cx).await?;
        let began = cx.now();
        let admission = match &self.circuits {
            Some(circuits) => Some(circuits.admit(endpoint, began)?),
            None => None,
        };
        let left = cx.deadline().map(|deadline| deadline.since(began));
        let has_whole_time =
            self.settings.attempt_timeout.is_some_and(|limit| left.is_none_or(|left| left >= limit));
        Ok(Ticket { shared: self, endpoint, admission, _slot: place.begin(cx), began, has_whole_time })
    }
}

/// An attempt that was let through. Dropped without a report (the call was dropped), it tells the breaker that
/// nothing was learnt, so that a probe's place is free again.
#[derive(Debug)]
pub(super) struct Ticket<'a> {
    shared: &'a Shared,
    endpoint: Option<&'a Endpoint>,
    /// None without a breaker, and once reported.
    admission: Option<Admission>,
    _slot: Option<SemaphorePermit<'a>>,
    began: Instant,
    /// There is an attempt timeout, and the caller has left that much time.
    has_whole_time: bool,
}

impl Ticket<'_> {
    pub(super) fn report<T>(mut self, result: &Result<T>, cx: &Cx) {
        let error = result.as_ref().err();
        self.tell(self.learnt(error), error, cx.now());
        self.admission = None;
    }

    fn learnt(&self, error: Option<&Error>) -> Report {
        match error {
            None => Report::Well,
            // A caller's impatience says nothing about the endpoint.
            Some(error) if error.kind() == ErrorKind::Timeout && !self.has_whole_time => Report::Unknown,
            Some(error) if Breaker::counts(error.kind()) => Report::Ill,
            Some(error) if error.outcome() == Outcome::Sent => Report::Well,
            // A missing secret, a cancelled call: it was not asked, or has not answered.
            Some(_) => Report::Unknown,
        }
    }

    fn tell(&self, report: Report, error: Option<&Error>, now: Instant) {
        if let (Some(circuits), Some(admission)) = (&self.shared.circuits, self.admission) {
            if let Some(change) = circuits.report(self.endpoint, admission, report, error, now) {
                change.tell(self.endpoint, error);
            }
        }
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        if self.admission == Some(Admission::Probe) {
            self.tell(Report::Unknown, None, self.began);
        }
    }
}

fn add(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}
