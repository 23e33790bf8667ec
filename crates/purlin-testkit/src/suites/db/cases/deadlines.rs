//! Calls whose time is over, or whose answer nobody wants any more.

use crate::suites::Suite;
use crate::suites::db::stage::{Case, SHORT, Stage, ensure, equal, failed};
use purlin_core::{Cx, Error, ErrorKind, Outcome};
use purlin_db::{Protocol, Session};

pub(super) async fn run(suite: &mut Suite, stage: &Stage<'_>) {
    cases! { suite, stage, "deadlines";
        ends_a_statement ["endless", "cancel"];
        ends_a_prepared_statement ["endless", "cancel", "prepared"];
        ends_an_execute ["endless", "cancel"];
        ends_a_stream ["endless_rows", "cancel"];
        ends_a_statement_in_a_transaction ["endless", "cancel"];
        is_told_before_anything_is_sent [];
        stops_it_on_the_server ["endless", "cancel", "running"];
        stops_what_was_dropped ["endless", "cancel", "running", "recovers_after_drop"];
        cancelled_by_the_caller ["endless", "cancel"];
        cancelled_while_streaming ["endless_rows", "cancel"];
        again_and_again ["endless", "cancel"];
        a_fast_statement_is_not_cut [];
    }
}

fn short() -> Cx {
    Cx::background().with_timeout(SHORT)
}

fn is_cut(error: &Error, kind: ErrorKind) -> Case {
    ensure(error.kind() == kind, format!("the kind is not {kind:?}: {error:#}"))?;
    equal("the outcome", &error.outcome(), &Outcome::Maybe)?;
    ensure(error.endpoint().is_some(), format!("no address in {error:#}"))
}

async fn ended(stage: &Stage<'_>, protocol: Protocol) -> Case {
    let (mut session, mark) = (stage.session().await?, stage.tag());
    let sql = stage.subject.endless(&mark).ok_or("no such statement")?;
    let answer = session.query(&short(), &sql).protocol(protocol).all().await;
    is_cut(&failed("what has no end", answer)?, ErrorKind::Timeout)?;
    stage.answers(&mut session).await
}

async fn ends_a_statement(stage: &Stage<'_>) -> Case {
    ended(stage, Protocol::Text).await
}

async fn ends_a_prepared_statement(stage: &Stage<'_>) -> Case {
    ended(stage, Protocol::Prepared).await
}

async fn ends_an_execute(stage: &Stage<'_>) -> Case {
    let (mut session, mark) = (stage.session().await?, stage.tag());
    let sql = stage.subject.endless(&mark).ok_or("no such statement")?;
    is_cut(&failed("what has no end", session.execute(&short(), &sql).await)?, ErrorKind::Timeout)?;
    stage.answers(&mut session).await
}

async fn streamed(session: &mut Session, cx: &Cx, sql: &str) -> Result<(), Error> {
    let mut rows = session.query(cx, sql).await?;
    while rows.next().await?.is_some() {}
    Ok(())
}

async fn ends_a_stream(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    let sql = stage.subject.endless_rows().ok_or("no such statement")?;
    is_cut(&failed("what has no end", streamed(&mut session, &short(), &sql).await)?, ErrorKind::Timeout)?;
    stage.answers(&mut session).await
}

/// Whatever became of the transaction: it is never there in half, and what follows stands outside it.
async fn ends_a_statement_in_a_transaction(stage: &Stage<'_>) -> Case {
    let (mut session, cx, tag) = (stage.session().await?, Stage::cx(), stage.tag());
    let sql = stage.subject.endless(&tag).ok_or("no such statement")?;
    let mut transaction = session.begin(&cx).await?;
    stage.keep(&mut transaction, &tag).await?;
    is_cut(&failed("what has no end", transaction.query(&short(), &sql).all().await)?, ErrorKind::Timeout)?;
    drop(transaction);
    stage.commits_at_once(&mut session).await?;
    stage.is_kept(&tag, 0).await?;
    stage.answers(&mut session).await
}

