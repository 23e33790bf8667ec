//! Peers that are closed, silent, not speaking TLS, or gone half-way: a typed error that names the phase, always.

use crate::support::{cx, endpoint, fault_of, https, serve, trust};
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, RetryHint, TlsSettings};
use purlin_testkit::{Accept, Fault, FaultProxy, Leaks, Nginx, NginxSettings, TestCa, TlsVersion, count};
use purlin_tls::{Inspection, TlsFault};
use std::time::Duration;

async fn inspect(cx: &Cx, endpoint: &Endpoint) -> Result<Inspection, Error> {
    purlin_tls::inspect(cx, endpoint, &TlsSettings::new().danger_accept_any_certificate()).await
}

async fn fails(cx: &Cx, endpoint: &Endpoint) -> Error {
    let error = inspect(cx, endpoint).await.unwrap_err();
    assert_eq!((error.endpoint(), error.outcome()), (Some(endpoint), Outcome::NotSent), "{error}");
    error
}

fn short() -> Cx {
    Cx::background().with_timeout(Duration::from_millis(300))
}

/// nginx behind a proxy.
fn proxied() -> Option<(Nginx, FaultProxy)> {
    let ca = TestCa::new().unwrap();
    let nginx = serve(&ca.leaf().address([127, 0, 0, 1]).issue().unwrap())?;
    let proxy = FaultProxy::start(nginx.https().unwrap()).unwrap();
    Some((nginx, proxy))
}

#[tokio::test]
async fn a_closed_port_is_refused_at_once() {
    let port = purlin_testkit::ReservedPort::new().unwrap();
    let error = fails(&cx(), &endpoint(port.address())).await;
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Refused, Some("tcp.connect")));
    assert_eq!((error.message(), error.retry()), ("connection refused", RetryHint::Safe));
}

#[tokio::test]
async fn silence_ends_at_the_call_s_own_deadline_and_names_the_phase() {
    let Some((_nginx, proxy)) = proxied() else { return };
    proxy.accept(Accept::Ignore).unwrap();
    let error = fails(&short(), &endpoint(proxy.address())).await;
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Timeout, Some("tls.handshake")));
    // How much of it was left for the handshake stands before it, if it was much less.
    let message = error.message();
    assert!(message.starts_with("no answer within ") && message.ends_with("300ms"), "{message}");
}

#[tokio::test]
async fn a_handshake_that_stops_half_way_ends_at_the_deadline() {
    let Some((_nginx, proxy)) = proxied() else { return };
    proxy.to_client([Fault::stall().at(100)]);
    let error = fails(&short(), &endpoint(proxy.address())).await;
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Timeout, Some("tls.handshake")));
    proxy.wait_until(Duration::from_secs(30), |counters| counters.to_client.bytes == 100).unwrap();
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_is_told_apart() {
    let Some(nginx) = NginxSettings::new().start().unwrap() else { return };
    let error = fails(&cx(), &endpoint(nginx.http())).await;
    assert_eq!((error.kind(), fault_of(&error)), (ErrorKind::Protocol, Some(TlsFault::NotTls)));
    assert_eq!(error.message(), "the other side does not speak TLS");
}

#[tokio::test]
async fn a_handshake_cut_at_any_byte_is_a_typed_error() {
    let Some((nginx, proxy)) = proxied() else { return };
    inspect(&cx(), &endpoint(proxy.address())).await.unwrap();
    // The proxy counts what it has written, so the client may know of it first.
    proxy.wait_until(Duration::from_secs(30), |counters| counters.to_client.bytes > 500).unwrap();
    for (name, fault) in [("cut", Fault::cut as fn() -> Fault), ("reset", Fault::reset)] {
        for offset in (0..400).step_by(count(7, 1)) {
            proxy.to_client([fault().at(offset)]);
            let error = fails(&cx(), &endpoint(proxy.address())).await;
            let expected = [ErrorKind::Unavailable, ErrorKind::Protocol, ErrorKind::Tls];
            assert!(expected.contains(&error.kind()), "{name} at {offset}: {error}");
            // A reset before the first byte can arrive while the connection is still being made.
            let early = offset == 0 && error.operation() == Some("tcp.connect");
            assert!(early || error.operation() == Some("tls.handshake"), "{name} at {offset}: {error}");
        }
    }
    proxy.clear();
    assert!(inspect(&cx(), &endpoint(proxy.address())).await.is_ok(), "{:?}", nginx.https());
}

