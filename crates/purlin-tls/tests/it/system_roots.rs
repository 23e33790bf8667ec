//! The system's certificates. Which they are stands in the environment of a process, so each test runs itself once
//! more, in a process whose environment it makes.

use crate::support::{cx, endpoint, fault_of, serve};
use purlin_core::{Cx, Diagnostics, Error, ErrorKind, TlsSettings};
use purlin_testkit::{Binary, TestCa};
use purlin_tls::{TlsClient, TlsFault};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Tells the second process that it is the second one.
const SECOND: &str = "PURLIN_TLS_TEST_SECOND";
/// The address of the server to shake hands with.
const SERVER: &str = "PURLIN_TLS_TEST_SERVER";

fn is_second() -> bool {
    std::env::var_os(SECOND).is_some()
}

/// Runs this test alone in a process with nothing but these variables. It must be found, run and pass there.
fn run_again<const N: usize>(test: &str, variables: [(&str, OsString); N]) {
    let mut binary = Binary::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("system_roots::{test}"), "--nocapture"])
        .env(SECOND, "1")
        .deadline(Duration::from_secs(60));
    for (name, value) in variables {
        binary = binary.env(name, value);
    }
    let output = binary.run().unwrap();
    assert_eq!(output.code(), Some(0), "{output:?}");
    assert!(output.stdout.contains("test result: ok. 1 passed"), "{output:?}");
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn load() -> Result<TlsClient, Error> {
    block_on(TlsClient::load(&Cx::background(), &TlsSettings::new()))
}

/// The fault that a handshake with the server meets, with nobody trusted but the system's.
fn verdict() -> Option<TlsFault> {
    let server = std::env::var(SERVER).unwrap();
    let target = endpoint(server.parse().unwrap());
    block_on(async {
        let client = TlsClient::load(&cx(), &TlsSettings::new()).await.unwrap();
        client.inspect(&cx(), &target).await.unwrap().fault
    })
}

fn variable(name: &str) -> PathBuf {
    std::env::var_os(name).unwrap().into()
}

fn text(path: &Path) -> OsString {
    path.as_os_str().to_owned()
}

#[test]
fn a_bad_certificate_of_the_bundle_is_named_and_costs_no_other() {
    if is_second() {
        let warnings = load().unwrap().warnings().clone();
        let told: Vec<_> = warnings.iter().map(|it| (it.code.as_ref(), it.place.clone().unwrap())).collect();
        let bundle = variable("SSL_CERT_FILE");
        let places = [1, 5].map(|line| purlin_core::Place::file(bundle.display().to_string()).line(line));
        let [first, second] = places;
        assert_eq!(told, [("system-root-unusable", first), ("system-root-unusable", second)]);
        assert_eq!(verdict(), None);
        return;
    }
    let ca = TestCa::new().unwrap();
    let Some(nginx) = serve(&ca.leaf().address([127, 0, 0, 1]).issue().unwrap()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("bundle.pem");
    // One that is none, one that was cut off, and behind them a good one.
    let cut: String = ca.pem().lines().take(3).map(|line| format!("{line}\n")).collect();
    let none = "-----BEGIN CERTIFICATE-----\nbm90\nIGEg\n-----END CERTIFICATE-----\n";
    std::fs::write(&bundle, format!("{none}{cut}{}", ca.pem())).unwrap();
    let server = nginx.https().unwrap().to_string();
    run_again(
        "a_bad_certificate_of_the_bundle_is_named_and_costs_no_other",
        [("SSL_CERT_FILE", text(&bundle)), (SERVER, server.into())],
    );
}

#[test]
fn a_folder_s_files_are_read_once_each() {
    if is_second() {
        let client = load().unwrap();
        assert_eq!(client.warnings().len(), 1, "{}", client.warnings());
        assert_eq!(verdict(), None);
        return;
    }
    let ca = TestCa::new().unwrap();
    let Some(nginx) = serve(&ca.leaf().address([127, 0, 0, 1]).issue().unwrap()) else { return };
    let (folder, empty) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = |name: &str| folder.path().join(name);
    std::fs::write(file("ca.pem"), ca.pem()).unwrap();
    std::fs::write(file("bad.pem"), "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n").unwrap();
    std::fs::write(file("README"), "no certificate").unwrap();
    std::fs::create_dir(file("java")).unwrap();
    for (link, target) in [("0.0", "ca.pem"), ("1.0", "bad.pem"), ("2.0", "gone.pem")] {
        std::os::unix::fs::symlink(target, file(link)).unwrap();
    }
    let folders = std::env::join_paths([empty.path(), folder.path()]).unwrap();
    let server = nginx.https().unwrap().to_string();
    run_again("a_folder_s_files_are_read_once_each", [("SSL_CERT_DIR", folders), (SERVER, server.into())]);
}

#[test]
fn a_bundle_that_is_not_there_is_told_with_its_reason() {
    if is_second() {
        let error = load().unwrap_err();
        assert_eq!((error.kind(), fault_of(&error)), (ErrorKind::NotFound, Some(TlsFault::CaUnreadable)));
        let bundle = variable("SSL_CERT_FILE");
        let words =
            format!("{}: root certificates of the system cannot be read: no such file", bundle.display());
        assert!(error.message().contains(&words), "{error}");
        assert!(error.message().ends_with("or name an authority of your own"), "{error}");
        assert_eq!(error.detail::<Diagnostics>().unwrap().len(), 1);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let gone = folder.path().join("gone.pem");
    run_again("a_bundle_that_is_not_there_is_told_with_its_reason", [("SSL_CERT_FILE", text(&gone))]);
}

#[test]
fn an_own_authority_stands_beside_a_system_without_any() {
    let ca_path = "PURLIN_TLS_TEST_CA";
    if is_second() {
        let settings = TlsSettings::new().ca(variable(ca_path));
        let client = block_on(TlsClient::load(&cx(), &settings)).unwrap();
        assert_eq!(client.warnings().len(), 1);
        // Where anybody is accepted, nobody needs to be trusted.
        let anybody = TlsSettings::new().danger_accept_any_certificate();
        assert!(block_on(TlsClient::load(&cx(), &anybody)).unwrap().warnings().is_empty());
        return;
    }
    let (ca, folder) = (TestCa::new().unwrap(), tempfile::tempdir().unwrap());
    let gone = folder.path().join("gone.pem");
    let variables = [("SSL_CERT_FILE", text(&gone)), (ca_path, text(ca.path()))];
    run_again("an_own_authority_stands_beside_a_system_without_any", variables);
}
