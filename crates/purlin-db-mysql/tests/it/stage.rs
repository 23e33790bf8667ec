//! A server, and ways to it.

use purlin_core::{Cx, SecretRef};
use purlin_db::{Connector, Driver, Limits, Session, Target, Value};
use purlin_db_mysql::MySql;
use purlin_testkit::{MariaDb, MariaDbSettings};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Longer than anything here takes on a machine that stands still; no test waits for it.
const LIMIT: Duration = Duration::from_secs(60);

pub(crate) fn cx() -> Cx {
    Cx::background().with_timeout(LIMIT)
}

pub(crate) fn server() -> Option<MariaDb> {
    MariaDbSettings::new().start().unwrap()
}

pub(crate) fn server_with(option: &str, value: &str) -> Option<MariaDb> {
    MariaDbSettings::new().option(option, value).start().unwrap()
}

/// `app` in the database `test`, without TLS.
pub(crate) fn target(server: &MariaDb, address: SocketAddr) -> Target {
    let mut target = Target::new("mariadb");
    target.user = Some("app".to_owned());
    target.database = Some("test".to_owned());
    target.hosts = vec![(address.ip().to_string(), Some(address.port()))];
    target.password = Some(Arc::new(SecretRef::literal(server.password().clone())));
    target.options.insert("tls".to_owned(), "off".to_owned());
    target
}

pub(crate) fn connector(target: &Target) -> Arc<dyn Connector> {
    MySql::new().connector(target).unwrap()
}

pub(crate) async fn connect(target: &Target) -> purlin_core::Result<Session> {
    let connector = connector(target);
    Session::connect(&cx(), &*connector, &connector.endpoints()[0]).await
}

pub(crate) async fn session(server: &MariaDb) -> Session {
    connect(&target(server, server.address())).await.unwrap()
}

/// The same, with time to pass over rows that have come already: a debug build on a busy machine takes its time.
pub(crate) async fn patient(server: &MariaDb) -> Session {
    let connector = connector(&target(server, server.address()));
    let limits = Limits::new().cancel(LIMIT / 2);
    Session::connect_within(&cx(), &*connector, &connector.endpoints()[0], limits).await.unwrap()
}

/// As [`session`], of the user who may do everything.
pub(crate) async fn admin(server: &MariaDb) -> Session {
    let mut target = target(server, server.address());
    target.user = Some("purlin".to_owned());
    connect(&target).await.unwrap()
}

pub(crate) async fn run(session: &mut Session, sql: &str) {
    session.execute(&cx(), sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

pub(crate) async fn values(session: &mut Session, sql: &str) -> Vec<Value> {
    session.query(&cx(), sql).one().await.unwrap().into_values()
}

pub(crate) async fn number(session: &mut Session, sql: &str) -> i64 {
    session.query(&cx(), sql).value().await.unwrap()
}

/// Asks until it is so.
pub(crate) async fn eventually(session: &mut Session, sql: &str, wanted: i64) {
    let end = cx();
    while number(session, sql).await != wanted {
        end.sleep(Duration::from_millis(5)).await.unwrap_or_else(|_| panic!("never {wanted}: {sql}"));
    }
}
