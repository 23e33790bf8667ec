//! Searches.

use super::{Case, DIRECTORY_PEOPLE, Stage, cases, ensure, equal, failed};
use crate::Slapd;
use crate::suites::Suite;
use purlin_core::ErrorKind;
use purlin_ldap::{AttrName, Dn, Filter, LdapClass, LdapDetail, Scope, Search, Truncated};
use std::collections::HashSet;

pub(super) async fn run(suite: &mut Suite, stage: &Stage<'_>) {
    cases! { suite, stage, "searches";
        says_what_it_can_do [];
        looks_as_far_as_it_is_told [];
        gives_the_attributes_that_are_wanted [];
        keeps_bytes_as_they_are [];
        finds_names_that_are_hard_to_write [];
        finds_nothing_without_an_error [];
        says_that_there_is_no_such_base [];
        gives_more_than_a_page_each_once [];
        stops_at_the_limit_with_an_error_that_keeps_what_came [];
        tells_that_the_server_cut_the_answer [];
        survives_readers_who_leave [];
        reads_two_long_answers_side_by_side [];
        asks_with_every_kind_of_filter [];
        compares_as_the_schema_says ["schema"];
        reports_referrals_and_does_not_follow ["referrals"];
    }
}

fn people(filter: Filter) -> purlin_core::Result<Search> {
    Ok(Search::new(format!("ou=people,{}", Slapd::BASE).parse()?, filter).wanting([AttrName::known("uid")]))
}

async fn says_what_it_can_do(stage: &Stage<'_>) -> Case {
    let capabilities = stage.directory().await?.capabilities(&Stage::cx()).await?;
    equal("the naming contexts", &capabilities.naming_contexts, &vec![Slapd::BASE.parse::<Dn>()?])?;
    ensure(capabilities.has(purlin_ldap::Capabilities::PAGES), "it has no pages")
}

async fn looks_as_far_as_it_is_told(stage: &Stage<'_>) -> Case {
    let directory = stage.directory().await?;
    let base: Dn = format!("ou=netgroup,{}", Slapd::BASE).parse()?;
    for (scope, count) in [(Scope::Base, 1), (Scope::One, 3), (Scope::Subtree, 4)] {
        let search = Search::new(base.clone(), Filter::any()).scope(scope);
        let found = directory.search(&Stage::cx(), &search).await?.all().await?;
        equal(&format!("the count of {scope}"), &found.len(), &count)?;
    }
    Ok(())
}

async fn gives_the_attributes_that_are_wanted(stage: &Stage<'_>) -> Case {
    let directory = stage.directory().await?;
    let search =
        people(Filter::equal("uid", "u000001")?)?.attributes(["CN", "mail", "entryDN", "noSuchAttribute"])?;
    let found = directory.search(&Stage::cx(), &search).await?.all().await?;
    let entry = found.first().ok_or("nothing was found")?;
    let mut names: Vec<String> =
        entry.attributes().iter().map(|attribute| attribute.name().as_str().to_lowercase()).collect();
    names.sort();
    equal("the attributes", &names, &["cn", "entrydn", "mail"].map(str::to_owned).to_vec())
}

async fn keeps_bytes_as_they_are(stage: &Stage<'_>) -> Case {
    let directory = stage.directory().await?;
    let search = Search::entry(format!("cn=binary,ou=odd,{}", Slapd::BASE).parse()?);
    let found = directory.search(&Stage::cx(), &search).await?.all().await?;
    let entry = found.first().ok_or("nothing was found")?;
    let wanted = [b"\xff\xd8\xff\x00\x01ascii".to_vec(), b"plain-ascii-photo".to_vec()];
    equal("the values", &entry.values("jpegphoto"), &wanted.as_slice())
}

