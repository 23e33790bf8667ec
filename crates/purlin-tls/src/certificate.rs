//! What stands in a certificate.

use purlin_core::{Error, ErrorKind, Result, Timestamp};
use std::net::IpAddr;
use x509_parser::oid_registry;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};
use x509_parser::public_key::PublicKey;

const DAY: i64 = 86_400;

/// What stands in a certificate (RFC 5280), as text that is safe to print: control characters are escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CertificateInfo {
    /// Whom it is for: `CN=www.example.org, O=Example`.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// The DNS names and addresses that it is for; the common name is not among them and counts for nothing (RFC
    /// 9525).
    pub names: Vec<String>,
    /// The serial number, in hexadecimal with colons.
    pub serial: String,
    /// From when it is valid.
    pub not_before: Timestamp,
    /// Until when it is valid.
    pub not_after: Timestamp,
    /// Whether it may sign others.
    pub is_ca: bool,
    /// Kind and size of its key: `RSA 2048`, `EC 256`.
    pub key: String,
    /// How it was signed: `ecdsa-with-SHA256`.
    pub signature: String,
    /// The SHA-256 of the whole certificate, in hexadecimal with colons.
    pub sha256: String,
}

impl CertificateInfo {
    /// Reads a certificate in DER.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] when it is none.
    pub fn from_der(der: &[u8]) -> Result<Self> {
        let (_, certificate) = X509Certificate::from_der(der).map_err(|error| {
            Error::new(ErrorKind::Invalid, format!("not a certificate: {error}"))
                .with_operation("tls.certificate")
        })?;
        Ok(Self {
            subject: printable(&certificate.subject().to_string()),
            issuer: printable(&certificate.issuer().to_string()),
            names: names(&certificate),
            serial: hex(certificate.raw_serial()),
            not_before: Timestamp::from_unix_seconds(certificate.validity().not_before.timestamp()),
            not_after: Timestamp::from_unix_seconds(certificate.validity().not_after.timestamp()),
            is_ca: certificate.is_ca(),
            key: key(&certificate),
            signature: algorithm(&certificate),
            sha256: sha256(der),
        })
    }

    /// Whole days until it ends, rounded towards the past: 0 on its last day, below 0 when it has ended.
    pub fn days_left(&self, now: Timestamp) -> i64 {
        (self.not_after.unix_seconds() - now.unix_seconds()).div_euclid(DAY)
    }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some(printable(name)),
        GeneralName::IPAddress(bytes) => address(bytes),
        _ => None,
    };
    extension.value.general_names.iter().filter_map(name).collect()
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(IpAddr::from(four).to_string());
    }
    <[u8; 16]>::try_from(bytes).ok().map(|sixteen| IpAddr::from(sixteen).to_string())
}

fn key(certificate: &X509Certificate<'_>) -> String {
    match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => format!("RSA {}", key.key_size()),
        Ok(PublicKey::EC(point)) => format!("EC {}", curve_size(certificate).unwrap_or(point.key_size())),
        _ => oid_name(&certificate.public_key().algorithm.algorithm),
    }
}

/// The size of a NIST curve by its name: that of the point is rounded up to whole bytes.
fn curve_size(certificate: &X509Certificate<'_>) -> Option<usize> {
    let curve = certificate.public_key().algorithm.parameters.as_ref()?.as_oid().ok()?;
    [
        (oid_registry::OID_EC_P256, 256),
        (oid_registry::OID_NIST_EC_P384, 384),
        (oid_registry::OID_NIST_EC_P521, 521),
    ]
    .into_iter()
    .find_map(|(known, size)| (known == curve).then_some(size))
}

fn algorithm(certificate: &X509Certificate<'_>) -> String {
    oid_name(&certificate.signature_algorithm.algorithm)
}

fn oid_name(oid: &oid_registry::Oid<'_>) -> String {
    let known =
        oid_registry::OidRegistry::default().with_crypto().get(oid).map(|entry| entry.sn().to_owned());
    known.unwrap_or_else(|| oid.to_id_string())
}

/// By the SHA-256 that comes with the crypto provider, so that no second implementation is linked in.
fn sha256(der: &[u8]) -> String {
    let suite = rustls::crypto::aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256;
    suite.tls13().map(|suite| hex(suite.common.hash_provider.hash(der).as_ref())).unwrap_or_default()
}

fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(":")
}

/// A certificate is foreign text: it may hold what moves a terminal's cursor.
fn printable(text: &str) -> String {
    let escape = |letter: char| {
        if letter.is_control() { letter.escape_default().to_string() } else { letter.to_string() }
    };
    text.chars().map(escape).collect()
}
