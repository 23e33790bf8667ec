//! What transactions see of each other.

use crate::suites::Suite;
use crate::suites::db::stage::{Case, Stage, ensure, equal, failed, refused};
use purlin_core::{ErrorKind, Outcome, Result};
use purlin_db::{Capability, ErrorClass, Executed, Isolation, Session};

pub(super) async fn run(suite: &mut Suite, stage: &Stage<'_>) {
    cases! { suite, stage, "isolation";
        read_uncommitted_is_given_or_refused [];
        read_committed_is_given_or_refused [];
        repeatable_read_is_given_or_refused [];
        snapshot_is_given_or_refused [];
        serializable_is_given_or_refused [];
        read_committed_sees_what_others_commit ["evaluates", "isolation_read_committed"];
        repeatable_read_sees_one_state ["evaluates", "isolation_repeatable_read"];
        snapshot_sees_one_state ["evaluates", "isolation_snapshot"];
        a_level_ends_with_its_transaction ["evaluates"];
        a_lock_that_is_not_had_in_time ["impatient"];
        a_deadlock_has_one_loser ["finds_deadlocks"];
        an_overtaken_write ["refuses_overtaken_writes"];
    }
}

async fn given_or_refused(stage: &Stage<'_>, level: Isolation) -> Case {
    let (mut session, cx, tag) = (stage.session().await?, Stage::cx(), stage.tag());
    let has = session.dialect().isolation.contains(&level);
    match session.begin(&cx).isolation(level).await {
        Ok(mut transaction) => {
            ensure(has, "begun, though the dialect does not have it")?;
            stage.keep(&mut transaction, &tag).await?;
            transaction.commit(&cx).await?;
            stage.is_kept(&tag, 1).await?;
        }
        Err(error) => {
            ensure(!has, format!("refused, though the dialect has it: {error:#}"))?;
            equal("the kind", &error.kind(), &ErrorKind::Unsupported)?;
            equal("the outcome", &error.outcome(), &Outcome::NotSent)?;
        }
    }
    stage.answers(&mut session).await
}

async fn read_uncommitted_is_given_or_refused(stage: &Stage<'_>) -> Case {
    given_or_refused(stage, Isolation::ReadUncommitted).await
}

async fn read_committed_is_given_or_refused(stage: &Stage<'_>) -> Case {
    given_or_refused(stage, Isolation::ReadCommitted).await
}

async fn repeatable_read_is_given_or_refused(stage: &Stage<'_>) -> Case {
    given_or_refused(stage, Isolation::RepeatableRead).await
}

async fn snapshot_is_given_or_refused(stage: &Stage<'_>) -> Case {
    given_or_refused(stage, Isolation::Snapshot).await
}

async fn serializable_is_given_or_refused(stage: &Stage<'_>) -> Case {
    given_or_refused(stage, Isolation::Serializable).await
}

/// Reads, lets another commit, reads again: how many rows came in between. The transaction only reads where it can be
/// held to that: some engines let nobody else write else.
async fn came_in_between(stage: &Stage<'_>, session: &mut Session, level: Option<Isolation>) -> Result<i64> {
    let (mut other, cx, tag) = (stage.session().await?, Stage::cx(), stage.tag());
    let count = format!("SELECT COUNT(*) FROM purlin_ledger WHERE tag = '{tag}'");
    let mut begin = session.begin(&cx);
    let takes_both = level.is_none() || stage.connector.dialect().transactions.read_only_takes_level;
    if takes_both && stage.can(Capability::ReadOnlyTransactions) {
        begin = begin.read_only();
    }
    if let Some(level) = level {
        begin = begin.isolation(level);
    }
    let mut transaction = begin.await?;
    let before: i64 = transaction.query(&cx, &count).value().await?;
    stage.keep(&mut other, &tag).await?;
    let after: i64 = transaction.query(&cx, &count).value().await?;
    transaction.rollback(&cx).await?;
    Ok(after - before)
}

