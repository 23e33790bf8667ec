use crate::server::{cx, session, start};
use purlin_core::{ErrorKind, Outcome};
use purlin_db::{DbDetail, ErrorClass, Protocol, SessionState, Value};
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;

#[tokio::test]
async fn several_statements_give_several_results() {
    let Some(postgres) = start() else { return };
    let mut session = session(&postgres).await;
    let sql = "CREATE TABLE map (id int); INSERT INTO map VALUES (1), (2); SELECT id FROM map ORDER BY id; \
               SELECT 'x' AS a, 2.5 AS b; UPDATE map SET id = 0 WHERE id = 1";
    let mut rows = session.query(&cx(), sql).await.unwrap();
    assert!(rows.next().await.unwrap().is_none(), "CREATE TABLE has no rows");
    assert!(rows.next_result().await.unwrap());
    assert!(rows.collect().await.unwrap().is_empty());
    assert_eq!(rows.executed().affected, 2);
    assert!(rows.next_result().await.unwrap());
    let ids = rows.collect().await.unwrap();
    assert_eq!(
        ids.iter().map(|row| row.values().to_vec()).collect::<Vec<_>>(),
        [[Value::I64(1)], [Value::I64(2)]]
    );
    assert!(rows.next_result().await.unwrap());
    let names: Vec<_> = rows.columns().iter().map(|column| column.name.clone()).collect();
    assert_eq!(names, ["a", "b"]);
    // Rows that are not read are passed over.
    assert!(rows.next_result().await.unwrap());
    assert!(!rows.next_result().await.unwrap());
    assert_eq!(rows.finish().await.unwrap().affected, 3, "rows that were only read do not count");
    assert_eq!(session.state(), SessionState::Idle);
    assert_eq!(session.query(&cx(), "SELECT 42").value::<i64>().await.unwrap(), 42);
}

#[tokio::test]
async fn an_error_in_a_later_statement_comes_with_its_result() {
    let Some(postgres) = start() else { return };
    let mut session = session(&postgres).await;
    let mut rows = session.query(&cx(), "SELECT 1; SELECT 1/0").await.unwrap();
    assert_eq!(rows.collect().await.unwrap().len(), 1);
    let error = rows.next_result().await.unwrap_err();
    assert_eq!(DbDetail::class_of(&error), Some(ErrorClass::Data), "{error}");
    drop(rows);
    assert_eq!(session.query(&cx(), "SELECT 42").value::<i64>().await.unwrap(), 42);
}

#[tokio::test]
async fn changes_are_counted_and_reading_is_none() {
    let Some(postgres) = start() else { return };
    let mut session = session(&postgres).await;
    session.execute(&cx(), "CREATE TABLE map (id int)").await.unwrap();
    let insert = "INSERT INTO map SELECT generate_series(1, 5) RETURNING id";
    let mut rows = session.query(&cx(), insert).await.unwrap();
    assert_eq!(rows.collect().await.unwrap().len(), 5);
    assert_eq!(rows.executed().affected, 5);
    drop(rows);
    assert_eq!(session.execute(&cx(), "SELECT * FROM map").await.unwrap().affected, 0);
    for (sql, affected) in [
        ("-- so\nUPDATE map SET id = id RETURNING id", 5),
        ("/* so */ WITH a AS (SELECT 1 AS id) UPDATE map SET id = map.id FROM a RETURNING map.id", 5),
        ("WITH a AS (UPDATE map SET id = id RETURNING id) SELECT * FROM a", 0),
        ("SELECT 1; UPDATE map SET id = id RETURNING id; SELECT 2", 5),
    ] {
        for protocol in [Protocol::Auto, Protocol::Text] {
            let executed = session.execute(&cx(), sql).protocol(protocol).await.unwrap();
            assert_eq!(executed.affected, affected, "{sql}");
        }
    }
    let update = session.execute(&cx(), "UPDATE map SET id = id + $1").bind(1).await.unwrap();
    assert_eq!(update.affected, 5);
    assert_eq!(session.execute(&cx(), "").await.unwrap().affected, 0);
    assert_eq!(session.execute(&cx(), "; ;").await.unwrap().affected, 0);
}

#[tokio::test]
async fn a_semicolon_in_a_text_or_at_the_end_harms_nobody() {
    let Some(postgres) = start() else { return };
    let mut session = session(&postgres).await;
    for sql in ["SELECT 'a;b'", "SELECT 'a;b';", "SELECT 'a;b' ;\n"] {
        assert_eq!(session.query(&cx(), sql).one().await.unwrap().into_values(), ["a;b".into()]);
    }
    let error = session.query(&cx(), "SELECT 1; SELECT 2").protocol(Protocol::Prepared).await.unwrap_err();
    assert_eq!(DbDetail::class_of(&error), Some(ErrorClass::Syntax));
    let error = session.query(&cx(), "SELECT $1").bind(1).protocol(Protocol::Text).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(session.state(), SessionState::Idle);
}

