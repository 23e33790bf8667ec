use crate::server::{connect, connect_within, cx, start, target};
use purlin_core::{ErrorKind, Outcome, SecretRef};
use purlin_db::{DbDetail, Driver as _, Drivers, ErrorClass, Limits, NodeView, Target, Topology, Verdict};
use purlin_db_postgres::{Postgres, PostgresConnector};
use purlin_testkit::{Accept, Binary, FaultProxy, ReservedPort};
use std::sync::Arc;
use std::time::Duration;

/// Set in the process that runs a test again.
const AGAIN: &str = "PURLIN_TEST_AGAIN";

#[tokio::test]
async fn what_keeps_the_door_shut_is_told_apart() {
    let Some(postgres) = start() else { return };
    let good = target(&postgres, postgres.address());
    let mut wrong = good.clone();
    wrong.password = Some(Arc::new(SecretRef::literal("wrong")));
    let error = connect(&wrong).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Unauthenticated, Some("db.login")), "{error}");
    assert_eq!(DbDetail::class_of(&error), Some(ErrorClass::LoginDenied));
    assert_eq!(error.outcome(), Outcome::NotSent);
    assert_eq!(error.endpoint().unwrap().port(), Some(postgres.address().port()));

    let mut nobody = good.clone();
    nobody.password = None;
    assert_eq!(connect(&nobody).await.unwrap_err().kind(), ErrorKind::Unauthenticated);

    let mut stranger = good.clone();
    stranger.user = Some("stranger".to_owned());
    assert_eq!(DbDetail::class_of(&connect(&stranger).await.unwrap_err()), Some(ErrorClass::LoginDenied));

    let mut elsewhere = good.clone();
    elsewhere.database = Some("nothing".to_owned());
    let error = connect(&elsewhere).await.unwrap_err();
    assert_eq!(DbDetail::class_of(&error), Some(ErrorClass::NoSuchDatabase));
    assert_eq!(error.kind(), ErrorKind::NotFound);

    let closed = ReservedPort::new().unwrap();
    let error = connect(&target(&postgres, closed.address())).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Refused, Some("tcp.connect")), "{error}");
    assert_eq!(
        (error.outcome(), error.endpoint().unwrap().port()),
        (Outcome::NotSent, Some(closed.number()))
    );

    let mut unknown = good;
    unknown.hosts[0].0 = "no-such-host.invalid".to_owned();
    let error = connect(&unknown).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Unresolved, Some("dns.resolve")), "{error}");
}

#[tokio::test]
async fn a_silent_listener_is_left_at_the_limit() {
    let Some(postgres) = start() else { return };
    let proxy = FaultProxy::start(postgres.address()).unwrap();
    proxy.accept(Accept::Ignore).unwrap();
    for tls in ["on", "off"] {
        let mut target = target(&postgres, proxy.address());
        target.options.insert("tls".to_owned(), tls.to_owned());
        let error =
            connect_within(&target, Limits::new().connect(Duration::from_millis(200))).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::NotSent), "{error}");
        assert_eq!(error.endpoint().unwrap().port(), Some(proxy.address().port()));
    }
}

#[tokio::test]
async fn a_socket_of_the_machine() {
    let Some(postgres) = start() else { return };
    let mut target = target(&postgres, postgres.address());
    target.hosts.clear();
    target.options.clear();
    target.path = Some(postgres.socket());
    let mut session = connect(&target).await.unwrap();
    assert_eq!(session.query(&cx(), "SELECT 42").value::<i64>().await.unwrap(), 42);
    // A folder stands for the usual port in it, where nobody is.
    target.path = Some(postgres.socket_folder().to_owned());
    let error = connect(&target).await.unwrap_err();
    assert!(error.endpoint().unwrap().path().unwrap().ends_with(".s.PGSQL.5432"), "{error}");
    assert_eq!(error.operation(), Some("tcp.connect"), "{error}");
}

#[tokio::test]
async fn one_server_under_two_addresses_is_one_node() {
    let (Some(one), Some(other)) = (start(), start()) else { return };
    let by_name = target(&one, one.address());
    let mut by_socket = by_name.clone();
    by_socket.hosts.clear();
    by_socket.options.clear();
    by_socket.path = Some(one.socket());
    let mut views = Vec::new();
    for target in [by_name, by_socket, target(&other, other.address())] {
        let mut session = connect(&target).await.unwrap();
        views.push(NodeView::ask(&cx(), &mut session).await.unwrap());
    }
    assert_eq!(Topology::of(views[..2].to_vec()).verdict(), Verdict::OneWriter, "{views:?}");
    assert_eq!(Topology::of(views[1..].to_vec()).verdict(), Verdict::SplitBrain, "{views:?}");
}

#[tokio::test]
async fn the_password_is_asked_for_at_each_connect() {
    let Some(postgres) = start() else { return };
    let folder = postgres.server().dir().join("rotated");
    std::fs::write(&folder, "old").unwrap();
    postgres.sql("ALTER ROLE app PASSWORD 'new'").unwrap();
    let mut target = target(&postgres, postgres.address());
    target.user = Some("app".to_owned());
    target.password = Some(Arc::new(SecretRef::file(&folder)));
    assert_eq!(connect(&target).await.unwrap_err().kind(), ErrorKind::Unauthenticated);
    std::fs::write(&folder, "new\n").unwrap();
    connect(&target).await.unwrap();
}

