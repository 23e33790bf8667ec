//! Settings become a client, or all that is wrong with them is told.

use crate::support::{cx, fault_of, inspect, serve};
use purlin_core::{Cx, Diagnostics, ErrorKind, Pem, Result, SecretRef, Severity, TlsSettings};
use purlin_testkit::TestCa;
use purlin_tls::{TlsClient, TlsDetail, TlsFault};
use std::path::Path;
use std::time::Duration;

const BROKEN: &str = "-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n";

async fn load(settings: TlsSettings) -> Result<TlsClient> {
    TlsClient::load(&cx(), &settings).await
}

fn bytes(pem: impl Into<String>) -> TlsSettings {
    TlsSettings::new().ca_only(Pem::bytes(pem.into().into_bytes()))
}

#[tokio::test]
async fn an_authority_s_file_that_cannot_be_used_is_told_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let leaf = TestCa::new().unwrap().leaf().issue().unwrap();
    for (path, kind, words) in [
        (folder.path().join("missing.pem"), ErrorKind::NotFound, "missing.pem: no such file or directory"),
        (folder.path().to_owned(), ErrorKind::Invalid, "is a directory"),
        (write("empty.pem", ""), ErrorKind::Invalid, "empty.pem: no certificate in it"),
        (write("key.pem", leaf.key_pem()), ErrorKind::Invalid, "key.pem: no certificate in it"),
        (
            write("broken.pem", &format!("# ours\n{BROKEN}")),
            ErrorKind::Invalid,
            "broken.pem:2: a certificate cannot",
        ),
        (write("cut.pem", &leaf.pem()[..300]), ErrorKind::Invalid, "cut.pem:1: a certificate cannot be used"),
        (Path::new("/dev/zero").to_owned(), ErrorKind::Invalid, "larger than 16 MiB"),
    ] {
        let error = load(TlsSettings::new().ca(path)).await.unwrap_err();
        assert_eq!((error.kind(), fault_of(&error)), (kind, Some(TlsFault::CaUnreadable)), "{error}");
        assert!(error.message().contains(words), "{error}");
        assert_eq!(error.operation(), Some("tls.settings"));
    }
}

#[tokio::test]
async fn one_bad_certificate_does_not_empty_the_store() {
    let (ca, other) = (TestCa::new().unwrap(), TestCa::new().unwrap());
    let bundle = format!("{}{BROKEN}{}", other.pem(), ca.pem());
    let Some(nginx) = serve(&ca.leaf().address([127, 0, 0, 1]).issue().unwrap()) else { return };
    let seen = inspect(&nginx, &bytes(bundle.clone())).await;
    assert_eq!(seen.fault, None);
    let warnings: Vec<_> = seen.warnings.iter().collect();
    let [warning] = warnings.as_slice() else { panic!("{}", seen.warnings) };
    let line = u32::try_from(other.pem().lines().count() + 1).unwrap();
    assert_eq!((warning.severity, warning.place.as_ref().unwrap().line), (Severity::Warning, Some(line)));
    assert_eq!(load(bytes(bundle)).await.unwrap().warnings().len(), 1);
}

#[tokio::test]
async fn every_bad_certificate_of_a_file_is_told() {
    let error = load(bytes(format!("{BROKEN}{BROKEN}"))).await.unwrap_err();
    let faults = error.detail::<Diagnostics>().unwrap();
    assert_eq!((faults.len(), faults.has_errors()), (2, true));
}

#[tokio::test]
async fn a_client_certificate_and_its_key_belong_together() {
    let ca = TestCa::new().unwrap();
    let (me, other) = (ca.leaf().client().issue().unwrap(), ca.leaf().client().issue().unwrap());
    let settings = |key| TlsSettings::new().ca_only(ca.path()).client_certificate(me.path(), key);
    assert!(load(settings(SecretRef::file(me.key_path()))).await.is_ok());
    let encrypted = me.key_pem().replace(" PRIVATE", " ENCRYPTED PRIVATE");
    for (key, words) in [
        (
            SecretRef::file(other.key_path()),
            "the client certificate and its key: they do not belong together",
        ),
        (SecretRef::file(me.path()), "is no private key in PEM: there is none in it"),
        (SecretRef::literal(encrypted), "is no private key in PEM: it is encrypted with a password"),
        (SecretRef::literal(&me.key_pem()[..60]), "is no private key in PEM: its END line is missing"),
    ] {
        let error = load(settings(key)).await.unwrap_err();
        assert_eq!((error.kind(), fault_of(&error)), (ErrorKind::Invalid, Some(TlsFault::ClientIdentity)));
        assert!(error.message().contains(words), "{error}");
    }
    let error = load(settings(SecretRef::file("/nonexistent/key"))).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::NotFound, Some("secret.resolve")));
    assert_eq!(fault_of(&error), Some(TlsFault::ClientIdentity));
    let mut halves = settings(SecretRef::literal("x"));
    halves.client_key = None;
    assert!(load(halves.clone()).await.unwrap_err().message().contains("needs its client_key"));
    (halves.client_certificate, halves.client_key) = (None, Some(SecretRef::literal("x")));
    assert!(load(halves).await.unwrap_err().message().contains("needs its client_certificate"));
}

