//! Servers that nginx would never be.

use crate::support::failure;
use purlin_core::Cx;
use purlin_health::checks::Http;
use purlin_health::{Cause, Check, CheckOutcome, Phase};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// A server that does this with each connection after it has read something, until the process ends.
pub(super) fn server(play: impl Fn(TcpStream) -> std::io::Result<()> + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut asked = [0; 4096];
            // Whoever asked may be gone before the end of the play.
            let _ = stream.read(&mut asked).and_then(|_| play(stream));
        }
    });
    address
}

fn check(address: SocketAddr) -> Http {
    Http::get(&format!("http://{address}/")).unwrap()
}

#[tokio::test]
async fn headers_without_end_are_no_http() {
    let address = server(|mut stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
        loop {
            stream.write_all(b"X-More: and more, and more, and more\r\n")?;
        }
    });
    let failure = failure(&check(address)).await;
    assert_eq!((failure.phase, failure.cause), (Phase::FirstByte, Cause::Protocol));
}

#[tokio::test]
async fn a_body_without_end_is_cut_at_the_limit() {
    let address = server(|mut stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        loop {
            stream.write_all(b"10\r\n0123456789abcdef\r\n")?;
        }
    });
    let failure = failure(&check(address).body_limit(10_000)).await;
    assert_eq!((failure.phase, failure.cause), (Phase::Transfer, Cause::Assertion("size".to_owned())));
}

#[tokio::test]
async fn what_is_no_http_is_told_so() {
    for answer in ["SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nno header\r\n\r\n"]
    {
        let address = server(move |mut stream| stream.write_all(answer.as_bytes()));
        let failure = failure(&check(address)).await;
        assert_eq!((failure.phase, failure.cause), (Phase::FirstByte, Cause::Protocol), "{answer:?}");
    }
}

#[tokio::test]
async fn a_chunk_that_is_none_fails_the_transfer() {
    let address = server(|mut stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n")
    });
    let failure = failure(&check(address)).await;
    assert_eq!((failure.phase, failure.cause), (Phase::Transfer, Cause::Protocol));
}

/// A body that drips ends at the deadline, in the transfer.
#[tokio::test]
async fn a_slow_body_fails_in_the_transfer() {
    let address = server(|mut stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")?;
        loop {
            stream.write_all(b"x")?;
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let outcome = check(address).run(&Cx::background().with_timeout(Duration::from_millis(1500))).await;
    let CheckOutcome::Failed(failure) = outcome else { panic!("{outcome:?}") };
    assert_eq!((failure.phase, failure.cause), (Phase::Transfer, Cause::Timeout));
    assert!(failure.phases.get(Phase::FirstByte).is_some());
}
