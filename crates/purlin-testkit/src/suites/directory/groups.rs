//! Groups, and groups within groups.

use super::{Case, DIRECTORY_PEOPLE, Stage, cases, ensure, equal, failed};
use crate::suites::Suite;
use purlin_core::{ErrorKind, Result};
use purlin_ldap::profile::Strategy;
use purlin_ldap::{AttrName, Directory, DirectoryExt, Group, LdapClass, LdapDetail, Profile};
use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) async fn run(suite: &mut Suite, stage: &Stage<'_>) {
    cases! { suite, stage, "groups";
        finds_the_groups_somebody_is_in [];
        finds_the_groups_those_are_in [];
        finds_the_same_by_what_the_server_keeps [];
        ends_where_groups_are_in_each_other [];
        finds_the_members [];
        finds_the_members_of_a_tree [];
        finds_members_one_by_one_where_it_must [];
        finds_members_by_login_name [];
        tells_of_members_that_are_not_there [];
        refuses_to_go_deeper_than_it_may [];
        refuses_to_find_more_than_it_may [];
        gives_all_members_of_a_large_group [];
    }
}

fn names(groups: &[Group]) -> BTreeSet<String> {
    groups.iter().map(|group| group.name.clone()).collect()
}

async fn with(stage: &Stage<'_>, change: impl FnOnce(&mut Profile)) -> Result<Arc<dyn Directory>> {
    let mut profile = Stage::profile()?;
    change(&mut profile);
    stage.harness.directory(&Stage::cx(), profile).await
}

/// Somebody in a leaf of the tree, and the name of the leaf.
async fn in_the_tree(directory: &dyn Directory) -> std::result::Result<(String, String), super::Complaint> {
    let leaf = "nest-0.1.2.3.0".to_owned();
    let members = directory.members_of(&Stage::cx(), &leaf).await?;
    let user = members.people.first().ok_or("the leaf is empty")?;
    Ok((user.name.clone(), leaf))
}

async fn finds_the_groups_somebody_is_in(stage: &Stage<'_>) -> Case {
    let directory = stage.directory().await?;
    let (user, leaf) = in_the_tree(&*directory).await?;
    let groups = names(&directory.groups_of(&Stage::cx(), &user).await?);
    ensure(groups.contains("all") && groups.contains(&leaf), format!("{groups:?}"))?;
    ensure(!groups.contains("nest-0"), "a group of a group is among them")
}

async fn finds_the_groups_those_are_in(stage: &Stage<'_>) -> Case {
    let directory = stage.directory().await?;
    let (user, leaf) = in_the_tree(&*directory).await?;
    let found = directory.groups_of(&Stage::cx(), &user).nested().await?;
    let groups = names(&found);
    equal("the number of different ones", &groups.len(), &found.len())?;
    for above in ["nest-0", "nest-0.1", "nest-0.1.2", "nest-0.1.2.3", &leaf, "all"] {
        ensure(groups.contains(above), format!("{above} is not among {groups:?}"))?;
    }
    Ok(())
}

async fn finds_the_same_by_what_the_server_keeps(stage: &Stage<'_>) -> Case {
    let per_level = stage.directory().await?;
    let kept = with(stage, |profile| profile.nesting.strategy = Strategy::MemberOf).await?;
    let (user, _) = in_the_tree(&*per_level).await?;
    for user in [user.as_str(), "u000001", "u000002"] {
        let one = names(&per_level.groups_of(&Stage::cx(), user).nested().await?);
        let other: BTreeSet<String> = names(&kept.groups_of(&Stage::cx(), user).nested().await?);
        // Groups by login name are not kept as memberOf.
        let one: BTreeSet<String> = one.into_iter().filter(|name| !name.starts_with("px-")).collect();
        equal(user, &other, &one)?;
    }
    Ok(())
}

async fn ends_where_groups_are_in_each_other(stage: &Stage<'_>) -> Case {
    let directory = stage.directory().await?;
    let groups = names(&directory.groups_of(&Stage::cx(), "u000001").nested().await?);
    ensure(groups.contains("loop-a") && groups.contains("loop-b"), format!("{groups:?}"))?;
    let members = directory.members_of(&Stage::cx(), "loop-b").nested().await?;
    equal(
        "the people",
        &members.people.iter().map(|user| user.name.as_str()).collect::<Vec<_>>(),
        &vec!["u000001"],
    )?;
    equal("the groups", &names(&members.groups), &BTreeSet::from(["loop-a".to_owned()]))
}

