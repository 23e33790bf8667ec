//! The rounds of purlin-ldap.

use crate::{AT_ONCE, LOOK_UPS, person};
use purlin_core::{Cx, Secret, SecretRef, TlsSettings};
use purlin_ldap::{AttrName, Directory, DirectoryExt, Filter, LdapDirectory, LdapSettings, Profile, Search};
use purlin_testkit::Slapd;
use std::hint::black_box;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tokio::task::JoinSet;

/// What the streams and the peer's look-ups read, too.
pub(crate) const ATTRIBUTES: [&str; 6] = ["uid", "cn", "mail", "uidNumber", "gidNumber", "homeDirectory"];

pub(crate) fn cx() -> Cx {
    Cx::background().with_timeout(Duration::from_secs(600))
}

fn profile() -> Profile {
    Profile::rfc2307bis(Slapd::BASE.parse().expect("a name"))
}

pub(crate) async fn open(address: SocketAddr, connections: usize) -> LdapDirectory {
    let settings = LdapSettings::new(profile()).server(&format!("ldap://{address}")).expect("a URL");
    let settings = settings.bind(Slapd::SYNC.parse().expect("a name"), SecretRef::literal("sync"));
    let settings = settings.danger_password_in_clear().limits(|limits| limits.connections = connections);
    let directory = LdapDirectory::open(&cx(), settings).await.expect("a directory");
    directory.user(&cx(), &person(0)).await.expect("a user");
    directory
}

pub(crate) async fn look_ups(directory: &LdapDirectory) {
    let mut tasks = JoinSet::new();
    for task in 0..AT_ONCE {
        let directory = directory.clone();
        tasks.spawn(async move {
            let cx = cx();
            for number in 0..LOOK_UPS / AT_ONCE {
                let user = directory.user(&cx, &person(task * 1000 + number)).await;
                black_box(user.expect("a user"));
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.expect("a task");
    }
}

pub(crate) async fn one_by_one(directory: &LdapDirectory, count: u32) {
    let cx = cx();
    for number in 0..count {
        black_box(directory.user(&cx, &person(number)).await.expect("a user"));
    }
}

pub(crate) fn everybody() -> Search {
    let base = format!("ou=people,{}", Slapd::BASE).parse().expect("a name");
    let filter = AttrName::known("uid").starts_with("u");
    Search::new(base, filter & Filter::any()).attributes(ATTRIBUTES).expect("names").page(1000).in_pages()
}

pub(crate) async fn stream(directory: &LdapDirectory) {
    let mut entries = directory.search(&cx(), &everybody()).await.expect("entries");
    let mut count = 0;
    while let Some(entry) = entries.next().await.expect("an entry") {
        black_box(entry);
        count += 1;
    }
    assert_eq!(count, crate::PEOPLE, "all of them");
}

/// Certificates are read once.
pub(crate) async fn secure(port: u16, ca: &Path) -> LdapDirectory {
    let settings = LdapSettings::new(profile()).server(&format!("ldaps://localhost:{port}")).expect("a URL");
    let settings = settings.tls(TlsSettings::new().ca_only(ca));
    LdapDirectory::open(&cx(), settings).await.expect("a directory")
}

/// A password travels on a connection of its own, so this is one connection and one login.
pub(crate) async fn log_in(directory: &LdapDirectory) {
    let dn = Slapd::SYNC.parse().expect("a name");
    let verdict = directory.authenticate(&cx(), &dn, &Secret::from("sync")).await.expect("a verdict");
    assert!(verdict.is_accepted());
}
