//! What a node of a database says of itself.

use super::ping::Failure;
use crate::exit::Exit;
use crate::output::{Integer, Page};
use purlin::core::{Timestamp, units};
use purlin::db::{Lag, NodeView, Upstream, Vendor};
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// A node.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Node {
    /// Where it was asked.
    endpoint: String,
    /// Whether it answered.
    seen: bool,
    /// What it says that it is: primary, replica, non_primary, isolated or unknown.
    role: &'static str,
    /// Whether it refuses writes; null where it does not say.
    read_only: Option<bool>,
    /// How far it is behind; null where it follows nobody or does not say.
    lag: Option<NodeLag>,
    /// Whom it follows.
    follows: Vec<Follows>,
    /// Where it stands in the log.
    position: Position,
    /// Its part in a Galera cluster; null outside of one.
    galera: Option<Galera>,
    /// Who made it; null where it was not seen.
    vendor: Option<String>,
    /// Its version; null where it was not seen.
    server_version: Option<String>,
    /// What else there is to say.
    notes: Vec<String>,
    /// When it was asked.
    #[schemars(with = "String", extend("format" = "date-time"))]
    measured_at: Timestamp,
    /// Why it was not seen; null where it was.
    error: Option<Failure>,
    #[serde(skip)]
    exit: Exit,
}

/// How far a replica is behind. What is null is unknown, and unknown is not zero.
#[derive(Debug, Serialize, JsonSchema)]
struct NodeLag {
    /// How old what it shows is, in seconds.
    seconds: Option<f64>,
    /// Bytes of the log that it has not replayed.
    bytes: Option<Integer>,
    /// Transactions that it has not replayed.
    transactions: Option<Integer>,
    /// What the figures rest on, from the weakest: nothing, reported, received, compared.
    #[schemars(with = "String")]
    source: purlin::db::LagSource,
    /// When it was measured.
    #[schemars(with = "String", extend("format" = "date-time"))]
    measured_at: Timestamp,
}

/// Whom a node follows.
#[derive(Debug, Serialize, JsonSchema)]
struct Follows {
    /// Its address as the replica knows it.
    address: Option<String>,
    /// Its number, where servers have numbers.
    server_id: Option<Integer>,
    /// Whether it is heard.
    connected: bool,
    /// Whether what it sends is replayed.
    applying: bool,
}

/// Where a node stands in the log of its cluster; what is null, its engine does not have or does not say.
#[derive(Debug, Serialize, JsonSchema)]
struct Position {
    /// The timeline of a primary.
    timeline: Option<String>,
    /// The position in bytes.
    bytes: Option<Integer>,
    /// The transactions that it holds, as the engine writes them.
    gtid: Option<String>,
    /// The seconds since the last transaction that was replayed. It grows on an idle primary too.
    since_replay_seconds: Option<f64>,
}

/// What a node says of its Galera cluster.
#[derive(Debug, Serialize, JsonSchema)]
struct Galera {
    /// Primary, non-Primary or Disconnected.
    status: String,
    /// Whether it takes statements.
    ready: bool,
    /// Whether it is connected to its cluster.
    connected: bool,
    /// What it does, such as Synced.
    state: Option<String>,
    /// How many members there are.
    size: Option<Integer>,
}

/// As it is written in JSON.
pub(super) fn vendor(vendor: Vendor) -> String {
    format!("{vendor:?}").to_ascii_lowercase()
}

impl Node {
    pub(super) fn new(view: &NodeView) -> Self {
        let position = &view.position;
        let galera = view.galera.as_ref().map(|galera| Galera {
            status: galera.status.clone(),
            ready: galera.ready,
            connected: galera.connected,
            state: galera.comment.clone(),
            size: galera.size.map(Into::into),
        });
        Self {
            endpoint: view.endpoint.to_string(),
            seen: view.is_seen(),
            role: view.role.as_str(),
            read_only: view.read_only,
            lag: view.lag.as_ref().map(NodeLag::new),
            follows: view.follows.iter().map(Follows::new).collect(),
            position: Position {
                timeline: position.timeline.clone(),
                bytes: position.bytes.map(Into::into),
                gtid: position.gtid.clone(),
                since_replay_seconds: position.since_replay.map(|time| time.as_secs_f64()),
            },
            galera,
            vendor: view.vendor.map(vendor),
            server_version: view.version.clone(),
            notes: view.notes.clone(),
            measured_at: view.measured_at,
            error: view.error.as_ref().map(Failure::new),
            exit: view.error.as_ref().map_or(Exit::Fine, Exit::of),
        }
    }

    /// What it means that it was not seen.
    pub(super) fn exit(&self) -> Exit {
        self.exit
    }

    fn row(&self) -> [String; 6] {
        let answer = match self.read_only {
            Some(true) => "reads only",
            Some(false) => "takes writes",
            None => "-",
        };
        let role = if self.seen { self.role } else { "not seen" };
        let heard = |it: &Follows| match (it.connected, it.applying) {
            (true, true) => "",
            (false, _) => " (not heard)",
            (true, false) => " (not replaying)",
        };
        let name = |it: &Follows| it.address.clone().unwrap_or_else(|| "?".to_owned());
        let follows: Vec<_> = self.follows.iter().map(|it| name(it) + heard(it)).collect();
        let follows = if follows.is_empty() { "-".to_owned() } else { follows.join(", ") };
        let server = match (&self.vendor, &self.server_version) {
            (Some(vendor), Some(version)) => format!("{vendor} {version}"),
            _ => "-".to_owned(),
        };
        let lag = self.lag.as_ref().map_or_else(|| "-".to_owned(), NodeLag::text);
        [self.endpoint.clone(), role.to_owned(), answer.to_owned(), lag, follows, server]
    }
}

/// One row a node.
pub(super) fn table(page: &mut Page, nodes: &[Node]) {
    page.table(["NODE", "ROLE", "WRITES", "LAG", "FOLLOWS", "SERVER"], nodes.iter().map(Node::row));
}

impl NodeLag {
    fn new(lag: &Lag) -> Self {
        Self {
            seconds: lag.time.map(|time| time.as_secs_f64()),
            bytes: lag.bytes.map(Into::into),
            transactions: lag.transactions.map(Into::into),
            source: lag.source,
            measured_at: lag.measured_at,
        }
    }

    fn text(&self) -> String {
        let time = self.seconds.map(|seconds| match seconds {
            0.0 => "none".to_owned(),
            seconds => units::duration::approximate(Duration::from_secs_f64(seconds)),
        });
        let known = [
            time,
            self.bytes.filter(|_| self.seconds.is_none()).map(|bytes| format!("{bytes} bytes")),
            self.transactions.filter(|_| self.seconds.is_none()).map(|count| format!("{count} transactions")),
        ];
        let known: Vec<_> = known.into_iter().flatten().collect();
        if known.is_empty() { "not known".to_owned() } else { known.join(", ") }
    }
}

impl Follows {
    fn new(upstream: &Upstream) -> Self {
        Self {
            address: upstream.address.clone(),
            server_id: upstream.server_id.map(Into::into),
            connected: upstream.connected,
            applying: upstream.applying,
        }
    }
}
