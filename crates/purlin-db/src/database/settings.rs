//! How a database is used.

use crate::{PoolSettings, WantedRole};
use std::time::Duration;

/// How a [`Database`](crate::Database) is used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DatabaseSettings {
    /// The pool of each address.
    pub pool: PoolSettings,
    /// Which nodes will do, where a call does not say so; none: what the URL says, else any.
    pub role: Option<WantedRole>,
    /// How long an address has to itself before the next one is started: 250 ms, as RFC 8305 recommends.
    pub head_start: Duration,
    /// How long a node may take to say what it is: 5 s.
    pub probe: Duration,
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self {
            pool: PoolSettings::default(),
            role: None,
            head_start: Duration::from_millis(250),
            probe: Duration::from_secs(5),
        }
    }
}

impl DatabaseSettings {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The pool of each address.
    pub fn pool(mut self, pool: PoolSettings) -> Self {
        self.pool = pool;
        self
    }

    /// Which nodes will do, whatever the URL says.
    pub fn role(mut self, role: WantedRole) -> Self {
        self.role = Some(role);
        self
    }

    /// How long an address has to itself.
    pub fn head_start(mut self, time: Duration) -> Self {
        self.head_start = time;
        self
    }

    /// How long a node may take to say what it is.
    pub fn probe(mut self, limit: Duration) -> Self {
        self.probe = limit;
        self
    }
}
