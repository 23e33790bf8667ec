use crate::support::{class, cx, memory, rows, run, value};
use purlin_core::{ErrorKind, Outcome};
use purlin_db::{ErrorClass, Protocol, Value};

#[tokio::test]
async fn both_protocols_answer_alike() {
    let mut session = memory().await;
    for protocol in [Protocol::Text, Protocol::Prepared, Protocol::Auto] {
        for _ in 0..3 {
            let query = session.query(&cx(), "SELECT 1, 'a' UNION ALL SELECT 2, NULL").protocol(protocol);
            let rows = query.all().await.unwrap();
            assert_eq!(rows[0].values(), [Value::I64(1), Value::Text("a".to_owned())]);
            assert_eq!(rows[1].values(), [Value::I64(2), Value::Null]);
            assert_eq!(rows.len(), 2);
        }
    }
}

#[tokio::test]
async fn several_statements_have_several_results() {
    let mut session = memory().await;
    let text = "CREATE TABLE t (a); -- a comment;\nINSERT INTO t VALUES (1), (2); SELECT a FROM t; ; SELECT 'x' AS b;\n/* end */";
    let cx = cx();
    let mut rows = session.query(&cx, text).await.unwrap();
    let mut seen = Vec::new();
    loop {
        let names: Vec<_> = rows.columns().iter().map(|column| column.name.clone()).collect();
        let values: Vec<_> =
            rows.collect().await.unwrap().into_iter().flat_map(|row| row.into_values()).collect();
        seen.push((names, values));
        if !rows.next_result().await.unwrap() {
            break;
        }
    }
    let name = |name: &str| vec![name.to_owned()];
    assert_eq!(
        seen,
        [
            (vec![], vec![]),
            (vec![], vec![]),
            (name("a"), vec![Value::I64(1), Value::I64(2)]),
            (name("b"), vec![Value::Text("x".to_owned())]),
        ]
    );
    let done = rows.finish().await.unwrap();
    assert_eq!((done.affected, done.last_insert_id), (2, Some(2)));
}

#[tokio::test]
async fn an_error_in_a_later_statement_comes_with_its_result() {
    let mut session = memory().await;
    let cx = cx();
    for (text, expected) in [
        ("SELECT 1; SELEC 2", ErrorClass::Syntax),
        ("SELECT 1; SELECT abs(-9223372036854775808)", ErrorClass::Other),
    ] {
        let mut rows = session.query(&cx, text).await.unwrap();
        assert_eq!(rows.collect().await.unwrap().len(), 1);
        let error = rows.next_result().await.unwrap_err();
        assert_eq!(class(&error), expected, "{error}");
        drop(rows);
        assert_eq!(value(&mut session, "SELECT 7").await, Value::I64(7));
    }
}

#[tokio::test]
async fn an_answer_that_is_left_early_is_passed_over() {
    let mut session = memory().await;
    let cx = cx();
    run(&mut session, "CREATE TABLE t (a)").await;
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) SELECT i FROM n";
    for _ in 0..50 {
        let mut rows = session.query(&cx, many).await.unwrap();
        assert!(rows.next().await.unwrap().is_some());
        drop(rows);
        assert_eq!(value(&mut session, "SELECT 'own'").await, Value::Text("own".to_owned()));
    }
    // What a statement has written stays, though nobody reads its answer.
    let sql = "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000) SELECT i FROM n RETURNING a";
    let mut rows = session.query(&cx, sql).await.unwrap();
    assert!(rows.next().await.unwrap().is_some());
    drop(rows);
    assert_eq!(value(&mut session, "SELECT count(*) FROM t").await, Value::I64(5000));
}

