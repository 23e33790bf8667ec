//! Passwords, beyond the suite.

use crate::server::{cx, failed, open, opened, profile};
use purlin_core::{ErrorKind, Secret};
use purlin_ldap::{Directory, DirectoryExt, Dn, LdapSettings, Reason};
use purlin_testkit::{LdapResponse, Slapd, SlapdSettings, WireLdap};

fn dn(name: &str) -> Dn {
    format!("uid={name},ou=people,{}", Slapd::BASE).parse().unwrap()
}

#[tokio::test]
async fn an_empty_password_is_refused_where_the_server_would_say_yes() {
    let Some(slapd) = SlapdSettings::new().accepts_empty_passwords().start().unwrap() else { return };
    let directory = opened([slapd.ldap()]).await;
    for password in ["", "\0"] {
        let verdict = directory.authenticate(&cx(), &dn("u000001"), &Secret::from(password)).await.unwrap();
        assert_eq!(verdict.reason(), Some(Reason::EmptyPassword));
    }
    assert_eq!(directory.stats()[0].opened, 0, "somebody was asked");
}

#[tokio::test]
async fn too_many_wrong_passwords_lock_and_are_told_apart() {
    let Some(slapd) = SlapdSettings::new().start().unwrap() else { return };
    let directory = opened([slapd.ldap()]).await;
    for _ in 0..3 {
        let verdict = directory.authenticate_user(&cx(), "u000002", &Secret::from("wrong")).await.unwrap();
        assert_eq!(verdict.reason(), Some(Reason::BadCredentials));
    }
    let verdict = directory.authenticate_user(&cx(), "u000002", &Secret::from("pw-u000002")).await.unwrap();
    assert_eq!(verdict.reason(), Some(Reason::Locked));
}

#[tokio::test]
async fn passwords_travel_on_connections_of_their_own() {
    let server = WireLdap::start(|request| LdapResponse::done(request, 0, "")).unwrap();
    let directory = opened([server.address()]).await;
    let search = purlin_ldap::Search::entry(dn("ada"));
    directory.search(&cx(), &search).await.unwrap();
    assert!(directory.authenticate(&cx(), &dn("ada"), &Secret::from("secret")).await.unwrap().is_accepted());
    directory.search(&cx(), &search).await.unwrap();
    let stats = directory.stats();
    assert_eq!((stats[0].opened, stats[0].connections), (2, 1));
    let as_ada = server
        .requests()
        .iter()
        .filter(|request| request.is_bind() && request.dn.starts_with("uid=ada"))
        .count();
    assert_eq!(as_ada, 1);
}

#[tokio::test]
async fn a_password_in_clear_is_refused_unless_asked_for_by_name() {
    let server = WireLdap::start(|request| LdapResponse::done(request, 0, "")).unwrap();
    let url = format!("ldap://{}", server.address());
    let anonymous = LdapSettings::new(profile()).server(&url).unwrap();
    let directory = open(anonymous.clone()).await;
    let error = failed(directory.authenticate(&cx(), &dn("ada"), &Secret::from("secret")).await);
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().contains("in clear"), "{error}");
    let bound = anonymous.bind(dn("ada"), purlin_core::SecretRef::literal("secret"));
    let error = failed(purlin_ldap::LdapDirectory::open(&cx(), bound).await);
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Invalid, Some("ldap.settings")));
    assert!(server.requests().is_empty());
}
