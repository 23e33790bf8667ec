//! A server of its own for a test, and the way to it.

use purlin_core::{Cx, SecretRef, TlsSettings};
use purlin_db::{Connector, Limits, Session, Target};
use purlin_db_postgres::PostgresConnector;
use purlin_testkit::{Postgres, PostgresSettings};
use std::net::SocketAddr;
use std::time::Duration;

/// Waits that should never be reached.
pub(crate) const LONG: Duration = Duration::from_secs(60);

pub(crate) fn cx() -> Cx {
    Cx::background().with_timeout(LONG)
}

pub(crate) fn start() -> Option<Postgres> {
    PostgresSettings::new().start().unwrap()
}

/// The server at that address, without TLS.
pub(crate) fn target(postgres: &Postgres, address: SocketAddr) -> Target {
    let mut target = encrypted(postgres, &address.ip().to_string(), TlsSettings::new());
    target.hosts[0].1 = Some(address.port());
    target.options.insert("tls".to_owned(), "off".to_owned());
    target
}

/// The server by that name, with TLS.
pub(crate) fn encrypted(postgres: &Postgres, host: &str, tls: TlsSettings) -> Target {
    let mut target = Target::new("postgres");
    target.hosts.push((host.to_owned(), Some(postgres.address().port())));
    target.user = Some(postgres.user().to_owned());
    target.database = Some(postgres.database().to_owned());
    target.password = Some(std::sync::Arc::new(SecretRef::literal(postgres.password().clone())));
    target.tls = tls;
    target
}

pub(crate) async fn connect(target: &Target) -> purlin_core::Result<Session> {
    connect_within(target, Limits::new().connect(LONG).cancel(LONG)).await
}

pub(crate) async fn connect_within(target: &Target, limits: Limits) -> purlin_core::Result<Session> {
    let connector = PostgresConnector::new(target)?;
    let endpoint = connector.endpoints()[0].clone();
    Session::connect_within(&Cx::background(), &connector, &endpoint, limits).await
}

pub(crate) async fn session(postgres: &Postgres) -> Session {
    connect(&target(postgres, postgres.address())).await.unwrap()
}

/// Whether the server knows a statement with that text, other than the one that asks.
pub(crate) fn runs(postgres: &Postgres, text: &str) -> bool {
    let sql = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() \
         AND query LIKE '%{text}%'"
    );
    postgres.sql(&sql).unwrap() != "0\n"
}

/// Waits for something that comes soon.
pub(crate) async fn eventually(what: &str, mut seen: impl FnMut() -> bool) {
    for _ in 0..3000 {
        if seen() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{what} did not come true");
}
