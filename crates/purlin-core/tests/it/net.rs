//! Dialling over real sockets.

use purlin_core::net::dial;
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, RetryHint};
use purlin_testkit::ReservedPort;
use std::net::TcpListener;
use std::time::Duration;

fn cx() -> Cx {
    Cx::background().with_timeout(Duration::from_secs(30))
}

async fn fails(cx: &Cx, endpoint: &Endpoint) -> Error {
    let error = dial(cx, endpoint).await.unwrap_err();
    assert_eq!((error.endpoint(), error.outcome()), (Some(endpoint), Outcome::NotSent), "{error}");
    error
}

#[tokio::test]
async fn an_address_and_a_name_are_connected_without_nagle_s_delay() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    for host in ["127.0.0.1", "localhost"] {
        let dialled = dial(&cx(), &Endpoint::new(host, address.port()).unwrap()).await.unwrap();
        assert_eq!(dialled.address, address);
        assert_eq!(server.accept().unwrap().1, dialled.stream.local_addr().unwrap());
        assert!(dialled.stream.nodelay().unwrap());
        assert!(dialled.connect > Duration::ZERO);
    }
}

#[tokio::test]
async fn a_closed_port_is_refused_and_safe_to_ask_again() {
    let port = ReservedPort::new().unwrap();
    let error = fails(&cx(), &Endpoint::new("127.0.0.1", port.address().port()).unwrap()).await;
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Refused, Some("tcp.connect")));
    assert_eq!((error.message(), error.note(), error.retry()), ("connection refused", None, RetryHint::Safe));
}

#[tokio::test]
async fn a_name_without_address_is_unresolved() {
    // RFC 6761: no such name can ever be.
    let error = fails(&cx(), &Endpoint::new("nobody.invalid", 443).unwrap()).await;
    assert_eq!(error.operation(), Some("dns.resolve"), "{error}");
    // Where the machine's resolver drops the question, there is no answer at all.
    assert!([ErrorKind::Unresolved, ErrorKind::Timeout].contains(&error.kind()), "{error}");
}

#[tokio::test]
async fn a_unix_socket_is_unsupported() {
    let error = fails(&cx(), &Endpoint::unix("/run/ldapi")).await;
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn nothing_starts_after_the_call_s_end() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    server.set_nonblocking(true).unwrap();
    let endpoint = Endpoint::new("127.0.0.1", server.local_addr().unwrap().port()).unwrap();
    let (cancellable, canceller) = cx().cancellable();
    canceller.cancel();
    assert_eq!(fails(&cancellable, &endpoint).await.kind(), ErrorKind::Cancelled);
    let expired = cx().with_timeout(Duration::ZERO);
    assert_eq!(fails(&expired, &endpoint).await.kind(), ErrorKind::Timeout);
    assert_eq!(server.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}