#[tokio::test]
async fn notices_disturb_nothing() {
    let Some(postgres) = start() else { return };
    let mut session = session(&postgres).await;
    session.execute(&cx(), "SET client_min_messages = debug1").await.unwrap();
    let raise =
        "DO $$ BEGIN FOR i IN 1..100 LOOP RAISE NOTICE 'n %', i; RAISE WARNING 'w %', i; END LOOP; END $$";
    for sql in [raise, "DROP TABLE IF EXISTS nothing", "ROLLBACK"] {
        session.execute(&cx(), sql).await.unwrap();
        assert_eq!(session.query(&cx(), "SELECT 42").value::<i64>().await.unwrap(), 42);
    }
    // sqlx breaks where a notification comes.
    for sql in [" listen map", "/*c*/ LISTEN map", "SELECT 1; LISTEN map"] {
        let error = session.execute(&cx(), sql).await.unwrap_err();
        assert_eq!((error.kind(), session.state()), (ErrorKind::Unsupported, SessionState::Idle), "{sql}");
    }
    // And where rows go over the connection on their own.
    for sql in ["COPY pg_class TO STDOUT", "SELECT 1; COPY (SELECT 1) TO stdout", "COPY map FROM /**/ STDIN"]
    {
        let error = session.execute(&cx(), sql).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unsupported, Outcome::NotSent), "{sql}");
        assert_eq!(session.state(), SessionState::Idle);
    }
    assert_eq!(session.query(&cx(), "SELECT 42; -- ; the end").value::<i64>().await.unwrap(), 42);
}

#[tokio::test]
async fn prepared_statements_are_kept_few_and_outlive_their_tables() {
    let Some(postgres) = start() else { return };
    let mut target = crate::server::target(&postgres, postgres.address());
    target.options.insert("statement_cache".to_owned(), "5".to_owned());
    let mut session = crate::server::connect(&target).await.unwrap();
    for number in 0..20 {
        let sql = format!("SELECT {number} + $1::int8");
        assert_eq!(session.query(&cx(), sql).bind(1).value::<i64>().await.unwrap(), number + 1);
    }
    let kept = "SELECT count(*) FROM pg_prepared_statements";
    let kept = session.query(&cx(), kept).protocol(Protocol::Text).value::<i64>().await.unwrap();
    assert_eq!(kept, 5);
    // The plan of a table that has got another column.
    session.execute(&cx(), "CREATE TABLE map (id int)").await.unwrap();
    session.query(&cx(), "SELECT * FROM map").all().await.unwrap();
    postgres.sql("ALTER TABLE map ADD name text").unwrap();
    let rows = session.query(&cx(), "SELECT * FROM map").await.unwrap();
    assert_eq!(rows.columns().len(), 2);
    drop(rows);
    // Somebody has thrown them all away.
    session.execute(&cx(), "DEALLOCATE ALL").protocol(Protocol::Text).await.unwrap();
    session.query(&cx(), "SELECT * FROM map").all().await.unwrap();
}

#[tokio::test]
async fn many_rows_come_as_they_are_read() {
    let Some(postgres) = start() else { return };
    let mut session = session(&postgres).await;
    let sql = "SELECT n, 'row ' || n FROM generate_series(1, 100000) AS n";
    for protocol in [Protocol::Auto, Protocol::Text] {
        let mut rows = session.query(&cx(), sql).protocol(protocol).await.unwrap();
        let mut expected = 0;
        while let Some(row) = rows.next().await.unwrap() {
            expected += 1;
            assert_eq!(row.get::<i64>(0).unwrap(), expected);
        }
        assert_eq!(expected, 100_000);
    }
    // Two rows of a hundred million, and the session is of use at once.
    let mut rows = session.query(&cx(), "SELECT generate_series(1, 100000000)").await.unwrap();
    rows.next().await.unwrap();
    drop(rows);
    assert_eq!(session.state(), SessionState::Unsettled);
    assert_eq!(session.query(&cx(), "SELECT 42").value::<i64>().await.unwrap(), 42);
}

#[tokio::test]
async fn rows_that_have_arrived_leave_turns_to_others() {
    let Some(postgres) = start() else { return };
    let mut session = session(&postgres).await;
    let mut rows = session.query(&cx(), "SELECT generate_series(1, 200000)").await.unwrap();
    let turns = tokio::spawn(async {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
    });
    let mut before = 0;
    while rows.next().await.unwrap().is_some() {
        before += u32::from(!turns.is_finished());
    }
    assert!(turns.is_finished() && before < 200_000, "{before} rows came before");
}

#[tokio::test]
async fn the_raw_connection_is_sqlx_s() {
    let Some(postgres) = start() else { return };
    let mut session = session(&postgres).await;
    let raw: &mut PgConnection = session.native().downcast_mut().unwrap();
    raw.ping().await.unwrap();
    assert!(raw.server_version_num().unwrap() >= 130_000);
    assert_eq!(session.query(&cx(), "SELECT 42").value::<i64>().await.unwrap(), 42);
    assert!(session.info().version.is_at_least(13, 0));
    let pid = session.query(&cx(), "SELECT pg_backend_pid()").value::<i64>().await.unwrap();
    assert_eq!(session.info().session_id, u64::try_from(pid).ok());
    session.close(&cx()).await.unwrap();
}
