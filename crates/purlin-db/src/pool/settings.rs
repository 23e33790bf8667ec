//! How many sessions, and for how long.

use crate::Limits;
use std::time::Duration;

/// How a [`Pool`](crate::Pool) keeps its sessions.
///
/// Fewer sessions are often faster: about twice the database's cores serve a whole estate, shared by all its clients
/// (HikariCP's wiki, "About Pool Sizing").
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolSettings {
    /// The most sessions for work: 10, and at least 1. Two more are kept apart for probes; the second one is opened
    /// only while the first is lent.
    pub max: u32,
    /// How many are kept open and resting: 0.
    pub min_idle: u32,
    /// How long a caller without a deadline waits: 30 s.
    pub acquire: Duration,
    /// A session ends after this time, less up to a tenth so that they do not all end at once: 30 min.
    pub max_lifetime: Duration,
    /// A session that rests longer ends, down to [`min_idle`](Self::min_idle): 10 min.
    pub idle_timeout: Duration,
    /// A session that rests is asked for a sign of life this often, which keeps firewalls from forgetting it: 2 min.
    pub keepalive: Duration,
    /// A session that rested longer is asked for a sign of life before it is lent: 500 ms.
    pub test_after: Duration,
    /// A session lent for longer is told with its borrower as a warning, once: never, unless it is set.
    pub leak_after: Option<Duration>,
    /// The limits of its sessions.
    pub limits: Limits,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self {
            max: 10,
            min_idle: 0,
            acquire: Duration::from_secs(30),
            max_lifetime: Duration::from_secs(30 * 60),
            idle_timeout: Duration::from_secs(10 * 60),
            keepalive: Duration::from_secs(2 * 60),
            test_after: Duration::from_millis(500),
            leak_after: None,
            limits: Limits::default(),
        }
    }
}

impl PoolSettings {
    /// What a pool can work with.
    pub(super) fn checked(mut self) -> Self {
        self.max = self.max.max(1);
        self.min_idle = self.min_idle.min(self.max);
        self
    }

    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// At most that many sessions for work; at least 1.
    pub fn max(mut self, max: u32) -> Self {
        self.max = max.max(1);
        self
    }

    /// Keeps that many open and resting.
    pub fn min_idle(mut self, sessions: u32) -> Self {
        self.min_idle = sessions;
        self
    }

    /// How long a caller without a deadline waits.
    pub fn acquire(mut self, limit: Duration) -> Self {
        self.acquire = limit;
        self
    }

    /// How long a session lives.
    pub fn max_lifetime(mut self, limit: Duration) -> Self {
        self.max_lifetime = limit;
        self
    }

    /// How long a session may rest.
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.idle_timeout = limit;
        self
    }

    /// How often a resting session is asked for a sign of life.
    pub fn keepalive(mut self, period: Duration) -> Self {
        self.keepalive = period;
        self
    }

    /// How long a session may rest and be lent without a sign of life.
    pub fn test_after(mut self, rest: Duration) -> Self {
        self.test_after = rest;
        self
    }

    /// Warns of sessions that are lent for longer.
    pub fn leak_after(mut self, limit: Duration) -> Self {
        self.leak_after = Some(limit);
        self
    }

    /// The limits of its sessions.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}