#[tokio::test]
async fn changes_and_keys_are_told() {
    let mut session = memory().await;
    let cx = cx();
    run(&mut session, "CREATE TABLE t (id INTEGER PRIMARY KEY, a); CREATE TABLE u (id INTEGER PRIMARY KEY)")
        .await;
    for (sql, affected, id) in [
        ("INSERT INTO t (a) VALUES (1), (2), (3)", 3, Some(3)),
        ("INSERT INTO u VALUES (3)", 1, Some(3)),
        ("INSERT OR IGNORE INTO u VALUES (3)", 0, None),
        ("UPDATE t SET a = 0 WHERE id > 1", 2, None),
        ("UPDATE t SET a = 0 WHERE id > 9", 0, None),
        ("SELECT a FROM t", 0, None),
        ("CREATE TABLE v (a)", 0, None),
        ("DELETE FROM t", 3, None),
        ("INSERT INTO t (id) VALUES (-4)", 1, None),
        ("", 0, None),
        ("-- nothing", 0, None),
    ] {
        for protocol in [Protocol::Text, Protocol::Prepared] {
            if protocol == Protocol::Prepared && !sql.starts_with("UPDATE") {
                continue;
            }
            let done = session.execute(&cx, sql).protocol(protocol).await.unwrap();
            assert_eq!((done.affected, done.last_insert_id), (affected, id), "{sql}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_and_the_session_goes_on() {
    let mut session = memory().await;
    let cx = cx();
    run(&mut session, "CREATE TABLE t (a)").await;
    let invalid = |error: purlin_core::Error, part: &str| {
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::NotSent), "{error}");
        assert!(error.message().contains(part), "{error}");
    };
    invalid(
        session.execute(&cx, "SELECT ?1, ?2").bind(1_i64).await.unwrap_err(),
        "has 2 parameters, and 1 values",
    );
    invalid(
        session.execute(&cx, "SELECT 1").bind(1_i64).await.unwrap_err(),
        "has 0 parameters, and 1 values",
    );
    invalid(session.execute(&cx, "SELECT ?").await.unwrap_err(), "a parameter without a value");
    let text = session.execute(&cx, "SELECT ?").bind(1_i64).protocol(Protocol::Text);
    invalid(text.await.unwrap_err(), "Protocol::Text");
    let several = session.execute(&cx, "SELECT 1; SELECT 2").protocol(Protocol::Prepared);
    invalid(several.await.unwrap_err(), "several statements");
    invalid(session.execute(&cx, "SELECT 1\0; DROP TABLE t").await.unwrap_err(), "NUL");
    assert_eq!(value(&mut session, "SELECT count(*) FROM t").await, Value::I64(0));
    // After a first statement was carried out nobody may say that nothing was.
    let error = session.execute(&cx, "INSERT INTO t VALUES (1); SELECT ?").await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Sent);
    assert_eq!(value(&mut session, "SELECT count(*) FROM t").await, Value::I64(1));
}

#[tokio::test]
async fn a_million_rows_are_streamed_in_little_memory() {
    let mut session = memory().await;
    let cx = cx();
    let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000) SELECT i, 'row number ' || i, i * 1.5 FROM n";
    let mut rows = session.query(&cx, sql).await.unwrap();
    let mut expected = 0;
    let mut before = 0;
    while let Some(row) = rows.next().await.unwrap() {
        expected += 1;
        assert_eq!(row.value(0).unwrap().to_value(), Value::I64(expected));
        if expected == 20_000 {
            before = resident();
        }
    }
    assert_eq!(expected, 1_000_000);
    let more = resident().saturating_sub(before);
    assert!(more < 8 << 20, "{more} bytes more than after the first rows");
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

#[tokio::test]
async fn huge_values_and_many_columns_pass() {
    let mut session = memory().await;
    let columns: Vec<_> = (0..1500).map(|number| format!("{number} AS c{number}")).collect();
    let wide = rows(&mut session, &format!("SELECT {}", columns.join(", "))).await;
    assert_eq!(wide[0].values()[1499], Value::I64(1499));
    let big = rows(&mut session, "SELECT zeroblob(20000000) UNION ALL SELECT zeroblob(3)").await;
    assert_eq!(big.len(), 2);
    assert_eq!(big[1].values(), [Value::Bytes(vec![0; 3])]);
}
