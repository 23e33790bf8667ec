//! MySQL and MariaDB: `read_only`, and the status of their replication.

use super::cells::Cells;
use super::read::StatusRows;
use super::{Lag, LagSource, NodeView, Role, Upstream};

pub(super) fn read(view: &mut NodeView, rows: &StatusRows) {
    let Some(row) = rows.role_row() else {
        return view.note("it does not tell its role");
    };
    let named = row.truth(&["read_only"]);
    // MariaDB 12 has further words for read-only, beside ON and OFF.
    view.read_only = named.or_else(|| row.text(&["read_only"]).map(|word| !word.is_empty()));
    view.position.server_id = row.number(&["server_id"]);
    view.position.gtid = row.text(&["gtid_executed"]).or_else(|| mariadb_position(row, view.read_only));
    view.position.identity = identity(row);
    let channels: Vec<_> = rows.replication.iter().flatten().map(Cells).collect();
    for channel in &channels {
        view.follows.push(upstream(*channel));
    }
    view.role = role(view, &channels, rows.replication.is_some());
    if view.role == Role::Replica && rows.replication.is_some() {
        view.lag = Some(lag(view, &channels));
    }
    if view.role == Role::Replica && view.read_only == Some(false) {
        view.note("it follows another and takes writes all the same: read_only is off");
        if channels.iter().all(|channel| is_stopped(*channel)) {
            view.note("its replication stopped over an error; a primary has none (RESET REPLICA ALL)");
        }
    }
}

/// Whose the answer is, whatever name or address it was asked by. A copied machine keeps its `server_uuid`, and
/// containers may have one hardware address, which is what MariaDB's `server_uid` is made of: so the rest counts too.
fn identity(row: Cells<'_>) -> Option<String> {
    let some = |name: &str| row.text(&[name]).filter(|text| !text.is_empty());
    let own = some("server_uuid").or_else(|| some("server_uid"))?;
    let parts = [own, some("server_id")?, some("hostname")?, some("port")?, some("datadir")?];
    Some(parts.join(" "))
}

/// What was written here, and what was replayed: the current position is that of whichever came last.
fn mariadb_position(row: Cells<'_>, read_only: Option<bool>) -> Option<String> {
    let some = |name| row.text(&[name]).filter(|text| !text.is_empty());
    match read_only {
        Some(true) => some("gtid_slave_pos").or_else(|| some("gtid_current_pos")),
        _ => some("gtid_current_pos").or_else(|| some("gtid_binlog_pos")),
    }
}

fn upstream(row: Cells<'_>) -> Upstream {
    let host = row.text(&["Source_Host", "Master_Host"]).filter(|host| !host.is_empty());
    let address = host.map(|host| match row.number(&["Source_Port", "Master_Port"]) {
        Some(port) => format!("{host}:{port}"),
        None => host,
    });
    Upstream {
        address,
        server_id: row.number(&["Source_Server_Id", "Master_Server_Id"]).filter(|id| *id > 0),
        // `Connecting` and `Preparing` hear nothing.
        connected: row.truth(&["Replica_IO_Running", "Slave_IO_Running"]) == Some(true),
        applying: row.truth(&["Replica_SQL_Running", "Slave_SQL_Running"]) == Some(true),
    }
}

/// A server that is held to reading is a replica, whether it follows anybody or not. One that takes writes is a replica
/// as long as it follows: many leave `read_only` off. It was promoted once somebody has stopped both threads of each
/// channel; a thread that stopped over an error is no promotion.
fn role(view: &NodeView, channels: &[Cells<'_>], asked: bool) -> Role {
    let follows = channels.iter().any(|channel| !is_stopped(*channel) || has_failed(*channel));
    match (view.read_only, follows) {
        (Some(true), _) | (Some(false), true) => Role::Replica,
        (Some(false), false) => Role::Primary,
        (None, true) if asked => Role::Replica,
        (None, _) => Role::Unknown,
    }
}

/// Both threads say `No`: who says `Connecting` or `Preparing` means to follow.
fn is_stopped(channel: Cells<'_>) -> bool {
    let threads = [["Replica_IO_Running", "Slave_IO_Running"], ["Replica_SQL_Running", "Slave_SQL_Running"]];
    threads.iter().all(|names| channel.truth(names) == Some(false))
}

fn has_failed(channel: Cells<'_>) -> bool {
    ["IO", "SQL"].iter().any(|thread| fault(channel, thread).is_some())
}

/// The worst of its channels. NULL is unknown, and so is what a thread says that does not run: `Seconds_Behind` stays
/// at 0 while the other one connects in vain.
fn lag(view: &mut NodeView, channels: &[Cells<'_>]) -> Lag {
    let mut worst = Lag { source: LagSource::Reported, ..Lag::unknown(view.measured_at) };
    if channels.is_empty() {
        view.note("it is read-only and follows nobody");
        return Lag::unknown(view.measured_at);
    }
    for (channel, upstream) in channels.iter().zip(view.follows.clone()) {
        let from = upstream.address.as_deref().unwrap_or("its source");
        if !upstream.connected {
            let state = channel.text(&["Replica_IO_Running", "Slave_IO_Running"]).unwrap_or_default();
            view.note(format!("it does not hear {from} ({})", fault(*channel, "IO").unwrap_or(state)));
        }
        if !upstream.applying {
            let why = fault(*channel, "SQL").map_or_else(String::new, |why| format!(" ({why})"));
            view.note(format!("it does not replay what {from} sent{why}"));
        }
        let time = channel.seconds(&["Seconds_Behind_Source", "Seconds_Behind_Master"]);
        let time = time.filter(|_| upstream.connected && upstream.applying);
        let unread = unread(*channel);
        let Some(time) = time else {
            // What it has received and not replayed is a part of what it lacks; nothing of that is no lag of nothing.
            let bytes = unread.filter(|bytes| upstream.connected && *bytes > 0);
            let source = if bytes.is_some() { LagSource::Received } else { LagSource::Nothing };
            return Lag { bytes, source, ..Lag::unknown(view.measured_at) };
        };
        worst.time = worst.time.max(Some(time));
        worst.bytes = worst.bytes.max(unread);
    }
    worst
}

fn fault(channel: Cells<'_>, thread: &str) -> Option<String> {
    let name = format!("Last_{thread}_Errno");
    channel.number(&[&name]).filter(|number| *number > 0).map(|number| format!("error {number}"))
}

/// What was received and not replayed, where both are in the same file.
fn unread(channel: Cells<'_>) -> Option<u64> {
    let received_in = channel.text(&["Source_Log_File", "Master_Log_File"])?;
    let replayed_in = channel.text(&["Relay_Source_Log_File", "Relay_Master_Log_File"])?;
    let received = channel.number(&["Read_Source_Log_Pos", "Read_Master_Log_Pos"])?;
    let replayed = channel.number(&["Exec_Source_Log_Pos", "Exec_Master_Log_Pos"])?;
    (received_in == replayed_in && !received_in.is_empty()).then(|| received.saturating_sub(replayed))
}
