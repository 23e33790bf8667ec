//! What one node said.

use super::gtid::Gtids;
use super::{Lag, Role};
use crate::{ServerInfo, Vendor};
use purlin_core::{Endpoint, Error, ErrorKind, Timestamp};
use std::time::Duration;

/// What one node said of itself, or why it was not seen.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NodeView {
    /// Where it was asked.
    pub endpoint: Endpoint,
    /// What it is.
    pub role: Role,
    /// Whether it refuses writes.
    pub read_only: Option<bool>,
    /// How far it is behind; none where it follows nobody.
    pub lag: Option<Lag>,
    /// Whom it follows.
    pub follows: Vec<Upstream>,
    /// Where it stands in the log.
    pub position: Position,
    /// Its part in a Galera cluster.
    pub galera: Option<GaleraView>,
    /// Who made it; none where it was not seen.
    pub vendor: Option<Vendor>,
    /// Its version; none where it was not seen.
    pub version: Option<String>,
    /// What else there is to say, in words.
    pub notes: Vec<String>,
    /// When it was asked.
    pub measured_at: Timestamp,
    /// Why it was not seen.
    pub error: Option<Error>,
    /// The same server answered at that address as well, which is listed before this one: this view counts for nothing.
    pub same_as: Option<Endpoint>,
}

/// Whom a node follows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Upstream {
    /// Its address as the replica knows it, which need not be ours.
    pub address: Option<String>,
    /// Its number (`server_id` of MySQL and MariaDB).
    pub server_id: Option<u64>,
    /// Whether it is heard.
    pub connected: bool,
    /// Whether what it sends is replayed.
    pub applying: bool,
}

/// Where a node stands in the log of its cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Position {
    /// The node's own number (`server_id` of MySQL and MariaDB).
    pub server_id: Option<u64>,
    /// What makes two nodes parts of one database (PostgreSQL's system identifier).
    pub system_identifier: Option<String>,
    /// The timeline in the name of the present WAL file, as PostgreSQL writes it; a primary's only. It tells a promoted
    /// node from the old primary at once, while the control file says the same of both until the next checkpoint.
    pub timeline: Option<String>,
    /// The log position in bytes: of a primary what it has written, of a replica what it has replayed.
    pub bytes: Option<u64>,
    /// The transactions that it holds, as the engine writes them (GTID).
    pub gtid: Option<String>,
    /// What a replica has received of the log, in bytes (PostgreSQL).
    pub received: Option<u64>,
    /// The time since the last transaction that was replayed. It grows on an idle primary too and is no lag by itself:
    /// while something that was received waits to be replayed, the lag is at most that.
    pub since_replay: Option<Duration>,
    /// The time since a replica was last sent anything, keep-alives too (PostgreSQL).
    pub since_message: Option<Duration>,
    /// What tells one server from another whatever address it was asked at, where the engine has such a thing. Equal
    /// ones are the same server; its form is the engine's and may change.
    pub identity: Option<String>,
}

impl Position {
    pub(super) fn gtids(&self, vendor: Option<Vendor>) -> Option<Gtids> {
        self.gtid.as_deref().and_then(|text| Gtids::parse(text, vendor == Some(Vendor::MariaDb)))
    }
}

/// What a node says of its Galera cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GaleraView {
    /// `wsrep_cluster_status`: `Primary`, `non-Primary` or `Disconnected`.
    pub status: String,
    /// `wsrep_ready`.
    pub ready: bool,
    /// `wsrep_connected`; taken as yes where it was not asked.
    pub connected: bool,
    /// `wsrep_local_state`: 1 joining, 2 donor or desynced, 3 joined, 4 synced.
    pub state: Option<u64>,
    /// `wsrep_local_state_comment`.
    pub comment: Option<String>,
    /// `wsrep_cluster_size`.
    pub size: Option<u64>,
    /// `wsrep_cluster_state_uuid`.
    pub state_uuid: Option<String>,
    /// `wsrep_cluster_conf_id`: the number of the membership.
    pub conf_id: Option<u64>,
    /// `wsrep_last_committed`.
    pub last_committed: Option<u64>,
}

impl NodeView {
    /// A node that answered and has not said what it is.
    pub(super) fn of(info: &ServerInfo, measured_at: Timestamp) -> Self {
        Self {
            vendor: Some(info.vendor),
            version: Some(info.version.to_string()),
            ..Self::blank(info.endpoint.clone(), measured_at)
        }
    }

    /// A node that was not seen.
    pub fn unseen(endpoint: Endpoint, error: Error, measured_at: Timestamp) -> Self {
        Self { error: Some(error), ..Self::blank(endpoint, measured_at) }
    }

    fn blank(endpoint: Endpoint, measured_at: Timestamp) -> Self {
        Self {
            endpoint,
            role: Role::Unknown,
            read_only: None,
            lag: None,
            follows: Vec::new(),
            position: Position::default(),
            galera: None,
            vendor: None,
            version: None,
            notes: Vec::new(),
            measured_at,
            error: None,
            same_as: None,
        }
    }

    /// Whether it answered.
    pub fn is_seen(&self) -> bool {
        self.error.is_none()
    }

    /// Whether it is a server of its own, and not one that is listed before under another address.
    pub(super) fn is_own(&self) -> bool {
        self.same_as.is_none()
    }

    /// Whether it can be a writer although it was not seen. Only where nobody listens at its address it cannot: who is
    /// silent here may well serve others.
    pub(super) fn may_write_unseen(&self) -> bool {
        self.error.as_ref().is_some_and(|error| error.kind() != ErrorKind::Refused)
    }

    pub(super) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }
}
