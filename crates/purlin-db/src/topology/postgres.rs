//! PostgreSQL: recovery, timelines and log positions.

use super::cells::Cells;
use super::read::StatusRows;
use super::{Lag, LagSource, NodeView, Role, Upstream};
use std::time::Duration;

/// `wal_receiver_timeout` by default: a receiver that has heard nothing for longer is cut off and has not noticed.
const HEARD_WITHIN: Duration = Duration::from_secs(60);

pub(super) fn read(view: &mut NodeView, rows: &StatusRows) {
    let Some(row) = rows.role_row() else {
        return view.note("it does not tell its role");
    };
    view.read_only = row.truth(&["read_only"]);
    view.position.system_identifier = row.text(&["system_identifier"]);
    view.position.identity = identity(row);
    view.position.timeline = row.text(&["timeline"]).filter(|timeline| !timeline.is_empty());
    view.position.bytes = row.number(&["position_bytes"]);
    match row.truth(&["in_recovery"]) {
        Some(true) => {
            view.role = Role::Replica;
            view.read_only = Some(true);
            replica(view, rows);
        }
        // `default_transaction_read_only` is a habit of sessions, not a lock: anybody may switch it off.
        Some(false) if view.read_only == Some(true) => {
            view.role = Role::Primary;
            view.note("its transactions are read-only by default");
        }
        Some(false) => view.role = Role::Primary,
        None => view.note("it does not tell whether it recovers"),
    }
}

/// The moment at which it was started, in microseconds: a primary and its replica have the same system identifier, and
/// where its data lie only the superuser is told.
fn identity(row: Cells<'_>) -> Option<String> {
    let parts = [row.text(&["system_identifier"])?, row.text(&["started"])?, row.text(&["port"])?];
    Some(parts.join(" "))
}

fn replica(view: &mut NodeView, rows: &StatusRows) {
    let unknown = Lag::unknown(view.measured_at);
    let Some(row) = rows.replication.as_ref().and_then(|rows| rows.first()).map(Cells) else {
        view.lag = Some(unknown);
        return view.note("it does not tell how far it is");
    };
    let (received, replayed) = (row.number(&["received_bytes"]), row.number(&["replayed_bytes"]));
    view.position.bytes = replayed.or(view.position.bytes);
    view.position.received = received;
    view.position.since_replay = row.seconds(&["since_replay_seconds"]);
    view.position.since_message = row.seconds(&["since_message_seconds"]);
    let connected = row.number(&["receivers"]).is_some_and(|receivers| receivers > 0)
        && view.position.since_message.is_none_or(|heard| heard <= HEARD_WITHIN);
    let paused = row.truth(&["paused"]) == Some(true);
    view.follows.push(Upstream { address: None, server_id: None, connected, applying: !paused });
    if paused {
        view.note("replay is paused");
    }
    if !connected {
        view.note("it has no WAL receiver, or one that hears nothing: it does not know what it lacks");
        view.lag = Some(unknown);
        return;
    }
    view.lag = Some(match (received, replayed) {
        (Some(received), Some(replayed)) => {
            let bytes = received.saturating_sub(replayed);
            // Where nothing waits to be replayed, the age of the last transaction says that the primary is idle.
            let time = if bytes == 0 { Some(Duration::ZERO) } else { view.position.since_replay };
            Lag { bytes: Some(bytes), time, source: LagSource::Received, ..unknown }
        }
        _ => unknown,
    });
}
