//! Who is the primary, who follows, how far behind, and whether all agree.

mod ask;
mod cells;
mod compare;
mod galera;
mod gtid;
mod lag;
mod mssql;
mod mysql;
mod oracle;
mod postgres;
mod read;
mod role;
#[cfg(test)]
mod tests;
mod verdict;
mod view;

pub use lag::{Lag, LagSource};
pub use role::{Role, WantedRole};
pub use verdict::Verdict;
pub use view::{GaleraView, NodeView, Position, Upstream};

/// What all nodes of a database said when they were asked together, and what that means.
///
/// [`Database::topology`](crate::Database::topology) asks them; views from elsewhere come in by [`of`](Self::of).
///
/// What MySQL, MariaDB, PostgreSQL and Galera answer is understood; Galera's states are proven over rows that were
/// recorded from a cluster of three (Galera 26.4 with MariaDB 10.11: healthy, donor, frozen and thawed, without a
/// quorum, bootstrapped twice), not against a running one. SQL Server's availability groups are read by the manual and
/// proven over rows that were made from it, not against a server; so is Oracle's Data Guard. SQLite is a file, and a primary. Of any other engine,
/// nodes are of [`Role::Unknown`], unless its [dialect](crate::Dialect::status) asks so that the answer has a column
/// `role` (`primary` or `replica`), and for replicas a row with `lag_seconds` and `lag_bytes` for each source.
///
/// A server that is listed under two addresses is one node, where the engine tells who it is (not MariaDB without
/// `server_uid`, which came in August 2024): see [`NodeView::same_as`].
///
/// A login that may not see the replication of MySQL or MariaDB (`REPLICATION CLIENT`, `SLAVE MONITOR`) is told the role
/// by `read_only` alone, and no lag.
#[derive(Debug, Clone)]
pub struct Topology {
    nodes: Vec<NodeView>,
    verdict: Verdict,
    reasons: Vec<String>,
}

impl Topology {
    /// What these views mean together; they should have been taken at the same time. Lags of replicas are measured
    /// against the writer, where there is exactly one and its position is known.
    pub fn of(views: impl IntoIterator<Item = NodeView>) -> Self {
        let mut nodes: Vec<_> = views.into_iter().collect();
        compare::compare(&mut nodes);
        let (verdict, reasons) = verdict::judge(&nodes);
        Self { nodes, verdict, reasons }
    }

    /// What each node said, in the order of the addresses.
    pub fn nodes(&self) -> &[NodeView] {
        &self.nodes
    }

    /// The one answer over all nodes.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Why, in words, the weightiest first.
    pub fn reasons(&self) -> &[String] {
        &self.reasons
    }

    /// Whether every node answered. A verdict over part of the nodes is not to be relied on.
    pub fn all_seen(&self) -> bool {
        self.nodes.iter().all(NodeView::is_seen)
    }

    /// The node that takes writes, where exactly one does; of one that is listed twice the first.
    pub fn writer(&self) -> Option<&NodeView> {
        let mut writers = self.nodes.iter().filter(|node| node.role == Role::Primary && node.is_own());
        writers.next().filter(|_| writers.next().is_none())
    }

    /// The lag of the replica that is worst off; unknown is worse than any figure, and a node that was not seen counts
    /// as unknown. None where all nodes were seen and none follows another.
    pub fn lag(&self) -> Option<Lag> {
        let of = |node: &NodeView| match (&node.lag, node.is_seen()) {
            (_, false) => Some(Lag::unknown(node.measured_at)),
            (lag, true) => lag.clone().or_else(|| {
                let follows = node.role == Role::Replica && node.galera.is_none();
                follows.then(|| Lag::unknown(node.measured_at))
            }),
        };
        self.nodes.iter().filter_map(of).max_by_key(Lag::badness)
    }
}
