//! TLS in its three forms, and what can be wrong with it.

use crate::server::{cx, failed, open, profile};
use purlin_core::{ErrorKind, Outcome, SecretRef, TlsSettings};
use purlin_ldap::{DirectoryExt, LdapSettings};
use purlin_testkit::{LdapResponse, Leaf, Slapd, SlapdSettings, TestCa, WireLdap};
use purlin_tls::{TlsDetail, TlsFault};

fn slapd(leaf: &Leaf) -> Option<Slapd> {
    SlapdSettings::new().tls(leaf.path(), leaf.key_path()).start().unwrap()
}

fn settings(url: &str, ca: &TestCa) -> LdapSettings {
    let settings = LdapSettings::new(profile()).server(url).unwrap();
    settings
        .bind(Slapd::SYNC.parse().unwrap(), SecretRef::literal("sync"))
        .tls(TlsSettings::new().ca_only(ca.path()))
}

#[tokio::test]
async fn ldaps_and_start_tls_carry_passwords() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().name("localhost").address([127, 0, 0, 1]).issue().unwrap();
    let Some(slapd) = slapd(&leaf) else { return };
    let (tls, clear) = (slapd.ldaps().unwrap().port(), slapd.ldap().port());
    for url in [
        format!("ldaps://localhost:{tls}"),
        format!("ldaps://127.0.0.1:{tls}"),
        format!("ldap+starttls://localhost:{clear}"),
    ] {
        let directory = open(settings(&url, &ca)).await;
        assert_eq!(directory.user(&cx(), "u000001").await.unwrap().name, "u000001", "{url}");
        let password = purlin_core::Secret::from("pw-u000001");
        assert!(
            directory.authenticate_user(&cx(), "u000001", &password).await.unwrap().is_accepted(),
            "{url}"
        );
    }
}

#[tokio::test]
async fn each_fault_of_tls_is_told_apart() {
    let (ca, other) = (TestCa::new().unwrap(), TestCa::new().unwrap());
    let good = ca.leaf().name("localhost").issue().unwrap();
    let expired = ca.leaf().name("localhost").expired().issue().unwrap();
    let wrong = ca.leaf().name("elsewhere.example.org").issue().unwrap();
    for (leaf, trusted, fault) in [
        (&expired, &ca, TlsFault::Expired),
        (&wrong, &ca, TlsFault::WrongName),
        (&good, &other, TlsFault::UnknownIssuer),
    ] {
        let Some(slapd) = slapd(leaf) else { return };
        let (tls, clear) = (slapd.ldaps().unwrap().port(), slapd.ldap().port());
        for url in [format!("ldaps://localhost:{tls}"), format!("ldap+starttls://localhost:{clear}")] {
            let error = failed(open(settings(&url, trusted)).await.user(&cx(), "u000001").await);
            assert_eq!(
                error.detail::<TlsDetail>().map(|detail| detail.fault),
                Some(fault),
                "{url}: {error:#}"
            );
            assert_eq!(
                (error.kind(), error.outcome()),
                (ErrorKind::Tls, Outcome::NotSent),
                "{url}: {error:#}"
            );
        }
    }
    let unreadable =
        settings("ldaps://localhost:636", &ca).tls(TlsSettings::new().ca_only("no-such-folder/ca.pem"));
    let error = failed(purlin_ldap::LdapDirectory::open(&cx(), unreadable).await);
    assert_eq!(error.detail::<TlsDetail>().unwrap().fault, TlsFault::CaUnreadable);
}

#[tokio::test]
async fn a_server_without_tls_is_never_spoken_to_in_clear() {
    let ca = TestCa::new().unwrap();
    let refuses =
        WireLdap::start(|request| LdapResponse::done(request, 2, "unsupported extended operation")).unwrap();
    let url = format!("ldap+starttls://{}", refuses.address());
    let error = failed(open(settings(&url, &ca)).await.user(&cx(), "u000001").await);
    assert_eq!(error.operation(), Some("ldap.start_tls"), "{error:#}");
    assert!(refuses.requests().iter().all(|request| request.operation == 0x77 || request.operation == 0x42));
    // What stands behind the answer, before hands are shaken, was put there by somebody else.
    let injects = WireLdap::start(|request| {
        LdapResponse::done(request, 0, "").then(LdapResponse::done(request, 0, ""))
    });
    let injects = injects.unwrap();
    let url = format!("ldap+starttls://{}", injects.address());
    let error = failed(open(settings(&url, &ca)).await.user(&cx(), "u000001").await);
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error:#}");
    let plain = WireLdap::start(|request| LdapResponse::done(request, 0, "")).unwrap();
    let error =
        failed(open(settings(&format!("ldaps://{}", plain.address()), &ca)).await.user(&cx(), "ada").await);
    assert!(plain.requests().is_empty() && error.outcome() == Outcome::NotSent, "{error:#}");
}

#[tokio::test]
async fn a_unix_socket_says_who_asks() {
    let Some(slapd) = SlapdSettings::new().start().unwrap() else { return };
    let settings = LdapSettings::new(profile()).server(&slapd.ldapi()).unwrap();
    let directory = open(settings.clone().bind_external()).await;
    // Only the administrator reads passwords.
    let wanted = [purlin_ldap::AttrName::known("userPassword")];
    let user = directory.user(&cx(), "u000001").wanting(wanted.clone()).await.unwrap();
    assert_eq!(user.entry.bytes("userPassword").unwrap(), b"pw-u000001");
    let nobody = open(settings).await.user(&cx(), "u000001").wanting(wanted).await.unwrap();
    assert!(nobody.entry.get("userPassword").is_none());
}