async fn finds_names_that_are_hard_to_write(stage: &Stage<'_>) -> Case {
    let directory = stage.directory().await?;
    let base: Dn = format!("ou=odd,{}", Slapd::BASE).parse()?;
    let odd = [
        "Doe, John",
        "a+b",
        "quote\"d",
        "semi;colon",
        "back\\slash",
        "#hash",
        "less<greater>",
        "eq=ual",
        "paren(s)*star",
        "Ünïcödé 日本",
    ];
    for name in odd {
        let dn = base.child("cn", name)?;
        let by_name = directory.search(&Stage::cx(), &Search::entry(dn.clone())).await?.all().await?;
        equal(name, &by_name.first().map(|entry| entry.dn().clone()), &Some(dn.clone()))?;
        for filter in [Filter::equal("cn", name)?, Filter::equal("entryDN", dn.as_str())?] {
            let search = Search::new(base.clone(), filter);
            let found = directory.search(&Stage::cx(), &search).await?.all().await?;
            equal(
                name,
                &found.iter().map(|entry| entry.dn().clone()).collect::<Vec<_>>(),
                &vec![dn.clone()],
            )?;
        }
    }
    let several: Dn = format!("uid=rdn+cn=multi,ou=odd,{}", Slapd::BASE).parse()?;
    let found = directory.search(&Stage::cx(), &Search::entry(several.clone())).await?.all().await?;
    equal("the name of several parts", &found.first().map(|entry| entry.dn().clone()), &Some(several))
}

async fn finds_nothing_without_an_error(stage: &Stage<'_>) -> Case {
    let search = people(Filter::equal("uid", "nobody")?)?;
    let mut found = stage.directory().await?.search(&Stage::cx(), &search).await?;
    ensure(found.next().await?.is_none() && found.next().await?.is_none(), "something was found")
}

async fn says_that_there_is_no_such_base(stage: &Stage<'_>) -> Case {
    let directory = stage.directory().await?;
    for scope in [Scope::Base, Scope::Subtree] {
        let search = Search::new(format!("cn=nowhere,{}", Slapd::BASE).parse()?, Filter::any()).scope(scope);
        let asked = async { directory.search(&Stage::cx(), &search).await?.all().await };
        let error = match (asked.await, scope) {
            // What is below a base that is not there is nothing, to some.
            (Ok(found), Scope::Subtree) if found.is_empty() => continue,
            (result, _) => failed("the search", result)?,
        };
        equal("the class", &LdapDetail::class_of(&error), &Some(LdapClass::NotFound))?;
        equal("the kind", &error.kind(), &ErrorKind::NotFound)?;
    }
    Ok(())
}

async fn gives_more_than_a_page_each_once(stage: &Stage<'_>) -> Case {
    let directory = stage.directory().await?;
    for page in [100, 500, 5000] {
        let search = people(Filter::equal("objectClass", "posixAccount")?)?.page(page);
        let mut entries = directory.search(&Stage::cx(), &search).await?;
        let mut seen = HashSet::new();
        while let Some(entry) = entries.next().await? {
            ensure(seen.insert(entry.dn().clone()), format!("{} came twice", entry.dn()))?;
        }
        equal("the count", &seen.len(), &(DIRECTORY_PEOPLE + 3))?;
        equal("what was taken", &entries.taken(), &(DIRECTORY_PEOPLE as u64 + 3))?;
    }
    Ok(())
}

async fn stops_at_the_limit_with_an_error_that_keeps_what_came(stage: &Stage<'_>) -> Case {
    let directory = stage.directory().await?;
    for limit in [1, 10, 700] {
        let search = people(Filter::present("uid")?)?.limit(limit);
        let error = failed("the search", directory.search(&Stage::cx(), &search).await?.all().await)?;
        equal("the class", &LdapDetail::class_of(&error), &Some(LdapClass::Truncated))?;
        let kept = error.detail::<Truncated>().ok_or("nothing was kept")?;
        equal("what was kept", &kept.entries.len(), &(limit as usize))?;
    }
    let search = people(Filter::equal("uid", "u000001")?)?.limit(1);
    equal("the count", &directory.search(&Stage::cx(), &search).await?.all().await?.len(), &1)
}

