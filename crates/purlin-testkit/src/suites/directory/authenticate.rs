//! Passwords.

use super::{Case, Stage, cases, ensure, equal, failed};
use crate::suites::Suite;
use purlin_core::{Cx, ErrorKind, Secret};
use purlin_ldap::{DirectoryExt, Reason};

pub(super) async fn run(suite: &mut Suite, stage: &Stage<'_>) {
    cases! { suite, stage, "authenticate";
        takes_the_right_password [];
        refuses_a_wrong_one [];
        refuses_an_empty_one_without_asking [];
        refuses_who_is_not_there_as_a_wrong_password [];
        refuses_letters_of_the_grammar [];
        leaves_the_look_ups_as_whom_they_were [];
        does_not_begin_after_the_end_of_the_call [];
        tells_who_is_locked ["policy"];
        tells_whose_password_expired ["policy"];
        tells_who_must_change_it ["policy"];
    }
}

async fn reason(stage: &Stage<'_>, name: &str, password: &str) -> Result<Option<Reason>, super::Complaint> {
    let directory = stage.directory().await?;
    Ok(directory.authenticate_user(&Stage::cx(), name, &Secret::from(password)).await?.reason())
}

async fn takes_the_right_password(stage: &Stage<'_>) -> Case {
    equal("the reason", &reason(stage, "u000010", "pw-u000010").await?, &None)
}

async fn refuses_a_wrong_one(stage: &Stage<'_>) -> Case {
    for wrong in ["pw-u000012", "PW-U000011", " pw-u000011"] {
        equal("the reason", &reason(stage, "u000011", wrong).await?, &Some(Reason::BadCredentials))?;
        // So that no policy counts them up.
        equal("the reason", &reason(stage, "u000011", "pw-u000011").await?, &None)?;
    }
    Ok(())
}

async fn refuses_an_empty_one_without_asking(stage: &Stage<'_>) -> Case {
    for empty in ["", "\0", "\0pw-u000012", "pw-u000012\0"] {
        equal("the reason", &reason(stage, "u000012", empty).await?, &Some(Reason::EmptyPassword))?;
    }
    let dn = format!("uid=u000012,ou=people,{}", crate::Slapd::BASE).parse()?;
    let verdict = stage.directory().await?.authenticate(&Stage::cx(), &dn, &Secret::from("")).await?;
    equal("the reason", &verdict.reason(), &Some(Reason::EmptyPassword))
}

async fn refuses_who_is_not_there_as_a_wrong_password(stage: &Stage<'_>) -> Case {
    equal("the reason", &reason(stage, "nobody", "secret").await?, &Some(Reason::BadCredentials))?;
    let dn = format!("uid=nobody,ou=people,{}", crate::Slapd::BASE).parse()?;
    let verdict = stage.directory().await?.authenticate(&Stage::cx(), &dn, &Secret::from("secret")).await?;
    equal("the reason by entry", &verdict.reason(), &Some(Reason::BadCredentials))
}

async fn refuses_letters_of_the_grammar(stage: &Stage<'_>) -> Case {
    for name in ["*", "u000013)(uid=*", "u00001*"] {
        equal("the reason", &reason(stage, name, "pw-u000013").await?, &Some(Reason::BadCredentials))?;
    }
    Ok(())
}

async fn leaves_the_look_ups_as_whom_they_were(stage: &Stage<'_>) -> Case {
    let directory = stage.directory().await?;
    let before = directory.user(&Stage::cx(), "u000014").await?;
    ensure(
        directory
            .authenticate_user(&Stage::cx(), "u000014", &Secret::from("pw-u000014"))
            .await?
            .is_accepted(),
        "no",
    )?;
    ensure(
        !directory.authenticate_user(&Stage::cx(), "u000014", &Secret::from("wrong")).await?.is_accepted(),
        "yes",
    )?;
    equal("the entry", &directory.user(&Stage::cx(), "u000014").await?.entry, &before.entry)
}

async fn does_not_begin_after_the_end_of_the_call(stage: &Stage<'_>) -> Case {
    let (cx, canceller) = Cx::background().cancellable();
    canceller.cancel();
    let dn = format!("uid=u000001,ou=people,{}", crate::Slapd::BASE).parse()?;
    let asked = stage.directory().await?.authenticate(&cx, &dn, &Secret::from("pw-u000001")).await;
    equal("the kind", &failed("the question", asked)?.kind(), &ErrorKind::Cancelled)
}

async fn tells_who_is_locked(stage: &Stage<'_>) -> Case {
    equal("the reason", &reason(stage, "locked", "pw-locked").await?, &Some(Reason::Locked))
}

async fn tells_whose_password_expired(stage: &Stage<'_>) -> Case {
    equal("the reason", &reason(stage, "expired", "pw-expired").await?, &Some(Reason::Expired))
}

async fn tells_who_must_change_it(stage: &Stage<'_>) -> Case {
    equal("the reason", &reason(stage, "reset", "pw-reset").await?, &Some(Reason::MustChange))
}
