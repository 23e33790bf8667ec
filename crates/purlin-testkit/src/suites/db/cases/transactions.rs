//! Transactions and savepoints.

use crate::suites::Suite;
use crate::suites::db::stage::{Case, Stage, ensure, equal, failed, refused};
use purlin_core::{ErrorKind, Outcome};
use purlin_db::{Access, Capability, ErrorClass, SessionState, TxOptions};

pub(super) async fn run(suite: &mut Suite, stage: &Stage<'_>) {
    cases! { suite, stage, "transactions";
        committed [];
        rolled_back [];
        dropped [];
        unseen_until_committed [];
        several_in_turn [];
        none_within_another [];
        read_only_refuses_writes ["read_only_transactions", "evaluates"];
        read_only_ends_with_the_transaction ["read_only_transactions"];
        read_only_is_refused_where_it_cannot_be [];
        read_write [];
        a_savepoint_undone ["savepoints"];
        a_savepoint_dropped ["savepoints"];
        a_savepoint_kept ["savepoints"];
        a_savepoint_in_another ["savepoints"];
        a_savepoint_after_an_error ["savepoints", "refuses_unique"];
        a_savepoint_is_refused_where_there_is_none [];
        rolled_back_after_an_error ["refuses_unique"];
        committed_after_an_error_or_not ["refuses_unique"];
        dropped_after_an_error ["refuses_unique"];
        schema_is_undone ["transactional_ddl", "evaluates"];
        schema_that_commits_is_noticed ["evaluates"];
        begun_in_a_text_and_reset [];
        ended_in_a_text_is_noticed [];
    }
}

async fn committed(stage: &Stage<'_>) -> Case {
    let (mut session, cx, tag) = (stage.session().await?, Stage::cx(), stage.tag());
    let mut transaction = session.begin(&cx).await?;
    equal("the state", &transaction.state(), &SessionState::InTransaction)?;
    equal("the rows", &stage.keep(&mut transaction, &tag).await?, &1)?;
    equal("the rows", &stage.keep(&mut transaction, &tag).await?, &1)?;
    transaction.commit(&cx).await?;
    stage.is_kept(&tag, 2).await?;
    stage.answers(&mut session).await
}

async fn rolled_back(stage: &Stage<'_>) -> Case {
    let (mut session, cx, tag) = (stage.session().await?, Stage::cx(), stage.tag());
    let mut transaction = session.begin(&cx).await?;
    stage.keep(&mut transaction, &tag).await?;
    transaction.rollback(&cx).await?;
    stage.answers(&mut session).await?;
    stage.commits_at_once(&mut session).await?;
    stage.is_kept(&tag, 0).await
}

async fn dropped(stage: &Stage<'_>) -> Case {
    let (mut session, cx, tag) = (stage.session().await?, Stage::cx(), stage.tag());
    let mut transaction = session.begin(&cx).await?;
    stage.keep(&mut transaction, &tag).await?;
    drop(transaction);
    equal("the state", &session.state(), &SessionState::Unsettled)?;
    stage.commits_at_once(&mut session).await?;
    stage.is_kept(&tag, 0).await?;
    stage.answers(&mut session).await
}

async fn unseen_until_committed(stage: &Stage<'_>) -> Case {
    let (mut session, cx, tag) = (stage.session().await?, Stage::cx(), stage.tag());
    let mut transaction = session.begin(&cx).await?;
    stage.keep(&mut transaction, &tag).await?;
    stage.is_kept(&tag, 0).await?;
    transaction.commit(&cx).await?;
    stage.is_kept(&tag, 1).await
}

async fn several_in_turn(stage: &Stage<'_>) -> Case {
    let (mut session, cx, tag) = (stage.session().await?, Stage::cx(), stage.tag());
    for turn in 0..6 {
        let mut transaction = session.begin(&cx).await?;
        stage.keep(&mut transaction, &tag).await?;
        match turn % 3 {
            0 => transaction.commit(&cx).await?,
            1 => transaction.rollback(&cx).await?,
            _ => drop(transaction),
        }
    }
    stage.is_kept(&tag, 2).await?;
    stage.answers(&mut session).await
}

async fn none_within_another(stage: &Stage<'_>) -> Case {
    let (mut session, cx, tag) = (stage.session().await?, Stage::cx(), stage.tag());
    let mut transaction = session.begin(&cx).await?;
    stage.keep(&mut transaction, &tag).await?;
    let error = failed("a transaction in a transaction", transaction.begin(&cx).await)?;
    equal("the outcome", &error.outcome(), &Outcome::NotSent)?;
    transaction.commit(&cx).await?;
    stage.is_kept(&tag, 1).await
}

async fn read_only_refuses_writes(stage: &Stage<'_>) -> Case {
    let (mut session, cx, tag) = (stage.session().await?, Stage::cx(), stage.tag());
    let mut transaction = session.begin(&cx).read_only().await?;
    let read: i64 = transaction.query(&cx, "SELECT COUNT(*) FROM purlin_parent").value().await?;
    equal("what was read", &read, &2)?;
    let error = failed("a write", stage.keep(&mut transaction, &tag).await)?;
    refused(&error, ErrorClass::NotWritable)?;
    transaction.rollback(&cx).await?;
    stage.is_kept(&tag, 0).await?;
    stage.commits_at_once(&mut session).await
}