#[test]
fn what_a_target_lacks_or_has_too_much_of_is_named() {
    let drivers = Drivers::new().with(Postgres::new());
    assert_eq!(Postgres::new().schemes(), ["postgres", "postgresql"]);
    let mut target = Target::new("postgresql");
    let refused = |target: &Target| drivers.connector(target).unwrap_err();
    assert!(refused(&target).message().contains("a user is missing"));
    target.user = Some("app".to_owned());
    assert!(refused(&target).message().contains("names no host"));
    target.hosts = vec![("db1.lon".to_owned(), None), ("db2.lon".to_owned(), Some(5433))];
    let connector = drivers.connector(&target).unwrap();
    let endpoints: Vec<_> = connector.endpoints().iter().map(ToString::to_string).collect();
    assert_eq!(endpoints, ["db1.lon:5432", "db2.lon:5433"]);
    for (option, value, said) in [
        ("tls", "maybe", "takes on, off"),
        ("sslmode", "require", "tls=on"),
        ("aplication_name", "x", "did you mean \"application_name\"?"),
        ("statement_cache", "0", "from 1 to 10000"),
    ] {
        let mut target = target.clone();
        target.options.insert(option.to_owned(), value.to_owned());
        let error = refused(&target);
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::NotSent));
        assert!(error.message().contains(said), "{error}");
    }
    let mut exclusive = target.clone();
    exclusive.tls = exclusive.tls.ca_only("corp-ca.pem");
    assert_eq!(PostgresConnector::new(&exclusive).unwrap_err().kind(), ErrorKind::Unsupported);
    // Where there is no TLS its settings do not matter.
    let mut socket = exclusive.clone();
    socket.hosts.clear();
    socket.path = Some("/run/postgresql".into());
    PostgresConnector::new(&socket).unwrap();
    exclusive.options.insert("tls".to_owned(), "off".to_owned());
    PostgresConnector::new(&exclusive).unwrap();
    let mut renamed = target;
    renamed.tls = renamed.tls.server_name("db.example.org");
    assert_eq!(PostgresConnector::new(&renamed).unwrap_err().kind(), ErrorKind::Unsupported);
}

/// This test again, in a process with other variables.
fn again(test: &str) -> Binary {
    let name = format!("connecting::{test}");
    Binary::new(std::env::current_exe().unwrap())
        .args(["--exact", &name, "--nocapture", "--test-threads=1"])
        .env(AGAIN, "1")
}

#[tokio::test]
async fn variables_of_libpq_do_not_leak_in() {
    let Some(postgres) = start() else { return };
    if std::env::var_os(AGAIN).is_some() {
        let good = target(&postgres, postgres.address());
        let mut session = connect(&good).await.unwrap();
        let said =
            "SELECT current_user || ' ' || current_database() || ' ' || current_setting('application_name')";
        let said = session.query(&cx(), said).one().await.unwrap().into_values();
        assert_eq!(said, ["purlin test purlin".into()]);
        let mut unnamed = good.clone();
        unnamed.database = None;
        let error = connect(&unnamed).await.unwrap_err();
        assert!(error.message().contains("\"purlin\" does not exist"), "{error}");
        let mut without = good;
        without.password = None;
        assert_eq!(connect(&without).await.unwrap_err().kind(), ErrorKind::Unauthenticated);
        return;
    }
    let home = postgres.server().dir();
    std::fs::write(home.join(".pgpass"), "*:*:*:*:stolen\n").unwrap();
    let run = again("variables_of_libpq_do_not_leak_in")
        .env("HOME", home.as_os_str())
        .env("PGHOST", "192.0.2.1")
        .env("PGHOSTADDR", "192.0.2.1")
        .env("PGPORT", "1")
        .env("PGUSER", "stranger")
        .env("PGDATABASE", "stranger")
        .env("PGPASSWORD", "stranger")
        .env("PGAPPNAME", "stranger")
        .env("PGSSLMODE", "require")
        .env("PGSSLROOTCERT", "/nothing/there")
        .run()
        .unwrap();
    assert!(run.status.success() && run.stdout.contains("1 passed"), "{}{}", run.stdout, run.stderr);
}

#[tokio::test]
async fn variables_that_sqlx_would_pass_on_are_refused() {
    let Some(postgres) = start() else { return };
    if let Some(name) = std::env::var_os(AGAIN) {
        let mut target = target(&postgres, postgres.address());
        target.options.insert("tls".to_owned(), "on".to_owned());
        let error = connect(&target).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::NotSent));
        assert!(error.message().starts_with(&*name.to_string_lossy()), "{error}");
        return;
    }
    for name in ["PGOPTIONS", "PGSSLCERT", "PGSSLKEY"] {
        let again = again("variables_that_sqlx_would_pass_on_are_refused");
        let run = again.env(name, "-c work_mem=64MB").env(AGAIN, name).run().unwrap();
        assert!(run.status.success() && run.stdout.contains("1 passed"), "{}{}", run.stdout, run.stderr);
    }
}
