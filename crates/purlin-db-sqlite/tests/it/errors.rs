use crate::support::{class, code, cx, memory, run, value};
use purlin_core::{ErrorKind, Outcome};
use purlin_db::{DbDetail, ErrorClass, Value, Vendor};

const TABLES: &str = "
    CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT UNIQUE, age INT NOT NULL CHECK (age > 0)) ;
    CREATE TABLE child (parent INT REFERENCES parent(id));
    CREATE TABLE strict (a INTEGER) STRICT;
    INSERT INTO parent VALUES (1, 'a', 1)";

#[tokio::test]
async fn each_refusal_has_its_class_and_leaves_the_session_in_order() {
    let mut session = memory().await;
    run(&mut session, TABLES).await;
    for (sql, expected, number) in [
        ("INSERT INTO parent VALUES (2, 'a', 1)", ErrorClass::Unique, 2067),
        ("INSERT INTO parent VALUES (1, 'b', 1)", ErrorClass::Unique, 1555),
        ("INSERT INTO child VALUES (9)", ErrorClass::ForeignKey, 787),
        ("INSERT INTO parent VALUES (2, 'b', NULL)", ErrorClass::NotNull, 1299),
        ("INSERT INTO parent VALUES (2, 'b', -1)", ErrorClass::Check, 275),
        ("INSERT INTO strict VALUES ('x')", ErrorClass::Data, 3091),
        ("SELEC 1", ErrorClass::Syntax, 1),
        ("SELECT * FROM missing", ErrorClass::Syntax, 1),
        ("SELECT json('{')", ErrorClass::Other, 1),
        ("INSERT INTO parent (rowid, age) VALUES ('x', 1)", ErrorClass::Data, 20),
    ] {
        let error = session.execute(&cx(), sql).await.unwrap_err();
        assert_eq!((class(&error), code(&error)), (expected, number), "{sql}: {error}");
        assert_eq!((error.kind(), error.outcome()), (expected.kind(), Outcome::Sent), "{sql}");
        let detail = error.detail::<DbDetail>().unwrap();
        assert_eq!((detail.vendor, &detail.constraint), (Vendor::Sqlite, &None));
        assert_eq!(error.operation(), Some("db.execute"));
        assert_eq!(value(&mut session, "SELECT count(*) FROM parent").await, Value::I64(1));
    }
}

#[tokio::test]
async fn a_syntax_error_names_the_place_and_not_the_statement() {
    let mut session = memory().await;
    let error = session.execute(&cx(), "SELECT 'secret' FORM t").await.unwrap_err();
    assert!(error.message().contains("syntax error (at byte "), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[tokio::test]
async fn foreign_keys_count_unless_they_are_switched_off() {
    let settings = purlin_db_sqlite::Settings::memory().foreign_keys(purlin_db_sqlite::ForeignKeys::Ignored);
    let mut session = crate::support::connect(settings).await.unwrap();
    run(&mut session, TABLES).await;
    run(&mut session, "INSERT INTO child VALUES (9)").await;
}

#[tokio::test]
async fn a_full_database_is_no_fault_of_the_statement() {
    let mut session = memory().await;
    run(&mut session, "CREATE TABLE t (a); PRAGMA max_page_count = 10").await;
    let error = session.execute(&cx(), "INSERT INTO t VALUES (zeroblob(1000000))").await.unwrap_err();
    assert_eq!(code(&error), 13, "{error}");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(value(&mut session, "SELECT count(*) FROM t").await, Value::I64(0));
}