async fn read_only_ends_with_the_transaction(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    for turn in 0..3 {
        let transaction = session.begin(&cx).read_only().await?;
        match turn {
            0 => transaction.commit(&cx).await?,
            1 => transaction.rollback(&cx).await?,
            _ => drop(transaction),
        }
        stage.commits_at_once(&mut session).await?;
        let (tag, mut transaction) = (stage.tag(), session.begin(&cx).await?);
        stage.keep(&mut transaction, &tag).await?;
        transaction.commit(&cx).await?;
        stage.is_kept(&tag, 1).await?;
    }
    Ok(())
}

async fn read_only_is_refused_where_it_cannot_be(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    match session.begin(&cx).read_only().await {
        Ok(transaction) => {
            ensure(stage.can(Capability::ReadOnlyTransactions), "begun, where the server cannot hold to it")?;
            transaction.rollback(&cx).await?;
        }
        Err(error) => {
            ensure(!stage.can(Capability::ReadOnlyTransactions), format!("{error:#}"))?;
            equal("the kind", &error.kind(), &ErrorKind::Unsupported)?;
            equal("the outcome", &error.outcome(), &Outcome::NotSent)?;
        }
    }
    stage.answers(&mut session).await
}

async fn read_write(stage: &Stage<'_>) -> Case {
    let (mut session, cx, tag) = (stage.session().await?, Stage::cx(), stage.tag());
    let options = TxOptions::new().access(Access::ReadWrite);
    let mut transaction = session.begin(&cx).options(options).await?;
    stage.keep(&mut transaction, &tag).await?;
    transaction.commit(&cx).await?;
    stage.is_kept(&tag, 1).await
}

async fn a_savepoint_undone(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    let (outer, inner) = (stage.tag(), stage.tag());
    let mut transaction = session.begin(&cx).await?;
    stage.keep(&mut transaction, &outer).await?;
    let mut part = transaction.savepoint(&cx).await?;
    stage.keep(&mut part, &inner).await?;
    part.rollback(&cx).await?;
    stage.keep(&mut transaction, &outer).await?;
    transaction.commit(&cx).await?;
    stage.is_kept(&outer, 2).await?;
    stage.is_kept(&inner, 0).await
}

async fn a_savepoint_dropped(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    let (outer, inner) = (stage.tag(), stage.tag());
    let mut transaction = session.begin(&cx).await?;
    let mut part = transaction.savepoint(&cx).await?;
    stage.keep(&mut part, &inner).await?;
    drop(part);
    stage.keep(&mut transaction, &outer).await?;
    transaction.commit(&cx).await?;
    stage.is_kept(&outer, 1).await?;
    stage.is_kept(&inner, 0).await?;
    stage.answers(&mut session).await
}

async fn a_savepoint_kept(stage: &Stage<'_>) -> Case {
    let (mut session, cx, tag) = (stage.session().await?, Stage::cx(), stage.tag());
    let mut transaction = session.begin(&cx).await?;
    for _ in 0..3 {
        let mut part = transaction.savepoint(&cx).await?;
        stage.keep(&mut part, &tag).await?;
        part.commit(&cx).await?;
    }
    stage.is_kept(&tag, 0).await?;
    transaction.commit(&cx).await?;
    stage.is_kept(&tag, 3).await
}

async fn a_savepoint_in_another(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    let (outer, middle, inner) = (stage.tag(), stage.tag(), stage.tag());
    let mut transaction = session.begin(&cx).await?;
    stage.keep(&mut transaction, &outer).await?;
    let mut part = transaction.savepoint(&cx).await?;
    stage.keep(&mut part, &middle).await?;
    let mut within = part.savepoint(&cx).await?;
    stage.keep(&mut within, &inner).await?;
    within.commit(&cx).await?;
    part.rollback(&cx).await?;
    transaction.commit(&cx).await?;
    stage.is_kept(&outer, 1).await?;
    stage.is_kept(&middle, 0).await?;
    stage.is_kept(&inner, 0).await
}

/// A part that failed is undone, and the rest is as it was, also where an error fails the whole transaction.
async fn a_savepoint_after_an_error(stage: &Stage<'_>) -> Case {
    let (mut session, cx, tag) = (stage.session().await?, Stage::cx(), stage.tag());
    let sql = stage.subject.refused(ErrorClass::Unique).ok_or("no such statement")?;
    let mut transaction = session.begin(&cx).await?;
    stage.keep(&mut transaction, &tag).await?;
    let mut part = transaction.savepoint(&cx).await?;
    let error = failed("a duplicate", part.execute(&cx, &sql).await)?;
    refused(&error, ErrorClass::Unique)?;
    part.rollback(&cx).await?;
    stage.keep(&mut transaction, &tag).await?;
    transaction.commit(&cx).await?;
    stage.is_kept(&tag, 2).await
}

