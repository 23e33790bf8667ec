//! Things by name.

use super::{Case, Stage, cases, ensure, equal, failed};
use crate::suites::Suite;
use purlin_core::{Cx, ErrorKind};
use purlin_ldap::{AttrName, DirectoryExt, LdapClass, LdapDetail};

pub(super) async fn run(suite: &mut Suite, stage: &Stage<'_>) {
    cases! { suite, stage, "look_ups";
        finds_a_user [];
        finds_a_user_whatever_the_case [];
        gives_what_is_wanted_besides [];
        says_that_there_is_nobody [];
        says_that_there_are_several [];
        no_name_can_widen_the_question [];
        finds_a_group [];
        finds_a_host_by_any_name [];
        finds_a_netgroup [];
        serves_many_at_once [];
        does_not_begin_after_the_end_of_the_call [];
    }
}

async fn finds_a_user(stage: &Stage<'_>) -> Case {
    let user = stage.directory().await?.user(&Stage::cx(), "u000005").await?;
    equal("the name", &user.name.as_str(), &"u000005")?;
    equal("the entry", &user.dn.to_string().as_str(), &"uid=u000005,ou=people,dc=example,dc=org")?;
    equal("the number", &user.number, &Some(100_005))?;
    equal("the home", &user.home.as_deref(), &Some("/home/u000005"))?;
    equal("the shell", &user.shell.as_deref(), &Some("/bin/bash"))?;
    equal("the addresses", &user.mail, &vec!["u000005@example.org".to_owned()])?;
    ensure(user.full_name.is_some_and(|name| name.contains(' ')), "no full name")
}

async fn finds_a_user_whatever_the_case(stage: &Stage<'_>) -> Case {
    equal(
        "the name",
        &stage.directory().await?.user(&Stage::cx(), "U000005").await?.name.as_str(),
        &"u000005",
    )
}

async fn gives_what_is_wanted_besides(stage: &Stage<'_>) -> Case {
    let directory = stage.directory().await?;
    let plain = directory.user(&Stage::cx(), "u000007").await?;
    ensure(plain.entry.get("employeeNumber").is_none(), "what was not wanted came too")?;
    let user = directory.user(&Stage::cx(), "u000007").wanting([AttrName::known("employeeNumber")]).await?;
    equal("the attribute", &user.entry.parsed::<u32>("EMPLOYEENUMBER")?, &Some(7))
}

async fn says_that_there_is_nobody(stage: &Stage<'_>) -> Case {
    let error = failed("the look-up", stage.directory().await?.user(&Stage::cx(), "nobody").await)?;
    equal("the kind", &error.kind(), &ErrorKind::NotFound)?;
    equal("the class", &LdapDetail::class_of(&error), &Some(LdapClass::NotFound))
}

async fn says_that_there_are_several(stage: &Stage<'_>) -> Case {
    let mut profile = Stage::profile()?;
    profile.people.name = AttrName::known("loginShell");
    let directory = stage.harness.directory(&Stage::cx(), profile).await?;
    let error = failed("the look-up", directory.user(&Stage::cx(), "/bin/bash").await)?;
    equal("the class", &LdapDetail::class_of(&error), &Some(LdapClass::Ambiguous))?;
    equal("the kind", &error.kind(), &ErrorKind::Conflict)
}

async fn no_name_can_widen_the_question(stage: &Stage<'_>) -> Case {
    let directory = stage.directory().await?;
    for name in ["*", "u0*", "u000005)(uid=*", "*)(objectClass=*", "u000005\\", "u000005\0", "", "ü"] {
        let error = failed(name, directory.user(&Stage::cx(), name).await)?;
        // An empty value is wrong to some servers.
        let kinds = [ErrorKind::NotFound, ErrorKind::Invalid];
        ensure(kinds.contains(&error.kind()), format!("{name:?}: {error}"))?;
    }
    Ok(())
}

async fn finds_a_group(stage: &Stage<'_>) -> Case {
    let group = stage.directory().await?.group(&Stage::cx(), "flat-0002").await?;
    equal("the name", &group.name.as_str(), &"flat-0002")?;
    equal("the number", &group.number, &Some(200_002))?;
    equal("the description", &group.description.as_deref(), &Some("group flat-0002"))?;
    ensure(group.entry.get("member").is_none(), "the members came without being asked for")
}

async fn finds_a_host_by_any_name(stage: &Stage<'_>) -> Case {
    let directory = stage.directory().await?;
    for name in ["host00003", "host00003.example.org", "HOST00003"] {
        let host = directory.host(&Stage::cx(), name).await?;
        equal("the name", &host.name.as_str(), &"host00003.example.org")?;
        equal("the number of names", &host.names.len(), &2)?;
        let mut addresses: Vec<String> = host.addresses.iter().map(ToString::to_string).collect();
        addresses.sort();
        equal("the addresses", &addresses, &vec!["10.0.0.3".to_owned(), "fd00::4".to_owned()])?;
        equal("the cards", &host.macs, &vec!["02:00:00:00:00:03".to_owned()])?;
        equal("the place", &host.location.as_deref(), &Some("dc1"))?;
    }
    Ok(())
}

async fn finds_a_netgroup(stage: &Stage<'_>) -> Case {
    let netgroup = stage.directory().await?.netgroup(&Stage::cx(), "ng-001").await?;
    equal("the number of triples", &netgroup.triples.len(), &5)?;
    let triple =
        netgroup.triples.iter().find(|triple| triple.host.as_deref() == Some("host00005.example.org"));
    equal("the user", &triple.and_then(|triple| triple.user.as_deref()), &Some("-"))?;
    equal("the netgroups within", &netgroup.members, &vec!["ng-000".to_owned()])
}

async fn serves_many_at_once(stage: &Stage<'_>) -> Case {
    let directory = stage.directory().await?;
    let cx = Stage::cx();
    let names: Vec<String> = (1..=200).map(|number| format!("u{number:06}")).collect();
    let asked: Vec<_> = names
        .iter()
        .map(|name| {
            let (directory, cx) = (directory.clone(), cx.clone());
            let name = name.clone();
            tokio::spawn(async move { directory.user(&cx, &name).await })
        })
        .collect();
    for (task, name) in asked.into_iter().zip(&names) {
        let user = task.await.map_err(|_| "a look-up panicked")??;
        equal("the answer", &&user.name, &name)?;
    }
    Ok(())
}

async fn does_not_begin_after_the_end_of_the_call(stage: &Stage<'_>) -> Case {
    let directory = stage.directory().await?;
    let (cx, canceller) = Cx::background().cancellable();
    canceller.cancel();
    let error = failed("the look-up", directory.user(&cx, "u000001").await)?;
    equal("the kind", &error.kind(), &ErrorKind::Cancelled)
}
