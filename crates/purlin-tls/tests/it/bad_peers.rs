//! Peers that are closed, silent, not speaking TLS, or gone half-way: a typed error that names the phase, always.

use crate::support::{cx, endpoint, fault_of, https, serve, trust};
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, RetryHint, TlsSettings};
use purlin_testkit::{Accept, Fault, FaultProxy, Nginx, NginxSettings, TestCa};
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
    assert_eq!(error.message(), "no answer within 300ms");
}

#[tokio::test]
async fn a_handshake_that_stops_half_way_ends_at_the_deadline() {
    let Some((_nginx, proxy)) = proxied() else { return };
    proxy.to_client([Fault::stall().at(100)]);
    let error = fails(&short(), &endpoint(proxy.address())).await;
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Timeout, Some("tls.handshake")));
    assert_eq!(proxy.counters().to_client.bytes, 100);
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
    let whole = proxy.counters().to_client.bytes;
    assert!(whole > 500, "{whole}");
    for (name, fault) in [("cut", Fault::cut as fn() -> Fault), ("reset", Fault::reset)] {
        for offset in (0..400).step_by(7) {
            proxy.to_client([fault().at(offset)]);
            let error = fails(&cx(), &endpoint(proxy.address())).await;
            let expected = [ErrorKind::Unavailable, ErrorKind::Protocol, ErrorKind::Tls];
            assert!(expected.contains(&error.kind()), "{name} at {offset}: {error}");
            assert_eq!(error.operation(), Some("tls.handshake"));
        }
    }
    proxy.clear();
    assert!(inspect(&cx(), &endpoint(proxy.address())).await.is_ok(), "{:?}", nginx.https());
}

#[tokio::test]
async fn garbage_from_any_byte_on_is_a_typed_error() {
    let Some((_nginx, proxy)) = proxied() else { return };
    for offset in (0..400).step_by(7) {
        proxy.to_client([Fault::garbage().at(offset)]);
        let error = fails(&short(), &endpoint(proxy.address())).await;
        // A length that is now too large is waited for, until the deadline.
        let expected = [ErrorKind::Protocol, ErrorKind::Tls, ErrorKind::Timeout];
        assert!(expected.contains(&error.kind()), "at {offset}: {error}");
    }
}

#[tokio::test]
async fn small_pieces_are_put_together() {
    let Some((_nginx, proxy)) = proxied() else { return };
    proxy.to_client([Fault::pieces(1)]);
    proxy.to_server([Fault::pieces(3)]);
    assert!(inspect(&cx(), &endpoint(proxy.address())).await.is_ok());
}

#[tokio::test]
async fn cancelling_ends_it_in_any_phase() {
    let Some((_nginx, proxy)) = proxied() else { return };
    proxy.accept(Accept::Ignore).unwrap();
    let (cancellable, canceller) = cx().cancellable();
    let target = endpoint(proxy.address());
    let waiting = tokio::spawn(async move { inspect(&cancellable, &target).await });
    while proxy.counters().accepted == 0 {
        tokio::task::yield_now().await;
    }
    canceller.cancel();
    assert_eq!(waiting.await.unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
}

#[tokio::test]
async fn nothing_is_left_open_after_failures_and_successes() {
    let ca = TestCa::new().unwrap();
    let Some(nginx) = serve(&ca.leaf().address([127, 0, 0, 1]).issue().unwrap()) else { return };
    let proxy = FaultProxy::start(nginx.https().unwrap()).unwrap();
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    purlin_tls::inspect(&cx(), &https(&nginx), &trust(&ca)).await.unwrap();
    proxy.to_client([Fault::cut().at(50)]);
    let before = open();
    for _ in 0..30 {
        fails(&cx(), &endpoint(proxy.address())).await;
        purlin_tls::inspect(&cx(), &https(&nginx), &trust(&ca)).await.unwrap();
    }
    drop(proxy);
    assert!(open() <= before, "{} instead of {before}", open());
}
