//! Servers that break the protocol, and connections that break.

use crate::server::{cx, failed, opened};
use purlin_core::{ErrorKind, Outcome};
use purlin_ldap::client::check_bytes;
use purlin_ldap::{Directory, DirectoryExt, Filter, Search};
use purlin_testkit::{FaultProxy, LdapResponse, SlapdSettings, WireLdap, count, malformed_ldap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn search() -> Search {
    Search::new("dc=example,dc=org".parse().unwrap(), Filter::any())
}

/// A server that answers each search with one of the malformed answers, and the others well.
fn broken(case: usize) -> WireLdap {
    WireLdap::start(move |request| match request.is_search() {
        true => LdapResponse::Bytes(malformed_ldap(request).swap_remove(case).1),
        false => LdapResponse::done(request, 0, ""),
    })
    .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_answers_are_errors_of_the_look_ups_and_nothing_more() {
    let cases = malformed_ldap(&an_answered_request());
    for (case, (name, _)) in cases.iter().enumerate() {
        let server = broken(case);
        let directory = opened([server.address()]).await;
        let many = (0..5).map(|_| {
            let directory = directory.clone();
            tokio::spawn(async move { failed(directory.search(&cx(), &search()).await) })
        });
        for task in many.collect::<Vec<_>>() {
            let error = task.await.unwrap();
            assert_eq!(error.kind(), ErrorKind::Protocol, "{name}: {error:#}");
            assert!(error.endpoint().is_some() && error.operation().is_some(), "{name}: {error}");
        }
    }
}

fn an_answered_request() -> purlin_testkit::LdapRequest {
    let server = WireLdap::start(|request| LdapResponse::done(request, 0, "")).unwrap();
    let mut stream = std::net::TcpStream::connect(server.address()).unwrap();
    std::io::Write::write_all(&mut stream, b"\x30\x05\x02\x01\x02\x42\x00").unwrap();
    assert!(server.wait_until(|requests| requests.len() == 1));
    server.requests().remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_was_broken_is_replaced() {
    let asked = Arc::new(AtomicUsize::new(0));
    let seen = asked.clone();
    let server = WireLdap::start(move |request| match request.is_search() {
        // Every other connection hangs up instead of answering.
        true if seen.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) => LdapResponse::HangUp(Vec::new()),
        _ => LdapResponse::done(request, 0, ""),
    });
    let server = server.unwrap();
    let directory = opened([server.address()]).await;
    for _ in 0..10 {
        // A read is tried once more on another connection.
        assert!(directory.search(&cx(), &search()).await.unwrap().next().await.unwrap().is_none());
    }
    assert_eq!(asked.load(Ordering::Relaxed), 20);
}

#[tokio::test]
async fn a_read_is_tried_twice_and_no_more() {
    let server = WireLdap::start(|request| match request.is_search() {
        true => LdapResponse::HangUp(Vec::new()),
        false => LdapResponse::done(request, 0, ""),
    });
    let server = server.unwrap();
    let directory = opened([server.address()]).await;
    let error = failed(directory.search(&cx(), &search()).await);
    assert_eq!((error.kind(), error.message()), (ErrorKind::Unavailable, "the server closed the connection"));
    assert_eq!(server.requests().iter().filter(|request| request.is_search()).count(), 2);
}

#[tokio::test]
async fn what_the_server_says_when_it_hangs_up_is_told() {
    // Notice of disconnection (RFC 4511, section 4.4.1): number 0, code 52.
    let notice =
        b"\x30\x2b\x02\x01\x00\x78\x26\x0a\x01\x34\x04\x00\x04\x07closing\x8a\x161.3.6.1.4.1.1466.20036";
    let server = WireLdap::start(|request| match request.is_search() {
        true => LdapResponse::HangUp(notice.to_vec()),
        false => LdapResponse::done(request, 0, ""),
    });
    let server = server.unwrap();
    let error = failed(opened([server.address()]).await.search(&cx(), &search()).await);
    assert_eq!(error.message(), "the server ended the connection: closing");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_cut_at_any_byte_is_whole_or_an_error() {
    let Some(slapd) = SlapdSettings::new().start().unwrap() else { return };
    let proxy = FaultProxy::start(slapd.ldap()).unwrap();
    for at in (0..900).step_by(count(29, 1)) {
        proxy.to_client([purlin_testkit::Fault::cut().at(at)]);
        let directory = opened([proxy.address()]).await;
        match directory.user(&cx(), "u000001").await {
            Ok(user) => assert_eq!(user.number, Some(100_001), "cut at {at}"),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Unavailable, "cut at {at}: {error:#}");
                assert!(error.endpoint().is_some(), "cut at {at}: {error}");
            }
        }
    }
    proxy.clear();
    assert_eq!(opened([proxy.address()]).await.user(&cx(), "u000001").await.unwrap().name, "u000001");
}

#[tokio::test]
async fn a_refused_login_says_who_refused_and_that_nothing_was_asked() {
    let Some(slapd) = SlapdSettings::new().start().unwrap() else { return };
    let settings = crate::server::settings([slapd.ldap()])
        .bind(purlin_testkit::Slapd::SYNC.parse().unwrap(), purlin_core::SecretRef::literal("wrong"));
    let error = failed(crate::server::open(settings).await.user(&cx(), "u000001").await);
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unauthenticated, Outcome::NotSent));
    assert_eq!(error.operation(), Some("ldap.bind"));
    assert!(error.endpoint().is_some());
}

/// The fuzz body over the corpus.
#[test]
fn the_corpus_is_judged_without_a_panic() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut seen = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        check_bytes(&bytes);
        for end in 0..bytes.len() {
            check_bytes(&bytes[..end]);
        }
        seen += 1;
    }
    assert!(seen >= 8, "{seen} files");
}
