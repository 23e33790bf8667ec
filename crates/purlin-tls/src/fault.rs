//! What can be wrong with a TLS connection, as far apart as whoever mends it must tell it.

use purlin_core::{Error, ErrorKind, Outcome, Timestamp};
use rustls::CertificateError;
use rustls::pki_types::{ServerName, UnixTime};
use serde::Serialize;
use std::fmt;

/// What is wrong. Each has a different person to mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TlsFault {
    /// A certificate of the server is past its end.
    Expired,
    /// A certificate of the server is not valid yet; often a wrong clock.
    NotYetValid,
    /// The certificate is for other names.
    WrongName,
    /// No trusted authority has signed the certificate, or a link of the chain is missing.
    UnknownIssuer,
    /// The certificate was revoked.
    Revoked,
    /// The certificate is malformed or not meant for servers.
    BadCertificate,
    /// The server wants a certificate of ours, or does not accept it.
    ClientCertificate,
    /// Both sides speak TLS but found no common ground, or one broke the protocol.
    Handshake,
    /// The other side does not speak TLS.
    NotTls,
    /// A file of certificates or keys of our own cannot be used.
    CaUnreadable,
}

impl TlsFault {
    /// The stable name, in words joined by hyphens: `wrong-name`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::WrongName => "wrong-name",
            Self::UnknownIssuer => "unknown-issuer",
            Self::Revoked => "revoked",
            Self::BadCertificate => "bad-certificate",
            Self::ClientCertificate => "client-certificate",
            Self::Handshake => "handshake",
            Self::NotTls => "not-tls",
            Self::CaUnreadable => "ca-unreadable",
        }
    }

    /// Whether it is the server's certificate that is at fault, not the connection or our own files.
    pub fn is_about_certificate(self) -> bool {
        matches!(
            self,
            Self::Expired
                | Self::NotYetValid
                | Self::WrongName
                | Self::UnknownIssuer
                | Self::Revoked
                | Self::BadCertificate
        )
    }
}

impl fmt::Display for TlsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The [detail](Error::detail) of every error of this crate that is about TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsDetail {
    /// What is wrong.
    pub fault: TlsFault,
}

pub(crate) fn error(kind: ErrorKind, fault: TlsFault, message: String) -> Error {
    Error::new(kind, message).with_outcome(Outcome::NotSent).with_detail(TlsDetail { fault })
}

/// What the handshake's failure means. The names are added by the caller, which knows whom it asked.
pub(crate) fn of_rustls(fault: &rustls::Error) -> Error {
    let (kind, which, message) = match fault {
        rustls::Error::InvalidCertificate(certificate) => {
            let (which, message) = of_certificate(certificate);
            (ErrorKind::Tls, which, message)
        }
        rustls::Error::InvalidMessage(_) => {
            (ErrorKind::Protocol, TlsFault::NotTls, "the other side does not speak TLS".to_owned())
        }
        rustls::Error::AlertReceived(alert) => {
            let alert = format!("{alert:?}");
            let ours =
                ["CertificateRequired", "BadCertificate", "UnknownCA", "CertificateExpired", "AccessDenied"];
            match ours.contains(&alert.as_str()) {
                true => {
                    let message = format!("the server wants another client certificate (alert {alert})");
                    (ErrorKind::Tls, TlsFault::ClientCertificate, message)
                }
                false => (
                    ErrorKind::Tls,
                    TlsFault::Handshake,
                    format!("the server ended the handshake (alert {alert})"),
                ),
            }
        }
        rustls::Error::PeerIncompatible(why) => (
            ErrorKind::Tls,
            TlsFault::Handshake,
            format!("no common protocol version or cipher suite ({why:?})"),
        ),
        other => (ErrorKind::Tls, TlsFault::Handshake, other.to_string()),
    };
    error(kind, which, message)
}

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
        C::Revoked => (TlsFault::Revoked, "the certificate was revoked".to_owned()),
        other => (TlsFault::BadCertificate, other.to_string()),
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
