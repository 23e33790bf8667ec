//! Several views, one verdict.

use super::*;
use std::time::Duration;

fn synced(name: &str, size: u64, conf: u64, committed: u64) -> NodeView {
    maria(name, &wsrep("Primary", "ON", 4, "Synced", size, conf, committed))
}

fn judged(views: impl IntoIterator<Item = NodeView>) -> (Verdict, String) {
    let topology = Topology::of(views);
    (topology.verdict(), topology.reasons().join("; "))
}

#[test]
fn a_whole_galera_component_is_one_writer() {
    let (verdict, why) = judged([synced("g1", 3, 3, 9), synced("g2", 3, 3, 9), synced("g3", 3, 3, 8)]);
    assert_eq!(verdict, Verdict::OneWriter);
    assert_eq!(why, "g1:3306, g2:3306, g3:3306 take writes as one component");
}

#[test]
fn a_galera_node_that_was_frozen_and_still_tells_of_the_past_makes_the_verdict_unknown() {
    let (verdict, why) = judged([synced("g1", 2, 4, 9), synced("g2", 2, 4, 9), synced("g3", 3, 3, 7)]);
    assert_eq!(verdict, Verdict::Unknown);
    assert!(why.contains("different memberships: ask again"), "{why}");
    // The membership was not yet changed for anybody, and its last transaction is long past.
    assert_eq!(judged([synced("g1", 2, 3, 5000), synced("g2", 2, 3, 7)]).0, Verdict::Unknown);
}

#[test]
fn two_bootstrapped_halves_are_a_split_brain() {
    let (verdict, why) =
        judged([synced("g1", 1, 5, 12), synced("g2", 1, 6, 9), unseen("g3", ErrorKind::Refused)]);
    assert_eq!(verdict, Verdict::SplitBrain);
    assert!(
        why.starts_with("g1:3306 (membership 5 of 1) and g2:3306 (membership 6 of 1) take writes apart"),
        "{why}"
    );
    // By chance under the same number.
    assert_eq!(judged([synced("g1", 1, 5, 9), synced("g2", 1, 5, 9)]).0, Verdict::SplitBrain);
    let mut stranger = synced("g2", 2, 5, 9);
    stranger.galera.as_mut().unwrap().state_uuid = Some("another".to_owned());
    assert_eq!(judged([synced("g1", 2, 5, 9), stranger]).0, Verdict::SplitBrain);
    // A server outside of the cluster.
    assert_eq!(
        judged([synced("g1", 2, 5, 9), maria("db1", &mariadb(false, "", None))]).0,
        Verdict::SplitBrain
    );
}

#[test]
fn the_last_node_without_a_quorum_is_isolated() {
    let alone = || maria("g1", &wsrep("non-Primary", "OFF", 0, "Initialized", 1, u64::MAX, 9));
    for kind in [ErrorKind::Refused, ErrorKind::Timeout] {
        let (verdict, why) = judged([alone(), unseen("g2", kind), unseen("g3", kind)]);
        assert_eq!(verdict, Verdict::Isolated);
        assert!(why.starts_with("g1:3306 are cut off") && why.contains("1047"), "{why}");
    }
    // The others have a quorum.
    assert_eq!(judged([alone(), synced("g2", 2, 4, 9), synced("g3", 2, 4, 9)]).0, Verdict::OneWriter);
}

#[test]
fn after_a_promotion_both_primaries_are_told_apart_by_their_timelines() {
    let (verdict, why) =
        judged([pg("db1", &postgres_primary("00000001", 90)), pg("db2", &postgres_primary("00000002", 99))]);
    assert_eq!(verdict, Verdict::SplitBrain);
    assert_eq!(
        why,
        "db1:3306 (timeline 00000001) and db2:3306 (timeline 00000002) take writes apart from each other"
    );
}

