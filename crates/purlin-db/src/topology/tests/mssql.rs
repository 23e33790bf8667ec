//! Rows as the manual describes them, not as a server wrote them.

use super::*;
use std::time::Duration;

fn server(
    role: Option<u64>,
    updateability: &str,
    connected: u64,
    health: u64,
    own: Option<OwnedRow>,
) -> NodeView {
    let number = |value: Option<u64>| value.map_or(Value::Null, |value| Value::I64(value as i64));
    let role = row([
        ("server_name", text("DB1")),
        ("database_name", text("map")),
        ("updateability", text(updateability)),
        ("hadr_enabled", Value::I64(1)),
        ("replica_role", number(role)),
        ("operational_state", number(role.map(|_| 2))),
        ("connected_state", number(Some(connected))),
        ("synchronization_health", number(Some(health))),
    ]);
    let rows = StatusRows {
        role: Some(vec![role]),
        replication: Some(own.into_iter().collect()),
        ..StatusRows::default()
    };
    view(&info("db1", Vendor::SqlServer), &rows, at())
}

fn own(state: i64, suspended: bool, redo: i64) -> Option<OwnedRow> {
    Some(row([
        ("is_local", Value::Bool(true)),
        ("synchronization_state", Value::I64(state)),
        ("is_suspended", Value::Bool(suspended)),
        ("log_send_queue_size", Value::I64(0)),
        ("redo_queue_size", Value::I64(redo)),
        ("redo_rate", Value::I64(100)),
    ]))
}

#[test]
fn an_availability_groups_roles_are_read() {
    let primary = server(Some(1), "READ_WRITE", 1, 2, own(2, false, 0));
    assert_eq!((primary.role, primary.read_only, primary.lag), (Role::Primary, Some(false), None));
    assert!(primary.notes.is_empty());
    let unwell = server(Some(1), "READ_WRITE", 1, 1, None);
    assert!(unwell.notes[0].contains("PARTIALLY_HEALTHY"), "{:?}", unwell.notes);
    let resolving = server(Some(0), "READ_WRITE", 0, 0, None);
    assert_eq!(resolving.role, Role::Isolated);
    let alone = server(None, "READ_WRITE", 0, 2, None);
    assert_eq!((alone.role, alone.notes.len()), (Role::Primary, 1));
    assert_eq!(server(None, "READ_ONLY", 0, 2, None).role, Role::Replica);
    assert_eq!(server(None, "", 0, 2, None).role, Role::Unknown);
}

#[test]
fn a_secondarys_lag_is_what_waits_to_be_redone_and_unknown_where_it_stands() {
    let synced = server(Some(2), "READ_WRITE", 1, 2, own(2, false, 0));
    let lag = synced.lag.unwrap();
    assert_eq!((synced.role, synced.read_only), (Role::Replica, Some(true)));
    assert_eq!((lag.bytes, lag.time, lag.source), (Some(0), Some(Duration::ZERO), LagSource::Received));
    // An asynchronous one may lack what it has not been sent.
    let behind = server(Some(2), "READ_WRITE", 1, 2, own(1, false, 64)).lag.unwrap();
    assert_eq!((behind.bytes, behind.time), (Some(64 * 1024), None));
    let level = server(Some(2), "READ_WRITE", 1, 2, own(1, false, 0)).lag.unwrap();
    assert_eq!((level.bytes, level.time), (Some(0), None));
    for (view, says) in [
        (server(Some(2), "READ_WRITE", 0, 0, own(0, false, 0)), "does not hear"),
        (server(Some(2), "READ_WRITE", 1, 0, own(0, false, 0)), "NOT SYNCHRONIZING"),
        (server(Some(2), "READ_WRITE", 1, 0, own(2, true, 0)), "suspended"),
        (server(Some(2), "READ_WRITE", 1, 0, own(3, false, 0)), "REVERTING"),
        (server(Some(2), "READ_WRITE", 1, 2, None), "how far"),
    ] {
        assert!(!view.lag.as_ref().unwrap().is_known(), "{view:?}");
        assert!(view.notes.iter().any(|note| note.contains(says)), "{:?}", view.notes);
    }
}

#[test]
fn a_login_that_may_not_see_the_views_is_told_so() {
    let view = view(&info("db1", Vendor::SqlServer), &StatusRows::default(), at());
    assert_eq!(view.role, Role::Unknown);
    assert!(view.notes[0].contains("VIEW SERVER STATE"));
}