async fn is_told_before_anything_is_sent(stage: &Stage<'_>) -> Case {
    let (mut session, tag) = (stage.session().await?, stage.tag());
    let (over, canceller) = Cx::background().cancellable();
    canceller.cancel();
    let sql = format!("INSERT INTO purlin_ledger (tag) VALUES ('{tag}')");
    let error = failed("a write after the end of the call", session.execute(&over, sql).await)?;
    equal("the kind", &error.kind(), &ErrorKind::Cancelled)?;
    equal("the outcome", &error.outcome(), &Outcome::NotSent)?;
    let error = failed("a ping after the end of the call", session.ping(&over).await)?;
    equal("the outcome", &error.outcome(), &Outcome::NotSent)?;
    let error = failed("a begin after the end of the call", session.begin(&over).await.map(drop))?;
    equal("the outcome", &error.outcome(), &Outcome::NotSent)?;
    stage.is_kept(&tag, 0).await?;
    stage.answers(&mut session).await
}

async fn stops_it_on_the_server(stage: &Stage<'_>) -> Case {
    let (mut session, mark) = (stage.session().await?, stage.tag());
    let sql = stage.subject.endless(&mark).ok_or("no such statement")?;
    let (cx, canceller) = Stage::cx().cancellable();
    let stop = async {
        let seen = stage.until_running(&mark, 1).await;
        canceller.cancel();
        seen
    };
    let (answer, seen) = tokio::join!(session.query(&cx, &sql).all(), stop);
    seen?;
    is_cut(&failed("what has no end", answer)?, ErrorKind::Cancelled)?;
    stage.until_running(&mark, 0).await?;
    stage.answers(&mut session).await
}

async fn stops_what_was_dropped(stage: &Stage<'_>) -> Case {
    let (mut session, cx, mark) = (stage.session().await?, Stage::cx(), stage.tag());
    let sql = stage.subject.endless(&mark).ok_or("no such statement")?;
    let seen = tokio::select! {
        answer = session.query(&cx, &sql).all() => return Err(format!("it ended: {answer:?}").into()),
        seen = stage.until_running(&mark, 1) => seen,
    };
    seen?;
    stage.answers(&mut session).await?;
    stage.until_running(&mark, 0).await
}

async fn cancelled_by_the_caller(stage: &Stage<'_>) -> Case {
    let (mut session, mark) = (stage.session().await?, stage.tag());
    let sql = stage.subject.endless(&mark).ok_or("no such statement")?;
    let (cx, canceller) = Stage::cx().cancellable();
    let stop = async {
        tokio::time::sleep(SHORT).await;
        canceller.cancel();
    };
    let (answer, ()) = tokio::join!(session.query(&cx, &sql).all(), stop);
    is_cut(&failed("what has no end", answer)?, ErrorKind::Cancelled)?;
    stage.answers(&mut session).await
}

async fn cancelled_while_streaming(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    let sql = stage.subject.endless_rows().ok_or("no such statement")?;
    let (cx, canceller) = Stage::cx().cancellable();
    let mut rows = session.query(&cx, &sql).await?;
    for _ in 0..5 {
        ensure(rows.next().await?.is_some(), "too few rows")?;
    }
    canceller.cancel();
    let error = loop {
        match rows.next().await {
            Ok(Some(_)) => {}
            Ok(None) => return Err("it ended as if it were whole".into()),
            Err(error) => break error,
        }
    };
    is_cut(&error, ErrorKind::Cancelled)?;
    drop(rows);
    stage.answers(&mut session).await
}

async fn again_and_again(stage: &Stage<'_>) -> Case {
    let (mut session, mark) = (stage.session().await?, stage.tag());
    let sql = stage.subject.endless(&mark).ok_or("no such statement")?;
    for milliseconds in [0, 1, 2, 5, 10, 20, 50] {
        let cx = Cx::background().with_timeout(std::time::Duration::from_millis(milliseconds));
        let error = failed("what has no end", session.query(&cx, &sql).all().await)?;
        equal("the kind", &error.kind(), &ErrorKind::Timeout)?;
        stage.answers(&mut session).await?;
    }
    Ok(())
}

/// A cancellation that comes when the statement is over hits no other one.
async fn a_fast_statement_is_not_cut(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    for _ in 0..50 {
        let (cx, canceller) = Stage::cx().cancellable();
        let wanted = stage.fresh();
        let got: i64 = session.query(&cx, stage.subject.number(wanted)).value().await?;
        canceller.cancel();
        equal("the answer", &got, &wanted)?;
    }
    stage.answers(&mut session).await
}