#[test]
fn an_unseen_node_may_be_a_writer_unless_nobody_listens_there() {
    let primary = || maria("db1", &mariadb(false, "0-1-7", None));
    let replica =
        || maria("db2", &mariadb(true, "0-1-7", Some(vec![channel("Connecting", "Yes", None, 2013)])));
    assert_eq!(judged([replica(), unseen("db1", ErrorKind::Refused)]).0, Verdict::NoWriter);
    for kind in [ErrorKind::Timeout, ErrorKind::Unresolved, ErrorKind::Unauthenticated, ErrorKind::Tls] {
        let (verdict, why) = judged([replica(), unseen("db1", kind)]);
        assert_eq!(verdict, Verdict::Unknown);
        assert!(why.contains("db1:3306 was not seen (no way): it may be a writer"), "{why}");
    }
    let topology = Topology::of([primary(), unseen("db3", ErrorKind::Timeout)]);
    assert_eq!((topology.verdict(), topology.all_seen()), (Verdict::OneWriter, false));
    let split = [primary(), maria("db3", &mariadb(false, "", None)), unseen("db4", ErrorKind::Timeout)];
    assert_eq!(judged(split).0, Verdict::SplitBrain);
    assert_eq!(judged([unseen("db1", ErrorKind::Refused)]).0, Verdict::Unknown);
    assert_eq!(judged([]).0, Verdict::Unknown);
    assert_eq!(judged([replica()]).0, Verdict::NoWriter);
}

#[test]
fn a_node_of_unknown_role_leaves_the_verdict_open() {
    let silent = || view(&info("db3", Vendor::Other), &StatusRows::default(), at());
    assert_eq!(judged([maria("db1", &mariadb(false, "", None)), silent()]).0, Verdict::Unknown);
    assert_eq!(judged([maria("db1", &mariadb(true, "", None)), silent()]).0, Verdict::Unknown);
}

#[test]
fn nodes_of_different_databases_are_no_cluster() {
    let mut stranger = pg("db2", &postgres_replica(90, 90, 0.1, 1, false));
    stranger.position.system_identifier = Some("1".to_owned());
    let (verdict, why) = judged([pg("db1", &postgres_primary("00000001", 90)), stranger]);
    assert_eq!(verdict, Verdict::Unknown);
    assert!(why.contains("db2:3306 belong to another database than db1:3306"), "{why}");
}

#[test]
fn of_two_servers_that_follow_each_other_the_one_not_read_only_is_the_writer() {
    let active = || {
        let mut view = maria("db1", &mariadb(false, "0-1-7", Some(vec![channel("Yes", "Yes", Some(0), 0)])));
        view.follows[0].server_id = Some(2);
        view
    };
    let passive = maria("db2", &mariadb(true, "0-1-7", Some(vec![channel("Yes", "Yes", Some(0), 0)])));
    let topology = Topology::of([active(), passive]);
    assert_eq!((topology.verdict(), topology.nodes()[0].role), (Verdict::OneWriter, Role::Primary));
    assert_eq!(topology.writer().map(|node| node.endpoint.clone()), Some(endpoint("db1")));
    // Of a pair that both take writes nobody can say who should.
    assert_eq!(Topology::of([active(), active()]).verdict(), Verdict::Unknown);
}

#[test]
fn a_replica_that_has_not_noticed_a_silent_primary_is_not_at_zero() {
    let primary = maria("db1", &mariadb(false, "0-1-42", None));
    let follows = |position, behind| {
        maria("db2", &mariadb(true, position, Some(vec![channel("Yes", "Yes", behind, 0)])))
    };
    let topology = Topology::of([primary.clone(), follows("0-1-40", Some(0))]);
    let lag = topology.lag().unwrap();
    assert_eq!((lag.transactions, lag.time, lag.source), (Some(2), None, LagSource::Compared));
    assert!(
        topology.reasons().iter().any(|why| why.contains("lacks 2 transactions")),
        "{:?}",
        topology.reasons()
    );
    let lag = Topology::of([primary.clone(), follows("0-1-42", Some(0))]).lag().unwrap();
    assert_eq!((lag.transactions, lag.time), (Some(0), Some(Duration::ZERO)));
    let lag = Topology::of([primary, follows("0-1-30", Some(6))]).lag().unwrap();
    assert_eq!((lag.transactions, lag.time), (Some(12), Some(Duration::from_secs(6))));
}

