//! A real nginx over TLS.

use crate::tls::client;
use purlin_testkit::{Leaf, NginxSettings, TestCa, TlsVersion};
use rustls::{ProtocolVersion, StreamOwned};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// The answer to one request over TLS, and the version that was spoken.
fn get(
    address: SocketAddr,
    ca: &TestCa,
    own: Option<&Leaf>,
) -> io::Result<(String, Option<ProtocolVersion>)> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut tls = StreamOwned::new(client(ca, own, "localhost"), stream);
    tls.write_all(b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut answer = String::new();
    tls.read_to_string(&mut answer)?;
    Ok((answer, tls.conn.protocol_version()))
}

fn settings(leaf: &Leaf) -> NginxSettings {
    NginxSettings::new().https(leaf.path(), leaf.key_path())
}

#[test]
fn it_answers_over_tls() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.intermediate().unwrap().leaf().name("localhost").issue().unwrap();
    let Some(nginx) = settings(&leaf).start().unwrap() else { return };
    let (answer, version) = get(nginx.https().unwrap(), &ca, None).unwrap();
    assert!(answer.ends_with("\r\n\r\nok\n"), "{answer}");
    assert_eq!(version, Some(ProtocolVersion::TLSv1_3));
}

#[test]
fn it_speaks_the_versions_that_were_asked_for() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().name("localhost").issue().unwrap();
    let Some(nginx) = settings(&leaf).tls_versions([TlsVersion::V1_2]).start().unwrap() else { return };
    let (_, version) = get(nginx.https().unwrap(), &ca, None).unwrap();
    assert_eq!(version, Some(ProtocolVersion::TLSv1_2));

    let Some(old) = settings(&leaf).tls_versions([TlsVersion::V1_1]).start().unwrap() else { return };
    let error = get(old.https().unwrap(), &ca, None).unwrap_err();
    assert!(error.to_string().contains("ProtocolVersion"), "{error}");
}

#[test]
fn it_asks_clients_for_a_certificate() {
    let (ca, clients) = (TestCa::new().unwrap(), TestCa::new().unwrap());
    let leaf = ca.leaf().name("localhost").issue().unwrap();
    let Some(nginx) = settings(&leaf).client_ca(clients.path()).start().unwrap() else { return };
    let address = nginx.https().unwrap();
    let status = |own: Option<&Leaf>| {
        let (answer, _) = get(address, &ca, own).unwrap();
        answer.split(' ').nth(1).unwrap().to_owned()
    };
    let own = clients.leaf().name("app").client().issue().unwrap();
    assert_eq!(status(Some(&own)), "200");
    assert_eq!(status(None), "400");
    let foreign = ca.leaf().name("app").client().issue().unwrap();
    assert_eq!(status(Some(&foreign)), "400");
}

#[test]
fn a_certificate_that_cannot_be_read_is_named() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().name("localhost").issue().unwrap();
    let missing = leaf.path().with_file_name("missing.pem");
    let started = NginxSettings::new().https(&missing, leaf.key_path()).start();
    let error = match started {
        Ok(None) => return,
        other => other.unwrap_err(),
    };
    let text = error.to_string();
    assert!(text.contains("cannot load certificate") && text.contains("missing.pem"), "{text}");
}
