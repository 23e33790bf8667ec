//! What is wrong with a certificate, in words.

use super::TlsFault;
use purlin_core::Timestamp;
use rustls::CertificateError;
use rustls::pki_types::{ServerName, UnixTime};
use std::fmt;

/// A handshake that was not signed with the key that the certificate is for.
#[derive(Debug)]
pub(crate) struct NotItsKey;

impl fmt::Display for NotItsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server does not hold the key to its certificate")
    }
}

impl std::error::Error for NotItsKey {}

/// Which fault a verifier's answer is, and how a person says it.
pub(crate) fn of_certificate(fault: &CertificateError) -> (TlsFault, String) {
    use CertificateError as C;
    match fault {
        C::Expired => (TlsFault::Expired, "the certificate has expired".to_owned()),
        C::ExpiredContext { not_after, .. } => {
            (TlsFault::Expired, format!("the certificate expired at {}", moment(*not_after)))
        }
        C::NotValidYet => (TlsFault::NotYetValid, "the certificate is not valid yet".to_owned()),
        C::NotValidYetContext { not_before, .. } => {
            (TlsFault::NotYetValid, format!("the certificate is not valid before {}", moment(*not_before)))
        }
        C::NotValidForName => (TlsFault::WrongName, "the certificate is for another name".to_owned()),
        C::NotValidForNameContext { expected, presented } => {
            (TlsFault::WrongName, wrong_name(expected, presented))
        }
        C::UnknownIssuer => {
            let message =
                "no trusted authority has signed the certificate, or a link of its chain is missing";
            (TlsFault::UnknownIssuer, message.to_owned())
        }
        // What a certificate from another authority of the same name leads to.
        C::BadSignature => {
            let message = "the certificate's signature is not that of the trusted authority of that name";
            (TlsFault::UnknownIssuer, message.to_owned())
        }
        other => (TlsFault::BadCertificate, bad(other)),
    }
}

fn bad(fault: &CertificateError) -> String {
    use CertificateError as C;
    let words = match fault {
        C::BadEncoding => "the certificate is malformed",
        C::UnhandledCriticalExtension => {
            "the certificate has a critical extension that is not understood here"
        }
        C::InvalidPurpose | C::InvalidPurposeContext { .. } => "the certificate is not meant for servers",
        C::UnsupportedSignatureAlgorithmContext { .. }
        | C::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "the certificate is signed in a way that is not accepted here"
        }
        C::Other(other) => match other.0.downcast_ref::<webpki::Error>() {
            Some(fault) => of_webpki(fault),
            None if other.0.is::<NotItsKey>() => return NotItsKey.to_string(),
            None => "the certificate cannot be accepted",
        },
        _ => "the certificate cannot be accepted",
    };
    words.to_owned()
}

fn of_webpki(fault: &webpki::Error) -> &'static str {
    use webpki::Error as W;
    match fault {
        W::CaUsedAsEndEntity => {
            "the certificate is that of an authority (CA), which cannot be a server's; the server needs one that an \
             authority has signed"
        }
        W::EndEntityUsedAsCa => "a certificate of the chain was signed by one that is no authority's",
        W::UnsupportedCertVersion => "the certificate is not of X.509 version 3, which servers need",
        W::UnsupportedCriticalExtension => {
            "the certificate has a critical extension that is not understood here"
        }
        W::NameConstraintViolation => "an authority of the chain may not sign certificates for this name",
        W::PathLenConstraintViolated | W::MaximumPathDepthExceeded => {
            "the certificate's chain is longer than it may be"
        }
        W::BadDer
        | W::BadDerTime
        | W::TrailingData(_)
        | W::ExtensionValueInvalid
        | W::MalformedExtensions
        | W::InvalidSerialNumber
        | W::EmptyEkuExtension
        | W::SignatureAlgorithmMismatch => "the certificate is malformed",
        _ => "the certificate cannot be accepted",
    }
}

fn wrong_name(expected: &ServerName<'_>, presented: &[String]) -> String {
    let expected = expected.to_str();
    if presented.is_empty() {
        return format!("the certificate names no host at all, so not {expected}");
    }
    // rustls writes each as `DnsName("…")` or `IpAddress(…)`.
    let name = |text: &String| {
        let inner = text.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(text);
        inner.trim_matches('"').to_owned()
    };
    let names: Vec<_> = presented.iter().take(5).map(name).collect();
    let more = match presented.len().saturating_sub(5) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("the certificate is for {}{more}, not for {expected}", names.join(", "))
}

fn moment(time: UnixTime) -> Timestamp {
    Timestamp::from_unix_seconds(i64::try_from(time.as_secs()).unwrap_or(i64::MAX))
}
