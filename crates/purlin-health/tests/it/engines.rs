//! Checks of databases against the real servers: a primary and a replica each, of two engines.

use purlin_core::{Cx, SecretRef};
use purlin_db::{Connector, Database, DatabaseSettings, Driver, Target, WantedRole};
use purlin_db_mysql::MySql;
use purlin_db_postgres::Postgres as PostgresDriver;
use purlin_health::checks::db::{Cluster, NodeRole, Ping, Query, Replication};
use purlin_health::{Cause, Check, CheckOutcome, Evidence, Failure, Status};
use purlin_testkit::{MariaDb, MariaDbSettings, Postgres, PostgresSettings};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

fn cx() -> Cx {
    Cx::background().with_timeout(Duration::from_secs(60))
}

fn target(engine: &str, user: &str, password: &str, database: &str, address: SocketAddr) -> Target {
    let mut target = Target::new(engine);
    target.user = Some(user.to_owned());
    target.database = Some(database.to_owned());
    target.hosts = vec![(address.ip().to_string(), Some(address.port()))];
    target.password = Some(Arc::new(SecretRef::literal(password.to_owned())));
    target.options.insert("tls".to_owned(), "off".to_owned());
    target
}

/// As the user who may see the replication.
fn mariadb(server: &MariaDb) -> Arc<dyn Connector> {
    let target =
        target("mariadb", server.user(), server.password().expose(), server.database(), server.address());
    MySql::new().connector(&target).unwrap()
}

fn postgres(server: &Postgres) -> Arc<dyn Connector> {
    let password = server.password().expose();
    let target = target("postgres", server.user(), password, server.database(), server.address());
    PostgresDriver::new().connector(&target).unwrap()
}

fn database(nodes: [Arc<dyn Connector>; 2]) -> Database {
    Database::from_connectors(nodes, DatabaseSettings::new()).unwrap()
}

async fn answer(check: &impl Check) -> Evidence {
    match check.run(&cx()).await {
        CheckOutcome::Answered(evidence) => evidence,
        other => panic!("{other:?}"),
    }
}

async fn failure(check: &impl Check) -> Failure {
    match check.run(&cx()).await {
        CheckOutcome::Failed(failure) => failure,
        other => panic!("{other:?}"),
    }
}

/// Until the check is well; the test runner ends a test that waits for ever.
async fn well(check: &impl Check) -> Evidence {
    loop {
        match check.run(&cx()).await {
            CheckOutcome::Answered(evidence) if evidence.status.is_ok() => return evidence,
            _ => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// What holds of a primary and its replica, whoever made them.
async fn are_well(database: &Database) {
    let [primary, replica] = database.pools() else { panic!("two nodes") };
    assert!(answer(&Ping::of(primary)).await.status.is_ok());
    let two = answer(&Query::of(replica, "select 1 + 1 as two")).await;
    assert_eq!((&*two.measurements[1].name, two.measurements[1].value), ("two", 2.0));
    assert!(answer(&NodeRole::of(primary, WantedRole::Primary)).await.status.is_ok());
    assert!(well(&NodeRole::of(replica, WantedRole::Replica)).await.status.is_ok());
    let wrong = failure(&NodeRole::of(replica, WantedRole::Primary)).await;
    assert_eq!(wrong.cause, Cause::Assertion("role".into()));
    well(&Cluster::of(database)).await;
    let lag = well(&Replication::of(database)).await;
    assert!(lag.measurements.iter().any(|found| found.name == "lag"), "{lag:?}");
}

#[tokio::test]
async fn mariadb_and_its_replica_are_well_until_one_is_gone() {
    let Some(mut primary) = MariaDbSettings::new().start().unwrap() else { return };
    let replica = MariaDbSettings::new().replica_of(&primary).start().unwrap().unwrap();
    let database = database([mariadb(&primary), mariadb(&replica)]);
    are_well(&database).await;

    primary.server_mut().kill().unwrap();
    let down = failure(&Ping::of(&database.pools()[0])).await;
    assert!(matches!(down.cause, Cause::Refused | Cause::Closed), "{down:?}");
    assert_eq!(failure(&Cluster::of(&database)).await.cause, Cause::Assertion("one_writer".into()));
}

#[tokio::test]
async fn postgresql_and_its_replica_are_well_until_both_take_writes() {
    let Some(primary) = PostgresSettings::new().start().unwrap() else { return };
    let replica = PostgresSettings::new().replica_of(&primary).start().unwrap().unwrap();
    let database = database([postgres(&primary), postgres(&replica)]);
    are_well(&database).await;

    replica.promote().unwrap();
    loop {
        match Cluster::of(&database).run(&cx()).await {
            CheckOutcome::Failed(split) => {
                assert!(split.message.starts_with("split_brain"), "{}", split.message);
                break;
            }
            CheckOutcome::Answered(evidence) => assert_ne!(evidence.status, Status::Critical),
            other => panic!("{other:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
