//! The fake by itself: two databases behind one connector, roles, and tokio's paused time.

use crate::session::{connect, database, run, secs, sim};
use purlin_core::{Cx, Endpoint, ErrorKind};
use purlin_db::fake::{Connecting, FakeCluster, FakeDatabase, FakeRole, Reply};
use purlin_db::{Connector, ErrorClass, Session};

#[test]
fn nothing_is_answered_that_was_not_scripted() {
    let (sim, cx) = sim();
    let db = FakeDatabase::new();
    let mut session = connect(&sim, &cx, &db);
    let error = run(&sim, session.query(&cx, "select 1").all()).unwrap_err();
    assert_eq!(error.message(), "nothing is scripted for \"select 1\"");
    db.on("select 1", Reply::rows(["n"], [[1_i64]])).once("select 1", Reply::rows(["n"], [[2_i64]]));
    for expected in [2, 1, 1] {
        assert_eq!(run(&sim, session.query(&cx, "select 1").value::<i64>()).unwrap(), expected);
    }
    db.answer(|statement| {
        let first = statement.parameters.first()?.clone();
        (statement.sql == "select ?").then(|| Reply::rows(["v"], [[first]]))
    });
    assert_eq!(run(&sim, session.query(&cx, "select ?").bind(7_i64).value::<i64>()).unwrap(), 7);
}

#[test]
fn a_replica_and_a_read_only_transaction_refuse_writes() {
    let (sim, cx) = sim();
    let db = database();
    let mut session = connect(&sim, &cx, &db);
    let mut transaction = run(&sim, session.begin(&cx).read_only()).unwrap();
    let error = run(&sim, transaction.execute(&cx, "insert 1")).unwrap_err();
    assert_eq!(purlin_db::DbDetail::class_of(&error), Some(ErrorClass::NotWritable));
    drop(transaction);
    db.set_role(FakeRole::Replica).set_lag(Some(secs(3)));
    let error = run(&sim, session.execute(&cx, "insert 1")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    let role = run(&sim, session.query(&cx, "SHOW ROLE").one()).unwrap();
    assert_eq!(role.values(), [purlin_db::Value::from("replica")]);
    let lag = run(&sim, session.query(&cx, "SHOW LAG").one()).unwrap();
    assert_eq!(lag.values(), [purlin_db::Value::F64(3.0)]);
}

#[test]
fn two_of_them_stand_behind_one_connector() {
    let (sim, cx) = sim();
    let [first, second] = ["db1", "db2"].map(|host| Endpoint::new(host, 1).unwrap());
    let (primary, replica) = (FakeDatabase::at(first.clone()), FakeDatabase::at(second.clone()));
    replica.set_role(FakeRole::Replica);
    let cluster = FakeCluster::new([primary.clone(), replica.clone()]);
    assert_eq!(cluster.endpoints(), [first.clone(), second.clone()]);
    primary.stop();
    let error = run(&sim, Session::connect(&cx, &cluster, &first)).unwrap_err();
    assert_eq!((error.kind(), error.endpoint()), (ErrorKind::Refused, Some(&first)));
    let session = run(&sim, Session::connect(&cx, &cluster, &second)).unwrap();
    assert_eq!(session.info().endpoint, second);
    assert_eq!((primary.open_sessions(), replica.open_sessions()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn it_works_on_tokios_paused_time() {
    let db = database();
    db.set_connecting(Connecting::After(secs(5)));
    let cx = Cx::background();
    let mut session = db.session(&cx).await.unwrap();
    let error = session.query(&cx, "sleep").all().await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Timeout, "no answer within 30s"));
}

#[tokio::test]
async fn rows_that_are_there_leave_turns_to_others() {
    let db = FakeDatabase::new();
    db.on("many", Reply::rows(["n"], (0..10_000_i64).map(|n| [n])));
    let cx = Cx::background();
    let mut session = db.session(&cx).await.unwrap();
    let mut rows = session.query(&cx, "many").await.unwrap();
    let turn = tokio::spawn(async {});
    let mut before = 0;
    while rows.next().await.unwrap().is_some() {
        before += u32::from(!turn.is_finished());
    }
    assert!(turn.is_finished() && before < 1000, "{before} rows came before");
}