async fn tells_that_the_server_cut_the_answer(stage: &Stage<'_>) -> Case {
    let directory = stage.harness.limited(&Stage::cx(), Stage::profile()?).await?;
    let search = people(Filter::present("uid")?)?;
    let asked = async { directory.search(&Stage::cx(), &search).await?.all().await };
    let error = failed("the search", asked.await)?;
    equal("the class", &LdapDetail::class_of(&error), &Some(LdapClass::Truncated))?;
    let kept = error.detail::<Truncated>().map_or(0, |kept| kept.entries.len());
    equal("what was kept", &kept, &500)?;
    equal("what it says it got", &error.detail::<LdapDetail>().and_then(|detail| detail.got), &Some(500))
}

async fn survives_readers_who_leave(stage: &Stage<'_>) -> Case {
    let directory = stage.directory().await?;
    for taken in [0, 1, 150, 600] {
        let search = people(Filter::present("uid")?)?.page(100);
        let mut entries = directory.search(&Stage::cx(), &search).await?;
        for _ in 0..taken {
            ensure(entries.next().await?.is_some(), "it ended too early")?;
        }
        drop(entries);
        let search = people(Filter::equal("uid", "u000009")?)?;
        let found = directory.search(&Stage::cx(), &search).await?.all().await?;
        equal("the count afterwards", &found.len(), &1)?;
    }
    Ok(())
}

async fn reads_two_long_answers_side_by_side(stage: &Stage<'_>) -> Case {
    let directory = stage.directory().await?;
    let search = people(Filter::present("uid")?)?.page(100);
    let mut one = directory.search(&Stage::cx(), &search).await?;
    let mut other = directory.search(&Stage::cx(), &search).await?;
    let mut count = 0;
    loop {
        match (one.next().await?, other.next().await?) {
            (Some(_), Some(_)) => count += 1,
            (None, None) => break,
            _ => return Err("one ended before the other".into()),
        }
    }
    equal("the count of each", &count, &(DIRECTORY_PEOPLE + 3))
}

async fn asks_with_every_kind_of_filter(stage: &Stage<'_>) -> Case {
    let directory = stage.directory().await?;
    for (filter, count) in [
        ("(uid=u00001*)", 10),
        ("(uid=*00042)", 1),
        ("(uid=u*0004*2)", 11),
        ("(&(uid=u000001)(objectClass=posixAccount))", 1),
        ("(|(uid=u000001)(uid=u000002)(uid=u000002))", 2),
        ("(&(uid=u00000*)(!(uid=u000001)))", 8),
        ("(uid:=u000003)", 1),
        ("(&(uid=*)(mail=u000004@EXAMPLE.org))", 1),
        ("(uid=\\75000005)", 1),
        ("(&(objectClass=posixAccount)(sn=no\\29body))", 0),
    ] {
        let found = directory.search(&Stage::cx(), &people(filter.parse()?)?).await?.all().await?;
        equal(filter, &found.len(), &count)?;
    }
    Ok(())
}

async fn compares_as_the_schema_says(stage: &Stage<'_>) -> Case {
    let directory = stage.directory().await?;
    for (filter, count) in [
        ("(&(objectClass=posixAccount)(uidNumber>=101199))", 2),
        ("(&(objectClass=posixAccount)(uidNumber<=100003))", 6),
        ("(homeDirectory=/HOME/u000001)", 0),
        ("(cn:caseExactMatch:=locked)", 1),
        ("(cn:caseExactMatch:=LOCKED)", 0),
    ] {
        let found = directory.search(&Stage::cx(), &people(filter.parse()?)?).await?.all().await?;
        equal(filter, &found.len(), &count)?;
    }
    Ok(())
}

async fn reports_referrals_and_does_not_follow(stage: &Stage<'_>) -> Case {
    let directory = stage.directory().await?;
    let search = Search::new(Slapd::BASE.parse()?, Filter::equal("uid", "u000001")?);
    let mut entries = directory.search(&Stage::cx(), &search).await?;
    let mut count = 0;
    while entries.next().await?.is_some() {
        count += 1;
    }
    equal("the count", &count, &1)?;
    equal("the number of referrals", &entries.referrals().len(), &1)?;
    ensure(entries.referrals().iter().all(|url| url.starts_with("ldap://127.0.0.1:")), "no URL in it")
}
