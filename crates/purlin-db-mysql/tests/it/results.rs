use crate::stage::{cx, number, run, server, session};
use purlin_core::{ErrorKind, Outcome};
use purlin_db::{DbDetail, Protocol, SessionState, Value};
use purlin_db_mysql::mysql_async::{Conn, prelude::Queryable};

#[tokio::test]
async fn one_call_has_many_results() {
    let Some(server) = server() else { return };
    let mut session = session(&server).await;
    run(&mut session, "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, n INT)").await;
    let sql = "SELECT 1; INSERT INTO t (n) VALUES (1), (2); SELECT 2 AS a, 3 AS b WHERE FALSE; DELETE FROM t";
    let cx = cx();
    let mut rows = session.query(&cx, sql).await.unwrap();
    assert_eq!(rows.collect().await.unwrap().len(), 1);
    assert!(rows.next_result().await.unwrap());
    assert!(rows.columns().is_empty() && rows.next().await.unwrap().is_none());
    assert_eq!((rows.executed().affected, rows.executed().last_insert_id), (2, Some(1)));
    assert!(rows.next_result().await.unwrap());
    assert_eq!(rows.columns().len(), 2);
    assert!(rows.next().await.unwrap().is_none());
    assert!(rows.next_result().await.unwrap());
    assert!(!rows.next_result().await.unwrap());
    assert_eq!(rows.executed().affected, 4);
    drop(rows);
    assert_eq!(session.state(), SessionState::Idle);
}

#[tokio::test]
async fn an_error_in_a_later_result_is_told_there() {
    let Some(server) = server() else { return };
    let mut session = session(&server).await;
    let cx = cx();
    let mut rows = session.query(&cx, "SELECT 1; SELECT * FROM nowhere; SELECT 2").await.unwrap();
    assert_eq!(rows.collect().await.unwrap().len(), 1);
    let error = rows.next_result().await.unwrap_err();
    assert_eq!(error.detail::<DbDetail>().unwrap().code, Some(1146));
    drop(rows);
    assert_eq!(number(&mut session, "SELECT 42").await, 42);
    // Nobody reads it here; the next call is not told.
    let rows = session.query(&cx, "SELECT 1; SELECT * FROM nowhere").await.unwrap();
    drop(rows);
    assert_eq!(number(&mut session, "SELECT 42").await, 42);
    let error = session.execute(&cx, "DO 1; SELECT * FROM nowhere").await.unwrap_err();
    assert_eq!(error.detail::<DbDetail>().unwrap().code, Some(1146));
}

#[tokio::test]
async fn procedures_answer_by_both_protocols() {
    let Some(server) = server() else { return };
    let mut session = session(&server).await;
    run(&mut session, "CREATE PROCEDURE p(n INT) BEGIN SELECT n; SELECT n + 1, 'x'; END").await;
    for protocol in [Protocol::Text, Protocol::Prepared] {
        let cx = cx();
        let mut rows = session.query(&cx, "CALL p(41)").protocol(protocol).await.unwrap();
        assert_eq!(rows.collect().await.unwrap()[0].values(), [Value::I64(41)]);
        assert!(rows.next_result().await.unwrap());
        let second = rows.collect().await.unwrap();
        assert_eq!(second[0].values(), [Value::I64(42), Value::Text("x".to_owned())]);
        rows.finish().await.unwrap();
        assert_eq!(session.state(), SessionState::Idle);
    }
}

#[tokio::test]
async fn statements_are_prepared_once_and_again_after_a_reset() {
    let Some(server) = server() else { return };
    let mut session = session(&server).await;
    let status = "SELECT CAST(variable_value AS SIGNED) FROM information_schema.session_status \
                  WHERE variable_name = 'Com_stmt_prepare'";
    for _ in 0..3 {
        session.query(&cx(), "SELECT ? + 1").bind(41_i64).all().await.unwrap();
    }
    assert_eq!(number(&mut session, status).await, 1);
    // More of them than are kept: the oldest are closed on the server.
    for round in 0..200 {
        session.query(&cx(), format!("SELECT ? + {round}")).bind(1_i64).all().await.unwrap();
    }
    let open = "SELECT CAST(variable_value AS SIGNED) FROM information_schema.global_status \
                WHERE variable_name = 'Prepared_stmt_count'";
    assert!(number(&mut session, open).await <= 66);
    let long = format!("SELECT ? /* {} */", "x".repeat(100_000));
    session.query(&cx(), long).bind(1_i64).all().await.unwrap();
    session.query(&cx(), "SELECT ? + 2000").bind(1_i64).all().await.unwrap();
    assert!(number(&mut session, open).await <= 66);

    let conn = session.native().downcast_mut::<Conn>().unwrap();
    assert!(conn.reset().await.unwrap());
    conn.query_drop("SET NAMES utf8mb4").await.unwrap();
    let row = session.query(&cx(), "SELECT ? + 199").bind(1_i64).one().await.unwrap();
    assert_eq!(row.values()[0], Value::I64(200));
}

#[tokio::test]
async fn what_cannot_be_sent_leaves_the_session_as_it_is() {
    let Some(server) = server() else { return };
    let mut session = session(&server).await;
    let cx = cx();
    for query in [
        session.query(&cx, "SELECT ?").bind(1_i64).bind(2_i64).all().await,
        session.query(&cx, "SELECT 1").bind(1_i64).protocol(Protocol::Text).all().await,
        session.query(&cx, "SELECT :a, ?").bind(1_i64).all().await,
        session.query(&cx, "SELECT :a").protocol(Protocol::Prepared).all().await,
    ] {
        let error = query.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::NotSent), "{error}");
    }
    assert_eq!(session.state(), SessionState::Idle);
    assert_eq!(number(&mut session, "SELECT 42").await, 42);
}

#[tokio::test]
async fn a_server_gets_no_file_of_this_machine() {
    let Some(server) = purlin_testkit::MariaDbSettings::new().option("local_infile", "ON").start().unwrap()
    else {
        return;
    };
    let mut session = session(&server).await;
    run(&mut session, "CREATE TABLE t (line TEXT)").await;
    let file = server.server().dir().join("init.sql");
    let sql = format!("LOAD DATA LOCAL INFILE '{}' INTO TABLE t", file.display());
    let error = session.execute(&cx(), sql).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    let mut session = crate::stage::session(&server).await;
    assert_eq!(number(&mut session, "SELECT COUNT(*) FROM t").await, 0);
}
