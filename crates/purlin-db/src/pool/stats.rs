//! What a pool does and did.

use serde::Serialize;
use std::time::Duration;

/// What a pool does and did, under the names that OpenTelemetry has for it (`db.client.connection.*`). Times are sums
/// since the pool began; divide them by their count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct PoolStats {
    /// `count{state=used}`: sessions that are lent, for work and for probes.
    pub used: u32,
    /// `count{state=idle}`: sessions that rest.
    pub idle: u32,
    /// Sessions that are being opened, tested or brought into order.
    pub busy: u32,
    /// `max`: the most sessions for work.
    pub max: u32,
    /// `pending_requests`: callers that wait.
    pub pending_requests: u32,
    /// `timeouts`: callers that waited to their deadline in vain.
    pub timeouts: u64,
    /// Sessions that were opened.
    pub created: u64,
    /// Connects that failed.
    pub connect_failures: u64,
    /// Sessions that were thrown away because they were not proven clean.
    pub discarded: u64,
    /// `create_time`: opening the sessions.
    pub create_time: Duration,
    /// Callers that got a session.
    pub acquired: u64,
    /// `wait_time`: their waiting; without those who got one at once.
    pub wait_time: Duration,
    /// `use_time`: how long sessions were lent; those that are still lent not counted.
    pub use_time: Duration,
}
