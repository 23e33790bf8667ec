//! Inspections of real servers.

use crate::support::{cx, https, inspect, serve, trust};
use purlin_core::{Endpoint, ErrorKind, TlsSettings};
use purlin_testkit::{NginxSettings, TestCa, TlsVersion};
use purlin_tls::{TlsClient, TlsFault};
use std::process::Command;
use tokio::net::TcpStream;

/// The names that openssl calls standard, which are those of the IANA registry.
fn iana_suites() -> Vec<String> {
    let output = Command::new("openssl").args(["ciphers", "-stdname", "ALL"]).output().unwrap();
    let listed = String::from_utf8(output.stdout).unwrap();
    listed.lines().filter_map(|line| Some(line.split_once(" - ")?.0.trim().to_owned())).collect()
}

#[tokio::test]
async fn a_good_server_is_shown_whole() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().name("www.example.org").address([127, 0, 0, 1]).issue().unwrap();
    let Some(nginx) = serve(&leaf) else { return };
    let seen = inspect(&nginx, &trust(&ca)).await;
    assert_eq!((seen.fault, seen.fault_message.as_deref()), (None, None));
    assert_eq!((seen.protocol.as_str(), seen.server_name.as_str()), ("TLS 1.3", "127.0.0.1"));
    assert!(iana_suites().contains(&seen.cipher_suite), "{}", seen.cipher_suite);
    assert_eq!(seen.address, nginx.https());
    assert!(seen.phases.resolve.is_some() && seen.phases.connect.is_some(), "{:?}", seen.phases);
    assert!(seen.warnings.is_empty(), "{}", seen.warnings);
    let [shown] = seen.chain.as_slice() else { panic!("{:?}", seen.chain) };
    assert_eq!(shown.names, ["www.example.org", "127.0.0.1"]);
    assert!(shown.issuer.contains(ca.name()) && !shown.is_ca, "{shown:?}");
    assert_eq!((shown.key.as_str(), shown.signature.as_str()), ("EC 256", "ecdsa-with-SHA256"));
}

#[tokio::test]
async fn what_is_shown_is_what_openssl_shows() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().name("www.example.org").issue().unwrap();
    let Some(nginx) = serve(&leaf) else { return };
    let seen = inspect(&nginx, &trust(&ca)).await;
    let openssl = Command::new("openssl")
        .args([
            "x509",
            "-noout",
            "-fingerprint",
            "-sha256",
            "-serial",
            "-enddate",
            "-dateopt",
            "iso_8601",
            "-in",
        ])
        .arg(leaf.path())
        .output()
        .unwrap();
    let told = String::from_utf8(openssl.stdout).unwrap();
    let value =
        |key: &str| told.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default().to_owned();
    let shown = &seen.chain[0];
    assert_eq!(value("sha256 Fingerprint=").to_lowercase(), shown.sha256);
    let serial = shown.serial.replace(':', "");
    assert_eq!(value("serial=").to_lowercase().trim_start_matches('0'), serial.trim_start_matches('0'));
    assert_eq!(value("notAfter=").replace(' ', "T"), shown.not_after.to_string());
}

#[tokio::test]
async fn the_whole_chain_is_shown_in_the_order_of_the_server() {
    let root = TestCa::new().unwrap();
    let intermediate = root.intermediate().unwrap();
    let leaf = intermediate.leaf().name("www.example.org").address([127, 0, 0, 1]).issue().unwrap();
    let Some(nginx) = serve(&leaf) else { return };
    let seen = inspect(&nginx, &trust(&root)).await;
    assert_eq!(seen.fault, None);
    let authorities: Vec<_> = seen.chain.iter().map(|certificate| certificate.is_ca).collect();
    assert_eq!(authorities, [false, true]);
    assert!(seen.chain[1].subject.contains(intermediate.name()));
}

#[tokio::test]
async fn four_faults_are_told_apart() {
    let ca = TestCa::new().unwrap();
    let other = TestCa::new().unwrap();
    let leaf = || ca.leaf().name("www.example.org").address([127, 0, 0, 1]);
    let cases = [
        (leaf().expired(), trust(&ca), TlsFault::Expired, "the certificate expired at 2"),
        (leaf().not_yet_valid(), trust(&ca), TlsFault::NotYetValid, "the certificate is not valid before 2"),
        (leaf(), trust(&other), TlsFault::UnknownIssuer, "no trusted authority has signed the certificate"),
        (
            leaf(),
            trust(&ca).server_name("db.example.org"),
            TlsFault::WrongName,
            "the certificate is for www.example.org, 127.0.0.1, not for db.example.org",
        ),
    ];
    for (leaf, settings, fault, words) in cases {
        let Some(nginx) = serve(&leaf.issue().unwrap()) else { return };
        let seen = inspect(&nginx, &settings).await;
        assert_eq!(seen.fault, Some(fault));
        let message = seen.fault_message.unwrap();
        assert!(message.starts_with(words), "{message}");
        assert_eq!(seen.chain.len(), 1, "the chain is shown all the same");
    }
}