async fn finds_the_members(stage: &Stage<'_>) -> Case {
    let directory = stage.directory().await?;
    let members = directory.members_of(&Stage::cx(), "loop-a").await?;
    equal("the people", &members.people.len(), &1)?;
    equal("the groups", &names(&members.groups), &BTreeSet::from(["loop-b".to_owned()]))?;
    let flat = directory.members_of(&Stage::cx(), "flat-0003").await?;
    equal("the people of a flat group", &flat.people.len(), &(DIRECTORY_PEOPLE / (DIRECTORY_PEOPLE / 50)))?;
    ensure(flat.people.iter().all(|user| user.number.is_some()), "somebody has no number")
}

async fn finds_the_members_of_a_tree(stage: &Stage<'_>) -> Case {
    let directory = stage.directory().await?;
    let direct = directory.members_of(&Stage::cx(), "nest-0").await?;
    equal("the groups right below", &direct.groups.len(), &4)?;
    let members = directory.members_of(&Stage::cx(), "nest-0").nested().await?;
    equal("the groups", &names(&members.groups).len(), &340)?;
    let people: BTreeSet<&str> = members.people.iter().map(|user| user.name.as_str()).collect();
    equal("the number of different people", &people.len(), &members.people.len())?;
    ensure(people.len() > 100, format!("{} people", people.len()))?;
    ensure(
        members.missing.is_empty() && members.unknown.is_empty() && members.others.is_empty(),
        "something is odd",
    )
}

async fn finds_members_one_by_one_where_it_must(stage: &Stage<'_>) -> Case {
    let directory = with(stage, |profile| profile.entry_dn = None).await?;
    let members = directory.members_of(&Stage::cx(), "nest-0.1").nested().await?;
    equal("the groups", &members.groups.len(), &84)
}

async fn finds_members_by_login_name(stage: &Stage<'_>) -> Case {
    let directory = with(stage, |profile| {
        profile.groups.member = None;
        profile.groups.member_name = Some(AttrName::known("memberUid"));
    });
    let directory = directory.await?;
    let members = directory.members_of(&Stage::cx(), "px-0001").nested().await?;
    equal("the people", &members.people.len(), &20)?;
    let groups = names(&directory.groups_of(&Stage::cx(), "u000054").nested().await?);
    ensure(groups.contains("px-0001"), format!("{groups:?}"))
}

async fn tells_of_members_that_are_not_there(stage: &Stage<'_>) -> Case {
    // Who is no person by this profile is another kind of entry.
    let directory = with(stage, |profile| {
        if let Ok(filter) = "(&(objectClass=posixAccount)(uid=u000001))".parse() {
            profile.people.filter = filter;
        }
        profile.groups.member_name = Some(AttrName::known("description"));
        profile.groups.member = None;
    });
    let members = directory.await?.members_of(&Stage::cx(), "flat-0001").await?;
    equal("the names that nobody has", &members.unknown, &vec!["group flat-0001".to_owned()])?;
    ensure(members.people.is_empty(), "somebody was found")
}

async fn refuses_to_go_deeper_than_it_may(stage: &Stage<'_>) -> Case {
    let directory = with(stage, |profile| profile.nesting.depth = 3).await?;
    let (user, _) = in_the_tree(&*directory).await?;
    for error in [
        failed("the walk up", directory.groups_of(&Stage::cx(), &user).nested().await)?,
        failed("the walk down", directory.members_of(&Stage::cx(), "nest-0").nested().await)?,
    ] {
        equal("the class", &LdapDetail::class_of(&error), &Some(LdapClass::TooDeep))?;
        equal("the kind", &error.kind(), &ErrorKind::Denied)?;
    }
    Ok(())
}

async fn refuses_to_find_more_than_it_may(stage: &Stage<'_>) -> Case {
    let directory = with(stage, |profile| profile.nesting.most = 50).await?;
    let error = failed("the walk", directory.members_of(&Stage::cx(), "nest-0").nested().await)?;
    equal("the class", &LdapDetail::class_of(&error), &Some(LdapClass::TooDeep))
}

async fn gives_all_members_of_a_large_group(stage: &Stage<'_>) -> Case {
    let members = stage.directory().await?.members_of(&Stage::cx(), "all").await?;
    equal("the people", &members.people.len(), &DIRECTORY_PEOPLE)?;
    let names: BTreeSet<&str> = members.people.iter().map(|user| user.name.as_str()).collect();
    equal("the number of different ones", &names.len(), &DIRECTORY_PEOPLE)
}
