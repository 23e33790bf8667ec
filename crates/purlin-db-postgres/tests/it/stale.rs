//! Prepared statements whose tables have changed since.

use crate::server::{cx, session, start};
use purlin_core::Outcome;
use purlin_db::{DbDetail, ErrorClass, Protocol, Session, Value};

const ALL: &str = "SELECT * FROM map WHERE id >= $1 ORDER BY id";

async fn map(session: &mut Session, rows: u32) {
    session.execute(&cx(), "CREATE TABLE map (id int PRIMARY KEY, name text)").await.unwrap();
    let insert = format!("INSERT INTO map SELECT i, 'n' || i FROM generate_series(1, {rows}) i");
    session.execute(&cx(), insert).await.unwrap();
}

async fn read(session: &mut Session) -> purlin_core::Result<Vec<Value>> {
    session.query(&cx(), ALL).bind(1).one().await.map(purlin_db::OwnedRow::into_values)
}

#[tokio::test]
async fn a_plan_that_has_outlived_its_columns_is_made_anew_unseen() {
    let Some(postgres) = start() else { return };
    let (mut session, mut other) = (session(&postgres).await, session(&postgres).await);
    map(&mut session, 1).await;
    assert_eq!(read(&mut session).await.unwrap(), [1.into(), "n1".into()]);
    for (change, expected) in [
        ("ALTER TABLE map ADD COLUMN day date", vec![1.into(), "n1".into(), Value::Null]),
        ("ALTER TABLE map DROP COLUMN name", vec![1.into(), Value::Null]),
        ("ALTER TABLE map DROP COLUMN day, ADD COLUMN a text[]", vec![1.into(), Value::Null]),
    ] {
        other.execute(&cx(), change).await.unwrap();
        assert_eq!(read(&mut session).await.unwrap(), expected, "{change}");
    }
    assert!(session.query(&cx(), ALL).bind(1).one().await.unwrap().get::<Value>("a").unwrap().is_null());
    // A statement without parameters whose columns come best as text.
    let bare = "SELECT * FROM map";
    session.query(&cx(), bare).one().await.unwrap();
    other.execute(&cx(), "ALTER TABLE map ADD COLUMN b text DEFAULT 'x'").await.unwrap();
    let row = session.query(&cx(), bare).one().await.unwrap();
    assert_eq!(row.get::<String>("b").unwrap(), "x");
    // What the server has been told to forget.
    session.execute(&cx(), "DEALLOCATE ALL").protocol(Protocol::Text).await.unwrap();
    session.query(&cx(), ALL).bind(1).one().await.unwrap();
}

#[tokio::test]
async fn a_stream_takes_its_columns_anew_and_is_whole() {
    let Some(postgres) = start() else { return };
    let (mut session, mut other) = (session(&postgres).await, session(&postgres).await);
    map(&mut session, 10_000).await;
    for change in ["SELECT 1", "ALTER TABLE map ADD COLUMN n int DEFAULT 7", "SELECT 1"] {
        other.execute(&cx(), change).await.unwrap();
        let context = cx();
        let mut rows = session.query(&context, ALL).bind(1).await.unwrap();
        let mut count = 0;
        while let Some(row) = rows.next().await.unwrap() {
            count += 1;
            assert_eq!(row.get::<i64>("id").unwrap(), count);
        }
        assert_eq!(count, 10_000);
    }
    assert_eq!(session.query(&cx(), ALL).bind(10_000).one().await.unwrap().get::<i64>("n").unwrap(), 7);
    // One that nobody reads to its end.
    other.execute(&cx(), "ALTER TABLE map DROP COLUMN n").await.unwrap();
    let context = cx();
    let mut rows = session.query(&context, ALL).bind(1).await.unwrap();
    assert_eq!(rows.columns().len(), 2);
    rows.next().await.unwrap().unwrap();
    drop(rows);
    assert_eq!(session.query(&cx(), "SELECT 42").value::<i64>().await.unwrap(), 42);
}

#[tokio::test]
async fn in_a_transaction_it_is_the_callers_to_run_again() {
    let Some(postgres) = start() else { return };
    let (mut session, mut other) = (session(&postgres).await, session(&postgres).await);
    map(&mut session, 1).await;
    read(&mut session).await.unwrap();
    other.execute(&cx(), "ALTER TABLE map ADD COLUMN day date").await.unwrap();
    let context = cx();
    let mut transaction = session.begin(&context).await.unwrap();
    let error = read(&mut transaction).await.unwrap_err();
    assert_eq!(DbDetail::class_of(&error), Some(ErrorClass::Serialization), "{error}");
    assert_eq!(error.outcome(), Outcome::Sent);
    transaction.rollback(&context).await.unwrap();
    assert_eq!(read(&mut session).await.unwrap().len(), 3);
}

#[tokio::test]
async fn parameters_of_another_type_and_refusals_from_within_are_told() {
    let Some(postgres) = start() else { return };
    let (mut session, mut other) = (session(&postgres).await, session(&postgres).await);
    map(&mut session, 1).await;
    let procedure = "CREATE TABLE log (n int); CREATE PROCEDURE sly() LANGUAGE plpgsql AS $$ BEGIN \
                     INSERT INTO log VALUES (1); COMMIT; EXECUTE 'EXECUTE p'; END $$";
    session.execute(&cx(), procedure).await.unwrap();
    session.execute(&cx(), "PREPARE p AS SELECT * FROM map").protocol(Protocol::Text).await.unwrap();
    let call = "CALL sly()";
    session.execute(&cx(), call).protocol(Protocol::Prepared).await.unwrap();
    read(&mut session).await.unwrap();
    let change = "ALTER TABLE map ADD COLUMN day date; ALTER TABLE map ALTER COLUMN id TYPE bigint";
    other.execute(&cx(), change).await.unwrap();
    // It has written before it was refused: twice would be once too often.
    let error = session.execute(&cx(), call).protocol(Protocol::Prepared).await.unwrap_err();
    assert_eq!(DbDetail::class_of(&error), Some(ErrorClass::Serialization), "{error}");
    assert_eq!(postgres.sql("SELECT count(*) FROM log").unwrap(), "2\n");
    // The session has prepared anew by itself by now.
    assert_eq!(read(&mut session).await.unwrap().len(), 3);
    let change = "ALTER TABLE map ALTER COLUMN id TYPE int, DROP COLUMN day";
    other.execute(&cx(), change).await.unwrap();
    let error = read(&mut session).await.unwrap_err();
    assert_eq!(DbDetail::class_of(&error), Some(ErrorClass::Serialization), "{error}");
    assert_eq!(read(&mut session).await.unwrap().len(), 2);
}
