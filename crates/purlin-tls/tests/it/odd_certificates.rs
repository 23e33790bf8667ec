//! Certificates as operators make them by hand, which rustls has no words for.

use crate::support::{cx, fault_of, https, inspect, trust};
use purlin_core::{ErrorKind, TlsSettings};
use purlin_testkit::{Nginx, NginxSettings, TestCa};
use purlin_tls::{TlsClient, TlsFault};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use tokio::net::TcpStream;

/// A certificate and a key in a folder.
struct Pair {
    folder: TempDir,
    certificate: PathBuf,
    key: PathBuf,
}

fn openssl(folder: &Path, words: &str) {
    let output = Command::new("openssl").current_dir(folder).args(words.split(' ')).output().unwrap();
    assert!(output.status.success(), "openssl {words}: {}", String::from_utf8_lossy(&output.stderr));
}

impl Pair {
    /// Runs these commands in a folder of its own; they leave `crt.pem` and `key.pem`.
    fn made_by(commands: &[&str]) -> Option<Self> {
        purlin_testkit::require_program("openssl")?;
        let folder = tempfile::tempdir().unwrap();
        commands.iter().for_each(|words| openssl(folder.path(), words));
        let (certificate, key) = (folder.path().join("crt.pem"), folder.path().join("key.pem"));
        Some(Self { folder, certificate, key })
    }

    fn serve(&self, versions: impl IntoIterator<Item = purlin_testkit::TlsVersion>) -> Option<Nginx> {
        let settings = NginxSettings::new().https(&self.certificate, &self.key).tls_versions(versions);
        settings.start().unwrap()
    }
}

/// What `openssl req -x509` makes when asked for nothing else: an authority's.
fn self_signed() -> Option<Pair> {
    let words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=127.0.0.1 \
                 -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out crt.pem";
    Pair::made_by(&[words])
}

const NEW_REQUEST: &str = "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=old -keyout key.pem \
                           -out csr.pem";

/// Without extensions it becomes one of version 1.
fn version_1() -> Option<Pair> {
    Pair::made_by(&[NEW_REQUEST, "x509 -req -in csr.pem -signkey key.pem -days 30 -out crt.pem"])
}

const VERSIONS: [purlin_testkit::TlsVersion; 2] =
    [purlin_testkit::TlsVersion::V1_2, purlin_testkit::TlsVersion::V1_3];

#[tokio::test]
async fn a_self_signed_authority_as_server_is_an_unknown_issuer_until_it_is_trusted() {
    let Some(pair) = self_signed() else { return };
    let Some(nginx) = pair.serve(VERSIONS) else { return };
    let ca = TestCa::new().unwrap();
    let seen = inspect(&nginx, &trust(&ca)).await;
    assert_eq!((seen.fault, seen.chain.len()), (Some(TlsFault::UnknownIssuer), 1));
    let trusted = TlsSettings::new().ca_only(&pair.certificate);
    let seen = inspect(&nginx, &trusted).await;
    assert_eq!(seen.fault, Some(TlsFault::BadCertificate));
    let message = seen.fault_message.unwrap();
    assert!(message.starts_with("the certificate is that of an authority (CA), "), "{message}");
    let client = TlsClient::load(&cx(), &trusted).await.unwrap();
    let socket = TcpStream::connect(nginx.https().unwrap()).await.unwrap();
    let error = client.handshake(&cx(), &https(&nginx), socket).await.unwrap_err();
    assert_eq!((error.kind(), fault_of(&error)), (ErrorKind::Tls, Some(TlsFault::BadCertificate)));
    assert_eq!(format!("{error:#}"), format!("tls.handshake {}: {message}", https(&nginx)));
}

#[tokio::test]
async fn an_authority_of_a_trusted_authority_is_no_server() {
    let root = TestCa::new().unwrap();
    let Some(pair) = Pair::made_by(&[NEW_REQUEST]) else { return };
    // Signed by nobody who is trusted, but not by itself either.
    std::fs::write(pair.folder.path().join("ext"), "basicConstraints=CA:TRUE\n").unwrap();
    let issuer = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=issuer -keyout ca.key \
                  -out ca.pem";
    openssl(pair.folder.path(), issuer);
    let sign =
        "x509 -req -in csr.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile ext -out crt.pem";
    openssl(pair.folder.path(), sign);
    let Some(nginx) = pair.serve(VERSIONS) else { return };
    assert_eq!(inspect(&nginx, &trust(&root)).await.fault, Some(TlsFault::BadCertificate));
}

#[tokio::test]
async fn a_certificate_of_version_1_is_shown_and_accepted_where_any_is() {
    let Some(pair) = version_1() else { return };
    let ca = TestCa::new().unwrap();
    for version in VERSIONS {
        let Some(nginx) = pair.serve([version]) else { return };
        let seen = inspect(&nginx, &trust(&ca)).await;
        assert_eq!((seen.fault, seen.chain.len()), (Some(TlsFault::BadCertificate), 1), "{version:?}");
        assert_eq!(
            seen.fault_message.as_deref(),
            Some("the certificate is not of X.509 version 3, which servers need")
        );
        let anything = TlsSettings::new().danger_accept_any_certificate();
        assert_eq!(inspect(&nginx, &anything).await.fault, None);
        for (settings, fine) in [(anything, true), (trust(&ca), false)] {
            let client = TlsClient::load(&cx(), &settings).await.unwrap();
            let socket = TcpStream::connect(nginx.https().unwrap()).await.unwrap();
            let shaken = client.handshake(&cx(), &https(&nginx), socket).await;
            assert_eq!(shaken.is_ok(), fine, "{version:?}: {:?}", shaken.err());
        }
    }
}
