use crate::support::{Scratch, class, code, connect, cx, memory, run, value};
use purlin_core::{ErrorKind, Outcome};
use purlin_db::{Access, ErrorClass, Isolation, TxOptions, Value};
use purlin_db_sqlite::{Mode, Settings};

#[tokio::test]
async fn what_is_committed_stays_and_what_is_dropped_does_not() {
    let mut session = memory().await;
    let cx = cx();
    run(&mut session, "CREATE TABLE t (a)").await;
    let mut transaction = session.begin(&cx).await.unwrap();
    run(&mut transaction, "INSERT INTO t VALUES (1)").await;
    transaction.commit(&cx).await.unwrap();
    let mut transaction = session.begin(&cx).await.unwrap();
    run(&mut transaction, "INSERT INTO t VALUES (2); CREATE TABLE u (a)").await;
    drop(transaction);
    assert_eq!(value(&mut session, "SELECT count(*) FROM t").await, Value::I64(1));
    assert_eq!(value(&mut session, "SELECT count(*) FROM sqlite_schema").await, Value::I64(1));
    let mut transaction = session.begin(&cx).await.unwrap();
    run(&mut transaction, "INSERT INTO t VALUES (3)").await;
    transaction.rollback(&cx).await.unwrap();
    assert_eq!(value(&mut session, "SELECT count(*) FROM t").await, Value::I64(1));
}

#[tokio::test]
async fn levels_that_sqlite_lacks_are_refused() {
    let mut session = memory().await;
    let cx = cx();
    for level in
        [Isolation::ReadUncommitted, Isolation::ReadCommitted, Isolation::RepeatableRead, Isolation::Snapshot]
    {
        let error = session.begin(&cx).isolation(level).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unsupported, Outcome::NotSent));
    }
    let transaction = session.begin(&cx).isolation(Isolation::Serializable).await.unwrap();
    transaction.commit(&cx).await.unwrap();
}

#[tokio::test]
async fn a_reading_transaction_cannot_write_and_the_next_one_can() {
    let scratch = Scratch::new();
    let mut session = scratch.session().await;
    let cx = cx();
    run(&mut session, "CREATE TABLE t (a)").await;
    for end in ["commit", "rollback", "drop", "text"] {
        let mut transaction = session.begin(&cx).read_only().await.unwrap();
        let error = transaction.execute(&cx, "INSERT INTO t VALUES (1)").await.unwrap_err();
        assert_eq!(class(&error), ErrorClass::NotWritable);
        if end == "text" {
            let error = transaction.execute(&cx, "COMMIT; INSERT INTO t VALUES (1)").await.unwrap_err();
            assert_eq!(class(&error), ErrorClass::NotWritable);
        }
        match end {
            "commit" => transaction.commit(&cx).await.unwrap(),
            "rollback" => transaction.rollback(&cx).await.unwrap(),
            _ => drop(transaction),
        }
        assert_eq!(value(&mut session, "PRAGMA query_only").await, Value::I64(0), "{end}");
        run(&mut session, "INSERT INTO t VALUES (1)").await;
    }
    assert_eq!(value(&mut session, "SELECT count(*) FROM t").await, Value::I64(4));
    // Who set it, keeps it.
    run(&mut session, "PRAGMA query_only = 1").await;
    session.begin(&cx).read_only().await.unwrap().commit(&cx).await.unwrap();
    assert_eq!(value(&mut session, "PRAGMA query_only").await, Value::I64(1));
}

#[tokio::test]
async fn a_transaction_that_sqlite_ended_is_not_gone_on_with() {
    let mut session = memory().await;
    let cx = cx();
    run(&mut session, "CREATE TABLE t (a UNIQUE); INSERT INTO t VALUES (1)").await;
    for end in ["INSERT OR ROLLBACK INTO t VALUES (1)", "COMMIT"] {
        let mut transaction = session.begin(&cx).await.unwrap();
        let _ = transaction.execute(&cx, end).await;
        for sql in ["INSERT INTO t VALUES (2)", "SELECT 1"] {
            let error = transaction.execute(&cx, sql).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        }
        let error = transaction.commit(&cx).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        assert_eq!(value(&mut session, "SELECT count(*) FROM t").await, Value::I64(1));
    }
}

#[tokio::test]
async fn a_failed_commit_leaves_the_transaction_to_be_rolled_back() {
    let mut session = memory().await;
    let cx = cx();
    run(&mut session, "CREATE TABLE p (id INTEGER PRIMARY KEY)").await;
    run(&mut session, "CREATE TABLE c (p REFERENCES p(id) DEFERRABLE INITIALLY DEFERRED)").await;
    let mut transaction = session.begin(&cx).await.unwrap();
    run(&mut transaction, "INSERT INTO c VALUES (9)").await;
    let error = transaction.commit(&cx).await.unwrap_err();
    assert_eq!((class(&error), code(&error)), (ErrorClass::ForeignKey, 787));
    assert_eq!(value(&mut session, "SELECT count(*) FROM c").await, Value::I64(0));
}

#[tokio::test]
async fn where_nothing_can_be_written_only_reading_begins() {
    let scratch = Scratch::new();
    scratch.session().await.close(&cx()).await.unwrap();
    let mut session = connect(Settings::file(scratch.path()).mode(Mode::ReadOnly)).await.unwrap();
    let cx = cx();
    session.begin(&cx).await.unwrap().commit(&cx).await.unwrap();
    session.begin(&cx).read_only().await.unwrap().commit(&cx).await.unwrap();
    let writing = TxOptions::new().access(Access::ReadWrite);
    let error = session.begin(&cx).options(writing).await.unwrap_err();
    assert_eq!(class(&error), ErrorClass::NotWritable);
}
