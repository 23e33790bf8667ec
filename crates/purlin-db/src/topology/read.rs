//! From status rows to a view, without I/O.

use super::cells::Cells;
use super::{Lag, LagSource, NodeView, Role, Upstream, galera, mssql, mysql, oracle, postgres};
use crate::{OwnedRow, ServerInfo, Vendor};
use purlin_core::Timestamp;

/// A server's answers to the questions of its dialect ([`Status`](crate::Status)). None: there is no such question, or
/// the server refused to answer it.
#[derive(Debug, Default)]
pub(super) struct StatusRows {
    pub(super) role: Option<Vec<OwnedRow>>,
    pub(super) replication: Option<Vec<OwnedRow>>,
    pub(super) cluster: Option<Vec<OwnedRow>>,
    /// Questions that were refused, with the reason.
    pub(super) refused: Vec<String>,
}

impl StatusRows {
    pub(super) fn role_row(&self) -> Option<Cells<'_>> {
        self.role.as_ref().and_then(|rows| rows.first()).map(Cells)
    }
}

/// What a node's answers mean.
pub(super) fn view(info: &ServerInfo, rows: &StatusRows, at: Timestamp) -> NodeView {
    let mut view = NodeView::of(info, at);
    match info.vendor {
        Vendor::MySql | Vendor::MariaDb => {
            mysql::read(&mut view, rows);
            galera::read(&mut view, rows);
        }
        Vendor::Postgres => postgres::read(&mut view, rows),
        Vendor::SqlServer => mssql::read(&mut view, rows),
        Vendor::Oracle => oracle::read(&mut view, rows),
        Vendor::Sqlite => {
            view.role = Role::Primary;
            view.note("a file: it follows nobody");
            let path = rows.role_row().and_then(|row| row.text(&["file"]));
            view.position.identity = path.filter(|path| !path.is_empty());
        }
        _ => plain(&mut view, rows),
    }
    rows.refused.iter().for_each(|why| view.note(why.as_str()));
    view
}

/// Engines without a reader of their own, if their dialect asks so that the answer has these columns: `role`
/// (`primary` or `replica`) and perhaps `read_only`; then a row for each source that is followed, with `lag_seconds` (or `seconds`) and
/// `lag_bytes`.
fn plain(view: &mut NodeView, rows: &StatusRows) {
    let Some(row) = rows.role_row() else {
        return view.note("it does not tell its role");
    };
    view.read_only = row.truth(&["read_only"]);
    view.role = match row.text(&["role"]).as_deref() {
        Some("primary") => Role::Primary,
        Some("replica") => Role::Replica,
        _ => Role::Unknown,
    };
    if view.role != Role::Replica {
        return;
    }
    let mut lag = Lag::unknown(view.measured_at);
    for row in rows.replication.iter().flatten().map(Cells) {
        let (time, bytes) = (row.seconds(&["lag_seconds", "seconds"]), row.number(&["lag_bytes"]));
        (lag.time, lag.bytes) = (lag.time.max(time), lag.bytes.max(bytes));
        lag.source = if lag.is_known() { LagSource::Reported } else { LagSource::Nothing };
        let connected = lag.is_known();
        view.follows.push(Upstream { address: None, server_id: None, connected, applying: connected });
    }
    view.lag = Some(lag);
}
