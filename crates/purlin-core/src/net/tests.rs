//! What dialling makes of addresses that are silent, closed or answer.

use super::*;
use crate::SimClock;
use tokio::net::{TcpListener, TcpSocket};

fn cx() -> Cx {
    Cx::background().with_timeout(Duration::from_secs(30))
}

/// A listener whose queue is full: the system leaves further connections unanswered.
struct Silent {
    address: SocketAddr,
    _listener: TcpListener,
    _queued: Vec<std::net::TcpStream>,
}

fn silent(host: &str) -> Silent {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(host.parse().unwrap(), 0)).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let connect = || std::net::TcpStream::connect_timeout(&address, Duration::from_millis(200)).ok();
    let queued: Vec<_> = std::iter::from_fn(connect).take(64).collect();
    assert!(queued.len() < 64, "the queue never fills up");
    Silent { address, _listener: listener, _queued: queued }
}

/// A port of this address where nobody listens.
fn closed(host: &str) -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(host.parse().unwrap(), 0)).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

#[tokio::test]
async fn silence_ends_at_the_call_s_own_deadline_and_with_a_cancel() {
    let silent = silent("127.0.0.1");
    let endpoint = Endpoint::new("127.0.0.1", silent.address.port()).unwrap();
    let error = dial(&cx().with_timeout(Duration::from_millis(50)), &endpoint).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Timeout, Some("tcp.connect")), "{error}");
    assert_eq!((error.outcome(), error.note()), (Outcome::NotSent, None), "{error}");
    let (cancellable, canceller) = cx().cancellable();
    let cancelling = async {
        tokio::task::yield_now().await;
        canceller.cancel();
    };
    let (dialled, ()) = tokio::join!(dial(&cancellable, &endpoint), cancelling);
    let error = dialled.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Cancelled, Some("tcp.connect")), "{error}");
    assert_eq!(error.outcome(), Outcome::NotSent);
}

#[tokio::test]
async fn the_default_limit_is_for_a_call_without_a_deadline() {
    let silent = silent("127.0.0.1");
    let endpoint = Endpoint::new("127.0.0.1", silent.address.port()).unwrap();
    for (own, limit) in [(None, 10), (Some(12), 12), (Some(3), 3)] {
        let sim = SimClock::new();
        let cx = Cx::background().with_clock(sim.clone());
        let cx = own.map_or_else(|| cx.clone(), |own| cx.with_timeout(Duration::from_secs(own)));
        let error = sim.drive(dial(&cx, &endpoint)).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Timeout, Some("tcp.connect")), "{error}");
        assert_eq!(sim.elapsed(), Duration::from_secs(limit));
    }
}

#[tokio::test]
async fn an_address_that_answers_wins_over_a_closed_and_a_silent_one() {
    let (_held, closed) = closed("127.0.0.2");
    let silent = silent("127.0.0.1");
    let server = TcpListener::bind("127.0.0.3:0").await.unwrap();
    let address = server.local_addr().unwrap();
    let (stream, won) = connect(&cx(), &[closed, silent.address, address]).await.unwrap();
    assert_eq!((won, stream.peer_addr().unwrap()), (address, address));
}

#[tokio::test]
async fn among_several_addresses_the_note_names_the_one_at_fault() {
    let ((_held, first), (_kept, second)) = (closed("127.0.0.2"), closed("127.0.0.3"));
    let error = connect(&cx(), &[first, second]).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Refused, Some("tcp.connect")));
    assert_eq!(error.note(), Some("127.0.0.2, one of 2 addresses"));
    let silent = silent("127.0.0.1");
    let short = cx().with_timeout(Duration::from_millis(50));
    let error = connect(&short, &[first, silent.address]).await.unwrap_err();
    assert_eq!((error.kind(), error.note()), (ErrorKind::Timeout, Some("silent of 2 addresses: 127.0.0.1")));
}

#[tokio::test]
async fn a_name_is_resolved_without_dialling() {
    let endpoint = Endpoint::new("127.0.0.1", 1).unwrap();
    assert_eq!(resolve(&cx(), &endpoint).await.unwrap(), ["127.0.0.1:1".parse().unwrap()]);
    let localhost = resolve(&cx(), &Endpoint::new("localhost", 2).unwrap()).await.unwrap();
    assert!(localhost.iter().all(|address| address.ip().is_loopback() && address.port() == 2));
    let unknown = Endpoint::new("no-such-host.invalid", 1).unwrap();
    let error = resolve(&cx(), &unknown).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Unresolved, Some("dns.resolve")));
    assert_eq!((error.outcome(), error.endpoint()), (Outcome::NotSent, Some(&unknown)));
}
