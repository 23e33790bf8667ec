//! The same by ldap3 alone.

use crate::ours::ATTRIBUTES;
use crate::{AT_ONCE, LOOK_UPS, person};
use ldap3::adapters::{Adapter, EntriesOnly, PagedResults};
use ldap3::{Ldap, LdapConnAsync, Scope, SearchEntry};
use purlin_testkit::Slapd;
use std::hint::black_box;
use std::net::SocketAddr;
use tokio::task::JoinSet;

pub(crate) async fn open(address: SocketAddr) -> Ldap {
    let (connection, mut ldap) =
        LdapConnAsync::new(&format!("ldap://{address}")).await.expect("a connection");
    ldap3::drive!(connection);
    ldap.simple_bind(Slapd::SYNC, "sync").await.expect("an answer").success().expect("a login");
    ldap
}

async fn look_up(ldap: &mut Ldap, name: &str) {
    let filter = format!("(&(objectClass=posixAccount)(uid={}))", ldap3::ldap_escape(name));
    let found = ldap.search(Slapd::BASE, Scope::Subtree, &filter, ATTRIBUTES).await.expect("an answer");
    let (entries, _) = found.success().expect("entries");
    assert_eq!(entries.len(), 1);
    entries.into_iter().for_each(|entry| drop(black_box(SearchEntry::construct(entry))));
}

pub(crate) async fn look_ups(ldap: &Ldap) {
    let mut tasks = JoinSet::new();
    for task in 0..AT_ONCE {
        let mut ldap = ldap.clone();
        tasks.spawn(async move {
            for number in 0..LOOK_UPS / AT_ONCE {
                look_up(&mut ldap, &person(task * 1000 + number)).await;
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.expect("a task");
    }
}

pub(crate) async fn one_by_one(ldap: &Ldap, count: u32) {
    let mut ldap = ldap.clone();
    for number in 0..count {
        look_up(&mut ldap, &person(number)).await;
    }
}

pub(crate) async fn stream(ldap: &Ldap) {
    let mut ldap = ldap.clone();
    let adapters: Vec<Box<dyn Adapter<_, _>>> =
        vec![Box::new(EntriesOnly::new()), Box::new(PagedResults::new(1000))];
    let base = format!("ou=people,{}", Slapd::BASE);
    let search = ldap.streaming_search_with(adapters, &base, Scope::Subtree, "(uid=u*)", ATTRIBUTES.to_vec());
    let mut stream = search.await.expect("entries");
    let mut count = 0;
    while let Some(entry) = stream.next().await.expect("an entry") {
        black_box(SearchEntry::construct(entry));
        count += 1;
    }
    assert_eq!(count, crate::PEOPLE, "all of them");
}

/// Without pages, as `search` reads: what arrives while nobody reads is held.
pub(crate) async fn begin(ldap: &Ldap) -> impl Send {
    let mut ldap = ldap.clone();
    let base = format!("ou=people,{}", Slapd::BASE);
    let search = ldap.streaming_search(&base, Scope::Subtree, "(uid=u*)", ATTRIBUTES.to_vec());
    let mut stream = search.await.expect("entries");
    for _ in 0..10 {
        black_box(stream.next().await.expect("an entry"));
    }
    (ldap, stream)
}
