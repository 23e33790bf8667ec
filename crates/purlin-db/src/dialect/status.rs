//! The questions for a server's role and lag. What their answers mean is read elsewhere.

use super::Dialect;
use crate::{ServerVersion, Vendor};

/// What is asked about a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Status {
    /// Primary or replica, who it is, and how far its log is. One row.
    Role,
    /// The replica's own view of its replication. No row, one, or one a source.
    Replication,
    /// The cluster that it is a member of, where every member is written to (Galera). No row outside of one.
    Cluster,
}

/// A question, and the servers that understand it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatusQuery {
    /// What it asks.
    pub status: Status,
    /// Whose servers understand it; none: all that speak the dialect.
    pub vendor: Option<Vendor>,
    /// Since which version, major and minor.
    pub since: (u32, u32),
    /// The statement, without parameters.
    pub sql: &'static str,
}

impl StatusQuery {
    /// For all servers.
    pub const fn new(status: Status, sql: &'static str) -> Self {
        Self { status, vendor: None, since: (0, 0), sql }
    }

    /// For that vendor's servers only.
    pub const fn of(self, vendor: Vendor) -> Self {
        Self { vendor: Some(vendor), ..self }
    }

    /// Since that version.
    pub const fn since(self, major: u32, minor: u32) -> Self {
        Self { since: (major, minor), ..self }
    }
}

impl Dialect {
    /// How that server is asked, by the newest form that it understands; none where it has no answer.
    pub fn status_query(
        &self,
        status: Status,
        vendor: Vendor,
        version: &ServerVersion,
    ) -> Option<&'static str> {
        let fits = |query: &&StatusQuery| {
            query.status == status
                && query.vendor.is_none_or(|only| only == vendor)
                && version.is_at_least(query.since.0, query.since.1)
        };
        self.status.iter().filter(fits).max_by_key(|query| query.since).map(|query| query.sql)
    }
}
