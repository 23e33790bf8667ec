//! Servers that want a client certificate: one that speaks TLS 1.2 refuses within the handshake, one that speaks
//! TLS 1.3 afterwards, and both are told as the same.

use crate::support::{cx, endpoint, fault_of, trust};
use purlin_core::{Endpoint, ErrorKind, Outcome, SecretRef, TlsSettings};
use purlin_testkit::{Leaf, Program, Server, ServerSettings, TestCa};
use purlin_tls::{Inspection, TlsClient, TlsFault, stream_error};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

const VERSIONS: [(&str, &str); 2] = [("-tls1_2", "TLS 1.2"), ("-tls1_3", "TLS 1.3")];

/// An openssl that asks for certificates of this authority: `-Verify` insists, `-verify` does not.
fn serve(ca: &TestCa, leaf: &Leaf, version: &str, verify: &str) -> Option<Server> {
    let openssl = purlin_testkit::require_program("openssl")?;
    let (version, verify) = (version.to_owned(), verify.to_owned());
    let (leaf, ca) = (leaf.clone(), ca.clone());
    let program = move |instance: &purlin_testkit::Instance| {
        let address = instance.address("tls").to_string();
        let program = Program::new(&openssl).args(["s_server", "-www", "-accept", &address, &version]);
        Ok(program
            .args([&verify, "1", "-verify_return_error", "-CAfile"])
            .arg(ca.path())
            .arg("-cert")
            .arg(leaf.path())
            .arg("-key")
            .arg(leaf.key_path()))
    };
    let ready = |instance: &purlin_testkit::Instance| instance.logged("ACCEPT");
    Some(ServerSettings::new("openssl s_server", program).port("tls").ready_when(ready).start().unwrap())
}

fn identity(settings: TlsSettings, leaf: &Leaf) -> TlsSettings {
    settings.client_certificate(leaf.path(), SecretRef::file(leaf.key_path()))
}

async fn inspect(target: &Endpoint, settings: &TlsSettings) -> Inspection {
    purlin_tls::inspect(&cx(), target, settings).await.unwrap()
}

#[tokio::test]
async fn a_server_that_wants_a_client_certificate_is_told_and_shown_whole() {
    let (ca, strangers) = (TestCa::new().unwrap(), TestCa::new().unwrap());
    let leaf = ca.leaf().address([127, 0, 0, 1]).issue().unwrap();
    let me = ca.leaf().name("app").client().issue().unwrap();
    let stranger = strangers.leaf().name("app").client().issue().unwrap();
    for (version, protocol) in VERSIONS {
        let Some(server) = serve(&ca, &leaf, version, "-Verify") else { return };
        let target = endpoint(server.address("tls"));
        for (settings, words) in [
            (trust(&ca), "the server wants a client certificate (alert "),
            (identity(trust(&ca), &stranger), "the server does not accept the client certificate, "),
        ] {
            let seen = inspect(&target, &settings).await;
            assert_eq!(seen.fault, Some(TlsFault::ClientCertificate), "{protocol}");
            let message = seen.fault_message.unwrap();
            assert!(message.starts_with(words), "{protocol}: {message}");
            assert_eq!(
                (seen.protocol.as_str(), seen.chain[0].names.as_slice()),
                (protocol, &["127.0.0.1".to_owned()][..])
            );
            assert!(!seen.cipher_suite.is_empty());
        }
        let seen = inspect(&target, &identity(trust(&ca), &me)).await;
        assert_eq!((seen.fault, seen.fault_message), (None, None), "{protocol}: {}", server.log());
    }
}

#[tokio::test]
async fn the_server_s_own_certificate_is_told_first() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().address([127, 0, 0, 1]).expired().issue().unwrap();
    for (version, protocol) in VERSIONS {
        let Some(server) = serve(&ca, &leaf, version, "-Verify") else { return };
        let seen = inspect(&endpoint(server.address("tls")), &trust(&ca)).await;
        assert_eq!(seen.fault, Some(TlsFault::Expired), "{protocol}");
    }
}

#[tokio::test]
async fn a_server_that_asks_and_does_not_insist_is_fine() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().address([127, 0, 0, 1]).issue().unwrap();
    for (version, protocol) in VERSIONS {
        let Some(server) = serve(&ca, &leaf, version, "-verify") else { return };
        let seen = inspect(&endpoint(server.address("tls")), &trust(&ca)).await;
        assert_eq!((seen.fault, seen.protocol.as_str()), (None, protocol));
    }
}

#[tokio::test]
async fn a_handshake_or_the_first_read_says_that_nothing_was_done() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().address([127, 0, 0, 1]).issue().unwrap();
    for (version, protocol) in VERSIONS {
        let Some(server) = serve(&ca, &leaf, version, "-Verify") else { return };
        let target = endpoint(server.address("tls"));
        let client = TlsClient::load(&cx(), &trust(&ca)).await.unwrap();
        let socket = TcpStream::connect(server.address("tls")).await.unwrap();
        let error = match client.handshake(&cx(), &target, socket).await {
            Ok(mut stream) => {
                assert_eq!(protocol, "TLS 1.3");
                stream_error("app.read", stream.read_u8().await.unwrap_err())
            }
            Err(error) => {
                assert_eq!((protocol, error.operation()), ("TLS 1.2", Some("tls.handshake")));
                error
            }
        };
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Tls, Outcome::NotSent),
            "{protocol}: {error}"
        );
        assert_eq!(fault_of(&error), Some(TlsFault::ClientCertificate), "{protocol}: {error}");
    }
}
