use crate::stage::{admin, connect, connector, cx, run, server, session, target};
use purlin_core::{ErrorKind, Outcome};
use purlin_db::{DbDetail, ErrorClass as C, Vendor};
use purlin_testkit::MariaDbSettings;

const TABLES: [&str; 3] = [
    "CREATE TABLE parent (id INT PRIMARY KEY)",
    "CREATE TABLE child (id INT PRIMARY KEY, p INT NOT NULL, name VARCHAR(3), \
     CONSTRAINT positive CHECK (id > 0), FOREIGN KEY (p) REFERENCES parent (id))",
    "INSERT INTO parent VALUES (1)",
];

#[tokio::test]
async fn refusals_keep_code_state_and_class() {
    let Some(server) = server() else { return };
    let mut session = session(&server).await;
    for sql in TABLES {
        run(&mut session, sql).await;
    }
    run(&mut session, "INSERT INTO child VALUES (1, 1, 'x')").await;
    for (sql, code, state, class) in [
        ("INSERT INTO parent VALUES (1)", 1062, "23000", C::Unique),
        ("INSERT INTO child VALUES (2, 7, 'x')", 1452, "23000", C::ForeignKey),
        ("DELETE FROM parent", 1451, "23000", C::ForeignKey),
        ("INSERT INTO child VALUES (2, NULL, 'x')", 1048, "23000", C::NotNull),
        ("INSERT INTO child (id) VALUES (2)", 1364, "HY000", C::NotNull),
        ("INSERT INTO child VALUES (-1, 1, 'x')", 4025, "23000", C::Check),
        ("INSERT INTO child VALUES (2, 1, 'long')", 1406, "22001", C::Data),
        ("INSERT INTO parent VALUES (99999999999)", 1264, "22003", C::Data),
        ("INSERT INTO parent VALUES ('x')", 1366, "22007", C::Data),
        ("SELEC 1", 1064, "42000", C::Syntax),
        ("SELECT nothing", 1054, "42S22", C::Syntax),
        ("SELECT * FROM nowhere", 1146, "42S02", C::Syntax),
        ("CREATE TABLE mysql.t (n INT)", 1142, "42000", C::PermissionDenied),
        ("USE mysql", 1044, "42000", C::PermissionDenied),
        ("SET STATEMENT max_statement_time = 0.05 FOR SELECT SLEEP(10)", 1969, "70100", C::Cancelled),
    ] {
        let error = session.execute(&cx(), sql).await.unwrap_err();
        expect(&error, sql, (code, state, class));
    }
    assert_eq!(crate::stage::number(&mut session, "SELECT 42").await, 42);
}

fn expect(error: &purlin_core::Error, sql: &str, (code, state, class): (i64, &str, C)) {
    let detail = error.detail::<DbDetail>().unwrap_or_else(|| panic!("{sql}: {error}"));
    assert_eq!((detail.code, detail.sqlstate.as_deref()), (Some(code), Some(state)), "{sql}: {error}");
    assert_eq!((detail.vendor, error.outcome()), (Vendor::MariaDb, Outcome::Sent), "{sql}");
    assert_eq!(detail.constraint, None);
    assert_eq!((detail.class, error.kind()), (class, class.kind()), "{sql}");
}