#[tokio::test]
async fn an_address_that_is_not_in_the_certificate_is_a_wrong_name() {
    let ca = TestCa::new().unwrap();
    let Some(nginx) = serve(&ca.leaf().name("www.example.org").issue().unwrap()) else { return };
    let seen = inspect(&nginx, &trust(&ca)).await;
    assert_eq!(seen.fault, Some(TlsFault::WrongName));
    assert_eq!(
        seen.fault_message.as_deref(),
        Some("the certificate is for www.example.org, not for 127.0.0.1")
    );
    let seen = inspect(&nginx, &trust(&ca).server_name("www.example.org")).await;
    assert_eq!((seen.fault, seen.server_name.as_str()), (None, "www.example.org"));
}

#[tokio::test]
async fn a_missing_link_is_an_unknown_issuer() {
    let root = TestCa::new().unwrap();
    let leaf = root.intermediate().unwrap().leaf().address([127, 0, 0, 1]).issue().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let alone = folder.path().join("alone.pem");
    let end = leaf.pem().find("-----END CERTIFICATE-----\n").unwrap() + "-----END CERTIFICATE-----\n".len();
    std::fs::write(&alone, &leaf.pem()[..end]).unwrap();
    let Some(nginx) = NginxSettings::new().https(&alone, leaf.key_path()).start().unwrap() else { return };
    let seen = inspect(&nginx, &trust(&root)).await;
    assert_eq!((seen.fault, seen.chain.len()), (Some(TlsFault::UnknownIssuer), 1));
}

#[tokio::test]
async fn older_protocols_and_application_protocols_are_named() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().address([127, 0, 0, 1]).issue().unwrap();
    let settings = NginxSettings::new().https(leaf.path(), leaf.key_path()).tls_versions([TlsVersion::V1_2]);
    let Some(nginx) = settings.start().unwrap() else { return };
    let seen = inspect(&nginx, &trust(&ca).alpn("http/1.1")).await;
    assert_eq!((seen.protocol.as_str(), seen.alpn.as_deref()), ("TLS 1.2", Some("http/1.1")));
    assert!(iana_suites().contains(&seen.cipher_suite), "{}", seen.cipher_suite);
}

#[tokio::test]
async fn a_server_of_obsolete_versions_only_has_no_common_ground() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().address([127, 0, 0, 1]).issue().unwrap();
    let settings = NginxSettings::new().https(leaf.path(), leaf.key_path()).tls_versions([TlsVersion::V1_1]);
    let Some(nginx) = settings.start().unwrap() else { return };
    let error = purlin_tls::inspect(&cx(), &https(&nginx), &trust(&ca)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls);
    assert_eq!(crate::support::fault_of(&error), Some(TlsFault::Handshake), "{error}");
}

#[tokio::test]
async fn a_name_without_address_and_a_socket_are_refused_before_anything_is_sent() {
    let settings = TlsSettings::new().danger_accept_any_certificate();
    let unknown = Endpoint::new("nobody.invalid", 443).unwrap();
    let error = purlin_tls::inspect(&cx(), &unknown, &settings).await.unwrap_err();
    assert_eq!((error.operation(), error.endpoint()), (Some("dns.resolve"), Some(&unknown)), "{error}");
    // Where the machine's resolver drops the question, there is no answer at all.
    assert!([ErrorKind::Unresolved, ErrorKind::Timeout].contains(&error.kind()), "{error}");
    let socket = Endpoint::unix("/run/ldapi");
    let error = purlin_tls::inspect(&cx(), &socket, &settings).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Invalid, Some("tls.settings")), "{error}");
}

#[tokio::test]
async fn a_client_that_is_kept_reads_its_files_once() {
    let ca = TestCa::new().unwrap();
    let Some(nginx) = serve(&ca.leaf().address([127, 0, 0, 1]).issue().unwrap()) else { return };
    let client = TlsClient::load(&cx(), &trust(&ca)).await.unwrap();
    std::fs::remove_file(ca.path()).unwrap();
    for _ in 0..2 {
        let seen = client.inspect(&cx(), &https(&nginx)).await.unwrap();
        // The whole handshake each time: a resumed session shows no certificates.
        assert_eq!((seen.fault, seen.chain.len()), (None, 1));
    }
}

#[tokio::test]
async fn a_stream_that_is_connected_already_can_be_inspected() {
    let ca = TestCa::new().unwrap();
    let Some(nginx) = serve(&ca.leaf().name("www.example.org").issue().unwrap()) else { return };
    let client = TlsClient::load(&cx(), &trust(&ca)).await.unwrap();
    let stream = TcpStream::connect(nginx.https().unwrap()).await.unwrap();
    let endpoint = Endpoint::new("www.example.org", 443).unwrap();
    let seen = client.inspect_stream(&cx(), &endpoint, stream).await.unwrap();
    assert_eq!((seen.fault, seen.address, seen.phases.connect), (None, None, None));
    assert_eq!((seen.endpoint, seen.server_name.as_str()), (endpoint, "www.example.org"));
}
