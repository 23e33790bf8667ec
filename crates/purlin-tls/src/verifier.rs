//! The certificate verifier: rustls' own, with another name where the user says so, weakened where the user says so by
//! a name that begins with `danger`, and able to note its verdict instead of ending the handshake.

use crate::fault::NotItsKey;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme};
use std::sync::{Arc, Mutex, PoisonError};
use x509_parser::prelude::{FromDer, X509Certificate};

#[derive(Debug, Clone)]
pub(crate) struct Verifier {
    /// None: any certificate is accepted.
    pub(crate) inner: Option<Arc<WebPkiServerVerifier>>,
    pub(crate) roots: Arc<RootCertStore>,
    pub(crate) provider: Arc<CryptoProvider>,
    /// The name to verify, where it is not the one that the server is reached by.
    pub(crate) name: Option<ServerName<'static>>,
    pub(crate) any_name: bool,
    /// Where the verdict is noted; the handshake then goes on whatever it is.
    pub(crate) record: Option<Arc<Record>>,
}

/// What a server showed, and what the verifier made of it.
#[derive(Debug, Default)]
pub(crate) struct Record(Mutex<Option<Shown>>);

#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) verdict: Result<(), Error>,
}

impl Record {
    pub(crate) fn take(&self) -> Option<Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Verifier {
    fn verify(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<(), Error> {
        let Some(inner) = &self.inner else { return Ok(()) };
        let name = self.name.as_ref().unwrap_or(name);
        match inner.verify_server_cert(leaf, intermediates, name, ocsp, now) {
            // The name is looked at last: all else is in order.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.any_name => Ok(()),
            // What `openssl req -x509` makes. Before all else it is one that nobody has said to trust.
            Err(error) if is_ca_as_server(&error) && is_self_signed(leaf) && !self.trusts(leaf) => {
                Err(CertificateError::UnknownIssuer.into())
            }
            verdict => verdict.map(|_| ()),
        }
    }

    fn trusts(&self, certificate: &CertificateDer<'_>) -> bool {
        webpki::anchor_from_trusted_cert(certificate).is_ok_and(|anchor| {
            self.roots.roots.iter().any(|root| {
                root.subject == anchor.subject
                    && root.subject_public_key_info == anchor.subject_public_key_info
            })
        })
    }

    /// What a verification of the handshake's own signature means here.
    fn signed(
        &self,
        certificate: &CertificateDer<'_>,
        verdict: Result<HandshakeSignatureValid, Error>,
    ) -> Result<HandshakeSignatureValid, Error> {
        let any = self.inner.is_none() || self.record.is_some();
        match verdict {
            // One of X.509 version 1 has a key that rustls does not read. Where any certificate is accepted or the
            // verdict on it is noted, that is no reason to see nothing.
            Err(_) if any && ParsedCertificate::try_from(certificate).is_err() => {
                Ok(HandshakeSignatureValid::assertion())
            }
            Err(Error::InvalidCertificate(CertificateError::BadSignature)) => {
                Err(CertificateError::Other(OtherError(Arc::new(NotItsKey))).into())
            }
            verdict => verdict,
        }
    }
}

fn is_ca_as_server(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(other)) = error else { return false };
    matches!(other.0.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

fn is_self_signed(certificate: &CertificateDer<'_>) -> bool {
    X509Certificate::from_der(certificate).is_ok_and(|(_, read)| read.subject() == read.issuer())
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self.verify(leaf, intermediates, name, ocsp, now);
        let Some(record) = &self.record else {
            return verdict.map(|()| ServerCertVerified::assertion());
        };
        let chain = std::iter::once(leaf).chain(intermediates).map(|der| der.clone().into_owned()).collect();
        *record.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Shown { chain, verdict });
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        self.signed(certificate, verify_tls12_signature(message, certificate, signature, algorithms))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        self.signed(certificate, verify_tls13_signature(message, certificate, signature, algorithms))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
