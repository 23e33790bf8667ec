use crate::stage::{admin, connect, connector, cx, number, run, server, session, target};
use async_trait::async_trait;
use purlin_core::{Cx, ErrorKind, Outcome, Result, Secret, SecretRef, SecretSource};
use purlin_db::{DbDetail, Driver, ErrorClass, Limits, NodeView, Session, Topology, Vendor, Verdict};
use purlin_db_mysql::MySql;
use purlin_testkit::{Accept, Canary, Capture, FaultProxy, MariaDbSettings, ReservedPort};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

#[tokio::test]
async fn who_answers_is_known() {
    let Some(server) = server() else { return };
    let session = session(&server).await;
    let info = session.info();
    assert_eq!(info.vendor, Vendor::MariaDb);
    assert!(info.version.is_at_least(10, 4) && info.version.text().contains("MariaDB"));
    assert_eq!(info.endpoint.port(), Some(server.address().port()));
    session.close(&cx()).await.unwrap();
    let mut observer = admin(&server).await;
    let count = "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'app'";
    crate::stage::eventually(&mut observer, count, 0).await;
}

#[tokio::test]
async fn a_refused_login_says_why() {
    let Some(server) = server() else { return };
    let mut wrong = target(&server, server.address());
    let secret = Canary::new();
    wrong.password = Some(Arc::new(SecretRef::literal(secret.expose().to_owned())));
    let error = connect(&wrong).await.unwrap_err();
    let detail = error.detail::<DbDetail>().unwrap();
    assert_eq!((detail.code, detail.sqlstate.as_deref()), (Some(1045), Some("28000")));
    assert_eq!((error.operation(), error.outcome()), (Some("db.login"), Outcome::NotSent));
    assert_eq!(error.endpoint(), connector(&wrong).endpoints().first());
    secret.assert_absent(format!("{error} {error:?} {:?} {wrong:?}", connector(&wrong)));

    let mut nowhere = target(&server, server.address());
    nowhere.database = Some("nowhere".to_owned());
    nowhere.user = Some("purlin".to_owned());
    let error = connect(&nowhere).await.unwrap_err();
    assert_eq!(error.detail::<DbDetail>().unwrap().code, Some(1049));
    let known = connector(&wrong).dialect().errors.class(Vendor::MySql, Some(1045), None);
    assert!(known.is_none_or(|class| class == ErrorClass::LoginDenied));
}

#[tokio::test]
async fn ways_that_lead_nowhere_are_told_apart() {
    let Some(server) = server() else { return };
    let closed = ReservedPort::new().unwrap();
    let error = connect(&target(&server, closed.address())).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Refused, Some("tcp.connect")), "{error}");
    assert_eq!(error.outcome(), Outcome::NotSent);

    let mut unknown = target(&server, server.address());
    unknown.hosts = vec![("no-such-host.invalid".to_owned(), None)];
    let error = connect(&unknown).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Unresolved, Some("dns.resolve")), "{error}");

    let mut socket = target(&server, server.address());
    socket.hosts.clear();
    socket.path = Some(server.server().dir().join("no.sock"));
    let error = connect(&socket).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::NotFound, Some("tcp.connect")), "{error}");
}

#[tokio::test]
async fn a_listener_that_keeps_silent_ends_at_the_deadline() {
    let Some(server) = server() else { return };
    let proxy = FaultProxy::start(server.address()).unwrap();
    for accept in [Accept::Ignore, Accept::Hold] {
        proxy.accept(accept).unwrap();
        let connector = connector(&target(&server, proxy.address()));
        let limits = Limits::new().connect(Duration::from_millis(200));
        let endpoint = &connector.endpoints()[0];
        let error =
            Session::connect_within(&Cx::background(), &*connector, endpoint, limits).await.unwrap_err();
        assert_eq!((error.kind(), error.endpoint()), (ErrorKind::Timeout, Some(endpoint)), "{error}");
    }
}

#[tokio::test]
async fn a_unix_socket_will_do() {
    let Some(server) = server() else { return };
    let mut target = target(&server, server.address());
    target.hosts.clear();
    target.path = Some(server.socket());
    target.options.clear();
    let mut session = connect(&target).await.unwrap();
    assert_eq!(number(&mut session, "SELECT 42").await, 42);
}

