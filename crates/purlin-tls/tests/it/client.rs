//! Clients against real servers.

use crate::support::{cx, fault_of, https, serve, trust};
use purlin_core::{Cx, Endpoint, ErrorKind, Outcome, RetryHint, SecretRef, SimClock, TlsSettings};
use purlin_testkit::{Nginx, NginxSettings, TestCa, TlsVersion};
use purlin_tls::{TlsClient, TlsFault};
use rustls::HandshakeKind;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Asks for `/health` over TLS and returns all that comes back.
async fn get(nginx: &Nginx, settings: &TlsSettings) -> purlin_core::Result<String> {
    let client = TlsClient::load(&cx(), settings).await?;
    let socket = TcpStream::connect(nginx.https().unwrap()).await.unwrap();
    let mut stream = client.handshake(&cx(), &https(nginx), socket).await?;
    stream.write_all(b"GET /health HTTP/1.0\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    // nginx closes the connection without the goodbye that TLS wants.
    let _ = stream.read_to_string(&mut answer).await;
    Ok(answer)
}

#[tokio::test]
async fn a_trusted_server_answers() {
    let ca = TestCa::new().unwrap();
    let Some(nginx) = serve(&ca.leaf().address([127, 0, 0, 1]).issue().unwrap()) else { return };
    assert!(get(&nginx, &trust(&ca)).await.unwrap().ends_with("ok\n"));
    let by_bytes = TlsSettings::new().ca_only(purlin_core::Pem::bytes(ca.pem().into_bytes()));
    assert!(get(&nginx, &by_bytes).await.unwrap().ends_with("ok\n"));
    // Beside the system's.
    assert!(get(&nginx, &TlsSettings::new().ca(ca.path())).await.unwrap().ends_with("ok\n"));
}

#[tokio::test]
async fn every_fault_of_a_certificate_ends_the_handshake() {
    let (ca, other) = (TestCa::new().unwrap(), TestCa::new().unwrap());
    let leaf = || ca.leaf().address([127, 0, 0, 1]);
    for (leaf, settings, fault) in [
        (leaf().expired(), trust(&ca), TlsFault::Expired),
        (leaf().not_yet_valid(), trust(&ca), TlsFault::NotYetValid),
        (leaf(), trust(&other), TlsFault::UnknownIssuer),
        (leaf(), trust(&ca).server_name("db.example.org"), TlsFault::WrongName),
        (leaf().expired(), trust(&ca).danger_accept_any_name(), TlsFault::Expired),
        (leaf(), trust(&other).danger_accept_any_name(), TlsFault::UnknownIssuer),
    ] {
        let Some(nginx) = serve(&leaf.issue().unwrap()) else { return };
        let error = get(&nginx, &settings).await.unwrap_err();
        assert_eq!((error.kind(), fault_of(&error)), (ErrorKind::Tls, Some(fault)), "{error}");
        assert_eq!((error.operation(), error.outcome()), (Some("tls.handshake"), Outcome::NotSent));
        assert_eq!((error.retry(), error.endpoint()), (RetryHint::Never, Some(&https(&nginx))));
    }
}

#[tokio::test]
async fn the_limit_can_be_set_and_an_earlier_end_of_the_call_counts() {
    let settings = TlsSettings::new().danger_accept_any_certificate();
    let client = TlsClient::load(&cx(), &settings).await.unwrap();
    let endpoint = Endpoint::new("db1.lon", 3307).unwrap();
    let second = Duration::from_secs(1);
    for (client, own, limit) in [
        (client.clone(), None, 10 * second),
        (client.clone().limit(12 * second), None, 12 * second),
        (client.clone().limit(3 * second), None, 3 * second),
        (client.limit(12 * second), Some(11 * second), 11 * second),
    ] {
        let sim = SimClock::new();
        let cx = Cx::background().with_clock(sim.clone());
        let cx = own.map_or_else(|| cx.clone(), |own| cx.with_timeout(own));
        let (ours, _theirs) = tokio::io::duplex(64 * 1024);
        let error = sim.drive(client.handshake(&cx, &endpoint, ours)).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Timeout, Some("tls.handshake")), "{error}");
        assert_eq!(sim.elapsed(), limit);
        let (ours, _theirs) = tokio::io::duplex(64 * 1024);
        let again = SimClock::new();
        let cx = Cx::background().with_clock(again.clone());
        let cx = own.map_or_else(|| cx.clone(), |own| cx.with_timeout(own));
        let error = again.drive(client.inspect_stream(&cx, &endpoint, ours)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
        assert_eq!(again.elapsed(), limit);
    }
}

