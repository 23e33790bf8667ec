//! One node's rows, one node's view.

use super::*;
use crate::topology::gtid::Gtids;
use proptest::prelude::*;
use std::time::Duration;

#[test]
fn a_galera_node_is_primary_only_in_the_primary_component_ready_and_synced() {
    for (rows, role) in [
        (wsrep("Primary", "ON", 4, "Synced", 3, 3, 9), Role::Primary),
        (wsrep("Primary", "ON", 2, "Donor/Desynced", 3, 3, 9), Role::Replica),
        (wsrep("Primary", "ON", 3, "Joined", 3, 3, 9), Role::Replica),
        (wsrep("Primary", "OFF", 1, "Joining", 3, 3, 9), Role::Isolated),
        (wsrep("non-Primary", "OFF", 0, "Initialized", 1, u64::MAX, 9), Role::NonPrimary),
        (wsrep("Disconnected", "OFF", 0, "Initialized", 0, u64::MAX, 9), Role::Isolated),
    ] {
        let view = maria("g1", &rows);
        assert_eq!(view.role, role, "{view:?}");
        assert_eq!((view.galera.is_some(), view.lag), (true, None));
    }
    let donor = maria("g1", &wsrep("Primary", "ON", 2, "Donor/Desynced", 3, 3, 9));
    assert_eq!((donor.read_only, donor.notes.len()), (Some(false), 1));
    let alone = maria("g1", &wsrep("non-Primary", "OFF", 0, "Initialized", 1, u64::MAX, 9));
    assert!(alone.notes[0].contains("1047"), "{:?}", alone.notes);
    assert_eq!(alone.galera.unwrap().conf_id, None);
}

#[test]
fn a_server_without_the_galera_provider_is_no_member() {
    let mut rows = mariadb(false, "", None);
    let disconnected =
        row([("Variable_name", text("wsrep_cluster_status")), ("Value", text("Disconnected"))]);
    let empty = row([("Variable_name", text("wsrep_cluster_state_uuid")), ("Value", text(""))]);
    rows.cluster = Some(vec![disconnected, empty]);
    let view = maria("db1", &rows);
    assert_eq!((view.role, view.galera), (Role::Primary, None));
}

#[test]
fn null_and_what_a_thread_says_that_does_not_run_are_no_lag_of_zero() {
    let follows = |io, sql, behind, error| {
        maria("db2", &mariadb(true, "0-1-7", Some(vec![channel(io, sql, behind, error)])))
    };
    let well = follows("Yes", "Yes", Some(0), 0);
    assert_eq!((well.role, well.lag.as_ref().unwrap().time), (Role::Replica, Some(Duration::ZERO)));
    assert_eq!(well.lag.unwrap().source, LagSource::Reported);
    let behind = follows("Yes", "Yes", Some(12), 0).lag.unwrap();
    assert_eq!((behind.time, behind.bytes), (Some(Duration::from_secs(12)), Some(0)));
    for (view, says) in [
        (follows("Connecting", "Yes", None, 2013), "does not hear 127.0.0.1:3306 (error 2013)"),
        (follows("Connecting", "Yes", Some(0), 0), "does not hear 127.0.0.1:3306 (Connecting)"),
        (follows("Yes", "No", None, 0), "does not replay"),
        (follows("No", "No", Some(0), 0), "does not hear"),
    ] {
        let lag = view.lag.unwrap();
        assert_eq!((lag.bytes, lag.is_known()), (None, false));
        assert_eq!((lag.time, lag.source, view.role), (None, LagSource::Nothing, Role::Replica));
        assert!(view.notes.iter().any(|note| note.contains(says)), "{:?}", view.notes);
    }
}

#[test]
fn a_replica_with_several_sources_is_as_late_as_its_worst() {
    let channels = |other| Some(vec![channel("Yes", "Yes", Some(3), 0), other]);
    let view = maria("db2", &mariadb(true, "", channels(channel("Yes", "Yes", Some(8), 0))));
    assert_eq!(view.lag.unwrap().time, Some(Duration::from_secs(8)));
    let view = maria("db2", &mariadb(true, "", channels(channel("Connecting", "Yes", Some(0), 0))));
    assert_eq!(view.lag.unwrap().time, None);
}

