//! The one crypto provider of the process.

use rustls::crypto::CryptoProvider;
use std::sync::Arc;

/// The provider that the process uses: the one that the application has installed, whichever that is, else aws-lc-rs,
/// which is installed then. Never panics, also when several providers are compiled in, where rustls' own default
/// would.
///
/// Every purlin adapter calls this before it touches TLS, because some drivers panic when nothing is installed.
pub fn ensure_provider() -> Arc<CryptoProvider> {
    if CryptoProvider::get_default().is_none() {
        // An error means that another thread was faster; its choice counts.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    }
    match CryptoProvider::get_default() {
        Some(provider) => provider.clone(),
        None => Arc::new(rustls::crypto::aws_lc_rs::default_provider()),
    }
}
