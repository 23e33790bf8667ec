//! What a handshake failed of, told apart.

use super::*;
use rustls::{CertificateError, InvalidMessage, OtherError, PeerMisbehaved};
use std::sync::Arc;

fn told(fault: &rustls::Error, progress: Progress) -> (ErrorKind, TlsFault, String) {
    let error = of_rustls(fault, progress);
    (error.kind(), error.detail::<TlsDetail>().unwrap().fault, error.to_string())
}

#[test]
fn every_alert_about_the_client_s_certificate_is_told_as_one() {
    use AlertDescription as A;
    for (alert, name) in [
        (A::CertificateRequired, "certificate_required"),
        (A::NoCertificate, "no_certificate"),
        (A::BadCertificate, "bad_certificate"),
        (A::UnsupportedCertificate, "unsupported_certificate"),
        (A::CertificateRevoked, "certificate_revoked"),
        (A::CertificateExpired, "certificate_expired"),
        (A::CertificateUnknown, "certificate_unknown"),
        (A::UnknownCA, "unknown_ca"),
        (A::AccessDenied, "access_denied"),
    ] {
        for progress in [Progress::Agreed, Progress::Established] {
            let (kind, fault, message) = told(&rustls::Error::AlertReceived(alert), progress);
            assert_eq!((kind, fault), (ErrorKind::Tls, TlsFault::ClientCertificate));
            assert!(message.ends_with(&format!("(alert {name})")), "{message}");
        }
    }
}

#[test]
fn a_failed_handshake_is_about_the_client_s_certificate_only_after_agreement() {
    let failed = rustls::Error::AlertReceived(AlertDescription::HandshakeFailure);
    let fault = |progress| told(&failed, progress).1;
    assert_eq!(fault(Progress::Speaking), TlsFault::Handshake);
    assert_eq!(fault(Progress::Agreed), TlsFault::ClientCertificate);
    assert_eq!(fault(Progress::Established), TlsFault::Handshake);
}

#[test]
fn other_alerts_are_named_as_the_standard_does() {
    use AlertDescription as A;
    for (alert, words) in [
        (A::ProtocolVersion, "no common protocol version or cipher suite (alert protocol_version)"),
        (A::NoApplicationProtocol, "no common application protocol (alert no_application_protocol)"),
        (
            A::UnrecognisedName,
            "the server does not serve the name that it was asked for (alert unrecognized_name)",
        ),
        (A::InternalError, "the server ended the handshake (alert internal_error)"),
        (A::Unknown(200), "the server ended the handshake (alert 200)"),
    ] {
        let told = told(&rustls::Error::AlertReceived(alert), Progress::Speaking);
        assert_eq!(told, (ErrorKind::Tls, TlsFault::Handshake, words.to_owned()));
    }
}

#[test]
fn only_the_first_bytes_can_show_that_it_is_no_tls() {
    let malformed = rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType);
    assert_eq!(told(&malformed, Progress::Begun).1, TlsFault::NotTls);
    for progress in [Progress::Speaking, Progress::Agreed, Progress::Established] {
        let (kind, fault, message) = told(&malformed, progress);
        assert_eq!((kind, fault), (ErrorKind::Protocol, TlsFault::Handshake));
        assert_eq!(message, "the server broke the TLS protocol");
    }
}

#[test]
fn no_debug_text_is_told() {
    let other = |fault: webpki::Error| CertificateError::Other(OtherError(Arc::new(fault)));
    for fault in [
        other(webpki::Error::CaUsedAsEndEntity),
        other(webpki::Error::UnsupportedCertVersion),
        other(webpki::Error::NameConstraintViolation),
        other(webpki::Error::UnsupportedRevocationReason),
        CertificateError::Other(OtherError(Arc::new(NotItsKey))),
        CertificateError::BadEncoding,
        CertificateError::ApplicationVerificationFailure,
    ] {
        let error = of_rustls(&rustls::Error::InvalidCertificate(fault.clone()), Progress::Agreed);
        assert_eq!(error.detail::<TlsDetail>().unwrap().fault, TlsFault::BadCertificate);
        let message = format!("{error:#}");
        assert!(message.starts_with("the ") || message.starts_with("an "), "{message}");
        assert!(!message.contains("Error") && !message.contains("Other("), "{fault:?}: {message}");
    }
}

#[test]
fn a_stream_s_failure_says_whether_anything_can_have_happened() {
    let tls = |fault: rustls::Error| std::io::Error::new(std::io::ErrorKind::InvalidData, fault);
    let required = rustls::Error::AlertReceived(AlertDescription::CertificateRequired);
    let refused = stream_error("db.connect", tls(required.clone()));
    assert_eq!((refused.kind(), refused.outcome()), (ErrorKind::Tls, Outcome::NotSent));
    assert_eq!(refused.operation(), Some("db.connect"));
    assert_eq!(refused.detail::<TlsDetail>().unwrap().fault, TlsFault::ClientCertificate);
    let wrapped = stream_error("db.connect", std::io::Error::other(tls(required)));
    assert_eq!(wrapped.detail(), refused.detail::<TlsDetail>());

    let broken = rustls::Error::PeerMisbehaved(PeerMisbehaved::MessageInterleavedWithHandshakeMessage);
    for (failure, kind) in [
        (tls(broken), ErrorKind::Protocol),
        (tls(rustls::Error::AlertReceived(AlertDescription::InternalError)), ErrorKind::Tls),
        (std::io::ErrorKind::UnexpectedEof.into(), ErrorKind::Unavailable),
        (std::io::ErrorKind::ConnectionReset.into(), ErrorKind::Unavailable),
        (std::io::ErrorKind::HostUnreachable.into(), ErrorKind::Refused),
    ] {
        let error = stream_error("db.query", failure);
        assert_eq!((error.kind(), error.outcome()), (kind, Outcome::Maybe), "{error:#}");
    }
}
