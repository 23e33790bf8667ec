//! How one run of a check ended.

use crate::{CheckId, Measurement, Status};
use purlin_core::Error;
use serde::Serialize;
use std::time::Duration;

/// How one run of a check ended. Four ends are kept apart, because only the second one speaks against the target.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum CheckOutcome {
    /// The target answered; whether the answer is good is for the rules to say.
    Answered(Evidence),
    /// The target did not answer, or not as it must.
    Failed(Failure),
    /// The prober could not do its work: no descriptors, no resolver, a wrong setting. Never counted against the target.
    Prober(Error),
    /// It was not run.
    Skipped(Skip),
}

/// What a target answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Evidence {
    /// What the check itself says of the answer, before thresholds and rules, which can only make it worse.
    pub status: Status,
    /// One line for people. Bounded and without control characters once the check has ended.
    pub message: String,
    /// The numbers.
    pub measurements: Vec<Measurement>,
    /// How long each step took.
    pub phases: Phases,
    /// Whether whoever measured has applied the thresholds: they are shown then, and only rules of the check's owner are
    /// applied. So it is with plugins.
    pub is_judged: bool,
}

impl Evidence {
    /// An answer of this status, with a line for people.
    pub fn new(status: Status, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            measurements: Vec::new(),
            phases: Phases::default(),
            is_judged: false,
        }
    }

    /// Adds a measurement.
    #[must_use]
    pub fn measured(mut self, measurement: Measurement) -> Self {
        self.measurements.push(measurement);
        self
    }

    /// Sets how long each step took.
    #[must_use]
    pub fn phases(mut self, phases: Phases) -> Self {
        self.phases = phases;
        self
    }

    /// Says that the thresholds were applied already.
    #[must_use]
    pub fn judged(mut self) -> Self {
        self.is_judged = true;
        self
    }

    /// The worst of its own status and, where they were not applied yet, what the thresholds of its measurements say.
    pub fn verdict(&self) -> Status {
        let open = self.measurements.iter().filter(|_| !self.is_judged);
        open.map(Measurement::status).fold(self.status, Ord::max)
    }
}

/// A step of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Phase {
    /// A name becomes addresses.
    Resolve,
    /// The connection is made.
    Connect,
    /// TLS is agreed on.
    Tls,
    /// A user logs in.
    Login,
    /// From the request to the first byte of the answer.
    FirstByte,
    /// From the first byte to the last.
    Transfer,
    /// A program runs, or the system is asked.
    Execute,
}

/// How long each step took, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Phases(Vec<(Phase, Duration)>);

impl Phases {
    /// Adds a step.
    pub fn push(&mut self, phase: Phase, took: Duration) {
        self.0.push((phase, took));
    }

    /// How long a step took; none where it was not reached.
    pub fn get(&self, phase: Phase) -> Option<Duration> {
        self.0.iter().find_map(|(step, took)| (*step == phase).then_some(*took))
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Phase, Duration)> + '_ {
        self.0.iter().copied()
    }
}

/// Why a target failed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cause {
    /// The name has no address.
    Unresolved,
    /// The port answered that nobody listens.
    Refused,
    /// Nothing came before the deadline.
    Timeout,
    /// The peer hung up in the midst of it.
    Closed,
    /// No route, network down.
    Unreachable,
    /// TLS failed; the code is that of [`purlin_core::ErrorKind::Tls`]'s detail, such as `expired`.
    Tls(String),
    /// The credentials were refused.
    Auth,
    /// What came is not the protocol.
    Protocol,
    /// The answer breaks an expectation, named here, such as `status`.
    Assertion(String),
    /// No result for too long.
    Stale,
    /// It could not be reached because of another one.
    Dependency(CheckId),
}

/// Why and where a target failed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Failure {
    /// The step that failed.
    pub phase: Phase,
    /// Why.
    pub cause: Cause,
    /// One line for people.
    pub message: String,
    /// The numbers up to there.
    pub measurements: Vec<Measurement>,
    /// How long each step took, the failed one included.
    pub phases: Phases,
}

impl Failure {
    /// A failure of a step.
    pub fn new(phase: Phase, cause: Cause, message: impl Into<String>) -> Self {
        Self { phase, cause, message: message.into(), measurements: Vec::new(), phases: Phases::default() }
    }

    /// Sets how long each step took.
    #[must_use]
    pub fn phases(mut self, phases: Phases) -> Self {
        self.phases = phases;
        self
    }
}

/// Why a check was not run when it was due.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Skip {
    /// Its last run is still under way.
    Overlap,
    /// It came to be due again before its turn came.
    Late,
    /// What it hangs on is down.
    Dependency(CheckId),
    /// Too many checks were waiting.
    Overload,
    /// The monitor is shutting down.
    Shutdown,
}
