//! Who we are: our certificate and its key.

use crate::client::invalid;
use crate::fault::{self, TlsDetail, TlsFault};
use crate::{pem, roots};
use purlin_core::{Cx, Error, ErrorKind, Pem, Result, SecretRef, SecretSource, TlsSettings};
use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::pki_types::pem::{self as pki_pem, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Our certificate chain and its key, if the settings name them.
pub(crate) async fn load(
    cx: &Cx,
    settings: &TlsSettings,
) -> Result<Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>> {
    let half = |message: &str| invalid(message.to_owned()).with_detail(DETAIL);
    let (certificate, key) = match (&settings.client_certificate, &settings.client_key) {
        (None, None) => return Ok(None),
        (Some(certificate), Some(key)) => (certificate, key),
        (Some(_), None) => return Err(half("a client certificate needs its client_key")),
        (None, Some(_)) => return Err(half("a client key needs its client_certificate")),
    };
    Ok(Some((chain(cx, certificate).await?, private_key(cx, key).await?)))
}

const DETAIL: TlsDetail = TlsDetail { fault: TlsFault::ClientIdentity };

/// A certificate and a key that are no pair.
pub(crate) fn no_pair(fault: rustls::Error) -> Error {
    let why = match fault {
        rustls::Error::InconsistentKeys(_) => "they do not belong together".to_owned(),
        other => other.to_string(),
    };
    unusable(format!("the client certificate and its key: {why}"))
}

async fn chain(cx: &Cx, certificate: &Pem) -> Result<Vec<CertificateDer<'static>>> {
    let place = roots::place(certificate);
    let bytes = pem::bytes(cx, certificate).await;
    let bytes = bytes.map_err(|error| roots::not_usable(error, &place, TlsFault::ClientIdentity))?;
    let chain: Result<Vec<_>> = pem::certificates(&bytes)
        .into_iter()
        .map(|block| {
            let place = place.clone().line(block.line);
            block.certificate.map_err(|why| unusable(format!("{place}: a certificate cannot be used: {why}")))
        })
        .collect();
    match chain? {
        chain if chain.is_empty() => Err(unusable(format!("{place}: no certificate in it"))),
        chain => Ok(chain),
    }
}

async fn private_key(cx: &Cx, key: &SecretRef) -> Result<PrivateKeyDer<'static>> {
    let pem = key.resolve(cx).await.map_err(|error| match error.kind() {
        ErrorKind::Timeout | ErrorKind::Cancelled => error,
        _ => error.with_detail(DETAIL),
    })?;
    PrivateKeyDer::from_pem_slice(pem.expose().as_bytes()).map_err(|fault| {
        let why = match fault {
            pki_pem::Error::NoItemsFound if pem.expose().contains("ENCRYPTED PRIVATE KEY") => {
                "it is encrypted with a password, which is not supported"
            }
            pki_pem::Error::NoItemsFound => "there is none in it",
            fault => pem::words(&fault),
        };
        unusable(format!("the client's key ({key}) is no private key in PEM: {why}"))
    })
}

fn unusable(message: String) -> Error {
    fault::error(ErrorKind::Invalid, TlsFault::ClientIdentity, message).with_operation("tls.settings")
}

/// Shows the certificate that another resolver gives, and notes whether the server has asked for one.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) inner: Arc<dyn ResolvesClientCert>,
    pub(crate) asked: AtomicBool,
}

impl Asked {
    pub(crate) fn was_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}

impl ResolvesClientCert for Asked {
    fn resolve(&self, issuers: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        self.inner.resolve(issuers, schemes)
    }

    fn only_raw_public_keys(&self) -> bool {
        self.inner.only_raw_public_keys()
    }

    fn has_certs(&self) -> bool {
        self.inner.has_certs()
    }
}
