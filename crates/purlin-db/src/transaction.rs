//! How a transaction is to run.

use serde::{Deserialize, Serialize};

/// What a transaction sees of others. Names are those of SQL's standard, and snapshot isolation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Isolation {
    /// Sees what others have not committed.
    ReadUncommitted,
    /// Sees what is committed at each statement.
    ReadCommitted,
    /// What was read stays as it was read.
    RepeatableRead,
    /// The whole transaction sees one moment.
    Snapshot,
    /// As if transactions ran one after the other.
    Serializable,
}

impl Isolation {
    /// As SQL writes it, such as `REPEATABLE READ`.
    pub fn as_sql(self) -> &'static str {
        match self {
            Self::ReadUncommitted => "READ UNCOMMITTED",
            Self::ReadCommitted => "READ COMMITTED",
            Self::RepeatableRead => "REPEATABLE READ",
            Self::Snapshot => "SNAPSHOT",
            Self::Serializable => "SERIALIZABLE",
        }
    }
}

/// Whether a transaction may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Access {
    /// The server refuses writes.
    ReadOnly,
    /// Writes are allowed, also where the session's default is read-only.
    ReadWrite,
}

/// How a transaction is to run; what is not set is the session's default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct TxOptions {
    /// What it sees of others.
    pub isolation: Option<Isolation>,
    /// Whether it may write.
    pub access: Option<Access>,
}

impl TxOptions {
    /// The session's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// At that isolation level.
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.isolation = Some(isolation);
        self
    }

    /// With that access mode.
    pub fn access(mut self, access: Access) -> Self {
        self.access = Some(access);
        self
    }
}