#[tokio::test]
async fn only_what_is_named_dangerous_weakens() {
    let (ca, other) = (TestCa::new().unwrap(), TestCa::new().unwrap());
    let Some(named) = serve(&ca.leaf().name("www.example.org").issue().unwrap()) else { return };
    assert!(get(&named, &trust(&ca)).await.is_err());
    assert!(get(&named, &trust(&ca).danger_accept_any_name()).await.is_ok());
    let Some(expired) = serve(&ca.leaf().name("www.example.org").expired().issue().unwrap()) else { return };
    assert!(get(&expired, &trust(&other).danger_accept_any_certificate()).await.is_ok());
}

#[tokio::test]
async fn a_client_certificate_is_shown_and_its_key_comes_from_a_secret() {
    let ca = TestCa::new().unwrap();
    let server = ca.leaf().address([127, 0, 0, 1]).issue().unwrap();
    let me = ca.leaf().name("app").client().issue().unwrap();
    let settings = NginxSettings::new().https(server.path(), server.key_path()).client_ca(ca.path());
    let Some(nginx) = settings.start().unwrap() else { return };
    assert!(get(&nginx, &trust(&ca)).await.unwrap().contains(" 400 "));
    let keys = [
        SecretRef::file(me.key_path()),
        SecretRef::command(["cat".to_owned(), me.key_path().display().to_string()]),
        SecretRef::literal(me.key_pem()),
    ];
    for key in keys {
        let settings = trust(&ca).client_certificate(me.path(), key);
        assert!(get(&nginx, &settings).await.unwrap().ends_with("ok\n"));
    }
}

#[tokio::test]
async fn the_name_of_the_settings_is_verified_whatever_name_a_driver_passes() {
    let ca = TestCa::new().unwrap();
    let Some(nginx) = serve(&ca.leaf().name("www.example.org").issue().unwrap()) else { return };
    let verdict = async |settings: TlsSettings| {
        let client = TlsClient::load(&cx(), &settings).await.unwrap();
        let socket = TcpStream::connect(nginx.https().unwrap()).await.unwrap();
        let driver = tokio_rustls::TlsConnector::from(client.config());
        driver.connect("other.example.org".try_into().unwrap(), socket).await.is_ok()
    };
    assert!(!verdict(trust(&ca)).await);
    assert!(verdict(trust(&ca).server_name("www.example.org")).await);
}

#[tokio::test]
async fn sessions_are_resumed_among_clones() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().address([127, 0, 0, 1]).issue().unwrap();
    for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
        let settings = NginxSettings::new().https(leaf.path(), leaf.key_path()).tls_versions([version]);
        let Some(nginx) = settings.start().unwrap() else { return };
        let client = TlsClient::load(&cx(), &trust(&ca)).await.unwrap();
        let mut kinds = Vec::new();
        for _ in 0..4 {
            let socket = TcpStream::connect(nginx.https().unwrap()).await.unwrap();
            let mut stream = client.clone().handshake(&cx(), &https(&nginx), socket).await.unwrap();
            kinds.push(stream.get_ref().1.handshake_kind().unwrap());
            stream.write_all(b"GET /health HTTP/1.0\r\n\r\n").await.unwrap();
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
        assert_eq!(kinds[0], HandshakeKind::Full);
        assert_eq!(kinds[1..], [HandshakeKind::Resumed; 3], "{version:?}");
    }
}
