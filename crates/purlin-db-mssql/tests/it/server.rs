//! The way to the fake.

use crate::tds::Fake;
use purlin_core::{Cx, SecretRef, TlsSettings};
use purlin_db::{Connector, Limits, Session, Target};
use purlin_db_mssql::MssqlConnector;
use std::net::SocketAddr;
use std::time::Duration;

/// Waits that should never be reached.
pub(crate) const LONG: Duration = Duration::from_secs(60);

pub(crate) fn cx() -> Cx {
    Cx::background().with_timeout(LONG)
}

/// For what is to run into its deadline.
pub(crate) fn short() -> Cx {
    Cx::background().with_timeout(Duration::from_millis(100))
}

/// The server at that address, without TLS.
pub(crate) fn target(address: SocketAddr) -> Target {
    encrypted(&address.ip().to_string(), address.port(), TlsSettings::new()).option("danger_no_tls", "true")
}

pub(crate) fn encrypted(host: &str, port: u16, tls: TlsSettings) -> Target {
    let password = SecretRef::literal(purlin_core::Secret::from("Pa$$w0rd"));
    Target::new("mssql").host(host, port).user("app").database("map").password(password).tls(tls)
}

pub(crate) async fn connect(target: &Target) -> purlin_core::Result<Session> {
    let limits = Limits::new().connect(LONG).cancel(LONG);
    let connector = MssqlConnector::new(target)?;
    let endpoint = connector.endpoints()[0].clone();
    Session::connect_within(&Cx::background(), &connector, &endpoint, limits).await
}

pub(crate) async fn session(fake: &Fake) -> Session {
    connect(&target(fake.address())).await.unwrap()
}

/// A number that the server is asked for: whether answers belong to their questions.
pub(crate) async fn number(session: &mut Session, wanted: i64) -> i64 {
    let row = session.query(&cx(), format!("SELECT {wanted}")).one().await.unwrap();
    row.get(0).unwrap()
}
