//! Why a pool lends nothing.

use purlin_core::{Endpoint, Error, ErrorKind, Outcome};
use std::time::Duration;

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
    /// It was closed.
    Closed,
}

pub(super) fn closed(endpoint: &Endpoint) -> Error {
    fault(ErrorKind::Unavailable, "the pool is closed".into(), endpoint, PoolFault::Closed)
}

pub(super) fn saturated(
    endpoint: &Endpoint,
    lent: u32,
    waiting: u32,
    longest: Option<(Duration, String)>,
) -> Error {
    let held = longest.map_or_else(String::new, |(time, place)| {
        format!("; the longest for {:.1} s, by {place}", time.as_secs_f64())
    });
    let message = format!("no session became free: all {lent} are lent, {waiting} wait{held}");
    fault(ErrorKind::Timeout, message, endpoint, PoolFault::Saturated { lent, waiting })
}

fn fault(kind: ErrorKind, message: String, endpoint: &Endpoint, fault: PoolFault) -> Error {
    Error::new(kind, message)
        .with_operation("db.acquire")
        .with_endpoint(endpoint.clone())
        .with_outcome(Outcome::NotSent)
        .with_detail(fault)
}
