//! The server that the tests run against.

use purlin_testkit::Leaf;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use std::sync::Arc;

pub(crate) use purlin_testkit::tds::{
    ATTENTION, BATCH, Encryption, FakeBrowser as Browser, FakeSqlServer as Fake, LOGIN, Login, RPC, Step,
    TRANSACTION, tokens, utf16,
};

/// TLS by that certificate, of version 1.2 only or of the newest too.
pub(crate) fn tls(leaf: &Leaf, newest: bool, alpn: Option<&str>) -> Arc<ServerConfig> {
    let provider = purlin_tls::ensure_provider();
    let versions = if newest { &[&TLS13, &TLS12][..] } else { &[&TLS12][..] };
    let chain = CertificateDer::pem_slice_iter(leaf.pem().as_bytes()).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(leaf.key_pem().as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
    let mut config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
    config.alpn_protocols = alpn.map(|name| name.as_bytes().to_vec()).into_iter().collect();
    Arc::new(config)
}
