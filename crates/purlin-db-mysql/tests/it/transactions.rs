use crate::stage::{cx, number, run, server, session};
use purlin_core::{ErrorKind, Outcome};
use purlin_db::{Access, DbDetail, Isolation, SessionState, TxOptions, Value};

#[tokio::test]
async fn what_is_not_committed_is_undone() {
    let Some(server) = server() else { return };
    let mut session = session(&server).await;
    run(&mut session, "CREATE TABLE t (n INT)").await;
    let mut transaction = session.begin(&cx()).await.unwrap();
    run(&mut transaction, "INSERT INTO t VALUES (1)").await;
    transaction.commit(&cx()).await.unwrap();
    let mut transaction = session.begin(&cx()).await.unwrap();
    run(&mut transaction, "INSERT INTO t VALUES (2)").await;
    transaction.rollback(&cx()).await.unwrap();
    let mut transaction = session.begin(&cx()).await.unwrap();
    run(&mut transaction, "INSERT INTO t VALUES (3)").await;
    drop(transaction);
    assert_eq!(number(&mut session, "SELECT COUNT(*) FROM t").await, 1);
    assert_eq!(session.state(), SessionState::Idle);
    // With a statement that was dropped within it.
    let mut transaction = session.begin(&cx()).await.unwrap();
    run(&mut transaction, "INSERT INTO t VALUES (4)").await;
    let deadline = cx();
    let mut observer = crate::stage::admin(&server).await;
    let running = "SELECT COUNT(*) FROM information_schema.processlist WHERE state = 'User sleep'";
    tokio::select! {
        _ = transaction.execute(&deadline, "DO SLEEP(60)").into_future() => panic!("it cannot have ended"),
        () = crate::stage::eventually(&mut observer, running, 1) => {}
    }
    drop(transaction);
    assert_eq!(number(&mut session, "SELECT COUNT(*) FROM t").await, 1);
}

#[tokio::test]
async fn isolation_and_access_are_what_was_asked_for() {
    let Some(server) = server() else { return };
    let mut session = session(&server).await;
    run(&mut session, "CREATE TABLE t (n INT) SELECT 1 AS n").await;
    for (isolation, name) in [
        (Isolation::ReadUncommitted, "READ UNCOMMITTED"),
        (Isolation::ReadCommitted, "READ COMMITTED"),
        (Isolation::RepeatableRead, "REPEATABLE READ"),
        (Isolation::Serializable, "SERIALIZABLE"),
    ] {
        let mut admin = crate::stage::admin(&server).await;
        let mut transaction = admin.begin(&cx()).isolation(isolation).await.unwrap();
        run(&mut transaction, "INSERT INTO test.t VALUES (2)").await;
        assert_eq!(level(&mut transaction).await, name);
    }
    let error = session.begin(&cx()).isolation(Isolation::Snapshot).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unsupported, Outcome::NotSent));
    let mut transaction = session.begin(&cx()).read_only().await.unwrap();
    let error = transaction.execute(&cx(), "INSERT INTO t VALUES (3)").await.unwrap_err();
    let detail = error.detail::<DbDetail>().unwrap();
    assert_eq!((detail.code, detail.sqlstate.as_deref()), (Some(1792), Some("25006")));
    transaction.rollback(&cx()).await.unwrap();
    run(&mut session, "SET SESSION TRANSACTION READ ONLY").await;
    let options = TxOptions::new().access(Access::ReadWrite);
    let mut transaction = session.begin(&cx()).options(options).await.unwrap();
    run(&mut transaction, "INSERT INTO t VALUES (3)").await;
    transaction.commit(&cx()).await.unwrap();
}

/// The level of the transaction that is open. The table stays as it is while it is read often.
async fn level(session: &mut purlin_db::Session) -> String {
    let sql = "SELECT trx_isolation_level FROM information_schema.innodb_trx \
               WHERE trx_mysql_thread_id = CONNECTION_ID()";
    loop {
        if let Some(row) = session.query(&cx(), sql).optional().await.unwrap() {
            let Value::Text(level) = row.values()[0].clone() else { panic!("{row:?}") };
            return level;
        }
        cx().sleep(std::time::Duration::from_millis(150)).await.unwrap();
    }
}
