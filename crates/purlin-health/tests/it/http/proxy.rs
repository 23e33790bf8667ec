//! By way of an HTTP proxy.

use crate::support::{answered, failure};
use purlin_core::{Endpoint, TlsSettings};
use purlin_health::checks::Http;
use purlin_health::{Cause, Phase};
use purlin_testkit::{NginxSettings, TestCa};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

/// A proxy that goes to this server whatever it is asked for, and tells the first line of what it was asked.
fn proxy(server: SocketAddr, answer: &'static str) -> (Endpoint, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = Endpoint::new("127.0.0.1", listener.local_addr().unwrap().port()).unwrap();
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let _ = serve(client.unwrap(), server, answer, |line| tell.send(line.to_owned()).unwrap());
        }
    });
    (endpoint, told)
}

fn serve(
    mut client: TcpStream,
    server: SocketAddr,
    answer: &str,
    tell: impl Fn(&str),
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.extend(byte);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    tell(head.lines().next().unwrap_or_default());
    let mut server = TcpStream::connect(server)?;
    if head.starts_with("CONNECT") {
        client.write_all(answer.as_bytes())?;
    } else {
        server.write_all(head.as_bytes())?;
    }
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    std::thread::spawn(move || std::io::copy(&mut from, &mut to));
    std::io::copy(&mut server, &mut client).map(drop)
}

#[tokio::test]
async fn plain_addresses_are_asked_of_the_proxy() {
    let Some(nginx) = NginxSettings::new().start().unwrap() else { return };
    let (way, told) = proxy(nginx.http(), "");
    let check = Http::get("http://inner.example.org:8080/health?a=b").unwrap().proxy(way);
    answered(&check.expect_text("ok")).await;
    assert_eq!(told.recv().unwrap(), "GET http://inner.example.org:8080/health?a=b HTTP/1.1");
}

#[tokio::test]
async fn to_secure_ones_it_only_opens_the_way() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().name("inner.example.org").issue().unwrap();
    let settings = NginxSettings::new().https(leaf.path(), leaf.key_path());
    let Some(nginx) = settings.start().unwrap() else { return };
    let (way, told) =
        proxy(nginx.https().unwrap(), "HTTP/1.1 200 Connection established\r\nVia: 1.1 test\r\n\r\n");
    let check = Http::get("https://inner.example.org/health").unwrap().proxy(way);
    answered(&check.tls(TlsSettings::new().ca_only(ca.path())).expect_text("ok")).await;
    assert_eq!(told.recv().unwrap(), "CONNECT inner.example.org:443 HTTP/1.1");
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named() {
    let ca = TestCa::new().unwrap();
    let Some(nginx) = NginxSettings::new().start().unwrap() else { return };
    for (answer, cause, message) in [
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            Cause::Refused,
            "the proxy does not connect: HTTP/1.1 407 Proxy Authentication Required",
        ),
        ("SSH-2.0-OpenSSH\r\n\r\n", Cause::Refused, "the proxy does not connect: SSH-2.0-OpenSSH"),
    ] {
        let (way, _told) = proxy(nginx.http(), answer);
        let check = Http::get("https://inner.example.org/health").unwrap().proxy(way);
        let failure = failure(&check.tls(TlsSettings::new().ca_only(ca.path()))).await;
        assert_eq!((failure.phase, failure.cause, &*failure.message), (Phase::Connect, cause, message));
    }
}
