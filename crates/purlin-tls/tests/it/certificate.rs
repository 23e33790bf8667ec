//! Certificates to look at.

use proptest::prelude::*;
use purlin_core::{ErrorKind, Timestamp};
use purlin_testkit::TestCa;
use purlin_tls::CertificateInfo;
use rcgen::{CertificateParams, DnType, KeyPair};

fn with_common_name(name: &str) -> CertificateInfo {
    let mut params = CertificateParams::new(["a.example.org".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().unwrap();
    CertificateInfo::from_der(params.self_signed(&key).unwrap().der()).unwrap()
}

#[test]
fn days_are_whole_and_rounded_towards_the_past() {
    let info = with_common_name("x");
    let end = info.not_after.unix_seconds();
    let days = |before: i64| info.days_left(Timestamp::from_unix_seconds(end - before));
    assert_eq!((days(86_400), days(86_399), days(0), days(-1)), (1, 0, 0, -1));
}

#[test]
fn keys_are_told_by_their_kind_and_size() {
    for (algorithm, name) in [
        (&rcgen::PKCS_ECDSA_P256_SHA256, "EC 256"),
        (&rcgen::PKCS_ECDSA_P384_SHA384, "EC 384"),
        (&rcgen::PKCS_ECDSA_P521_SHA512, "EC 521"),
        (&rcgen::PKCS_RSA_SHA256, "RSA 2048"),
    ] {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let certificate = CertificateParams::new([]).unwrap().self_signed(&key).unwrap();
        assert_eq!(CertificateInfo::from_der(certificate.der()).unwrap().key, name);
    }
}

#[test]
fn what_moves_a_cursor_is_escaped() {
    let info = with_common_name("evil\u{1b}[2J\nname");
    assert!(info.subject.contains("\\u{1b}[2J\\nname"), "{}", info.subject);
    assert!(!info.subject.chars().any(char::is_control));
}

#[test]
fn what_is_no_certificate_is_invalid() {
    let error = CertificateInfo::from_der(b"not a certificate").unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Invalid, Some("tls.certificate")));
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = CertificateInfo::from_der(&bytes);
    }

    #[test]
    fn no_damage_panics(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), cut: prop::sample::Index) {
        let ca = TestCa::new().unwrap();
        let mut der = ca.leaf().name("www.example.org").address([127, 0, 0, 1]).issue().unwrap().der().to_vec();
        for (index, byte) in damage {
            let index = index.index(der.len());
            der[index] = byte;
        }
        let _ = CertificateInfo::from_der(&der);
        let _ = CertificateInfo::from_der(&der[..cut.index(der.len())]);
    }
}
