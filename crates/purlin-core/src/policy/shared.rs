//! What clones of a policy share.

use super::breaker::{Admission, Breaker, Circuit, Report};
use super::budget::Tokens;
use super::rate::{Bucket, Rate};
use super::retry::{Retry, RetryScope, Stop, Verdict};
use crate::{Cx, Endpoint, Error, ErrorKind, Instant, Outcome, Result, RetryHint};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    pub(super) attempt_timeout: Option<Duration>,
    pub(super) retry: Option<Retry>,
    pub(super) rate: Option<Rate>,
    pub(super) concurrency: Option<usize>,
    pub(super) breaker: Option<Breaker>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) settings: Settings,
    tokens: Mutex<Tokens>,
    bucket: Option<Mutex<Bucket>>,
    slots: Option<Semaphore>,
    circuits: Mutex<Circuits>,
    counts: Counts,
}

/// Only endpoints with something to remember: a healthy one has no entry.
type Circuits = HashMap<Option<Endpoint>, Known>;

#[derive(Debug, Default)]
struct Known {
    circuit: Circuit,
    last_error: Option<Error>,
    last_report: Option<Instant>,
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
            bucket: settings.rate.map(|rate| Mutex::new(Bucket::new(rate))),
            slots: settings.concurrency.map(|most| Semaphore::new(most.clamp(1, Semaphore::MAX_PERMITS))),
            circuits: Mutex::default(),
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
        let open = lock(&self.circuits)
            .values()
            .filter(|known| !matches!(known.circuit, Circuit::Closed { .. }))
            .count();
        PolicyStats {
            calls: count(&self.counts.calls),
            attempts: count(&self.counts.attempts),
            failures: count(&self.counts.failures),
            retries: count(&self.counts.retries),
            refused: count(&self.counts.refused),
            open_breakers: open as u64,
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
        let verdict = retry.after_failure(attempt, error.retry(), remaining, random, &mut tokens, outer);
        if matches!(verdict, Verdict::Again { .. }) {
            add(&self.counts.retries);
        }
        verdict
    }

    /// Asks the breaker, waits for the rate's turn and for a slot.
    pub(super) async fn admit<'a>(&'a self, cx: &Cx, endpoint: Option<&'a Endpoint>) -> Result<Ticket<'a>> {
        let mut ticket = self.ask_breaker(cx, endpoint)?;
        let waited = self.wait(cx).await;
        match waited {
            Ok(slot) => {
                ticket.slot = slot;
                add(&self.counts.attempts);
                Ok(ticket)
            }
            Err(error) => {
                add(&self.counts.refused);
                Err(error.with_outcome(Outcome::NotSent))
            }
        }
    }

    fn ask_breaker<'a>(&'a self, cx: &Cx, endpoint: Option<&'a Endpoint>) -> Result<Ticket<'a>> {
        let now = cx.now();
        let short = self.settings.attempt_timeout.zip(cx.deadline());
        let is_short = short.is_some_and(|(limit, deadline)| deadline.since(now) < limit);
        let ticket =
            |admission| Ticket { shared: self, endpoint, admission, slot: None, began: now, is_short };
        if self.settings.breaker.is_none() {
            return Ok(ticket(None));
        }
        let mut circuits = lock(&self.circuits);
        // A lookup by reference needs an owned key; without one there is nothing to remember.
        let Some(known) = circuits.get_mut(&endpoint.cloned()) else {
            return Ok(ticket(Some(Admission::Pass)));
        };
        let admission = known.circuit.admit(now);
        let Admission::Refused { until } = admission else {
            return Ok(ticket(Some(admission)));
        };
        add(&self.counts.refused);
        Err(refused(known, until.map(|until| until.since(now))))
    }

