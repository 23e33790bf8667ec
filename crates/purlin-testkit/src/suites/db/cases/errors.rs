//! What the server refuses, in the same words for every vendor.

use crate::suites::Suite;
use crate::suites::db::stage::{Case, Stage, ensure, equal, failed, refused};
use purlin_core::Outcome;
use purlin_db::{DbDetail, ErrorClass, Protocol};

pub(super) async fn run(suite: &mut Suite, stage: &Stage<'_>) {
    cases! { suite, stage, "errors";
        unique ["refuses_unique"];
        foreign_key ["refuses_foreign_key"];
        not_null ["refuses_not_null"];
        check ["refuses_check"];
        syntax ["refuses_syntax"];
        a_missing_table ["evaluates"];
        a_missing_column ["evaluates"];
        data ["refuses_data"];
        permission_denied ["refuses_permission_denied"];
        not_writable ["refuses_not_writable"];
        cancelled_by_the_server ["refuses_cancelled"];
        the_same_prepared ["prepared", "refuses_unique", "refuses_syntax"];
        a_constraint_has_its_name ["constraint_names", "refuses_check"];
        one_after_the_other ["refuses_unique", "refuses_syntax"];
        within_rows_that_are_read ["refuses_syntax"];
    }
}

async fn provoked(stage: &Stage<'_>, class: ErrorClass, protocol: Protocol) -> Case {
    let sql = stage.subject.refused(class).ok_or("no such statement")?;
    is_refused(stage, &sql, class, protocol).await
}

async fn is_refused(stage: &Stage<'_>, sql: &str, class: ErrorClass, protocol: Protocol) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    let error = failed(sql, session.execute(&cx, sql).protocol(protocol).await)?;
    refused(&error, class)?;
    equal("the outcome", &error.outcome(), &Outcome::Sent)?;
    equal("the address", &error.endpoint(), &Some(&stage.endpoint))?;
    let vendor = error.detail::<DbDetail>().map(|detail| detail.vendor);
    equal("the vendor", &vendor, &Some(session.info().vendor))?;
    ensure(!error.message().is_empty(), "the message is empty")?;
    stage.answers(&mut session).await
}

async fn unique(stage: &Stage<'_>) -> Case {
    provoked(stage, ErrorClass::Unique, Protocol::Auto).await
}

async fn foreign_key(stage: &Stage<'_>) -> Case {
    provoked(stage, ErrorClass::ForeignKey, Protocol::Auto).await
}

async fn not_null(stage: &Stage<'_>) -> Case {
    provoked(stage, ErrorClass::NotNull, Protocol::Auto).await
}

async fn check(stage: &Stage<'_>) -> Case {
    provoked(stage, ErrorClass::Check, Protocol::Auto).await
}

async fn syntax(stage: &Stage<'_>) -> Case {
    provoked(stage, ErrorClass::Syntax, Protocol::Auto).await
}

async fn a_missing_table(stage: &Stage<'_>) -> Case {
    for protocol in [Protocol::Text, Protocol::Prepared] {
        is_refused(stage, "SELECT a FROM purlin_nowhere", ErrorClass::Syntax, protocol).await?;
    }
    Ok(())
}

async fn a_missing_column(stage: &Stage<'_>) -> Case {
    is_refused(stage, "SELECT nothing FROM purlin_parent", ErrorClass::Syntax, Protocol::Auto).await
}

async fn data(stage: &Stage<'_>) -> Case {
    provoked(stage, ErrorClass::Data, Protocol::Auto).await
}

async fn permission_denied(stage: &Stage<'_>) -> Case {
    provoked(stage, ErrorClass::PermissionDenied, Protocol::Auto).await
}

async fn not_writable(stage: &Stage<'_>) -> Case {
    provoked(stage, ErrorClass::NotWritable, Protocol::Auto).await
}

async fn cancelled_by_the_server(stage: &Stage<'_>) -> Case {
    provoked(stage, ErrorClass::Cancelled, Protocol::Auto).await
}

async fn the_same_prepared(stage: &Stage<'_>) -> Case {
    provoked(stage, ErrorClass::Unique, Protocol::Prepared).await?;
    provoked(stage, ErrorClass::Syntax, Protocol::Prepared).await
}

async fn a_constraint_has_its_name(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    let sql = stage.subject.refused(ErrorClass::Check).ok_or("no such statement")?;
    let error = failed("the CHECK", session.execute(&cx, &sql).await)?;
    let name = error.detail::<DbDetail>().and_then(|detail| detail.constraint.clone());
    equal("the constraint", &name.map(|name| name.to_lowercase()), &Some("purlin_positive".to_owned()))
}

async fn one_after_the_other(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    for _ in 0..5 {
        for class in [ErrorClass::Unique, ErrorClass::Syntax] {
            let sql = stage.subject.refused(class).ok_or("no such statement")?;
            refused(&failed(&sql, session.execute(&cx, &sql).await)?, class)?;
        }
    }
    stage.answers(&mut session).await
}

/// As a question, which has rows where it goes well.
async fn within_rows_that_are_read(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    let sql = stage.subject.refused(ErrorClass::Syntax).ok_or("no such statement")?;
    refused(&failed(&sql, session.query(&cx, &sql).all().await)?, ErrorClass::Syntax)?;
    refused(&failed(&sql, session.query(&cx, &sql).await.map(drop))?, ErrorClass::Syntax)?;
    stage.answers(&mut session).await
}