async fn sees(stage: &Stage<'_>, level: Isolation, wanted: i64) -> Case {
    let mut session = stage.session().await?;
    equal("what came in between", &came_in_between(stage, &mut session, Some(level)).await?, &wanted)
}

async fn read_committed_sees_what_others_commit(stage: &Stage<'_>) -> Case {
    sees(stage, Isolation::ReadCommitted, 1).await
}

async fn repeatable_read_sees_one_state(stage: &Stage<'_>) -> Case {
    sees(stage, Isolation::RepeatableRead, 0).await
}

async fn snapshot_sees_one_state(stage: &Stage<'_>) -> Case {
    sees(stage, Isolation::Snapshot, 0).await
}

/// The same session sees as the server's default has it, before and after a transaction of another level.
async fn a_level_ends_with_its_transaction(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    let usual = came_in_between(stage, &mut session, None).await?;
    for level in session.dialect().isolation {
        session.begin(&cx).isolation(*level).await?.commit(&cx).await?;
        let seen = came_in_between(stage, &mut session, None).await?;
        equal(&format!("what came in between after {level:?}"), &seen, &usual)?;
    }
    Ok(())
}

fn add(id: u8) -> String {
    format!("UPDATE purlin_parent SET n = n + 1 WHERE id = {id}")
}

async fn a_lock_that_is_not_had_in_time(stage: &Stage<'_>) -> Case {
    let (mut holder, mut other, cx) = (stage.session().await?, stage.session().await?, Stage::cx());
    let impatient = stage.subject.impatient().ok_or("no such statement")?;
    other.execute(&cx, &impatient).await?;
    let mut transaction = holder.begin(&cx).await?;
    transaction.execute(&cx, add(1)).await?;
    let error = failed("a write of a locked row", other.execute(&cx, add(1)).await)?;
    refused(&error, ErrorClass::LockTimeout)?;
    stage.answers(&mut other).await?;
    transaction.rollback(&cx).await?;
    other.execute(&cx, add(1)).await?;
    stage.answers(&mut holder).await
}

/// Waits for the other's row, and lets its own go.
async fn crosses(session: &mut Session, own: u8, others: u8, met: &tokio::sync::Barrier) -> Result<Executed> {
    let cx = Stage::cx();
    let mut transaction = session.begin(&cx).await?;
    transaction.execute(&cx, add(own)).await?;
    met.wait().await;
    let result = transaction.execute(&cx, add(others)).await;
    transaction.rollback(&cx).await?;
    result
}

async fn a_deadlock_has_one_loser(stage: &Stage<'_>) -> Case {
    let (mut first, mut second) = (stage.session().await?, stage.session().await?);
    let met = tokio::sync::Barrier::new(2);
    let (one, other) = tokio::join!(crosses(&mut first, 1, 2, &met), crosses(&mut second, 2, 1, &met));
    let error = match (one, other) {
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => error,
        results => return Err(format!("not exactly one of them lost: {results:?}").into()),
    };
    refused(&error, ErrorClass::Serialization)?;
    equal("the outcome", &error.outcome(), &Outcome::Sent)?;
    stage.answers(&mut first).await?;
    stage.answers(&mut second).await
}

async fn an_overtaken_write(stage: &Stage<'_>) -> Case {
    let (mut session, mut other, cx) = (stage.session().await?, stage.session().await?, Stage::cx());
    let strictest = session.dialect().isolation.iter().max_by_key(|level| **level == Isolation::Serializable);
    let strictest = *strictest.ok_or("no isolation level")?;
    let mut transaction = session.begin(&cx).isolation(strictest).await?;
    let _: i64 = transaction.query(&cx, "SELECT n FROM purlin_parent WHERE id = 1").value().await?;
    other.execute(&cx, add(1)).await?;
    let error = failed("the write", transaction.execute(&cx, add(1)).await)?;
    refused(&error, ErrorClass::Serialization)?;
    let next = failed("a statement after it", transaction.execute(&cx, add(2)).await)?;
    equal("the outcome", &next.outcome(), &Outcome::NotSent)?;
    transaction.rollback(&cx).await?;
    stage.answers(&mut session).await
}