    async fn wait(&self, cx: &Cx) -> Result<Option<SemaphorePermit<'_>>> {
        if let Some(bucket) = &self.bucket {
            let turn = lock(bucket).reserve(cx.now(), cx.deadline());
            match turn {
                Ok(turn) if turn > cx.now() => {
                    cx.sleep(turn.since(cx.now()))
                        .await
                        .map_err(|error| error.with_operation("policy.rate"))?;
                }
                Ok(_) => {}
                Err(turn) => {
                    return Err(Error::new(
                        ErrorKind::RateLimited,
                        "the rate limit leaves no turn before the deadline",
                    )
                    .with_operation("policy.rate")
                    .with_retry(RetryHint::After(turn.since(cx.now()))));
                }
            }
        }
        let Some(slots) = &self.slots else { return Ok(None) };
        let acquire = async {
            // The semaphore is never closed.
            slots.acquire().await.map_err(|_| Error::new(ErrorKind::Internal, "the semaphore was closed"))
        };
        cx.run("policy.concurrency", acquire).await.map(Some)
    }

    fn report(
        &self,
        breaker: &Breaker,
        ticket: &Ticket<'_>,
        report: Report,
        error: Option<&Error>,
        now: Instant,
    ) {
        let admission = ticket.admission.unwrap_or(Admission::Pass);
        let mut circuits = lock(&self.circuits);
        if report == Report::Well && circuits.is_empty() {
            return;
        }
        let key = ticket.endpoint.cloned();
        let known = circuits.entry(key.clone()).or_default();
        let before = known.circuit;
        known.circuit.report(breaker, admission, report, now);
        let opened = matches!(known.circuit, Circuit::Open { .. });
        if let (Report::Ill, Some(error)) = (report, error) {
            (known.last_error, known.last_report) = (Some(error.clone()), Some(now));
            if opened && before != known.circuit {
                let endpoint = key.as_ref().map(tracing::field::display);
                tracing::warn!(endpoint, error = format!("{error:#}"), "purlin.core.breaker_opened");
            }
        }
        if known.circuit.is_pristine() {
            circuits.remove(&key);
            if !matches!(before, Circuit::Closed { .. }) {
                tracing::info!(
                    endpoint = key.as_ref().map(tracing::field::display),
                    "purlin.core.breaker_closed"
                );
            }
        } else if circuits.len().is_power_of_two() && circuits.len() >= 1024 {
            forget_old(&mut circuits, breaker, now);
        }
    }
}

/// Endpoints that nobody has asked for long: an estate whose addresses change would fill the table.
fn forget_old(circuits: &mut Circuits, breaker: &Breaker, now: Instant) {
    let long = breaker.cool_down.saturating_mul(10).max(Duration::from_secs(600));
    circuits.retain(|_, known| known.last_report.is_none_or(|at| now.since(at) < long));
}

fn refused(known: &Known, wait: Option<Duration>) -> Error {
    let error =
        Error::new(ErrorKind::Unavailable, "left alone after repeated failures (circuit breaker open)")
            .with_operation("policy.breaker")
            .with_outcome(Outcome::NotSent);
    let error = match wait {
        Some(wait) => error.with_retry(RetryHint::After(wait)),
        None => error,
    };
    match &known.last_error {
        Some(cause) => error.with_source(cause.clone()),
        None => error,
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
    slot: Option<SemaphorePermit<'a>>,
    began: Instant,
    /// The caller left less time than the attempt timeout.
    is_short: bool,
}

impl Ticket<'_> {
    pub(super) fn report<T>(mut self, result: &Result<T>, cx: &Cx) {
        let Some(breaker) = &self.shared.settings.breaker else {
            return;
        };
        let (report, error) = match result {
            Ok(_) => (Report::Well, None),
            Err(error) if error.kind() == ErrorKind::Cancelled => (Report::Unknown, None),
            // An impatient caller's deadline says nothing about the endpoint.
            Err(error) if error.kind() == ErrorKind::Timeout && self.is_short => (Report::Unknown, None),
            Err(error) if Breaker::counts(error.kind()) => (Report::Ill, Some(error)),
            Err(_) => (Report::Well, None),
        };
        self.shared.report(breaker, &self, report, error, cx.now());
        self.admission = None;
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        if let (Some(breaker), Some(Admission::Probe)) = (&self.shared.settings.breaker, self.admission) {
            self.shared.report(breaker, self, Report::Unknown, None, self.began);
        }
    }
}

fn add(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}

/// A panic in an attempt leaves these states whole: each change is one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
