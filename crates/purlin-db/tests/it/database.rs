//! Failover, roles and topology over servers in memory, on paused time.

use crate::estate::{Door, Estate};
use purlin_core::{Cx, ErrorKind, Outcome};
use purlin_db::fake::{Connecting, FakeCluster, FakeDatabase, FakeRole};
use purlin_db::{
    AddressCauses, Connector, Database, DatabaseSettings, DbDetail, Drivers, ErrorClass, PoolFault,
    PoolSettings, Role, Session, Target, Verdict, WantedRole,
};
use std::future::{Future, IntoFuture};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

fn cx() -> Cx {
    Cx::background().with_timeout(Duration::from_secs(20))
}

fn database(estate: &Estate, role: WantedRole) -> Database {
    Database::from_connectors([estate.connector()], DatabaseSettings::new().role(role)).unwrap()
}

fn host(session: &Session) -> String {
    session.info().endpoint.host().unwrap().to_owned()
}

async fn acquired(db: &Database) -> String {
    host(&db.acquire(&cx()).await.unwrap())
}

#[tokio::test(start_paused = true)]
async fn the_wanted_role_is_found_wherever_it_is() {
    let estate = Estate::new(["replica", "replica", "primary"]);
    let db = database(&estate, WantedRole::Primary);
    assert_eq!(acquired(&db).await, "db3");
    assert_eq!(host(&db.acquire(&cx()).role(WantedRole::Replica).await.unwrap()), "db1");
    assert_eq!(host(&db.acquire(&cx()).role(WantedRole::Any).await.unwrap()), "db1");
    // What was found is believed, and the others are left alone.
    let before = (estate.asked("SHOW ROLE"), estate.connects());
    for _ in 0..5 {
        assert_eq!(acquired(&db).await, "db3");
    }
    assert_eq!((estate.asked("SHOW ROLE"), estate.connects()), before);
    tokio::time::advance(Duration::from_secs(10)).await;
    assert_eq!(acquired(&db).await, "db3");
    assert_eq!(estate.asked("SHOW ROLE")[2], before.0[2] + 1);
}

#[tokio::test(start_paused = true)]
async fn a_dead_address_is_passed_over_and_tried_again_later() {
    let estate = Estate::new(["primary", "primary"]);
    estate.servers()[0].door = Door::Closed;
    let db = database(&estate, WantedRole::Any);
    assert_eq!(acquired(&db).await, "db2");
    assert_eq!(acquired(&db).await, "db2");
    assert_eq!(estate.connects()[0], 1);
    estate.servers()[0].door = Door::Open;
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(acquired(&db).await, "db1");
}

#[tokio::test(start_paused = true)]
async fn a_silent_address_costs_one_head_start_and_is_put_back() {
    let estate = Estate::new(["primary", "primary"]);
    estate.servers()[0].door = Door::Silent;
    let db = database(&estate, WantedRole::Primary);
    let begun = cx().now();
    assert_eq!(acquired(&db).await, "db2");
    assert!(cx().now().since(begun) >= Duration::from_millis(250));
    let before = cx().now();
    assert_eq!(acquired(&db).await, "db2");
    assert_eq!(cx().now(), before);
}

