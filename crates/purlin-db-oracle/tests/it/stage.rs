//! What the tests share: the mirror, and the way to it.

use purlin_core::{Cx, SecretRef, TlsSettings};
use purlin_db::{Connector, Session, Target};
use purlin_db_oracle::{OracleConnector, quiet_panics};
use purlin_testkit::{Leaf, OracleMirror, OracleMirrorSettings, TestCa};
use std::net::SocketAddr;
use std::time::Duration;

/// The versions of the protocol's fields that the tests run with: those of Oracle 12.2, 19c, 21c and 23ai.
pub(crate) const FIELD_VERSIONS: [u8; 4] = [8, 12, 16, 24];

pub(crate) fn cx() -> Cx {
    Cx::background().with_timeout(Duration::from_secs(30))
}

pub(crate) fn settings() -> OracleMirrorSettings {
    OracleMirrorSettings::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mirror/mirror.py"))
}

pub(crate) fn mirror() -> Option<OracleMirror> {
    settings().start().unwrap()
}

/// In the clear.
pub(crate) fn target(address: SocketAddr) -> Target {
    quiet_panics();
    let url = format!("oracle://app@{address}/map?danger_no_tls=true");
    url.parse::<Target>().unwrap().password(SecretRef::literal("s3cret 'in\\quotes'".to_owned()))
}

pub(crate) fn connector(target: &Target) -> OracleConnector {
    OracleConnector::new(target).unwrap()
}

/// A thread counts itself out a moment after its session ended.
pub(crate) async fn all_threads_end(connector: &OracleConnector) {
    let bounded = cx();
    let stats = || connector.stats();
    while stats().running > 0 || stats().left > 0 {
        bounded.sleep(Duration::from_millis(1)).await.unwrap();
    }
}

pub(crate) async fn session(target: &Target) -> purlin_core::Result<Session> {
    let connector = connector(target);
    let endpoint = connector.endpoints()[0].clone();
    Session::connect(&cx(), &connector, &endpoint).await
}

pub(crate) async fn connect(mirror: &OracleMirror) -> Session {
    session(&target(mirror.address())).await.unwrap()
}

/// A mirror behind TLS, its target, and what the certificate lies in.
pub(crate) fn over_tls() -> Option<(OracleMirror, Target, TestCa, Leaf)> {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().name("localhost").issue().unwrap();
    let mirror = settings().tls(leaf.path(), leaf.key_path()).start().unwrap()?;
    let url = format!("oracle://app@localhost:{}/map", mirror.address().port());
    let target = url.parse::<Target>().unwrap();
    let target = target.password(SecretRef::literal(mirror.password().to_owned()));
    let target = target.tls(TlsSettings::new().ca(ca.path()));
    Some((mirror, target, ca, leaf))
}
