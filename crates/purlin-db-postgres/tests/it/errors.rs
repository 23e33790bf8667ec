use crate::server::{LONG, connect, cx, eventually, runs, session, start, target};
use purlin_core::{Error, ErrorKind, Outcome};
use purlin_db::{DbDetail, ErrorClass, Session, SessionState, Vendor};
use purlin_testkit::PostgresSettings;

fn seen(error: &Error) -> (ErrorClass, &str, Option<&str>) {
    let detail = error.detail::<DbDetail>().unwrap_or_else(|| panic!("{error}"));
    assert_eq!(detail.vendor, Vendor::Postgres);
    assert!(error.endpoint().is_some(), "{error}");
    (detail.class, detail.sqlstate.as_deref().unwrap_or(""), detail.constraint.as_deref())
}

#[tokio::test]
async fn each_refusal_has_its_class_and_names_its_constraint() {
    let Some(postgres) = start() else { return };
    postgres
        .sql(
            "CREATE TABLE site (id int CONSTRAINT site_key PRIMARY KEY); INSERT INTO site VALUES (1); \
             CREATE TABLE map (site int NOT NULL CONSTRAINT map_site REFERENCES site, \
             size int CONSTRAINT map_size CHECK (size > 0), during int4range, \
             CONSTRAINT map_during EXCLUDE USING gist (during WITH &&)); INSERT INTO map VALUES (1, 1, '[1,5)')",
        )
        .unwrap();
    let mut session = session(&postgres).await;
    let cases = [
        ("INSERT INTO site VALUES (1)", ErrorClass::Unique, "23505", Some("site_key")),
        ("INSERT INTO map VALUES (1, 1, '[2,3)')", ErrorClass::Unique, "23P01", Some("map_during")),
        ("INSERT INTO map VALUES (2, 1)", ErrorClass::ForeignKey, "23503", Some("map_site")),
        ("DELETE FROM site", ErrorClass::ForeignKey, "23503", Some("map_site")),
        ("INSERT INTO map VALUES (NULL, 1)", ErrorClass::NotNull, "23502", None),
        ("INSERT INTO map VALUES (1, 0)", ErrorClass::Check, "23514", Some("map_size")),
        ("SELEC 1", ErrorClass::Syntax, "42601", None),
        ("SELECT * FROM nothing", ErrorClass::Syntax, "42P01", None),
        ("SELECT nothing FROM map", ErrorClass::Syntax, "42703", None),
        ("SELECT 1/0", ErrorClass::Data, "22012", None),
        ("SELECT 'x'::int", ErrorClass::Data, "22P02", None),
        ("SELECT 2147483648::int4", ErrorClass::Data, "22003", None),
        ("SET statement_timeout = '20ms'; SELECT pg_sleep(60)", ErrorClass::Cancelled, "57014", None),
        (
            "DO $$ BEGIN RAISE EXCEPTION 'own' USING ERRCODE = 'ZZ001'; END $$",
            ErrorClass::Other,
            "ZZ001",
            None,
        ),
        ("BEGIN READ ONLY; CREATE TABLE no (id int)", ErrorClass::NotWritable, "25006", None),
    ];
    for (sql, class, state, constraint) in cases {
        let error = session.execute(&cx(), sql).await.unwrap_err();
        assert_eq!(seen(&error), (class, state, constraint), "{sql}: {error}");
        assert_eq!((error.kind(), error.outcome()), (class.kind(), Outcome::Sent), "{sql}: {error}");
        session.execute(&cx(), "ROLLBACK; RESET statement_timeout").await.unwrap();
        assert_eq!(session.state(), SessionState::Idle, "{sql}");
    }
    postgres.sql("CREATE ROLE guest LOGIN PASSWORD 'guest'").unwrap();
    session.execute(&cx(), "SET ROLE guest").await.unwrap();
    let error = session.execute(&cx(), "SELECT * FROM map").await.unwrap_err();
    assert_eq!(seen(&error).0, ErrorClass::PermissionDenied);
}

async fn pair(postgres: &purlin_testkit::Postgres) -> (Session, Session) {
    (session(postgres).await, session(postgres).await)
}