#[tokio::test(start_paused = true)]
async fn one_error_tells_of_every_address() {
    let estate = Estate::new(["replica", "primary", "primary"]);
    estate.servers()[1].door = Door::Closed;
    estate.servers()[2].door = Door::Silent;
    let db = database(&estate, WantedRole::Primary);
    let error = db.acquire(&cx().with_timeout(Duration::from_secs(3))).await.unwrap_err();
    assert_eq!((error.operation(), error.outcome()), (Some("db.acquire"), Outcome::NotSent));
    assert!(
        error
            .message()
            .starts_with("no primary among db1:1 (is a replica), db2:1 (connection refused), db3:1 ("),
        "{error}"
    );
    assert_eq!(
        error.detail::<AddressCauses>().unwrap().iter().next().unwrap().1.kind(),
        ErrorKind::Unavailable
    );

    for server in estate.servers().iter_mut() {
        server.door = Door::Closed;
    }
    let db = database(&estate, WantedRole::Any);
    let error = db.acquire(&cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    for server in estate.servers().iter_mut() {
        server.door = Door::Denied;
    }
    let before = estate.connects();
    let db = database(&estate, WantedRole::Any);
    let error = db.acquire(&cx()).await.unwrap_err();
    assert_eq!(
        (error.kind(), DbDetail::class_of(&error)),
        (ErrorKind::Unauthenticated, Some(ErrorClass::LoginDenied))
    );
    // A denied login is not tried twice at one address.
    assert_eq!(
        estate.connects().iter().zip(before).map(|(now, before)| now - before).collect::<Vec<_>>(),
        [1, 1, 1]
    );
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_the_call_ends_the_search_and_names_the_silent() {
    let estate = Estate::new(["primary", "primary"]);
    for server in estate.servers().iter_mut() {
        server.door = Door::Silent;
    }
    let db = database(&estate, WantedRole::Primary);
    let begun = cx().now();
    let error = db.acquire(&cx().with_timeout(Duration::from_secs(2))).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::NotSent), "{error}");
    assert!(error.message().contains("db1:1") && error.message().contains("db2:1"), "{error}");
    assert!(cx().now().since(begun) < Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn after_a_refused_write_the_new_primary_is_found() {
    let estate = Estate::new(["primary", "replica"]);
    let db = database(&estate, WantedRole::Primary);
    let mut session = db.acquire(&cx()).await.unwrap();
    session.execute(&cx(), "write").await.unwrap();
    // The roles change, and no connection breaks.
    estate.servers()[0].role = "replica";
    estate.servers()[1].role = "primary";
    let error = session.execute(&cx(), "write").await.unwrap_err();
    assert_eq!(DbDetail::class_of(&error), Some(ErrorClass::NotWritable));
    drop(session);
    let mut session = db.acquire(&cx()).await.unwrap();
    assert_eq!(host(&session), "db2");
    session.execute(&cx(), "write").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn after_a_lost_connection_the_role_is_asked_for_and_resting_sessions_prove_themselves() {
    let estate = Estate::new(["primary", "replica"]);
    let db = database(&estate, WantedRole::Primary);
    let (mut one, two) = (db.acquire(&cx()).await.unwrap(), db.acquire(&cx()).await.unwrap());
    drop(two);
    let asked = estate.asked("SHOW ROLE")[0];
    assert_eq!(estate.servers()[0].pings, 0);
    let error = one.execute(&cx(), "break").await.unwrap_err();
    assert_eq!(DbDetail::class_of(&error), Some(ErrorClass::ConnectionLost));
    drop(one);
    assert_eq!(acquired(&db).await, "db1");
    assert_eq!((estate.asked("SHOW ROLE")[0], estate.servers()[0].pings), (asked + 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_full_pool_is_told_as_full_and_no_dead_server() {
    let estate = Estate::new(["primary", "primary"]);
    let settings = DatabaseSettings::new().pool(PoolSettings::new().max(1));
    let db = Database::from_connectors([estate.connector()], settings).unwrap();
    let first = db.acquire(&cx()).await.unwrap();
    // The next address helps out.
    let second = db.acquire(&cx()).await.unwrap();
    assert_eq!((host(&first), host(&second)), ("db1".to_owned(), "db2".to_owned()));
    let error = db.acquire(&cx().with_timeout(Duration::from_secs(1))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(matches!(error.detail(), Some(PoolFault::Saturated { .. })), "{error}");
    // And the probe slots are free all the same.
    let topology = db.topology(&cx()).await.unwrap();
    assert!(topology.all_seen(), "{:?}", topology.reasons());
    drop((first, second));
    assert_eq!(acquired(&db).await, "db1");
}

#[tokio::test(start_paused = true)]
async fn all_nodes_are_asked_at_once_and_judged_together() {
    let estate = Estate::new(["primary", "replica", "replica"]);
    estate.servers()[1].lag = Some(2.5);
    let db = database(&estate, WantedRole::Any);
    let topology = db.topology(&cx()).await.unwrap();
    assert_eq!((topology.verdict(), topology.all_seen()), (Verdict::OneWriter, true));
    assert_eq!(
        topology.nodes().iter().map(|node| node.role).collect::<Vec<_>>(),
        [Role::Primary, Role::Replica, Role::Replica]
    );
    assert_eq!(topology.lag().unwrap().time, Some(Duration::from_millis(2500)));
    assert_eq!(topology.writer().unwrap().endpoint, db.endpoints()[0]);

    estate.servers()[1].role = "primary";
    assert_eq!(db.topology(&cx()).await.unwrap().verdict(), Verdict::SplitBrain);
}

#[tokio::test(start_paused = true)]
async fn nodes_that_do_not_answer_are_part_of_the_topology() {
    let estate = Estate::new(["primary", "replica", "replica"]);
    estate.servers()[0].door = Door::Silent;
    estate.servers()[2].door = Door::Silent;
    let db = database(&estate, WantedRole::Any);
    let begun = cx().now();
    let topology = db.topology(&cx()).await.unwrap();
    let took = cx().now().since(begun);
    assert!(took < Duration::from_secs(6), "one after the other: {took:?}");
    assert_eq!((topology.verdict(), topology.all_seen()), (Verdict::Unknown, false));
    assert_eq!(topology.nodes()[0].error.as_ref().unwrap().kind(), ErrorKind::Timeout);
    assert_eq!(topology.lag().map(|lag| lag.is_known()), Some(false));
    estate.servers()[0].door = Door::Closed;
    estate.servers()[2].door = Door::Open;
    let topology = database(&estate, WantedRole::Any).topology(&cx()).await.unwrap();
    assert_eq!(topology.verdict(), Verdict::NoWriter, "{:?}", topology.reasons());
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_call_is_an_error_and_no_topology() {
    let db = database(&Estate::new(["primary"]), WantedRole::Any);
    let (cancelled, canceller) = cx().cancellable();
    canceller.cancel();
    assert_eq!(db.topology(&cancelled).await.unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(db.acquire(&cancelled).await.unwrap_err().kind(), ErrorKind::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn a_database_is_connected_to_by_its_url() {
    let estate = Estate::new(["replica", "primary"]);
    let drivers = Drivers::new().with(estate.clone());
    let db = Database::connect(&cx(), &drivers, "estate://db1,db2?role=primary").await.unwrap();
    assert_eq!(estate.connects(), [1, 1]);
    let mut session = db.acquire(&cx()).await.unwrap();
    assert_eq!(session.query(&cx(), "where").value::<String>().await.unwrap(), "db2:1");

    let target = Target::new("estate").host("db1", None);
    let db = Database::connect(&cx(), &drivers, &target).await.unwrap();
    assert_eq!(acquired(&db).await, "db1");
    let error = Database::connect(&cx(), &drivers, target.role(WantedRole::Primary)).await.unwrap_err();
    assert_eq!(error.to_string(), "db.acquire db1:1: no primary among db1:1 (is a replica)");

    for url in ["mysql://db1", "estate://app:secret@db1", "estate://db1?x=1", "estate://db1,db1:1"] {
        let error = Database::connect(&cx(), &drivers, url.to_owned()).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::NotSent), "{error}");
    }
    estate.servers()[0].door = Door::Closed;
    let error = Database::connect(&cx(), &drivers, "estate://db1").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.endpoint().map(ToString::to_string)),
        (ErrorKind::Refused, Some("db1:1".to_owned()))
    );
    let error = Database::connect(&cx(), &drivers, "estate://db1?role=primary").await.unwrap_err();
    assert_eq!(error.to_string(), "db.connect db1:1: connection refused");
    Database::connect(&cx(), &drivers, "estate://db1").lazily().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn several_connectors_make_one_database() {
    let (one, other) = (Estate::new(["replica"]), Estate::new(["replica", "primary"]));
    let error =
        Database::from_connectors([one.connector(), other.connector()], DatabaseSettings::new()).unwrap_err();
    assert_eq!(error.message(), "db1:1 stands there twice");
    assert_eq!(
        Database::from_connectors([], DatabaseSettings::new()).unwrap_err().kind(),
        ErrorKind::Invalid
    );
    let drivers = Drivers::new().with(other);
    let connector = |url: &str| drivers.connector(&url.parse().unwrap()).unwrap();
    let settings = DatabaseSettings::new().role(WantedRole::Primary);
    let db = Database::from_connectors([one.connector(), connector("estate://db2")], settings).unwrap();
    assert_eq!(acquired(&db).await, "db2");
    assert_eq!(db.topology(&cx()).await.unwrap().verdict(), Verdict::OneWriter);
}

#[tokio::test(start_paused = true)]
async fn a_closed_database_lends_nothing() {
    let estate = Estate::new(["primary", "replica"]);
    let db = database(&estate, WantedRole::Primary);
    assert_eq!(acquired(&db).await, "db1");
    db.close(&cx()).await.unwrap();
    let error = db.acquire(&cx()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.detail::<PoolFault>()),
        (ErrorKind::Unavailable, Some(&PoolFault::Closed))
    );
    assert_eq!(db.topology(&cx()).await.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn borrowers_are_told_by_the_place_that_acquired() {
    let db = database(&Estate::new(["primary", "replica"]), WantedRole::Primary);
    let _session = db.acquire(&cx()).await.unwrap();
    let location = db.pools()[0].borrowers()[0].location;
    assert!(location.file().ends_with("database.rs") && location.file().contains("tests"), "{location}");
}

/// Polls a future that many times, lets other tasks run between, and drops it; whether it was ready before.
async fn polled<F: Future>(future: F, times: usize) -> bool {
    let mut future = std::pin::pin!(future);
    for _ in 0..times {
        let ready =
            std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await;
        if ready {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

#[tokio::test(start_paused = true)]
async fn a_search_or_a_topology_that_is_dropped_anywhere_leaves_nothing_lent() {
    let mut points = (0, 0);
    for times in 0..200 {
        let node = |name: &str| FakeDatabase::at(purlin_core::Endpoint::new(name, 1).unwrap());
        let (first, second, third) = (node("db1"), node("db2"), node("db3"));
        first.set_role(FakeRole::Replica);
        second.set_connecting(Connecting::Refuse);
        let members = [first, second, third];
        let connector = Arc::new(FakeCluster::new(members.clone()));
        let settings = DatabaseSettings::new().role(WantedRole::Primary).pool(PoolSettings::new().max(1));
        let db = Database::from_connectors([connector as Arc<dyn Connector>], settings).unwrap();
        let found = polled(db.acquire(&cx()).into_future(), times).await;
        let asked = polled(db.topology(&cx()), times).await;
        points = (points.0 + usize::from(!found), points.1 + usize::from(!asked));
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(db.pools().iter().map(|pool| pool.stats().used).collect::<Vec<_>>(), [0, 0, 0], "{times}");
        assert_eq!(acquired(&db).await, "db3", "{times}");
        if found && asked {
            break;
        }
    }
    assert!(points.0 > 5 && points.1 > 5, "{points:?}");
}
