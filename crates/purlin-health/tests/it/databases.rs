//! Checks of databases: scripted ones, and a real SQLite.

use purlin_core::{Cx, Endpoint};
use purlin_db::fake::{Connecting, FakeDatabase, FakeRole, Reply};
use purlin_db::{Connector, Database, DatabaseSettings, ErrorClass, Pool, PoolSettings, Value, WantedRole};
use purlin_db_sqlite::{Mode, Settings, SqliteConnector};
use purlin_health::checks::db::{Cluster, NodeRole, Ping, Query, Replication, Saturation};
use purlin_health::{Cause, Check, CheckOutcome, Evidence, Failure, Phase, Rule, Status, as_plugin};
use std::sync::Arc;
use std::time::Duration;

fn pool_of(connector: Arc<dyn Connector>, sessions: u32) -> Pool {
    let endpoint = connector.endpoints()[0].clone();
    Pool::new(connector, endpoint, PoolSettings::new().max(sessions))
}

fn fake_pool(db: &FakeDatabase) -> Pool {
    pool_of(Arc::new(db.clone()), 1)
}

fn brief() -> Cx {
    Cx::background().with_timeout(Duration::from_millis(300))
}

fn long() -> Cx {
    Cx::background().with_timeout(Duration::from_secs(30))
}

async fn answer(check: &impl Check) -> Evidence {
    match check.run(&long()).await {
        CheckOutcome::Answered(evidence) => evidence,
        other => panic!("{other:?}"),
    }
}

async fn failure(check: &impl Check) -> Failure {
    match check.run(&brief()).await {
        CheckOutcome::Failed(failure) => failure,
        other => panic!("{other:?}"),
    }
}

fn value(evidence: &Evidence, name: &str) -> Option<f64> {
    evidence.measurements.iter().find(|found| found.name == name).map(|found| found.value)
}

#[tokio::test]
async fn a_server_that_is_down_is_told_with_step_and_cause() {
    for (connecting, phase, cause) in [
        (Connecting::Refuse, Phase::Connect, Cause::Refused),
        (Connecting::Silence, Phase::Connect, Cause::Timeout),
        (Connecting::Deny(ErrorClass::LoginDenied), Phase::Login, Cause::Auth),
        (Connecting::Deny(ErrorClass::Starting), Phase::Connect, Cause::Closed),
    ] {
        let db = FakeDatabase::new();
        db.set_connecting(connecting);
        let failure = failure(&Ping::of(&fake_pool(&db))).await;
        assert_eq!((failure.phase, failure.cause), (phase, cause), "{connecting:?}");
    }
}

#[tokio::test]
async fn a_full_pool_is_full_and_its_server_is_up() {
    let db = FakeDatabase::new();
    let pool = fake_pool(&db);
    let (ping, saturation) = (Ping::of(&pool), Saturation::of(&pool));
    assert_eq!(answer(&saturation).await.status, Status::Ok);

    let held = pool.acquire(&long()).await.unwrap();
    assert_eq!(answer(&saturation).await.status, Status::Ok);
    let theirs = pool.clone();
    let waiting = tokio::spawn(async move { theirs.acquire(&long()).await.map(drop) });
    while pool.stats().pending_requests == 0 {
        tokio::task::yield_now().await;
    }
    let full = answer(&saturation).await;
    assert_eq!((full.status, value(&full, "waiting")), (Status::Warning, Some(1.0)));
    assert!(full.message.contains("1 of 1 sessions") && full.message.contains("databases.rs"), "{full:?}");
    let up = answer(&ping).await;
    assert!(up.status.is_ok() && value(&up, "time").is_some(), "{up:?}");

    drop(held);
    waiting.await.unwrap().unwrap();
    assert_eq!(answer(&saturation).await.status, Status::Ok);
}

#[tokio::test]
async fn slots_that_other_probes_hold_are_no_fault_of_the_server() {
    let db = FakeDatabase::new();
    let pool = fake_pool(&db);
    let held = [pool.probe(&long()).await.unwrap(), pool.probe(&long()).await.unwrap()];
    let outcome = Ping::of(&pool).run(&brief()).await;
    assert!(matches!(outcome, CheckOutcome::Prober(_)), "{outcome:?}");
    drop(held);
    assert!(answer(&Ping::of(&pool)).await.status.is_ok());
}

fn cluster() -> ([FakeDatabase; 2], Database) {
    let nodes = ["db1.lon", "db2.lds"].map(|host| FakeDatabase::at(Endpoint::new(host, 1).unwrap()));
    let connectors = nodes.clone().map(|node| Arc::new(node) as Arc<dyn Connector>);
    let database = Database::from_connectors(connectors, DatabaseSettings::new()).unwrap();
    (nodes, database)
}

