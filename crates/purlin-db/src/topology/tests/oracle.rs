//! Rows as the manual describes them, not as a server wrote them.

use super::*;
use std::time::Duration;

fn server(role: &str, mode: &str, stats: Vec<OwnedRow>) -> NodeView {
    let role = row([
        ("DATABASE_ROLE", text(role)),
        ("OPEN_MODE", text(mode)),
        ("DB_UNIQUE_NAME", text("map_lon")),
        ("DBID", Value::I64(1_234_567_890)),
        ("CURRENT_SCN", Value::I64(42)),
    ]);
    let rows = StatusRows { role: Some(vec![role]), replication: Some(stats), ..StatusRows::default() };
    view(&info("db1", Vendor::Oracle), &rows, at())
}

fn stat(name: &str, value: Value, computed: &str, heard: &str) -> OwnedRow {
    row([
        ("NAME", text(name)),
        ("VALUE", value),
        ("UNIT", text("day(2) to second(0) interval")),
        ("TIME_COMPUTED", text(computed)),
        ("DATUM_TIME", text(heard)),
    ])
}

fn lag(value: &str, heard: &str) -> Vec<OwnedRow> {
    let computed = "11/22/2026 13:30:00";
    vec![
        stat("transport lag", text("+00 00:00:00"), computed, heard),
        stat("apply lag", text(value), computed, heard),
    ]
}

#[test]
fn data_guards_roles_are_read() {
    let primary = server("PRIMARY", "READ WRITE", Vec::new());
    assert_eq!((primary.role, primary.read_only, primary.lag), (Role::Primary, Some(false), None));
    assert_eq!(primary.position.system_identifier.as_deref(), Some("1234567890"));
    assert_eq!(primary.position.identity.as_deref(), Some("map_lon"));
    let mounted = server("PRIMARY", "MOUNTED", Vec::new());
    assert!(mounted.notes[0].contains("not open for writing (MOUNTED)"));
    let snapshot = server("SNAPSHOT STANDBY", "READ WRITE", Vec::new());
    assert_eq!(snapshot.role, Role::Isolated);
    let sync = server("FAR SYNC", "MOUNTED", Vec::new());
    assert_eq!((sync.role, sync.notes[0].as_str()), (Role::Unknown, "its role is FAR SYNC"));
}

#[test]
fn a_standbys_lag_is_what_it_reports_while_it_hears_its_primary() {
    let standby =
        server("PHYSICAL STANDBY", "READ ONLY WITH APPLY", lag("+00 00:01:30", "11/22/2026 13:29:59"));
    let told = standby.lag.clone().unwrap();
    assert_eq!((standby.role, standby.read_only), (Role::Replica, Some(true)));
    assert_eq!((told.time, told.source), (Some(Duration::from_secs(90)), LagSource::Reported));
    assert!(standby.follows[0].connected && standby.follows[0].applying && standby.notes.is_empty());
    let days = server("LOGICAL STANDBY", "READ WRITE", lag("+02 01:00:00", "11/22/2026 13:30:00"));
    assert_eq!(days.lag.unwrap().time, Some(Duration::from_secs(49 * 3600)));
    // It says no lag while it hears nothing.
    let deaf = server("PHYSICAL STANDBY", "MOUNTED", lag("+00 00:00:00", "11/22/2026 13:28:00"));
    assert!(!deaf.lag.as_ref().unwrap().is_known());
    assert!(deaf.notes[0].contains("heard nothing of its primary for 120 s"), "{:?}", deaf.notes);
    let reading = server("PHYSICAL STANDBY", "READ ONLY", lag("+00 00:10:00", "11/22/2026 13:30:00"));
    assert!(!reading.follows[0].applying && reading.notes[0].contains("WITH APPLY"));
}

#[test]
fn what_is_not_told_is_unknown() {
    for stats in [
        Vec::new(),
        lag("", "11/22/2026 13:30:00"),
        lag("00:00:00", "11/22/2026 13:30:00"),
        lag("+00 00:00:00", ""),
        lag("+00 00:00:00", "2026-11-22 13:30:00"),
        vec![stat("apply lag", Value::Null, "11/22/2026 13:30:00", "11/22/2026 13:30:00")],
    ] {
        let standby = server("PHYSICAL STANDBY", "MOUNTED", stats);
        assert!(!standby.lag.as_ref().unwrap().is_known(), "{standby:?}");
    }
    let unseen = view(&info("db1", Vendor::Oracle), &StatusRows::default(), at());
    assert!(unseen.role == Role::Unknown && unseen.notes[0].contains("v_$database"));
}