async fn a_savepoint_is_refused_where_there_is_none(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    let mut transaction = session.begin(&cx).await?;
    match transaction.savepoint(&cx).await {
        Ok(part) => {
            ensure(stage.can(Capability::Savepoints), "opened, where the server has none")?;
            drop(part);
        }
        Err(error) => {
            ensure(!stage.can(Capability::Savepoints), format!("{error:#}"))?;
            equal("the kind", &error.kind(), &ErrorKind::Unsupported)?;
        }
    }
    transaction.rollback(&cx).await?;
    stage.answers(&mut session).await
}

async fn rolled_back_after_an_error(stage: &Stage<'_>) -> Case {
    let (mut session, cx, tag) = (stage.session().await?, Stage::cx(), stage.tag());
    let sql = stage.subject.refused(ErrorClass::Unique).ok_or("no such statement")?;
    let mut transaction = session.begin(&cx).await?;
    stage.keep(&mut transaction, &tag).await?;
    failed("a duplicate", transaction.execute(&cx, &sql).await)?;
    transaction.rollback(&cx).await?;
    stage.is_kept(&tag, 0).await?;
    stage.answers(&mut session).await
}

/// Whichever way the engine has it: what commit says is what is there.
async fn committed_after_an_error_or_not(stage: &Stage<'_>) -> Case {
    let (mut session, cx, tag) = (stage.session().await?, Stage::cx(), stage.tag());
    let sql = stage.subject.refused(ErrorClass::Unique).ok_or("no such statement")?;
    let mut transaction = session.begin(&cx).await?;
    stage.keep(&mut transaction, &tag).await?;
    failed("a duplicate", transaction.execute(&cx, &sql).await)?;
    let rows = match transaction.commit(&cx).await {
        Ok(()) => 1,
        Err(error) => {
            ensure(error.outcome() != Outcome::Maybe, format!("in doubt: {error:#}"))?;
            0
        }
    };
    stage.is_kept(&tag, rows).await?;
    stage.answers(&mut session).await
}

async fn dropped_after_an_error(stage: &Stage<'_>) -> Case {
    let (mut session, cx, tag) = (stage.session().await?, Stage::cx(), stage.tag());
    let sql = stage.subject.refused(ErrorClass::Unique).ok_or("no such statement")?;
    let mut transaction = session.begin(&cx).await?;
    stage.keep(&mut transaction, &tag).await?;
    failed("a duplicate", transaction.execute(&cx, &sql).await)?;
    drop(transaction);
    stage.answers(&mut session).await?;
    stage.is_kept(&tag, 0).await
}

async fn schema_is_undone(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    session.execute(&cx, "DROP TABLE IF EXISTS purlin_made").await?;
    let mut transaction = session.begin(&cx).await?;
    transaction.execute(&cx, "CREATE TABLE purlin_made (a INTEGER)").await?;
    transaction.rollback(&cx).await?;
    let error = failed("the table", session.query(&cx, "SELECT a FROM purlin_made").all().await)?;
    refused(&error, ErrorClass::Syntax)
}

/// Where a statement about the schema commits, what follows is refused instead of standing outside a transaction.
async fn schema_that_commits_is_noticed(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    let (before, after) = (stage.tag(), stage.tag());
    session.execute(&cx, "DROP TABLE IF EXISTS purlin_made").await?;
    let mut transaction = session.begin(&cx).await?;
    stage.keep(&mut transaction, &before).await?;
    transaction.execute(&cx, "CREATE TABLE purlin_made (a INTEGER)").await?;
    let kept = stage.kept(&before).await?;
    let next = stage.keep(&mut transaction, &after).await;
    equal("whether the next one ran", &next.is_ok(), &(kept == 0))?;
    transaction.rollback(&cx).await?;
    stage.is_kept(&after, 0).await?;
    stage.answers(&mut session).await?;
    session.execute(&cx, "DROP TABLE IF EXISTS purlin_made").await?;
    Ok(())
}

async fn begun_in_a_text_and_reset(stage: &Stage<'_>) -> Case {
    let (mut session, cx, tag) = (stage.session().await?, Stage::cx(), stage.tag());
    if session.dialect().transactions.begin.is_empty() {
        // Nothing begins one but a statement that does something, which is committed at once.
        return stage.commits_at_once(&mut session).await;
    }
    session.execute(&cx, stage.begin_in_a_text()).await?;
    equal("the state", &session.state(), &SessionState::InTransaction)?;
    stage.keep(&mut session, &tag).await?;
    session.reset(&cx).await?;
    stage.answers(&mut session).await?;
    stage.is_kept(&tag, 0).await?;
    stage.commits_at_once(&mut session).await
}

async fn ended_in_a_text_is_noticed(stage: &Stage<'_>) -> Case {
    let (mut session, cx, tag) = (stage.session().await?, Stage::cx(), stage.tag());
    let mut transaction = session.begin(&cx).await?;
    transaction.execute(&cx, "COMMIT").await?;
    equal("the state", &transaction.state(), &SessionState::Aborted)?;
    failed("a write outside the transaction", stage.keep(&mut transaction, &tag).await)?;
    drop(transaction);
    stage.is_kept(&tag, 0).await?;
    stage.answers(&mut session).await
}
