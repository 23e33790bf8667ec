//! Certificates that a TLS library accepts or refuses.

use crate::tls::{client, handshake, server};
use purlin_testkit::{Leaf, TestCa};
use rustls::{CertificateError, Error};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

fn verdict(ca: &TestCa, leaf: &Leaf, name: &str) -> Result<(), Error> {
    handshake(client(ca, None, name), server(leaf, None))
}

#[test]
fn names_and_addresses_are_those_of_the_leaf() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().name("localhost").name("*.example.org").address([127, 0, 0, 1]).issue().unwrap();
    for name in ["localhost", "www.example.org", "127.0.0.1"] {
        assert_eq!(verdict(&ca, &leaf, name), Ok(()), "{name}");
    }
    for name in ["example.org", "other", "127.0.0.2"] {
        let error = verdict(&ca, &leaf, name).unwrap_err();
        let wrong_name = CertificateError::NotValidForName;
        let is_it =
            matches!(&error, Error::InvalidCertificate(CertificateError::NotValidForNameContext { .. }));
        assert!(is_it || error == Error::InvalidCertificate(wrong_name), "{name}: {error:?}");
    }
}

#[test]
fn times_are_those_of_the_leaf() {
    let ca = TestCa::new().unwrap();
    let leaf = |settings: purlin_testkit::LeafSettings| settings.name("localhost").issue().unwrap();
    let expired = verdict(&ca, &leaf(ca.leaf().expired()), "localhost").unwrap_err();
    assert!(
        matches!(&expired, Error::InvalidCertificate(CertificateError::ExpiredContext { .. })),
        "{expired:?}"
    );
    let early = verdict(&ca, &leaf(ca.leaf().not_yet_valid()), "localhost").unwrap_err();
    assert!(
        matches!(&early, Error::InvalidCertificate(CertificateError::NotValidYetContext { .. })),
        "{early:?}"
    );
    let hour = leaf(ca.leaf().valid_for(Duration::from_secs(3600)));
    assert_eq!(verdict(&ca, &hour, "localhost"), Ok(()));
}

#[test]
fn an_unrelated_authority_is_not_trusted() {
    let (ca, other) = (TestCa::new().unwrap(), TestCa::new().unwrap());
    assert_ne!(ca.name(), other.name());
    let leaf = ca.leaf().name("localhost").issue().unwrap();
    let unknown = Error::InvalidCertificate(CertificateError::UnknownIssuer);
    assert_eq!(verdict(&other, &leaf, "localhost"), Err(unknown));
}

#[test]
fn leaves_of_an_intermediate_bring_their_chain() {
    let root = TestCa::new().unwrap();
    let middle = root.intermediate().unwrap().intermediate().unwrap();
    let leaf = middle.leaf().name("localhost").issue().unwrap();
    assert_eq!(leaf.pem().matches("BEGIN CERTIFICATE").count(), 3);
    assert!(!leaf.pem().contains(root.pem().trim()), "the root is in the chain");
    assert_eq!(verdict(&root, &leaf, "localhost"), Ok(()));
}

#[test]
fn a_client_shows_a_certificate_for_clients() {
    let ca = TestCa::new().unwrap();
    let own = ca.leaf().name("localhost").issue().unwrap();
    let attempt = |shown: Option<&Leaf>| handshake(client(&ca, shown, "localhost"), server(&own, Some(&ca)));
    assert_eq!(attempt(Some(&ca.leaf().name("app").client().issue().unwrap())), Ok(()));
    assert_eq!(attempt(None), Err(Error::NoCertificatesPresented));
    let for_servers = attempt(Some(&ca.leaf().name("app").issue().unwrap())).unwrap_err();
    let text = format!("{for_servers:?}");
    assert!(text.contains("InvalidPurpose"), "{text}");
}

#[test]
fn files_are_private_and_go_with_the_last_certificate() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().issue().unwrap();
    let (path, key_path) = (leaf.path().to_owned(), leaf.key_path().to_owned());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), leaf.pem());
    assert_eq!(std::fs::read_to_string(&key_path).unwrap(), leaf.key_pem());
    assert_eq!(std::fs::read_to_string(ca.path()).unwrap(), ca.pem());
    assert_eq!(key_path.metadata().unwrap().permissions().mode() & 0o7777, 0o600);
    drop(ca);
    assert!(key_path.exists());
    drop(leaf);
    assert!(!key_path.exists() && !path.parent().unwrap().exists());
}

#[test]
fn a_key_is_never_printed() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().issue().unwrap();
    let body: String = leaf.key_pem().lines().filter(|line| !line.starts_with('-')).collect();
    let printed = format!("{ca:?} {leaf:?} {:?}", ca.leaf());
    assert!(!body.is_empty() && !printed.contains(&body[..16]), "{printed}");
}