#[tokio::test]
async fn two_in_each_other_s_way() {
    let Some(postgres) = start() else { return };
    postgres
        .sql("CREATE TABLE map (id int PRIMARY KEY, n int); INSERT INTO map VALUES (1, 0), (2, 0)")
        .unwrap();
    let (mut one, mut two) = pair(&postgres).await;
    one.execute(&cx(), "BEGIN; UPDATE map SET n = 1 WHERE id = 1").await.unwrap();
    // A lock that is not had.
    two.execute(&cx(), "SET lock_timeout = '10ms'").await.unwrap();
    let error = two.execute(&cx(), "UPDATE map SET n = 2 WHERE id = 1").await.unwrap_err();
    assert_eq!(seen(&error), (ErrorClass::LockTimeout, "55P03", None));
    // A deadlock.
    two.execute(&cx(), "RESET lock_timeout; BEGIN; UPDATE map SET n = 2 WHERE id = 2").await.unwrap();
    let (context, other) = (cx(), cx());
    let (first, second) =
        tokio::join!(async { one.execute(&context, "UPDATE map SET n = 1 WHERE id = 2").await }, async {
            two.execute(&other, "UPDATE map SET n = 2 WHERE id = 1").await
        },);
    let error = first.err().or(second.err()).unwrap();
    assert_eq!(seen(&error), (ErrorClass::Serialization, "40P01", None));
    for session in [&mut one, &mut two] {
        session.execute(&cx(), "ROLLBACK").await.unwrap();
        session.execute(&cx(), "BEGIN ISOLATION LEVEL REPEATABLE READ").await.unwrap();
        session.query(&cx(), "SELECT * FROM map").all().await.unwrap();
    }
    one.execute(&cx(), "UPDATE map SET n = 7 WHERE id = 1").await.unwrap();
    one.execute(&cx(), "COMMIT").await.unwrap();
    let error = two.execute(&cx(), "UPDATE map SET n = 8 WHERE id = 1").await.unwrap_err();
    assert_eq!(seen(&error), (ErrorClass::Serialization, "40001", None));
}

#[tokio::test]
async fn a_server_that_ends_the_session_is_told_so() {
    let Some(mut postgres) = start() else { return };
    let mut lost = session(&postgres).await;
    let sleeping = tokio::spawn(async move {
        let error = lost.execute(&cx(), "SELECT pg_sleep(60)").await.unwrap_err();
        (error, lost.state())
    });
    eventually("it sleeps", || runs(&postgres, "pg_sleep(60)")).await;
    postgres
        .sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)'")
        .unwrap();
    let (error, state) = sleeping.await.unwrap();
    assert_eq!(seen(&error), (ErrorClass::Starting, "57P01", None));
    assert_eq!((state, error.outcome()), (SessionState::Closed, Outcome::Maybe));
    // Idle for too long.
    let mut idle = session(&postgres).await;
    idle.execute(&cx(), "SET idle_in_transaction_session_timeout = '10ms'; BEGIN").await.unwrap();
    eventually("it is thrown out", || postgres.server().log().contains("idle-in-transaction timeout")).await;
    let error = idle.execute(&cx(), "SELECT 1").await.unwrap_err();
    assert_eq!(seen(&error).0, ErrorClass::ConnectionLost, "{error}");
    assert_eq!(idle.state(), SessionState::Closed);
    // Killed without a word.
    let mut killed = session(&postgres).await;
    postgres.server_mut().kill().unwrap();
    let error = killed.execute(&cx(), "SELECT 1").await.unwrap_err();
    // Its process had the time to say so, or not.
    assert!(seen(&error).0.ends_session() && error.outcome() == Outcome::Maybe, "{error}");
    assert_eq!(killed.state(), SessionState::Closed);
    let refused = connect(&target(&postgres, postgres.address())).await.unwrap_err();
    assert_eq!((refused.kind(), refused.operation()), (ErrorKind::Refused, Some("tcp.connect")));
}

#[tokio::test]
async fn a_full_server_and_a_replica_say_what_they_are() {
    let full =
        PostgresSettings::new().option("max_connections", "14").option("superuser_reserved_connections", "1");
    let Some(primary) = full.start().unwrap() else { return };
    primary.sql("ALTER ROLE app PASSWORD 'app'; CREATE TABLE map (id int)").unwrap();
    let mut target = target(&primary, primary.address());
    target.user = Some("app".to_owned());
    target.password = Some(std::sync::Arc::new(purlin_core::SecretRef::literal("app")));
    let mut sessions = Vec::new();
    let error = loop {
        match connect(&target).await {
            Ok(session) => sessions.push(session),
            Err(error) => break error,
        }
        assert!(sessions.len() < 20);
    };
    assert_eq!(seen(&error).0, ErrorClass::TooManyConnections, "{error}");
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::RateLimited, Outcome::NotSent));
    drop(sessions);

    let settings = PostgresSettings::new().option("max_connections", "14");
    let replica = settings.replica_of(&primary).start().unwrap().unwrap();
    let mut session = session(&replica).await;
    let error = session.execute(&cx(), "INSERT INTO map VALUES (1)").await.unwrap_err();
    assert_eq!(seen(&error), (ErrorClass::NotWritable, "25006", None));
    let error = session.begin(&cx()).isolation(purlin_db::Isolation::Serializable).await.unwrap_err();
    assert_eq!(seen(&error), (ErrorClass::NotWritable, "0A000", None));
    replica.promote().unwrap();
    // A session that was there before may write afterwards.
    eventually("it writes", || replica.sql("INSERT INTO map VALUES (1)").is_ok()).await;
    session.execute(&cx().with_timeout(LONG), "INSERT INTO map VALUES (2)").await.unwrap();
}
