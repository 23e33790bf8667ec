use crate::server::{connect_within, cx, eventually, runs, session, start, target};
use purlin_core::{Cx, ErrorKind, Outcome};
use purlin_db::{DbDetail, ErrorClass, Isolation, Limits, Session, SessionState, TxOptions};
use purlin_testkit::{Fault, FaultProxy, Postgres};
use std::time::Duration;

async fn count(session: &mut Session) -> i64 {
    session.query(&cx(), "SELECT count(*) FROM map").value().await.unwrap()
}

async fn with_table() -> Option<(Postgres, Session)> {
    let postgres = start()?;
    postgres.sql("CREATE TABLE map (id int PRIMARY KEY)").unwrap();
    let session = session(&postgres).await;
    Some((postgres, session))
}

#[tokio::test]
async fn levels_and_access_are_the_server_s() {
    let Some((_postgres, mut session)) = with_table().await else { return };
    let levels = [
        (Isolation::ReadCommitted, "read committed"),
        (Isolation::RepeatableRead, "repeatable read"),
        (Isolation::Snapshot, "repeatable read"),
        (Isolation::Serializable, "serializable"),
    ];
    for (level, name) in levels {
        let mut transaction = session.begin(&cx()).isolation(level).read_only().await.unwrap();
        let said = transaction.query(
            &cx(),
            "SELECT current_setting('transaction_isolation') || current_setting('transaction_read_only')",
        );
        assert_eq!(said.one().await.unwrap().into_values(), [format!("{name}on").as_str().into()]);
        let error = transaction.execute(&cx(), "INSERT INTO map VALUES (1)").await.unwrap_err();
        assert_eq!(DbDetail::class_of(&error), Some(ErrorClass::NotWritable));
        transaction.rollback(&cx()).await.unwrap();
    }
    let error = session.begin(&cx()).isolation(Isolation::ReadUncommitted).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unsupported, Outcome::NotSent));
    let options = TxOptions::new().access(purlin_db::Access::ReadWrite);
    session.execute(&cx(), "SET default_transaction_read_only = on").await.unwrap();
    let mut transaction = session.begin(&cx()).options(options).await.unwrap();
    transaction.execute(&cx(), "INSERT INTO map VALUES (1)").await.unwrap();
    transaction.commit(&cx()).await.unwrap();
    assert_eq!(count(&mut session).await, 1);
}

#[tokio::test]
async fn a_dropped_one_is_rolled_back_and_a_failed_one_is_not_committed() {
    let Some((_postgres, mut session)) = with_table().await else { return };
    let mut transaction = session.begin(&cx()).await.unwrap();
    transaction.execute(&cx(), "INSERT INTO map VALUES (1)").await.unwrap();
    drop(transaction);
    assert_eq!(count(&mut session).await, 0);
    // The server calls the COMMIT of a failed transaction a success.
    let mut transaction = session.begin(&cx()).await.unwrap();
    transaction.execute(&cx(), "INSERT INTO map VALUES (1)").await.unwrap();
    transaction.execute(&cx(), "INSERT INTO map VALUES (1)").await.unwrap_err();
    let error = transaction.commit(&cx()).await.unwrap_err();
    assert_eq!(error.detail::<DbDetail>().unwrap().sqlstate.as_deref(), Some("25P02"), "{error}");
    assert_eq!(count(&mut session).await, 0);
    assert_eq!(session.state(), SessionState::Idle);
    // A constraint that is looked at in the end.
    session.execute(&cx(), "CREATE TABLE late (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)").await.unwrap();
    let mut transaction = session.begin(&cx()).await.unwrap();
    transaction.execute(&cx(), "INSERT INTO late VALUES (1), (1)").await.unwrap();
    let error = transaction.commit(&cx()).await.unwrap_err();
    assert_eq!(DbDetail::class_of(&error), Some(ErrorClass::Unique));
}

#[tokio::test]
async fn a_session_is_recovered_within_a_transaction_that_goes_on() {
    let Some((_postgres, mut session)) = with_table().await else { return };
    let mut transaction = session.begin(&cx()).await.unwrap();
    transaction.execute(&cx(), "INSERT INTO map VALUES (1)").await.unwrap();
    let mut rows = transaction.query(&cx(), "SELECT generate_series(1, 1000)").await.unwrap();
    rows.next().await.unwrap();
    drop(rows);
    assert_eq!(count(&mut transaction).await, 1);
    transaction.commit(&cx()).await.unwrap();
    // In one that has failed the proof is an error of the server's.
    let mut transaction = session.begin(&cx()).await.unwrap();
    transaction.execute(&cx(), "SELECT 1/0").await.unwrap_err();
    let _ = transaction.native();
    let error = transaction.execute(&cx(), "SELECT 1").await.unwrap_err();
    assert_eq!(error.detail::<DbDetail>().unwrap().sqlstate.as_deref(), Some("25P02"), "{error}");
    transaction.rollback(&cx()).await.unwrap();
    assert_eq!(count(&mut session).await, 1);
}

#[tokio::test]
async fn a_lost_answer_to_commit_leaves_doubt() {
    let Some((postgres, mut beside)) = with_table().await else { return };
    for (number, fault) in [(1, Fault::cut()), (2, Fault::reset()), (3, Fault::stall())] {
        let proxy = FaultProxy::start(postgres.address()).unwrap();
        let limits = Limits::new().cancel(Duration::from_millis(300));
        let mut session = connect_within(&target(&postgres, proxy.address()), limits).await.unwrap();
        let mut transaction = session.begin(&cx()).await.unwrap();
        transaction.execute(&cx(), "INSERT INTO map VALUES ($1)").bind(number).await.unwrap();
        proxy.to_client([fault]);
        let short = Cx::background().with_timeout(Duration::from_millis(300));
        let error = transaction.commit(&short).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Maybe, "{error}");
        assert!(matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout), "{error}");
        drop(proxy);
    }
    // With a reset at once the request may not have arrived; without an answer it has.
    assert!(count(&mut beside).await >= 1);
}

#[tokio::test]
async fn a_statement_at_its_deadline_leaves_the_server() {
    let Some((postgres, mut session)) = with_table().await else { return };
    let short = Cx::background().with_timeout(Duration::from_millis(200));
    let error = session.query(&short, "SELECT pg_sleep(3600)").one().await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Maybe), "{error}");
    assert!(error.note().unwrap().contains("cancelled on the server"), "{error}");
    eventually("it is gone", || !runs(&postgres, "pg_sleep(3600)")).await;
    assert_eq!(session.query(&cx(), "SELECT 42").value::<i64>().await.unwrap(), 42);
}