#[tokio::test]
async fn garbage_from_any_byte_on_is_a_typed_error() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().address([127, 0, 0, 1]).issue().unwrap();
    for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
        let settings = NginxSettings::new().https(leaf.path(), leaf.key_path()).tls_versions([version]);
        let Some(nginx) = settings.start().unwrap() else { return };
        let proxy = FaultProxy::start(nginx.https().unwrap()).unwrap();
        for offset in (0..400).step_by(count(7, 1)) {
            proxy.to_client([Fault::garbage().at(offset)]);
            let error = fails(&short(), &endpoint(proxy.address())).await;
            let told = (error.kind(), fault_of(&error));
            let expected = match offset {
                // Not one byte of TLS, or only the first, which says handshake but in no version that there is.
                0 | 1 => told == (ErrorKind::Protocol, Some(TlsFault::NotTls)),
                // A length that is now too large is waited for, until the deadline. The rest is a server that speaks
                // TLS and breaks it: in what the records are, in what stands in them, or in what signs them.
                _ => matches!(
                    told,
                    (ErrorKind::Timeout, None)
                        | (ErrorKind::Protocol | ErrorKind::Tls, Some(TlsFault::Handshake))
                        | (ErrorKind::Tls, Some(TlsFault::BadCertificate | TlsFault::ClientCertificate))
                ),
            };
            assert!(expected, "{version:?} at {offset}: {told:?} {error:#}");
        }
    }
}

#[tokio::test]
async fn a_server_that_breaks_off_later_is_not_called_one_without_tls() {
    let Some((_nginx, proxy)) = proxied() else { return };
    inspect(&cx(), &endpoint(proxy.address())).await.unwrap();
    // The length of the first record stands in its bytes 3 and 4; behind it nothing is a record any more.
    let first = first_record(proxy.target());
    proxy.to_client([Fault::garbage().at(first)]);
    let error = fails(&short(), &endpoint(proxy.address())).await;
    assert_eq!(
        (error.kind(), fault_of(&error)),
        (ErrorKind::Protocol, Some(TlsFault::Handshake)),
        "{error:#}"
    );
    assert_eq!(error.message(), "the server broke the TLS protocol");
}

/// How long the first record of a server is.
fn first_record(server: std::net::SocketAddr) -> u64 {
    use std::io::{Read, Write};
    let config = rustls::ClientConfig::builder_with_provider(purlin_tls::ensure_provider());
    let config = config.with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth();
    let mut session = rustls::ClientConnection::new(config.into(), "x".try_into().unwrap()).unwrap();
    let mut hello = Vec::new();
    session.write_tls(&mut hello).unwrap();
    let mut socket = std::net::TcpStream::connect(server).unwrap();
    socket.write_all(&hello).unwrap();
    let mut header = [0; 5];
    socket.read_exact(&mut header).unwrap();
    5 + u64::from(u16::from_be_bytes([header[3], header[4]]))
}

#[tokio::test]
async fn small_pieces_are_put_together() {
    let Some((_nginx, proxy)) = proxied() else { return };
    proxy.to_client([Fault::pieces(1)]);
    proxy.to_server([Fault::pieces(3)]);
    assert!(inspect(&cx(), &endpoint(proxy.address())).await.is_ok());
}

#[tokio::test]
async fn cancelling_ends_the_handshake() {
    let Some((_nginx, proxy)) = proxied() else { return };
    proxy.accept(Accept::Ignore).unwrap();
    let (cancellable, canceller) = cx().cancellable();
    let target = endpoint(proxy.address());
    let waiting = tokio::spawn(async move { inspect(&cancellable, &target).await });
    while proxy.counters().accepted == 0 {
        tokio::task::yield_now().await;
    }
    canceller.cancel();
    let error = waiting.await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Cancelled, Some("tls.handshake")));
    assert_eq!((error.outcome(), error.endpoint()), (Outcome::NotSent, Some(&endpoint(proxy.address()))));
}

#[tokio::test]
async fn nothing_is_left_open_after_failures_and_successes() {
    let ca = TestCa::new().unwrap();
    let Some(nginx) = serve(&ca.leaf().address([127, 0, 0, 1]).issue().unwrap()) else { return };
    let proxy = FaultProxy::start(nginx.https().unwrap()).unwrap();
    proxy.to_client([Fault::cut().at(50)]);
    let once = async || {
        fails(&cx(), &endpoint(proxy.address())).await;
        purlin_tls::inspect(&cx(), &https(&nginx), &trust(&ca)).await.unwrap();
    };
    once().await;
    let leaks = Leaks::start().unwrap();
    for _ in 0..count(30, 500) {
        once().await;
    }
    leaks.check().unwrap();
}