#[test]
fn postgres_lag_is_measured_against_the_primary() {
    let primary = || pg("db1", &postgres_primary("00000001", 1_000));
    let lag = |replica: StatusRows| Topology::of([primary(), pg("db2", &replica)]).lag().unwrap();
    let idle = lag(postgres_replica(1_000, 1_000, 500.0, 1, false));
    assert_eq!((idle.bytes, idle.time, idle.source), (Some(0), Some(Duration::ZERO), LagSource::Compared));
    // The primary was idle for three hours and has just written 56 bytes.
    let woken = lag(postgres_replica(944, 944, 10_800.0, 1, false));
    assert_eq!((woken.bytes, woken.time), (Some(56), Some(Duration::from_millis(200))));
    // Something waits to be replayed: no older than what was replayed last.
    let late = lag(postgres_replica(700, 400, 8.0, 1, false));
    assert_eq!((late.bytes, late.time), (Some(600), Some(Duration::from_secs(8))));
    // All that it received is replayed, and much has not been received: that it hears says nothing then.
    let far = pg("db1", &postgres_primary("00000001", 100_000_000));
    let slow = Topology::of([far, pg("db2", &postgres_replica(400, 400, 8.0, 1, false))]).lag().unwrap();
    assert_eq!((slow.bytes, slow.time), (Some(99_999_600), None));
    let blind = lag(postgres_replica(400, 400, 8.0, 0, false));
    assert_eq!((blind.bytes, blind.time), (Some(600), None));
}

#[test]
fn one_server_under_two_addresses_is_one_node() {
    let at = |name, server_id, host| maria(name, &named(mariadb(false, "", None), server_id, host));
    let topology = Topology::of([at("db1", 1, "db1"), at("vip", 1, "db1")]);
    assert_eq!((topology.verdict(), topology.all_seen()), (Verdict::OneWriter, true));
    assert_eq!(topology.writer().map(|node| node.endpoint.clone()), Some(endpoint("db1")));
    assert_eq!(topology.nodes()[1].same_as, Some(endpoint("db1")));
    let why = topology.reasons().join("; ");
    assert!(why.contains("vip:3306: it is the same server as db1:3306"), "{why}");
    // A copied machine, and containers with one hardware address, are servers of their own.
    assert_eq!(judged([at("db1", 1, "db1"), at("db2", 1, "db2")]).0, Verdict::SplitBrain);
    assert_eq!(judged([at("db1", 1, "db1"), at("db2", 2, "db1")]).0, Verdict::SplitBrain);

    let primary = |name| pg(name, &postgres_primary("00000001", 90));
    assert_eq!(judged([primary("db1"), primary("vip")]).0, Verdict::OneWriter);
    let mut member = wsrep("Primary", "ON", 4, "Synced", 1, 3, 9);
    member = named(member, 1, "g1");
    assert_eq!(judged([maria("g1", &member), maria("vip", &member)]).0, Verdict::OneWriter);

    let file = |name, path| {
        let role = Some(vec![row([("name", text("main")), ("file", text(path))])]);
        view(&info(name, Vendor::Sqlite), &StatusRows { role, ..StatusRows::default() }, super::at())
    };
    assert_eq!(judged([file("a", "/srv/a.db"), file("link", "/srv/a.db")]).0, Verdict::OneWriter);
    assert_eq!(judged([file("a", "/srv/a.db"), file("b", "/srv/b.db")]).0, Verdict::SplitBrain);
    // Each memory is its own.
    assert_eq!(judged([file("a", ""), file("b", "")]).0, Verdict::SplitBrain);
}

#[test]
fn a_broken_replica_with_a_replica_of_its_own_is_no_writer() {
    let mut broken = maria("db2", &mariadb(false, "", Some(vec![channel("No", "No", None, 1236)])));
    broken.position.server_id = Some(2);
    broken.follows[0].server_id = Some(7);
    let mut follower = maria("db3", &mariadb(true, "", Some(vec![channel("Yes", "Yes", Some(0), 0)])));
    (follower.position.server_id, follower.follows[0].server_id) = (Some(3), Some(2));
    let topology = Topology::of([broken, follower]);
    assert_eq!((topology.verdict(), topology.nodes()[0].role), (Verdict::Unknown, Role::Replica));
}

#[test]
fn the_worst_lag_counts_and_unknown_is_the_worst() {
    let primary = || maria("db1", &mariadb(false, "", None));
    let follows =
        |name, behind| maria(name, &mariadb(true, "", Some(vec![channel("Yes", "Yes", behind, 0)])));
    let lag = Topology::of([primary(), follows("db2", Some(3)), follows("db3", Some(9))]).lag().unwrap();
    assert_eq!(lag.time, Some(Duration::from_secs(9)));
    let lag = Topology::of([primary(), follows("db2", Some(3)), follows("db3", None)]).lag().unwrap();
    assert!(!lag.is_known());
    let lag =
        Topology::of([primary(), follows("db2", Some(3)), unseen("db3", ErrorKind::Refused)]).lag().unwrap();
    assert!(!lag.is_known());
    assert_eq!(Topology::of([primary()]).lag(), None);
}
