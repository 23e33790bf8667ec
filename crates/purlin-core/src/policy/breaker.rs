//! Whether an endpoint is worth asking.

use crate::{ErrorKind, Instant};
use std::time::Duration;

/// A circuit breaker (M. Nygard, "Release It!"): after so many failures in a row an endpoint is left alone for a
/// while, then a single probe asks again; its answer decides.
///
/// Not every error [counts](Self::counts), and a timeout does only under an
/// [attempt timeout](crate::Policy::attempt_timeout), for an attempt whose caller left it that much time: else one
/// impatient caller could close an endpoint to everybody. An error that neither counts nor brings an answer (a
/// missing secret, a cancelled call) changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Breaker {
    /// Failures in a row that open it; 0 means 1.
    pub failures: u32,
    /// How long it stays open before a probe; 30 s by default.
    pub cool_down: Duration,
}

impl Breaker {
    /// Opens after this many failures in a row.
    pub fn new(failures: u32) -> Self {
        Self { failures, cool_down: Duration::from_secs(30) }
    }

    /// How long it stays open before a probe.
    #[must_use]
    pub fn cool_down(mut self, cool_down: Duration) -> Self {
        self.cool_down = cool_down;
        self
    }

    /// Whether an error of this kind speaks against the endpoint. A server that answers "no such row" is well.
    pub fn counts(kind: ErrorKind) -> bool {
        matches!(
            kind,
            ErrorKind::Unresolved
                | ErrorKind::Refused
                | ErrorKind::Timeout
                | ErrorKind::Tls
                | ErrorKind::Protocol
                | ErrorKind::Unavailable
        )
    }
}

/// The state of a [`Breaker`] for one endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Circuit {
    /// Requests pass.
    Closed {
        /// Failures since the last success.
        failures: u32,
    },
    /// Requests are refused until a moment.
    Open {
        /// When a probe may go.
        until: Instant,
    },
    /// One probe is under way; everything else is refused.
    HalfOpen,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Admission {
    /// It goes.
    Pass,
    /// It goes, and its answer decides for all others.
    Probe,
    /// It is refused.
    Refused {
        /// When a probe may go; none while one is under way.
        until: Option<Instant>,
    },
}

/// How a request that was let through ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Report {
    /// The endpoint answered, be it with an error that does not [count](Breaker::counts).
    Well,
    /// An error that counts.
    Ill,
    /// It was cancelled or dropped, had too little time, or was never sent: nothing was learnt.
    Unknown,
}

impl Default for Circuit {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

impl Circuit {
    /// A request wants to go.
    pub fn admit(&mut self, now: Instant) -> Admission {
        match *self {
            Self::Closed { .. } => Admission::Pass,
            Self::Open { until } if until <= now => {
                *self = Self::HalfOpen;
                Admission::Probe
            }
            Self::Open { until } => Admission::Refused { until: Some(until) },
            Self::HalfOpen => Admission::Refused { until: None },
        }
    }

    /// A request that was let through has ended. Only a probe decides while the circuit is not closed: an answer
    /// to an older request says nothing about the endpoint of now.
    pub fn report(&mut self, breaker: &Breaker, admission: Admission, report: Report, now: Instant) {
        let open = Self::Open { until: now.saturating_add(breaker.cool_down) };
        *self = match (*self, admission, report) {
            (Self::HalfOpen, Admission::Probe, Report::Well) => Self::default(),
            (Self::HalfOpen, Admission::Probe, Report::Ill) => open,
            // The next request is the probe.
            (Self::HalfOpen, Admission::Probe, Report::Unknown) => Self::Open { until: now },
            (Self::Closed { .. }, _, Report::Well) => Self::default(),
            (Self::Closed { failures }, _, Report::Ill) if failures + 1 >= breaker.failures => open,
            (Self::Closed { failures }, _, Report::Ill) => Self::Closed { failures: failures + 1 },
            (unchanged, _, _) => unchanged,
        };
    }

    /// Whether it is as it was at the start.
    pub fn is_pristine(&self) -> bool {
        *self == Self::default()
    }
}
