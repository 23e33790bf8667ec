use crate::support::{Scratch, class, code, connect, cx, run, value};
use purlin_core::{Cx, ErrorKind};
use purlin_db::{ErrorClass, Value};
use purlin_db_sqlite::{Journal, Settings};
use std::time::Duration;

#[tokio::test]
async fn a_lock_that_is_not_had_in_time_is_a_lock_timeout() {
    let scratch = Scratch::new();
    let mut holder = scratch.session().await;
    let mut waiter = connect(scratch.settings().busy_timeout(Duration::from_millis(20))).await.unwrap();
    let cx = cx();
    run(&mut holder, "CREATE TABLE t (a)").await;
    let mut transaction = holder.begin(&cx).await.unwrap();
    run(&mut transaction, "INSERT INTO t VALUES (1)").await;
    let error = waiter.execute(&cx, "INSERT INTO t VALUES (2)").await.unwrap_err();
    assert_eq!(
        (class(&error), code(&error), error.kind()),
        (ErrorClass::LockTimeout, 5, ErrorKind::Conflict)
    );
    let error = waiter.begin(&cx).await.unwrap_err();
    assert_eq!(class(&error), ErrorClass::LockTimeout);
    // Reading goes on meanwhile.
    waiter.begin(&cx).read_only().await.unwrap().commit(&cx).await.unwrap();
    transaction.commit(&cx).await.unwrap();
    run(&mut waiter, "INSERT INTO t VALUES (2)").await;
}

#[tokio::test]
async fn the_deadline_ends_the_wait_for_a_lock() {
    let scratch = Scratch::new();
    let mut holder = scratch.session().await;
    let mut waiter = connect(scratch.settings().busy_timeout(Duration::from_secs(3600))).await.unwrap();
    let cx = cx();
    run(&mut holder, "CREATE TABLE t (a)").await;
    let transaction = holder.begin(&cx).await.unwrap();
    let short = Cx::background().with_timeout(Duration::from_millis(50));
    let error = waiter.execute(&short, "INSERT INTO t VALUES (2)").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert_eq!(error.note(), Some("the statement was cancelled on the server"));
    assert_eq!(value(&mut waiter, "SELECT count(*) FROM t").await, Value::I64(0));
    transaction.commit(&cx).await.unwrap();
}

#[tokio::test]
async fn who_waits_gets_the_lock_when_it_is_free() {
    let scratch = Scratch::new();
    let mut holder = scratch.session().await;
    let mut waiter = scratch.session().await;
    let cx = cx();
    run(&mut holder, "CREATE TABLE t (a)").await;
    let transaction = holder.begin(&cx).await.unwrap();
    let write = async { waiter.execute(&cx, "INSERT INTO t VALUES (2)").await.unwrap() };
    let release = async {
        tokio::task::yield_now().await;
        transaction.commit(&cx).await.unwrap();
    };
    let (done, ()) = tokio::join!(write, release);
    assert_eq!(done.affected, 1);
}

#[tokio::test]
async fn an_old_snapshot_that_wants_to_write_is_a_serialization_failure() {
    let scratch = Scratch::new();
    let mut session = connect(scratch.settings().journal(Journal::Wal)).await.unwrap();
    let mut other = scratch.session().await;
    run(&mut session, "CREATE TABLE t (a)").await;
    run(&mut session, "BEGIN").await;
    assert_eq!(value(&mut session, "SELECT count(*) FROM t").await, Value::I64(0));
    run(&mut other, "INSERT INTO t VALUES (1)").await;
    let error = session.execute(&cx(), "INSERT INTO t VALUES (2)").await.unwrap_err();
    assert_eq!((class(&error), code(&error)), (ErrorClass::Serialization, 517));
    run(&mut session, "ROLLBACK").await;
}

#[tokio::test]
async fn transactions_that_read_and_write_do_not_fail_on_the_upgrade() {
    let scratch = Scratch::new();
    connect(scratch.settings().journal(Journal::Wal)).await.unwrap().close(&cx()).await.unwrap();
    let mut first = scratch.session().await;
    run(&mut first, "CREATE TABLE t (a); INSERT INTO t VALUES (0)").await;
    let mut tasks = Vec::new();
    for _ in 0..4 {
        let mut session = scratch.session().await;
        tasks.push(tokio::spawn(async move {
            for _ in 0..25 {
                let mut transaction = session.begin(&cx()).await.unwrap();
                let Value::I64(count) = value(&mut transaction, "SELECT a FROM t").await else {
                    panic!("a number")
                };
                transaction.execute(&cx(), "UPDATE t SET a = ?1").bind(count + 1).await.unwrap();
                transaction.commit(&cx()).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(value(&mut first, "SELECT a FROM t").await, Value::I64(100));
}

#[tokio::test]
async fn a_locked_database_can_be_connected_to() {
    let scratch = Scratch::new();
    let mut holder = scratch.session().await;
    run(&mut holder, "CREATE TABLE t (a); BEGIN EXCLUSIVE").await;
    let settings = Settings::file(scratch.path()).busy_timeout(Duration::from_millis(20));
    let mut session = connect(settings).await.unwrap();
    let error = session.query(&cx(), "SELECT * FROM t").all().await.unwrap_err();
    assert_eq!(class(&error), ErrorClass::LockTimeout);
    let error = session.ping(&cx()).await.unwrap_err();
    assert_eq!(class(&error), ErrorClass::LockTimeout);
}