#[test]
fn the_role_follows_from_read_only_and_replication() {
    let channels = |io, sql| Some(vec![channel(io, sql, Some(0), 0)]);
    for (read_only, channels, role) in [
        (false, None, Role::Primary),
        (false, channels("No", "No"), Role::Primary),
        (false, channels("Yes", "Yes"), Role::Replica),
        (false, channels("Connecting", "Yes"), Role::Replica),
        (true, None, Role::Replica),
        (true, channels("No", "No"), Role::Replica),
    ] {
        let view = maria("db1", &mariadb(read_only, "", channels.clone()));
        assert_eq!(view.role, role, "{read_only} {channels:?}");
        assert_eq!(view.lag.is_some(), role == Role::Replica);
    }
    // It broke and was not promoted: neither stopped by anybody nor without a fault.
    for (io, sql, error) in [
        ("Connecting", "No", 0),
        ("Preparing", "No", 0),
        ("Connecting", "No", 2003),
        ("No", "No", 1236),
        ("No", "Yes", 0),
    ] {
        let view = maria("db1", &mariadb(false, "", Some(vec![channel(io, sql, None, error)])));
        assert_eq!(view.role, Role::Replica, "{io} {sql} {error}");
        assert!(!WantedRole::Primary.accepts(view.role) && !view.lag.unwrap().is_known());
        assert_eq!(view.notes.iter().any(|note| note.contains("stopped over an error")), error == 1236);
    }
    let channels = Some(vec![channel("No", "No", None, 0), channel("No", "No", None, 1062)]);
    assert_eq!(maria("db1", &mariadb(false, "", channels)).role, Role::Replica);
    // Without the right to see replication, read_only is all there is.
    let mut rows = mariadb(false, "", None);
    (rows.replication, rows.refused) = (None, vec!["it refuses SHOW".to_owned()]);
    let view = maria("db1", &rows);
    assert_eq!((view.role, view.notes.len()), (Role::Primary, 1));
}

#[test]
fn newer_names_of_columns_are_read_as_well() {
    let role = row([
        ("read_only", Value::I64(1)),
        ("gtid_executed", text("3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5")),
    ]);
    let channel = row([
        ("Source_Host", text("db1")),
        ("Source_Port", Value::I64(3306)),
        ("Replica_IO_Running", text("Yes")),
        ("Replica_SQL_Running", text("Yes")),
        ("Seconds_Behind_Source", Value::I64(4)),
    ]);
    let rows =
        StatusRows { role: Some(vec![role]), replication: Some(vec![channel]), ..StatusRows::default() };
    let view = view(&info("db2", Vendor::MySql), &rows, at());
    assert_eq!((view.role, view.lag.unwrap().time), (Role::Replica, Some(Duration::from_secs(4))));
    assert_eq!(view.follows[0].address.as_deref(), Some("db1:3306"));
}

#[test]
fn an_idle_postgres_primary_is_no_lag() {
    let lag = pg("db2", &postgres_replica(100_663_520, 100_663_520, 3.4, 1, false)).lag.unwrap();
    assert_eq!((lag.bytes, lag.time, lag.source), (Some(0), Some(Duration::ZERO), LagSource::Received));
    let paused = pg("db2", &postgres_replica(107_082_376, 100_663_520, 3.4, 1, true));
    let lag = paused.lag.unwrap();
    assert_eq!((lag.bytes, lag.time), (Some(6_418_856), Some(Duration::from_millis(3400))));
    assert!(paused.notes.contains(&"replay is paused".to_owned()));
}

#[test]
fn a_postgres_replica_without_a_receiver_is_blind() {
    let view = pg("db2", &postgres_replica(100_663_520, 100_663_520, 0.4, 0, false));
    assert_eq!((view.role, view.lag), (Role::Replica, Some(Lag::unknown(at()))));
    assert!(view.notes[0].contains("no WAL receiver"), "{:?}", view.notes);
}

#[test]
fn a_postgres_primary_tells_the_timeline_of_its_wal_file() {
    let view = pg("db1", &postgres_primary("00000002", 100));
    assert_eq!((view.role, view.position.timeline.as_deref()), (Role::Primary, Some("00000002")));
    assert_eq!((view.lag, view.position.bytes), (None, Some(100)));
}