#[tokio::test]
async fn one_server_under_two_addresses_is_one_node() {
    let (Some(one), Some(other)) = (server(), server()) else { return };
    let by_name = target(&one, one.address());
    let mut by_socket = by_name.clone();
    by_socket.hosts.clear();
    by_socket.path = Some(one.socket());
    by_socket.options.clear();
    let mut views = Vec::new();
    for target in [by_name, by_socket, target(&other, other.address())] {
        let mut session = connect(&target).await.unwrap();
        views.push(NodeView::ask(&cx(), &mut session).await.unwrap());
    }
    let known = "SELECT COUNT(*) FROM information_schema.GLOBAL_VARIABLES WHERE VARIABLE_NAME = 'SERVER_UID'";
    if number(&mut session(&one).await, known).await == 0 {
        assert_eq!(views[0].position.identity, None);
        return;
    }
    assert_eq!(Topology::of(views[..2].to_vec()).verdict(), Verdict::OneWriter, "{views:?}");
    assert_eq!(Topology::of(views[1..].to_vec()).verdict(), Verdict::SplitBrain, "{views:?}");
}

/// Counts how often it is asked.
#[derive(Debug)]
struct Counted(String, AtomicU32);

#[async_trait]
impl SecretSource for Counted {
    async fn resolve(&self, _cx: &Cx) -> Result<Secret<String>> {
        self.1.fetch_add(1, Ordering::Relaxed);
        Ok(Secret::new(self.0.clone()))
    }
}

#[tokio::test]
async fn the_password_is_asked_for_at_each_connect() {
    let Some(server) = server() else { return };
    let mut target = target(&server, server.address());
    let source = Arc::new(Counted(server.password().expose().clone(), AtomicU32::new(0)));
    target.password = Some(source.clone());
    let connector = connector(&target);
    for asked in 0..3 {
        assert_eq!(source.1.load(Ordering::Relaxed), asked);
        let mut session = Session::connect(&cx(), &*connector, &connector.endpoints()[0]).await.unwrap();
        assert_eq!(number(&mut session, "SELECT 42").await, 42);
    }
}

#[tokio::test]
async fn old_ways_to_log_in_are_refused() {
    let Some(server) = server() else { return };
    let mut observer = admin(&server).await;
    let mut user = target(&server, server.address());
    user.database = None;
    run(&mut observer, "CREATE USER 'nobody'@'%'").await;
    user.user = Some("nobody".to_owned());
    user.password = None;
    connect(&user).await.unwrap();

    run(&mut observer, "SET GLOBAL secure_auth = OFF").await;
    run(
        &mut observer,
        "CREATE USER 'ancient'@'%' IDENTIFIED VIA mysql_old_password USING '6f8c114b58f2ce9e'",
    )
    .await;
    user.user = Some("ancient".to_owned());
    user.password = Some(Arc::new(SecretRef::literal("abc".to_owned())));
    let error = connect(&user).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
}

#[tokio::test]
async fn nobody_tells_the_password() {
    let secret = Canary::new();
    let Some(server) = MariaDbSettings::new().password(secret.expose()).start().unwrap() else { return };
    let capture = Capture::start();
    let mut session = session(&server).await;
    let error = session.query(&cx(), "SELEC 1").all().await.unwrap_err();
    secret.assert_absent(format!("{error:?} {session:?}"));
    secret.assert_absent(capture.text());
}

#[test]
fn options_that_are_not_known_are_refused() {
    let mut target = purlin_db::Target::new("mysql").host("db1.lon", None);
    let error = MySql::new().connector(&target).unwrap_err();
    assert_eq!(error.message(), "a user is missing: mysql://USER@HOST/DATABASE");
    target.user = Some("app".to_owned());
    target.options.insert("tsl".to_owned(), "off".to_owned());
    let error = MySql::new().connector(&target).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().contains("did you mean \"tls\"?"), "{error}");
    target.options.clear();
    target.options.insert("tls".to_owned(), "maybe".to_owned());
    assert_eq!(MySql::new().connector(&target).unwrap_err().kind(), ErrorKind::Invalid);
    target.options.clear();
    let connector = MySql::new().connector(&target).unwrap();
    assert_eq!(connector.endpoints()[0].to_string(), "db1.lon:3306");
}
