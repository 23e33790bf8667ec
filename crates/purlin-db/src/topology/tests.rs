//! Rows as they were recorded from MariaDB 10.11 with Galera 26.4, MariaDB 10.11 with GTID replication, and
//! PostgreSQL 15 with a streaming replica.

mod clusters;
mod mssql;
mod oracle;
mod readers;

use super::read::{StatusRows, view};
use super::*;
use crate::{Column, Columns, OwnedRow, ServerInfo, ServerVersion, Value, Vendor};
use purlin_core::{Endpoint, Error, ErrorKind, Timestamp};

fn at() -> Timestamp {
    Timestamp::from_unix_seconds(1_795_000_000)
}

fn endpoint(name: &str) -> Endpoint {
    Endpoint::new(name, 3306).unwrap()
}

fn info(name: &str, vendor: Vendor) -> ServerInfo {
    ServerInfo::new(vendor, ServerVersion::new(10, 11, 0, "10.11.0-test"), endpoint(name))
}

fn row<const N: usize>(cells: [(&str, Value); N]) -> OwnedRow {
    let columns = Columns::new(cells.iter().map(|(name, _)| Column::new(*name, "text")));
    OwnedRow::new(columns, cells.into_iter().map(|(_, value)| value))
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn unseen(name: &str, kind: ErrorKind) -> NodeView {
    NodeView::unseen(endpoint(name), Error::new(kind, "no way"), at())
}

/// `SHOW GLOBAL STATUS` of a Galera node.
fn wsrep(
    status: &str,
    ready: &str,
    state: u64,
    comment: &str,
    size: u64,
    conf: u64,
    committed: u64,
) -> StatusRows {
    let pairs = [
        ("wsrep_cluster_status", status.to_owned()),
        ("wsrep_ready", ready.to_owned()),
        ("wsrep_connected", "ON".to_owned()),
        ("wsrep_local_state", state.to_string()),
        ("wsrep_local_state_comment", comment.to_owned()),
        ("wsrep_cluster_size", size.to_string()),
        ("wsrep_cluster_conf_id", conf.to_string()),
        ("wsrep_cluster_state_uuid", "5a8f1d0e-1111-11f1-a000-0242ac120002".to_owned()),
        ("wsrep_last_committed", committed.to_string()),
    ];
    let cluster = pairs.map(|(name, value)| row([("Variable_name", text(name)), ("Value", text(&value))]));
    StatusRows { cluster: Some(cluster.into()), ..mariadb(false, "", None) }
}

/// The role row of MariaDB, and its channels.
fn mariadb(read_only: bool, position: &str, channels: Option<Vec<OwnedRow>>) -> StatusRows {
    let slave = if read_only { position } else { "" };
    let own = if read_only { "" } else { position };
    let role = row([
        ("read_only", Value::I64(read_only.into())),
        ("server_id", Value::I64(if read_only { 2 } else { 1 })),
        ("gtid_binlog_pos", text(own)),
        ("gtid_slave_pos", text(slave)),
        ("gtid_current_pos", text(position)),
    ]);
    StatusRows {
        role: Some(vec![role]),
        replication: Some(channels.unwrap_or_default()),
        ..StatusRows::default()
    }
}

/// A row of `SHOW ALL SLAVES STATUS`.
fn channel(io: &str, sql: &str, behind: Option<i64>, error: i64) -> OwnedRow {
    row([
        ("Master_Host", text("127.0.0.1")),
        ("Master_Port", Value::I64(3306)),
        ("Master_Server_Id", Value::I64(1)),
        ("Slave_IO_Running", text(io)),
        ("Slave_SQL_Running", text(sql)),
        ("Seconds_Behind_Master", behind.map_or(Value::Null, Value::I64)),
        ("Last_IO_Errno", Value::I64(error)),
        ("Last_SQL_Errno", Value::I64(if sql == "Yes" { 0 } else { error })),
        ("Master_Log_File", text("bin.000001")),
        ("Relay_Master_Log_File", text("bin.000001")),
        ("Read_Master_Log_Pos", Value::I64(700)),
        ("Exec_Master_Log_Pos", Value::I64(700)),
    ])
}

/// What tells one server from another, for MariaDB.
fn named(mut rows: StatusRows, server_id: i64, host: &str) -> StatusRows {
    let own = row([
        ("read_only", Value::I64(0)),
        ("server_id", Value::I64(server_id)),
        ("hostname", text(host)),
        ("port", Value::I64(3306)),
        ("datadir", text("/var/lib/mysql/")),
        ("server_uid", text("UFYL2cqwIBTyQ9GPXQiPGZ9cFuk=")),
    ]);
    rows.role = Some(vec![own]);
    rows
}

fn postgres_primary(timeline: &str, position: i64) -> StatusRows {
    let role = row([
        ("in_recovery", Value::Bool(false)),
        ("read_only", Value::Bool(false)),
        ("system_identifier", text("7577010987654321098")),
        ("checkpoint_timeline", Value::I64(1)),
        ("timeline", text(timeline)),
        // Each of the tests' timelines has a server of its own.
        ("started", text(timeline)),
        ("port", text("5432")),
        ("position_bytes", Value::I64(position)),
    ]);
    StatusRows { role: Some(vec![role]), replication: Some(Vec::new()), ..StatusRows::default() }
}

fn postgres_replica(received: i64, replayed: i64, since: f64, receivers: i64, paused: bool) -> StatusRows {
    let role = row([
        ("in_recovery", Value::Bool(true)),
        ("read_only", Value::Bool(false)),
        ("system_identifier", text("7577010987654321098")),
        ("timeline", Value::Null),
        ("position_bytes", Value::I64(replayed)),
    ]);
    let replication = row([
        ("received_bytes", Value::I64(received)),
        ("replayed_bytes", Value::I64(replayed)),
        ("since_replay_seconds", Value::F64(since)),
        ("paused", Value::Bool(paused)),
        ("receivers", Value::I64(receivers)),
        ("since_message_seconds", if receivers > 0 { Value::F64(0.2) } else { Value::Null }),
    ]);
    StatusRows { role: Some(vec![role]), replication: Some(vec![replication]), ..StatusRows::default() }
}

fn maria(name: &str, rows: &StatusRows) -> NodeView {
    view(&info(name, Vendor::MariaDb), rows, at())
}

fn pg(name: &str, rows: &StatusRows) -> NodeView {
    view(&info(name, Vendor::Postgres), rows, at())
}