#[test]
fn engines_without_a_reader_tell_their_role_in_a_column_of_that_name() {
    let rows = |role: &str, lag: Value| StatusRows {
        role: Some(vec![row([("role", text(role))])]),
        replication: Some(vec![row([("seconds", lag)])]),
        ..StatusRows::default()
    };
    let of = |rows: &StatusRows| view(&info("db1", Vendor::Other), rows, at());
    assert_eq!(of(&rows("primary", Value::Null)).role, Role::Primary);
    let replica = of(&rows("replica", Value::F64(1.5)));
    assert_eq!((replica.role, replica.lag.unwrap().time), (Role::Replica, Some(Duration::from_millis(1500))));
    assert_eq!(of(&rows("replica", Value::Null)).lag, Some(Lag::unknown(at())));
    assert_eq!(of(&rows("arbiter", Value::Null)).role, Role::Unknown);
    assert_eq!(of(&StatusRows::default()).role, Role::Unknown);
}

#[test]
fn gtids_are_counted() {
    let missing = |one: &str, other: &str, mariadb| {
        let parse = |text| Gtids::parse(text, mariadb).unwrap();
        parse(one).missing_in(&parse(other))
    };
    assert_eq!(missing("0-1-42,1-3-7", "0-2-40,1-3-7", true), 2);
    assert_eq!(missing("0-1-42,5-3-7", "0-2-42", true), 7);
    assert_eq!(missing("0-1-42", "0-1-50", true), 0);
    assert_eq!(missing("aa:1-5:8,\nbb:1", "AA:1-3:5", false), 3);
    assert_eq!(missing("aa:1-5:tag:1-3:other:7", "aa:1-5:tag:1-2", false), 2);
    let odd: Vec<_> = (0..20_000).map(|n| (2 * n + 1).to_string()).collect();
    let even: Vec<_> = (1..20_000).map(|n| (2 * n).to_string()).collect();
    let (odd, even) = (format!("aa:{}", odd.join(":")), format!("aa:{}:39997", even.join(":")));
    assert_eq!((missing(&odd, &even, false), missing(&even, &odd, false)), (19_999, 19_999));
    assert_eq!(missing("aa:1-100", "aa:2-3:5:7-9:100-200", false), 93);
    for (text, mariadb) in [("", true), ("", false), ("0-1", true), ("aa:5-1", false), ("x-1-2", true)] {
        assert_eq!(Gtids::parse(text, mariadb), None, "{text}");
    }
}

proptest! {
    #[test]
    fn no_rows_make_a_reader_panic(
        gtids in "[a-z0-9:, -]{0,30}",
        cells in proptest::collection::vec((0usize..20, proptest::option::of("[-0-9a-zA-Z.]{0,6}")), 0..12),
        vendor in prop_oneof![Just(Vendor::MariaDb), Just(Vendor::MySql), Just(Vendor::Postgres), Just(Vendor::Other)],
    ) {
        const NAMES: [&str; 20] = [
            "read_only", "server_id", "gtid_executed", "Slave_IO_Running", "Slave_SQL_Running",
            "Seconds_Behind_Master", "Master_Port", "Read_Master_Log_Pos", "Exec_Master_Log_Pos", "Variable_name",
            "Value", "in_recovery", "received_bytes", "replayed_bytes", "since_replay_seconds", "paused", "receivers",
            "timeline", "role", "lag_seconds",
        ];
        let columns = Columns::new(cells.iter().map(|(name, _)| Column::new(NAMES[*name], "text")));
        let values = cells.iter().map(|(_, cell)| cell.as_deref().map_or(Value::Null, text));
        let rows = || Some(vec![OwnedRow::new(columns.clone(), values.clone())]);
        let rows = StatusRows { role: rows(), replication: rows(), cluster: rows(), refused: Vec::new() };
        let one = view(&info("db1", vendor), &rows, at());
        let topology = Topology::of([one, maria("db2", &mariadb(false, &gtids, None))]);
        prop_assert!(!topology.reasons().is_empty());
    }
}
