//! Why a pool lends nothing.

use super::lent::Borrower;
use purlin_core::{Endpoint, Error, ErrorKind, Outcome};

/// Why a pool lent no session although nothing is known against the server: `error.detail::<PoolFault>()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PoolFault {
    /// All its sessions were lent until the caller's deadline. The server may be in the best of health.
    Saturated {
        /// How many are lent.
        lent: u32,
        /// How many callers wait, this one included.
        waiting: u32,
    },
    /// All slots for probes were taken by other probes until the caller's deadline.
    Probing,
    /// It was closed.
    Closed,
}

pub(super) fn closed(endpoint: &Endpoint) -> Error {
    fault(ErrorKind::Unavailable, "the pool is closed".into(), endpoint, PoolFault::Closed)
}

/// The task that was to open or prove a session went with its runtime.
pub(super) fn no_runtime(endpoint: &Endpoint) -> Error {
    Error::new(ErrorKind::Unavailable, "the runtime that opens the pool's sessions is gone")
        .with_operation("db.acquire")
        .with_endpoint(endpoint.clone())
        .with_outcome(Outcome::NotSent)
}

pub(super) fn probing(endpoint: &Endpoint, longest: Option<&Borrower>) -> Error {
    let message = format!("other probes have not ended{}", held(longest));
    fault(ErrorKind::Timeout, message, endpoint, PoolFault::Probing)
}

pub(super) fn saturated(endpoint: &Endpoint, lent: u32, waiting: u32, longest: Option<&Borrower>) -> Error {
    let held = held(longest);
    let message = format!("no session became free: all {lent} are lent, {waiting} wait{held}");
    fault(ErrorKind::Timeout, message, endpoint, PoolFault::Saturated { lent, waiting })
}

fn held(longest: Option<&Borrower>) -> String {
    longest.map_or_else(String::new, |by| {
        let (file, line) = (by.location.file(), by.location.line());
        format!("; the longest for {:.1} s, by {file}:{line}", by.lent_for.as_secs_f64())
    })
}

fn fault(kind: ErrorKind, message: String, endpoint: &Endpoint, fault: PoolFault) -> Error {
    Error::new(kind, message)
        .with_operation("db.acquire")
        .with_endpoint(endpoint.clone())
        .with_outcome(Outcome::NotSent)
        .with_detail(fault)
}
