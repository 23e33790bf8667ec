//! The crypto provider, in programs that have none, one of their own, or two compiled in. nextest runs a process for
//! each test, so each begins without an installed provider.

use purlin::Cx;
use purlin::core::TlsSettings;
use purlin::tls::{TlsClient, ensure_provider};
use rustls::crypto::CryptoProvider;
use std::sync::Arc;

#[tokio::test]
async fn a_client_is_made_where_nothing_is_installed() {
    assert!(CryptoProvider::get_default().is_none());
    let settings = TlsSettings::new().danger_accept_any_certificate();
    TlsClient::load(&Cx::background(), &settings).await.unwrap();
    assert!(CryptoProvider::get_default().is_some(), "drivers that look for it find it");
}

#[tokio::test]
async fn what_the_application_has_installed_stays() {
    let mut theirs = rustls::crypto::aws_lc_rs::default_provider();
    theirs.cipher_suites.truncate(1);
    theirs.install_default().unwrap();
    assert_eq!(ensure_provider().cipher_suites.len(), 1);
    let settings = TlsSettings::new().danger_accept_any_certificate();
    let client = TlsClient::load(&Cx::background(), &settings).await.unwrap();
    assert_eq!(client.config().crypto_provider().cipher_suites.len(), 1);
}

#[test]
fn many_threads_agree_on_one() {
    let threads: Vec<_> = (0..16).map(|_| std::thread::spawn(ensure_provider)).collect();
    let first = ensure_provider();
    for thread in threads {
        assert!(Arc::ptr_eq(&thread.join().unwrap(), &first));
    }
}

#[test]
#[cfg(feature = "two-providers")]
fn both_are_compiled_in() {
    // What rustls does by itself then: it cannot choose, and panics.
    assert!(std::panic::catch_unwind(rustls::ClientConfig::builder).is_err());
    ensure_provider();
    assert!(std::panic::catch_unwind(rustls::ClientConfig::builder).is_ok());
}