#[tokio::test]
async fn locks_are_told_apart() {
    let Some(server) = server() else { return };
    let (mut first, mut second) = (session(&server).await, session(&server).await);
    run(&mut first, "CREATE TABLE t (id INT PRIMARY KEY, n INT)").await;
    run(&mut first, "INSERT INTO t VALUES (1, 0), (2, 0)").await;
    run(&mut first, "BEGIN").await;
    run(&mut first, "UPDATE t SET n = 1 WHERE id = 1").await;
    run(&mut second, "SET innodb_lock_wait_timeout = 1").await;
    let error = second.execute(&cx(), "UPDATE t SET n = 2 WHERE id = 1").await.unwrap_err();
    expect(&error, "lock wait", (1205, "HY000", C::LockTimeout));
    let sql = "SELECT * FROM t WHERE id = 1 FOR UPDATE NOWAIT";
    let error = second.execute(&cx(), sql).await.unwrap_err();
    expect(&error, "no wait", (1205, "HY000", C::LockTimeout));

    run(&mut second, "SET innodb_lock_wait_timeout = 50").await;
    run(&mut second, "BEGIN").await;
    run(&mut second, "UPDATE t SET n = 2 WHERE id = 2").await;
    let (one, other) = tokio::join!(
        cross(&mut first, "UPDATE t SET n = 1 WHERE id = 2"),
        cross(&mut second, "UPDATE t SET n = 2 WHERE id = 1"),
    );
    let error = match (one, other) {
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => error,
        results => panic!("not exactly one of them was chosen: {results:?}"),
    };
    expect(&error, "deadlock", (1213, "40001", C::Serialization));
}

/// Waits for the other's lock, and lets go of its own.
async fn cross(session: &mut purlin_db::Session, sql: &str) -> purlin_core::Result<purlin_db::Executed> {
    let result = session.execute(&cx(), sql).await;
    run(session, "ROLLBACK").await;
    result
}

#[tokio::test]
async fn a_server_that_may_not_be_written_to_says_so() {
    let Some(server) = MariaDbSettings::new().option("read_only", "ON").start().unwrap() else { return };
    let mut session = session(&server).await;
    let error = session.execute(&cx(), "CREATE TABLE t (n INT)").await.unwrap_err();
    expect(&error, "read only", (1290, "HY000", C::NotWritable));
}

#[tokio::test]
async fn sessions_that_the_server_does_not_have_or_ends() {
    let Some(server) = MariaDbSettings::new().option("max_connections", "10").start().unwrap() else {
        return;
    };
    let mut observer = admin(&server).await;
    let target = target(&server, server.address());
    let mut held = Vec::new();
    let error = loop {
        match connect(&target).await {
            Ok(session) => held.push(session),
            Err(error) => break error,
        }
        assert!(held.len() <= 10);
    };
    assert_eq!(error.detail::<DbDetail>().unwrap().code, Some(1040), "{error}");
    assert_eq!(error.outcome(), Outcome::NotSent);
    assert_eq!(error.endpoint(), connector(&target).endpoints().first());
    let mut ended = held.remove(0);
    run(&mut observer, &format!("KILL {}", ended.info().session_id.unwrap())).await;
    let error = ended.execute(&cx(), "SELECT 1").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
}

#[tokio::test]
async fn what_the_server_would_hang_up_on_is_not_sent() {
    let Some(server) = crate::stage::server_with("max_allowed_packet", "1M") else { return };
    let mut session = session(&server).await;
    const LIMIT: usize = 1 << 20;
    // All that is around the text, in a text and in a call of a prepared statement.
    let (around, beside) = ("SELECT LENGTH('')".len() + 1, 11 + 1 + 2 + 4);
    for (length, fits) in [(LIMIT - 1, true), (LIMIT, false), (20 * LIMIT, false)] {
        let text = "x".repeat(length - around);
        let answer = session.query(&cx(), format!("SELECT LENGTH('{text}')")).value::<i64>().await;
        outcome(answer, length - around, fits);
        let text = "x".repeat(length - beside);
        let answer = session.query(&cx(), "SELECT LENGTH(?)").bind(text).value::<i64>().await;
        outcome(answer, length - beside, fits);
    }
    assert_eq!(crate::stage::number(&mut session, "SELECT 42").await, 42);
}

fn outcome(answer: purlin_core::Result<i64>, length: usize, fits: bool) {
    match answer {
        Ok(told) => assert!(fits && usize::try_from(told) == Ok(length), "{told}"),
        Err(error) => {
            assert!(!fits && error.message().contains("1048576"), "{error}");
            assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::NotSent), "{error}");
        }
    }
}
