//! What a user says about TLS; `purlin-tls` makes a configuration of it.

use crate::SecretRef;
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// How to speak TLS to a server, as a plain value: whom to trust, who we are, which name we expect.
///
/// By default the system's root certificates are trusted, the certificate must be for the host that was asked for,
/// and TLS 1.2 is the oldest version spoken (RFC 9325). Only what is named `danger_…` weakens that.
///
/// In configuration files the keys are the names of the fields: `ca = ["corp-ca.pem"]`,
/// `client_certificate = "me.pem"`, `client_key = { file = "me.key" }`.
///
/// ```
/// use purlin_core::{SecretRef, TlsSettings};
///
/// let settings = TlsSettings::new()
///     .ca("/etc/ssl/corp-ca.pem")
///     .client_certificate("/etc/ssl/me.pem", SecretRef::file("/etc/ssl/me.key"))
///     .server_name("db.example.org");
/// assert_eq!(settings.ca.len(), 1);
/// ```
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct TlsSettings {
    /// Certificate authorities trusted beside the system's.
    pub ca: Vec<Pem>,
    /// Certificate authorities trusted instead of the system's.
    pub ca_only: Vec<Pem>,
    /// Our certificate, followed by its chain.
    pub client_certificate: Option<Pem>,
    /// The private key to it, in PEM.
    pub client_key: Option<SecretRef>,
    /// The name that the server's certificate must be for, where that is not the name it is reached by.
    pub server_name: Option<String>,
    /// Application protocols to offer, the best first (ALPN, RFC 7301).
    pub alpn: Vec<String>,
    /// Any certificate is accepted: whoever sits on the path can read and change everything.
    pub danger_accept_any_certificate: bool,
    /// A trusted certificate is accepted for any name: whoever holds one can play the server.
    pub danger_accept_any_name: bool,
}

impl TlsSettings {
    /// The safe defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts this authority beside the system's.
    #[must_use]
    pub fn ca(mut self, ca: impl Into<Pem>) -> Self {
        self.ca.push(ca.into());
        self
    }

    /// Trusts this authority, and no system certificate.
    #[must_use]
    pub fn ca_only(mut self, ca: impl Into<Pem>) -> Self {
        self.ca_only.push(ca.into());
        self
    }

    /// Shows this certificate to servers that ask for one.
    #[must_use]
    pub fn client_certificate(mut self, certificate: impl Into<Pem>, key: SecretRef) -> Self {
        self.client_certificate = Some(certificate.into());
        self.client_key = Some(key);
        self
    }

    /// Expects a certificate for this name, and asks for it (SNI), whatever name the server is reached by.
    #[must_use]
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    /// Offers one more application protocol, such as `h2`.
    #[must_use]
    pub fn alpn(mut self, protocol: impl Into<String>) -> Self {
        self.alpn.push(protocol.into());
        self
    }

    /// Accepts any certificate: whoever sits on the path can read and change everything.
    #[must_use]
    pub fn danger_accept_any_certificate(mut self) -> Self {
        self.danger_accept_any_certificate = true;
        self
    }

    /// Accepts a trusted certificate for any name: whoever holds one can play the server.
    #[must_use]
    pub fn danger_accept_any_name(mut self) -> Self {
        self.danger_accept_any_name = true;
        self
    }
}

/// Certificates in PEM (RFC 7468): a file, read anew at each use, or the bytes themselves.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pem {
    /// A file with one or more certificates.
    File(PathBuf),
    /// One or more certificates.
    Bytes(Arc<[u8]>),
}

impl Pem {
    /// The certificates themselves.
    pub fn bytes(pem: impl Into<Arc<[u8]>>) -> Self {
        Self::Bytes(pem.into())
    }
}

/// A path; or the certificates themselves, which their first line tells: no path begins with `-----BEGIN `.
impl<P: Into<PathBuf>> From<P> for Pem {
    fn from(path: P) -> Self {
        let path = path.into();
        let text = path.as_os_str().as_encoded_bytes().trim_ascii_start();
        if text.starts_with(b"-----BEGIN ") { Self::bytes(text) } else { Self::File(path) }
    }
}

impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "Pem({})", path.display()),
            Self::Bytes(bytes) => write!(f, "Pem({} bytes)", bytes.len()),
        }
    }
}

impl<'de> Deserialize<'de> for Pem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        PathBuf::deserialize(deserializer).map(Self::from)
    }
}
