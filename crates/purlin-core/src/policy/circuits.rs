//! The breakers of all endpoints.

use super::breaker::{Admission, Breaker, Circuit, Report};
use super::lock;
use crate::{Endpoint, Error, ErrorKind, Instant, Outcome, Result, RetryHint};
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

/// Only endpoints with something to remember: a healthy one has no entry.
type Table = HashMap<Option<Endpoint>, Known>;

#[derive(Debug)]
pub(super) struct Circuits {
    breaker: Breaker,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Known {
    circuit: Circuit,
    last_error: Option<Error>,
    last_report: Option<Instant>,
}

/// What has become of a breaker.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    Opened,
    Closed,
}

impl Change {
    /// Tells it; not under the lock of all endpoints, since what a subscriber does with an event may take long.
    pub(super) fn tell(self, endpoint: Option<&Endpoint>, error: Option<&Error>) {
        match self {
            Self::Opened => tracing::event!(
                name: "purlin.core.breaker_opened",
                tracing::Level::WARN,
                server.address = endpoint.and_then(Endpoint::address).as_deref(),
                server.port = endpoint.and_then(Endpoint::port),
                error.type = error.map(|error| error.kind().as_str()),
                error.message = error.map(|error| format!("{error:#}")),
                "the breaker opened: the endpoint is left alone for a while"
            ),
            Self::Closed => tracing::event!(
                name: "purlin.core.breaker_closed",
                tracing::Level::INFO,
                server.address = endpoint.and_then(Endpoint::address).as_deref(),
                server.port = endpoint.and_then(Endpoint::port),
                "the breaker closed: the endpoint answers again"
            ),
        }
    }
}

impl Circuits {
    pub(super) fn new(breaker: Breaker) -> Self {
        Self { breaker, table: Mutex::default() }
    }

    /// How many are open or half open.
    pub(super) fn open(&self) -> u64 {
        let table = lock(&self.table);
        table.values().filter(|known| !matches!(known.circuit, Circuit::Closed { .. })).count() as u64
    }

    /// What [`admit`](Self::admit) would say, without taking a probe's place.
    pub(super) fn look(&self, endpoint: Option<&Endpoint>, now: Instant) -> Result<()> {
        self.ask(endpoint, now, |circuit| circuit.clone().admit(now)).map(|_| ())
    }

    /// A request is about to go.
    pub(super) fn admit(&self, endpoint: Option<&Endpoint>, now: Instant) -> Result<Admission> {
        self.ask(endpoint, now, |circuit| circuit.admit(now))
    }

    fn ask(
        &self,
        endpoint: Option<&Endpoint>,
        now: Instant,
        question: impl FnOnce(&mut Circuit) -> Admission,
    ) -> Result<Admission> {
        let mut table = lock(&self.table);
        if table.is_empty() {
            return Ok(Admission::Pass);
        }
        // A lookup by reference needs an owned key; without one there is nothing to remember.
        let Some(known) = table.get_mut(&endpoint.cloned()) else {
            return Ok(Admission::Pass);
        };
        match question(&mut known.circuit) {
            Admission::Refused { until } => Err(refused(known, until.map(|until| until.since(now)))),
            admission => Ok(admission),
        }
    }

    /// A request that was let through has ended; `error` is what it failed with. What has changed is to be
    /// [told](Change::tell).
    #[must_use]
    pub(super) fn report(
        &self,
        endpoint: Option<&Endpoint>,
        admission: Admission,
        report: Report,
        error: Option<&Error>,
        now: Instant,
    ) -> Option<Change> {
        let mut table = lock(&self.table);
        if report != Report::Ill && table.is_empty() {
            return None;
        }
        let key = endpoint.cloned();
        let known = table.entry(key.clone()).or_default();
        let before = known.circuit;
        known.circuit.report(&self.breaker, admission, report, now);
        if report == Report::Ill {
            (known.last_error, known.last_report) = (error.cloned(), Some(now));
        }
        let was_closed = matches!(before, Circuit::Closed { .. });
        if known.circuit.is_pristine() {
            table.remove(&key);
            return (!was_closed).then_some(Change::Closed);
        }
        let has_opened =
            report == Report::Ill && before != known.circuit && matches!(known.circuit, Circuit::Open { .. });
        if table.len() >= 1024 && table.len().is_power_of_two() {
            forget_old(&mut table, &self.breaker, now);
        }
        has_opened.then_some(Change::Opened)
    }
}

/// Endpoints that nobody has asked for long: an estate whose addresses change would fill the table.
fn forget_old(table: &mut Table, breaker: &Breaker, now: Instant) {
    let long = breaker.cool_down.saturating_mul(10).max(Duration::from_secs(600));
    table.retain(|_, known| known.last_report.is_none_or(|at| now.since(at) < long));
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