#[tokio::test]
async fn a_cluster_has_one_writer_and_all_its_nodes() {
    let ([one, two], database) = cluster();
    let check = Cluster::of(&database);
    two.set_role(FakeRole::Replica).set_lag(Some(Duration::from_secs(3)));
    let well = answer(&check).await;
    assert_eq!((well.status, value(&well, "nodes_seen")), (Status::Ok, Some(2.0)));
    let lag = answer(&Replication::of(&database)).await;
    assert_eq!(value(&lag, "lag"), Some(3.0));
    let rule = Rule::on("lag").critical("2".parse().unwrap());
    assert_eq!(as_plugin(&CheckOutcome::Answered(lag), &[rule]).0, 2);

    // Both take writes.
    two.set_role(FakeRole::Primary).set_lag(None);
    let split = failure(&check).await;
    assert!(split.message.starts_with("split_brain: db1.lon"), "{}", split.message);
    assert_eq!(failure(&Replication::of(&database)).await.cause, Cause::Assertion("replica".into()));

    // None does.
    for node in [&one, &two] {
        node.set_role(FakeRole::Replica);
    }
    let none = failure(&check).await;
    assert_eq!(none.cause, Cause::Assertion("one_writer".into()));
}

#[tokio::test]
async fn a_node_that_is_not_seen_and_a_lag_that_is_not_known_are_not_well() {
    let ([_, two], database) = cluster();
    two.set_role(FakeRole::Replica).set_lag(None);
    assert_eq!(failure(&Replication::of(&database)).await.cause, Cause::Assertion("lag".into()));
    two.set_connecting(Connecting::Refuse).kill_sessions();
    let unseen = answer(&Cluster::of(&database)).await;
    assert_eq!((unseen.status, value(&unseen, "nodes_seen")), (Status::Warning, Some(1.0)), "{unseen:?}");
}

#[tokio::test]
async fn a_node_is_what_it_should_be() {
    let db = FakeDatabase::new();
    let pool = fake_pool(&db);
    assert!(answer(&NodeRole::of(&pool, WantedRole::Primary)).await.status.is_ok());
    let replica = failure(&NodeRole::of(&pool, WantedRole::Replica)).await;
    assert_eq!(replica.cause, Cause::Assertion("role".into()));
    assert!(replica.message.ends_with("is primary, not replica"), "{}", replica.message);
    db.set_role(FakeRole::Replica);
    assert!(answer(&NodeRole::of(&pool, WantedRole::Replica)).await.status.is_ok());
}

#[tokio::test]
async fn numbers_are_measured_and_null_is_not_a_nought() {
    let db = FakeDatabase::new();
    let row = [Value::I64(7), Value::Text("mails".into()), Value::F64(0.5)];
    db.on("select fine", Reply::rows(["waiting", "queue", "share"], [row]));
    db.on("select nothing", Reply::rows(["waiting"], [[Value::Null]]));
    db.on("select empty", Reply::no_rows(["waiting"]));
    db.on("select slow", Reply::silence());
    let pool = fake_pool(&db);
    let query = |sql: &str| Query::of(&pool, sql);

    let fine = answer(&query("select fine")).await;
    assert_eq!((value(&fine, "waiting"), value(&fine, "share")), (Some(7.0), Some(0.5)));
    assert_eq!(fine.message, "waiting is 7, queue is mails, share is 0.5");
    assert_eq!(answer(&query("select nothing")).await.status, Status::Unknown);
    assert_eq!(failure(&query("select empty")).await.cause, Cause::Assertion("row".into()));
    let slow = failure(&query("select slow")).await;
    assert_eq!((slow.phase, slow.cause), (Phase::Execute, Cause::Timeout));
}

#[tokio::test]
async fn a_real_sqlite_answers_all_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::file(folder.path().join("map.db")).mode(Mode::Create);
    let pool = pool_of(Arc::new(SqliteConnector::new(settings).unwrap()), 2);
    let mut session = pool.acquire(&long()).await.unwrap();
    session.execute(&long(), "create table mails (sent integer)").await.unwrap();
    session.execute(&long(), "insert into mails values (0), (1), (0)").await.unwrap();
    drop(session);

    assert!(answer(&Ping::of(&pool)).await.message.contains("answers (Sqlite 3."));
    let sql = "select count(*) as waiting, max(sent) as sent from mails where sent = 0";
    let waiting = answer(&Query::of(&pool, sql)).await;
    assert_eq!((value(&waiting, "waiting"), value(&waiting, "sent")), (Some(2.0), Some(0.0)));
    let none = answer(&Query::of(&pool, "select max(sent) as sent from mails where sent > 1")).await;
    assert_eq!(none.status, Status::Unknown);
    // A wrong statement is a wrong setting.
    let wrong = Query::of(&pool, "select count(*) from letters").run(&long()).await;
    assert!(matches!(wrong, CheckOutcome::Prober(_)), "{wrong:?}");
    assert!(answer(&NodeRole::of(&pool, WantedRole::Primary)).await.status.is_ok());
    assert_eq!(value(&answer(&Saturation::of(&pool)).await, "used"), Some(0.0));
}
