//! TLS by rustls, as far as these tests need it.

use purlin_testkit::{Leaf, TestCa};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};
use std::sync::Arc;

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn chain(leaf: &Leaf) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_file_iter(leaf.path()).unwrap().map(Result::unwrap).collect()
}

fn key(leaf: &Leaf) -> PrivateKeyDer<'static> {
    PrivateKeyDer::from_pem_file(leaf.key_path()).unwrap()
}

fn roots(ca: &TestCa) -> Arc<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca.path()).unwrap()).unwrap();
    Arc::new(roots)
}

/// A client that trusts one authority, with or without a certificate of its own.
pub(crate) fn client(ca: &TestCa, own: Option<&Leaf>, server: &str) -> ClientConnection {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots(ca));
    let config = match own {
        Some(leaf) => builder.with_client_auth_cert(chain(leaf), key(leaf)).unwrap(),
        None => builder.with_no_client_auth(),
    };
    let name = ServerName::try_from(server.to_owned()).unwrap();
    ClientConnection::new(Arc::new(config), name).unwrap()
}

/// A server that asks for a certificate of a client when it trusts an authority for that.
pub(crate) fn server(leaf: &Leaf, clients: Option<&TestCa>) -> ServerConnection {
    let builder =
        ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
    let builder = match clients {
        Some(ca) => {
            let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(roots(ca), provider());
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
        None => builder.with_no_client_auth(),
    };
    let config = builder.with_single_cert(chain(leaf), key(leaf)).unwrap();
    ServerConnection::new(Arc::new(config)).unwrap()
}

/// Lets the two shake hands in memory; whose fault it is comes first.
pub(crate) fn handshake(client: ClientConnection, server: ServerConnection) -> Result<(), rustls::Error> {
    let (mut client, mut server) = (client, server);
    while client.is_handshaking() || server.is_handshaking() {
        let mut wire = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut wire).unwrap();
        }
        let mut wire = wire.as_slice();
        while !wire.is_empty() {
            server.read_tls(&mut wire).unwrap();
            server.process_new_packets()?;
        }
        let mut wire = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut wire).unwrap();
        }
        let mut wire = wire.as_slice();
        while !wire.is_empty() {
            client.read_tls(&mut wire).unwrap();
            client.process_new_packets()?;
        }
    }
    Ok(())
}
