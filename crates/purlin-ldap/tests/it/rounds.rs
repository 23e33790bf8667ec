//! How many questions a walk through groups takes, counted at the server.

use crate::server::{cx, opened, profile};
use purlin_ldap::profile::Strategy;
use purlin_ldap::{Asked, DirectoryExt, FakeDirectory, LdapDirectory, ldif};
use purlin_testkit::{Slapd, SlapdSettings};

fn searches(slapd: &Slapd) -> usize {
    slapd.server().log().matches(" SRCH base=").count()
}

fn slapd() -> Option<Slapd> {
    SlapdSettings::new().users(1200).tells_operations().start().unwrap()
}

async fn in_a_leaf(directory: &LdapDirectory) -> String {
    directory.members_of(&cx(), "nest-0.1.2.3.0").await.unwrap().people[0].name.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_groups_of_somebody_take_a_question_a_level_and_one() {
    let Some(slapd) = slapd() else { return };
    let directory = opened([slapd.ldap()]).await;
    let user = in_a_leaf(&directory).await;
    let before = searches(&slapd);
    let groups = directory.groups_of(&cx(), &user).nested().await.unwrap();
    assert!(groups.len() >= 6);
    // Who it is; then five levels, and one that finds nothing more.
    assert_eq!(searches(&slapd) - before, 1 + 5 + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tree_of_341_groups_takes_six_rounds() {
    let Some(slapd) = slapd() else { return };
    let directory = opened([slapd.ldap()]).await;
    let before = searches(&slapd);
    let members = directory.members_of(&cx(), "nest-0").nested().await.unwrap();
    assert_eq!(members.groups.len(), 340);
    let asked = searches(&slapd) - before;
    // By the hundred: 1; 4; 16; 64; 256; the people.
    let people = members.people.len().div_ceil(100);
    assert_eq!(asked, 1 + 1 + 1 + 1 + 3 + people);
}

#[tokio::test]
async fn what_the_server_keeps_takes_a_question_a_level() {
    let mut profile = profile();
    profile.nesting.strategy = Strategy::MemberOf;
    let entries = ldif::read(&SlapdSettings::new().users(200).ldif(), "data.ldif").unwrap();
    let directory = FakeDirectory::from_entries(profile, entries);
    let user = directory.members_of(&cx(), "nest-0.1.2.3.0").await.unwrap().people[0].name.clone();
    let before = directory.asked().len();
    assert!(directory.groups_of(&cx(), &user).nested().await.unwrap().len() >= 6);
    let asked = directory.asked().split_off(before);
    assert!(asked.iter().all(|asked| matches!(asked, Asked::Search(_))));
    assert!(asked.len() <= 1 + 5, "{}", asked.len());
}
