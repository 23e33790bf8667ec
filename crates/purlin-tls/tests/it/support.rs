//! A server to shake hands with.

use purlin_core::{Cx, Endpoint, Error, TlsSettings};
use purlin_testkit::{Leaf, Nginx, NginxSettings, TestCa};
use purlin_tls::{Inspection, TlsDetail, TlsFault};
use std::net::SocketAddr;
use std::time::Duration;

pub(crate) fn cx() -> Cx {
    Cx::background().with_timeout(Duration::from_secs(30))
}

pub(crate) fn endpoint(address: SocketAddr) -> Endpoint {
    Endpoint::new(&address.ip().to_string(), address.port()).unwrap()
}

/// nginx with this certificate.
pub(crate) fn serve(leaf: &Leaf) -> Option<Nginx> {
    NginxSettings::new().https(leaf.path(), leaf.key_path()).start().unwrap()
}

pub(crate) fn https(nginx: &Nginx) -> Endpoint {
    endpoint(nginx.https().unwrap())
}

/// Trusts this authority alone.
pub(crate) fn trust(ca: &TestCa) -> TlsSettings {
    TlsSettings::new().ca_only(ca.path())
}

pub(crate) async fn inspect(nginx: &Nginx, settings: &TlsSettings) -> Inspection {
    purlin_tls::inspect(&cx(), &https(nginx), settings).await.unwrap()
}

pub(crate) fn fault_of(error: &Error) -> Option<TlsFault> {
    error.detail::<TlsDetail>().map(|detail| detail.fault)
}
