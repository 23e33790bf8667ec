//! SQL Server: availability groups. Written from the manual's tables of `sys.dm_hadr_availability_replica_states` and
//! `sys.dm_hadr_database_replica_states`, and run over rows that were made from them: no server of this engine was
//! asked.

use super::cells::Cells;
use super::read::StatusRows;
use super::{Lag, LagSource, NodeView, Role, Upstream};
use std::time::Duration;

/// The queues are told in kilobytes.
const KILO: u64 = 1024;

pub(super) fn read(view: &mut NodeView, rows: &StatusRows) {
    let Some(row) = rows.role_row() else {
        return view.note("it does not tell its role; it may want VIEW SERVER STATE");
    };
    view.read_only = match row.text(&["updateability"]).as_deref() {
        Some("READ_ONLY") => Some(true),
        Some("READ_WRITE") => Some(false),
        _ => None,
    };
    match row.number(&["replica_role"]) {
        Some(1) => {
            view.role = Role::Primary;
            health(view, row);
        }
        Some(2) => {
            view.role = Role::Replica;
            view.read_only = Some(true);
            health(view, row);
            secondary(view, rows, row);
        }
        Some(_) => {
            view.role = Role::Isolated;
            view.note("its availability group has not settled who is primary (RESOLVING)");
        }
        None => alone(view, row),
    }
}

/// A database that is in no availability group, or of which the login may not see it.
fn alone(view: &mut NodeView, row: Cells<'_>) {
    view.role = match view.read_only {
        Some(false) => Role::Primary,
        Some(true) => {
            view.note("the database is read-only and in no availability group that can be seen");
            Role::Replica
        }
        None => {
            view.note("it does not tell whether the database takes writes");
            Role::Unknown
        }
    };
    if row.number(&["hadr_enabled"]) == Some(1) && view.role == Role::Primary {
        view.note("availability groups are on, and this database is in none that can be seen");
    }
}

fn health(view: &mut NodeView, row: Cells<'_>) {
    match row.number(&["synchronization_health"]) {
        Some(0) => view.note("its databases do not synchronise (NOT_HEALTHY)"),
        Some(1) => view.note("not all of its databases synchronise (PARTIALLY_HEALTHY)"),
        _ => {}
    }
}

/// What it has received and not replayed. What it has not received is not counted, and a queue in bytes has no age: the
/// time is known only where nothing waits and the primary waits for this replica at each commit.
fn secondary(view: &mut NodeView, rows: &StatusRows, role: Cells<'_>) {
    let unknown = Lag::unknown(view.measured_at);
    let mut own = rows.replication.iter().flatten().map(Cells);
    let Some(row) = own.find(|row| row.truth(&["is_local"]) == Some(true)) else {
        view.lag = Some(unknown);
        return view.note("it does not tell how far it is");
    };
    let connected = role.number(&["connected_state"]) != Some(0);
    let suspended = row.truth(&["is_suspended"]) == Some(true);
    let state = row.number(&["synchronization_state"]);
    let applying = !suspended && matches!(state, Some(1 | 2));
    view.follows.push(Upstream { address: None, server_id: None, connected, applying });
    if !connected {
        view.note("it does not hear its primary: it does not know what it lacks");
    }
    if suspended {
        view.note("data movement is suspended");
    } else if let Some(word) = stands_still(state) {
        view.note(word);
    }
    let waiting = row.number(&["redo_queue_size"]).map(|size| size.saturating_mul(KILO));
    view.lag = Some(match waiting.filter(|_| connected && applying) {
        Some(bytes) => {
            let time = (bytes == 0 && state == Some(2)).then_some(Duration::ZERO);
            Lag { bytes: Some(bytes), time, source: LagSource::Received, ..unknown }
        }
        None => unknown,
    });
}

fn stands_still(state: Option<u64>) -> Option<&'static str> {
    match state {
        Some(0) => Some("it does not synchronise (NOT SYNCHRONIZING)"),
        Some(3) => Some("it undoes what its primary has not (REVERTING)"),
        Some(4) => Some("it begins to undo what its primary has not (INITIALIZING)"),
        _ => None,
    }
}