#[tokio::test]
async fn a_client_certificate_that_cannot_be_read_is_not_blamed_on_an_authority() {
    let ca = TestCa::new().unwrap();
    let me = ca.leaf().client().issue().unwrap();
    let settings = |certificate: Pem| {
        TlsSettings::new().ca_only(ca.path()).client_certificate(certificate, SecretRef::file(me.key_path()))
    };
    let error = load(settings(Pem::from("/nonexistent/me.pem"))).await.unwrap_err();
    assert_eq!((error.kind(), fault_of(&error)), (ErrorKind::NotFound, Some(TlsFault::ClientIdentity)));
    assert_eq!(error.message(), "/nonexistent/me.pem: no such file or directory");
    for (pem, words) in [
        (me.key_pem(), "certificates given as bytes: no certificate in it"),
        (
            &me.pem()[..300],
            "certificates given as bytes:1: a certificate cannot be used: its END line is missing",
        ),
        (BROKEN, "the client certificate and its key: "),
    ] {
        let error = load(settings(Pem::bytes(pem.as_bytes()))).await.unwrap_err();
        assert_eq!((error.kind(), fault_of(&error)), (ErrorKind::Invalid, Some(TlsFault::ClientIdentity)));
        assert!(error.message().starts_with(words), "{error:#}");
    }
}

#[tokio::test]
async fn a_byte_order_mark_costs_no_certificate() {
    let (first, second) = (TestCa::new().unwrap(), TestCa::new().unwrap());
    let Some(nginx) = serve(&first.leaf().address([127, 0, 0, 1]).issue().unwrap()) else { return };
    let seen = inspect(&nginx, &bytes(format!("\u{feff}{}{}", first.pem(), second.pem()))).await;
    assert_eq!((seen.fault, seen.warnings.len()), (None, 0));
}

#[tokio::test]
async fn a_certificate_in_openssl_s_own_form_is_warned_of() {
    let ca = TestCa::new().unwrap();
    let own = ca.pem().replace(" CERTIFICATE", " TRUSTED CERTIFICATE");
    let client = load(bytes(format!("{}{own}", ca.pem()))).await.unwrap();
    let told = client.warnings().to_string();
    assert!(told.contains("TRUSTED CERTIFICATE is a form of OpenSSL's own"), "{told}");
    assert_eq!(load(bytes(own)).await.unwrap_err().kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn a_block_that_is_cut_off_costs_only_itself_and_is_told_in_words() {
    let (cut, whole) = (TestCa::new().unwrap(), TestCa::new().unwrap());
    let client = load(bytes(format!("{}\n{}", &cut.pem()[..200], whole.pem()))).await.unwrap();
    let told: Vec<_> = client.warnings().iter().map(|warning| warning.message.clone()).collect();
    assert_eq!(told, ["a certificate cannot be used: its END line is missing"]);
    let Some(nginx) = serve(&whole.leaf().address([127, 0, 0, 1]).issue().unwrap()) else { return };
    let seen = client.inspect(&cx(), &crate::support::https(&nginx)).await.unwrap();
    assert_eq!(seen.fault, None);
}

#[tokio::test]
async fn pem_text_in_the_place_of_a_path_is_taken_or_refused_and_never_echoed() {
    let ca = TestCa::new().unwrap();
    assert!(load(TlsSettings::new().ca_only(ca.pem())).await.is_ok());
    let commented = format!("# ours\n{}", ca.pem());
    let error = load(TlsSettings::new().ca_only(commented)).await.unwrap_err();
    assert!(error.message().contains("PEM text where the path of a file belongs"), "{error}");
    assert!(!format!("{error:#}").contains(ca.pem().lines().nth(1).unwrap()), "{error}");
}

#[tokio::test]
async fn a_name_that_is_none_is_refused() {
    let error = load(TlsSettings::new().server_name("not a name")).await.unwrap_err();
    assert_eq!((error.kind(), fault_of(&error)), (ErrorKind::Invalid, None), "{error}");
}

#[tokio::test]
async fn a_file_that_never_opens_ends_with_the_call() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo.pem");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let cx = Cx::background().with_timeout(Duration::from_millis(50));
    let error = TlsClient::load(&cx, &TlsSettings::new().ca_only(&fifo)).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Timeout, Some("tls.settings")));
    assert!(error.message().ends_with("50ms"), "{error}");
    // The thread that opens it is let go.
    drop(std::fs::OpenOptions::new().read(true).write(true).open(&fifo).unwrap());
}

#[tokio::test]
async fn no_key_is_printed() {
    let leaf = TestCa::new().unwrap().leaf().client().issue().unwrap();
    let settings = TlsSettings::new()
        .danger_accept_any_certificate()
        .client_certificate(leaf.path(), SecretRef::literal(leaf.key_pem()));
    let client = load(settings.clone()).await.unwrap();
    let secret = leaf.key_pem().lines().nth(1).unwrap();
    assert!(!format!("{settings:?} {client:?}").contains(secret));
}

#[tokio::test]
async fn a_driver_gets_the_certificates_that_are_trusted() {
    let (one, other) = (TestCa::new().unwrap(), TestCa::new().unwrap());
    let both = TlsSettings::new().ca_only(one.path()).ca(Pem::bytes(other.pem().into_bytes()));
    let (authorities, warnings) = purlin_tls::authorities(&cx(), &both).await.unwrap();
    assert_eq!(authorities, [one.der(), other.der()]);
    assert!(warnings.is_empty());
    let missing = TlsSettings::new().ca_only("no-such-file.pem");
    let error = purlin_tls::authorities(&cx(), &missing).await.unwrap_err();
    assert_eq!(error.detail::<TlsDetail>().unwrap().fault, TlsFault::CaUnreadable);
    let anybody = TlsSettings::new().danger_accept_any_certificate();
    assert!(purlin_tls::authorities(&cx(), &anybody).await.unwrap().0.is_empty());
}
