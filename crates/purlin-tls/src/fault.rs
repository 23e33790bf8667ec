//! What can be wrong with a TLS connection, as far apart as whoever mends it must tell it.

mod certificate;
mod stream;

pub(crate) use certificate::{NotItsKey, of_certificate};
pub use stream::stream_error;

use purlin_core::{Error, ErrorKind, Outcome};
use rustls::{AlertDescription, PeerIncompatible};
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
    /// The certificate is malformed or not meant for servers.
    BadCertificate,
    /// The server wants a certificate of ours, or does not accept it.
    ClientCertificate,
    /// Our own certificate or its key cannot be used.
    ClientIdentity,
    /// Both sides speak TLS but found no common ground, or one broke the protocol.
    Handshake,
    /// The other side does not speak TLS.
    NotTls,
    /// The certificates of those whom we trust cannot be used.
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
            Self::BadCertificate => "bad-certificate",
            Self::ClientCertificate => "client-certificate",
            Self::ClientIdentity => "client-identity",
            Self::Handshake => "handshake",
            Self::NotTls => "not-tls",
            Self::CaUnreadable => "ca-unreadable",
        }
    }

    /// Whether it is the server's certificate that is at fault, not the connection or our own files.
    pub fn is_about_certificate(self) -> bool {
        matches!(
            self,
            Self::Expired | Self::NotYetValid | Self::WrongName | Self::UnknownIssuer | Self::BadCertificate
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

pub(crate) fn error(kind: ErrorKind, fault: TlsFault, message: impl Into<String>) -> Error {
    Error::new(kind, message.into()).with_outcome(Outcome::NotSent).with_detail(TlsDetail { fault })
}

/// How far a connection had come when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Progress {
    /// Not one TLS record has begun to arrive.
    Begun,
    /// The server speaks TLS.
    Speaking,
    /// The server has agreed to a version and a cipher suite.
    Agreed,
    /// Hands were shaken.
    Established,
}

/// What a failure of rustls means. The names are added by the caller, which knows whom it asked.
pub(crate) fn of_rustls(fault: &rustls::Error, progress: Progress) -> Error {
    match fault {
        rustls::Error::InvalidCertificate(certificate) => {
            let (which, message) = of_certificate(certificate);
            error(ErrorKind::Tls, which, message)
        }
        rustls::Error::InvalidMessage(_) if progress == Progress::Begun => {
            error(ErrorKind::Protocol, TlsFault::NotTls, "the other side does not speak TLS")
        }
        rustls::Error::AlertReceived(alert) => {
            let (which, message) = of_alert(*alert, progress);
            error(ErrorKind::Tls, which, message)
        }
        rustls::Error::PeerIncompatible(why) => {
            error(ErrorKind::Tls, TlsFault::Handshake, of_incompatible(why)).with_source(fault.clone())
        }
        rustls::Error::InvalidMessage(_)
        | rustls::Error::InappropriateMessage { .. }
        | rustls::Error::InappropriateHandshakeMessage { .. }
        | rustls::Error::PeerMisbehaved(_)
        | rustls::Error::PeerSentOversizedRecord
        | rustls::Error::NoCertificatesPresented
        | rustls::Error::DecryptError => {
            let message = "the server broke the TLS protocol";
            error(ErrorKind::Protocol, TlsFault::Handshake, message).with_source(fault.clone())
        }
        _ => error(ErrorKind::Tls, TlsFault::Handshake, "TLS failed").with_source(fault.clone()),
    }
}

fn of_alert(alert: AlertDescription, progress: Progress) -> (TlsFault, String) {
    use AlertDescription as A;
    let (fault, words) = match alert {
        A::CertificateRequired | A::NoCertificate => {
            (TlsFault::ClientCertificate, "the server wants a client certificate")
        }
        // RFC 5246, section 7.4.6: how a server that speaks TLS 1.2 says the same. Versions and cipher suites that do
        // not fit are told before anything is agreed on.
        A::HandshakeFailure if progress == Progress::Agreed => {
            (TlsFault::ClientCertificate, "the server wants a client certificate")
        }
        A::BadCertificate
        | A::UnsupportedCertificate
        | A::CertificateRevoked
        | A::CertificateExpired
        | A::CertificateUnknown
        | A::UnknownCA
        | A::AccessDenied => (
            TlsFault::ClientCertificate,
            "the server does not accept the client certificate, or that there is none",
        ),
        A::HandshakeFailure | A::ProtocolVersion | A::InsufficientSecurity => {
            (TlsFault::Handshake, "no common protocol version or cipher suite")
        }
        A::NoApplicationProtocol => (TlsFault::Handshake, "no common application protocol"),
        A::UnrecognisedName => {
            (TlsFault::Handshake, "the server does not serve the name that it was asked for")
        }
        _ if progress == Progress::Established => (TlsFault::Handshake, "the server ended the connection"),
        _ => (TlsFault::Handshake, "the server ended the handshake"),
    };
    (fault, format!("{words} (alert {})", alert_name(alert)))
}

fn of_incompatible(why: &PeerIncompatible) -> &'static str {
    use PeerIncompatible as P;
    match why {
        P::ServerDoesNotSupportTls12Or13 | P::ServerTlsVersionIsDisabledByOurConfig => {
            "the server speaks neither TLS 1.2 nor TLS 1.3"
        }
        P::NoCertificateRequestSignatureSchemesInCommon => {
            "the server wants a client certificate, signed in a way that is not known here"
        }
        _ => "the server and this client have no common way to speak TLS",
    }
}

/// The name of an alert as RFC 8446 writes it: `handshake_failure`.
fn alert_name(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::UnknownCA => return "unknown_ca".to_owned(),
        AlertDescription::UnrecognisedName => return "unrecognized_name".to_owned(),
        _ => {}
    }
    let Some(name) = alert.as_str() else {
        return u8::from(alert).to_string();
    };
    let mut snake = String::with_capacity(name.len() + 4);
    for (index, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && index > 0 {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests;
