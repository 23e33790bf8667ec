//! How far a replica is behind.

use purlin_core::Timestamp;
use serde::Serialize;
use std::time::Duration;

/// How far a replica is behind. What is `None` is unknown, and unknown is not zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Lag {
    /// Bytes of the log that it has not replayed.
    pub bytes: Option<u64>,
    /// Transactions that it has not replayed, where the engine numbers them (GTID).
    pub transactions: Option<u64>,
    /// How old what it shows is. Zero only where nothing is missing, as far as the [`source`](Self::source) can tell.
    pub time: Option<Duration>,
    /// What the figures rest on.
    pub source: LagSource,
    /// When it was measured.
    pub measured_at: Timestamp,
}

/// What a [`Lag`] rests on, from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LagSource {
    /// On nothing: replication is stopped, hears nothing, or may not be asked about.
    Nothing,
    /// On what the replica reports of itself, such as `Seconds_Behind_Master`. It says 0 for as long as it has not
    /// noticed that its primary is silent (`slave_net_timeout`, 60 s by default).
    Reported,
    /// On what the replica has received and replayed. What it has not received is not counted.
    Received,
    /// On its position and that of the primary, both asked at the same time.
    Compared,
}

impl Lag {
    /// Nothing is known.
    pub fn unknown(measured_at: Timestamp) -> Self {
        Self { bytes: None, transactions: None, time: None, source: LagSource::Nothing, measured_at }
    }

    /// Whether anything is known.
    pub fn is_known(&self) -> bool {
        self.bytes.is_some() || self.transactions.is_some() || self.time.is_some()
    }

    /// The order from harmless to bad: an unknown time is worse than any, and nothing known at all the worst.
    pub(super) fn badness(&self) -> (bool, bool, Option<Duration>, Option<u64>, Option<u64>) {
        (self.time.is_none(), !self.is_known(), self.time, self.bytes, self.transactions)
    }
}
