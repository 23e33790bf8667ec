//! The probe over TLS.

use crate::listener::{cx, patient, probe};
use crate::peer::{Act, Peer, accept, packet, perform, redirect, refuse_with};
use purlin_core::{ErrorKind, TlsSettings};
use purlin_db_oracle::{Descriptor, ListenerAnswer, ListenerStage};
use purlin_testkit::{Leaf, TestCa};
use purlin_tls::{TlsDetail, TlsFault};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// A listener that speaks TLS; ended when it is dropped.
struct Secure {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Secure {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn acceptor(leaf: &Leaf) -> TlsAcceptor {
    purlin_tls::ensure_provider();
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(leaf.pem().as_bytes()).collect();
    let key = PrivateKeyDer::from_pem_slice(leaf.key_pem().as_bytes()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain.unwrap(), key).unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// Each part of the acts begins with a handshake, on the same connection.
async fn secure(leaf: &Leaf, parts: Vec<Vec<Act>>) -> Secure {
    let acceptor = acceptor(leaf);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            for acts in parts.clone() {
                let Ok(mut tls) = acceptor.accept(stream).await else { break };
                perform(&mut tls, acts, Arc::new(Mutex::new(Vec::new()))).await;
                stream = tls.into_inner().0;
            }
        }
    });
    Secure { address, task }
}

#[tokio::test]
async fn a_listener_is_verified_and_then_asked() {
    let (ca, other) = (TestCa::new().unwrap(), TestCa::new().unwrap());
    let leaf = ca.leaf().address([127, 0, 0, 1]).issue().unwrap();
    let answer = |bytes: Vec<u8>| vec![vec![Act::Hear, Act::Say(bytes), Act::Close]];
    let up = secure(&leaf, answer(accept(319, 0))).await;
    let trusting = TlsSettings::new().ca_only(ca.path());
    let report = probe(up.address).tls(trusting.clone()).ask(&cx()).await.unwrap();
    assert_eq!((report.answer, report.protocol), (ListenerAnswer::Up, Some(319)));
    let error = probe(up.address).tls(TlsSettings::new().ca_only(other.path())).ask(&cx()).await.unwrap_err();
    let fault = error.detail::<TlsDetail>().map(|detail| detail.fault);
    assert_eq!((error.kind(), fault), (ErrorKind::Tls, Some(TlsFault::UnknownIssuer)));
    let refusing = secure(&leaf, answer(refuse_with("12514"))).await;
    let report = probe(refusing.address).tls(trusting.clone()).ask(&cx()).await.unwrap();
    assert_eq!((report.answer, report.code), (ListenerAnswer::NoSuchService, Some(12514)));
    // Whoever asks without TLS where it is spoken is told so.
    assert_eq!(probe(up.address).ask(&cx()).await.unwrap().answer, ListenerAnswer::NotOracle);
}

#[tokio::test]
async fn a_wallet_says_whom_to_trust() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().address([127, 0, 0, 1]).issue().unwrap();
    let up = secure(&leaf, vec![vec![Act::Hear, Act::Say(accept(319, 0)), Act::Close]]).await;
    let (wallet, client) = (tempfile::tempdir().unwrap(), ca.leaf().name("app").client().issue().unwrap());
    // As orapki writes it: the key, its certificate, and those who are trusted.
    let pem = format!("{}{}{}", client.key_pem(), client.pem(), ca.pem());
    std::fs::write(wallet.path().join("ewallet.pem"), pem).unwrap();
    let text = |folder: &std::path::Path| {
        let port = up.address.port();
        format!("tcps://127.0.0.1:{port}/map?wallet_location={}", folder.display())
    };
    let descriptor: Descriptor = text(wallet.path()).parse().unwrap();
    let [probe] = descriptor.probes(0, &TlsSettings::new()).try_into().unwrap();
    let report = probe.ask(&cx()).await.unwrap();
    assert_eq!((report.answer, report.protocol), (ListenerAnswer::Up, Some(319)));
    let (empty, descriptor) = (tempfile::tempdir().unwrap(), |folder| text(folder).parse::<Descriptor>());
    let probes = descriptor(empty.path()).unwrap().probes(0, &TlsSettings::new());
    assert_eq!(probes[0].ask(&cx()).await.unwrap_err().kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn hands_are_shaken_anew_where_the_listener_asks_for_it() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().address([127, 0, 0, 1]).issue().unwrap();
    let parts = vec![
        vec![Act::Hear, Act::Say(packet(11, 0x08, &[]))],
        vec![Act::Hear, Act::Say(accept(318, 0)), Act::Close],
    ];
    let listener = secure(&leaf, parts).await;
    let report = probe(listener.address).tls(TlsSettings::new().ca_only(ca.path())).ask(&cx()).await.unwrap();
    assert_eq!((report.answer, report.protocol), (ListenerAnswer::Up, Some(318)));
}

#[tokio::test]
async fn a_silent_handshake_and_one_that_is_cut_are_told_by_their_stage() {
    let settings = || TlsSettings::new().ca_only(TestCa::new().unwrap().pem());
    let silent = Peer::start([vec![Act::Wait]]).await;
    let report = probe(silent.address).tls(settings()).ask(&patient()).await.unwrap();
    assert_eq!(report.answer, ListenerAnswer::Silent(ListenerStage::Tls));
    let closing = Peer::start([vec![Act::Hear, Act::Close]]).await;
    let report = probe(closing.address).tls(settings()).ask(&cx()).await.unwrap();
    assert_eq!(report.answer, ListenerAnswer::Closed(ListenerStage::Tls));
    let plain = Peer::start([vec![Act::Hear, Act::Say(refuse_with("1153")), Act::Close]]).await;
    let error = probe(plain.address).tls(settings()).ask(&cx()).await.unwrap_err();
    assert_eq!(error.detail::<TlsDetail>().map(|detail| detail.fault), Some(TlsFault::NotTls), "{error}");
}

#[tokio::test]
async fn nobody_is_sent_from_tls_to_the_clear() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().address([127, 0, 0, 1]).issue().unwrap();
    let plain = Peer::start([vec![Act::Hear, Act::Say(accept(319, 0)), Act::Wait]]).await;
    let scan =
        secure(&leaf, vec![vec![Act::Hear, Act::Say(redirect(plain.address, "tcp")), Act::Close]]).await;
    let error = probe(scan.address).tls(TlsSettings::new().ca_only(ca.path())).ask(&cx()).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Tls, Some("oracle.redirect")));
    assert!(plain.heard().is_empty());
}
