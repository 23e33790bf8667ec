//! Answers of many rows, large values and several results.

use crate::suites::Suite;
use crate::suites::db::DbKind;
use crate::suites::db::stage::{Case, Stage, ensure, equal, failed, refused};
use purlin_core::Outcome;
use purlin_db::{ErrorClass, Protocol, SessionState, Sql, Value};

const MANY: u64 = 100_000;

pub(super) async fn run(suite: &mut Suite, stage: &Stage<'_>) {
    cases! { suite, stage, "results";
        many_rows_in_order [];
        many_rows_prepared ["prepared"];
        stopped_early [];
        stopped_early_prepared ["prepared"];
        not_looked_at [];
        without_an_end ["endless_rows"];
        rows_after_the_end [];
        rows_left_in_a_transaction [];
        many_columns ["evaluates"];
        large_text ["column_text", "prepared"];
        large_bytes ["column_bytes", "prepared"];
        two_in_order ["multiple_results"];
        two_of_which_one_is_read ["multiple_results"];
        two_of_which_none_is_read ["multiple_results"];
        the_first_of_two ["multiple_results"];
        an_error_in_the_second ["multiple_results", "evaluates", "refuses_unique"];
    }
}

async fn counted(stage: &Stage<'_>, protocol: Protocol) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    let mut rows = session.query(&cx, stage.subject.numbers(MANY)).protocol(protocol).await?;
    let mut count: u64 = 0;
    while let Some(row) = rows.next().await? {
        count += 1;
        let got: u64 = row.get(0)?;
        ensure(got == count, format!("row {count} is {got}"))?;
    }
    drop(rows);
    equal("the number of rows", &count, &MANY)?;
    stage.answers(&mut session).await
}

async fn many_rows_in_order(stage: &Stage<'_>) -> Case {
    counted(stage, Protocol::Auto).await
}

async fn many_rows_prepared(stage: &Stage<'_>) -> Case {
    counted(stage, Protocol::Prepared).await
}

async fn stopped(stage: &Stage<'_>, protocol: Protocol) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    for read in [0, 1, 2, 100, 1000, 5000] {
        let mut rows = session.query(&cx, stage.subject.numbers(MANY)).protocol(protocol).await?;
        for _ in 0..read {
            ensure(rows.next().await?.is_some(), "too few rows")?;
        }
        drop(rows);
        equal("the state", &session.state(), &SessionState::Unsettled)?;
        stage.answers(&mut session).await?;
    }
    Ok(())
}

async fn stopped_early(stage: &Stage<'_>) -> Case {
    stopped(stage, Protocol::Text).await
}

async fn stopped_early_prepared(stage: &Stage<'_>) -> Case {
    stopped(stage, Protocol::Prepared).await
}

async fn not_looked_at(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    drop(session.query(&cx, stage.subject.number(7)).await?);
    stage.answers(&mut session).await
}

async fn without_an_end(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    let sql = stage.subject.endless_rows().ok_or("no such statement")?;
    let mut rows = session.query(&cx, sql).await?;
    for _ in 0..10 {
        ensure(rows.next().await?.is_some(), "too few rows")?;
    }
    drop(rows);
    stage.answers(&mut session).await
}

async fn rows_after_the_end(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    let mut rows = session.query(&cx, stage.subject.numbers(3)).await?;
    equal("the number of rows", &rows.collect().await?.len(), &3)?;
    for _ in 0..3 {
        ensure(rows.next().await?.is_none(), "a row after the end")?;
        ensure(!rows.next_result().await?, "a result after the end")?;
    }
    drop(rows);
    equal("the state", &session.state(), &SessionState::Idle)?;
    stage.answers(&mut session).await
}

/// The rest is passed over and the transaction stays; or stopping it has failed the transaction, as in PostgreSQL, and
/// that is told and not passed over in silence.
async fn rows_left_in_a_transaction(stage: &Stage<'_>) -> Case {
    let (mut session, cx, tag) = (stage.session().await?, Stage::cx(), stage.tag());
    let mut transaction = session.begin(&cx).await?;
    stage.keep(&mut transaction, &tag).await?;
    let mut rows = transaction.query(&cx, stage.subject.numbers(MANY)).await?;
    ensure(rows.next().await?.is_some(), "there is no row")?;
    drop(rows);
    let wanted = stage.fresh();
    let kept = match transaction.query(&cx, stage.subject.number(wanted)).value::<i64>().await {
        Ok(got) => {
            equal("the answer", &got, &wanted)?;
            stage.is_kept(&tag, 0).await?;
            transaction.commit(&cx).await?;
            1
        }
        Err(error) => {
            equal("the outcome", &error.outcome(), &Outcome::Sent)?;
            failed("the commit of what has failed", transaction.commit(&cx).await)?;
            0
        }
    };
    stage.is_kept(&tag, kept).await?;
    stage.answers(&mut session).await
}

async fn many_columns(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    let columns: Vec<_> = (0..500).map(|number| format!("{number} AS c{number}")).collect();
    let row = session.query(&Stage::cx(), format!("SELECT {}", columns.join(", "))).one().await?;
    for number in 0..500_i64 {
        equal("the value", &row.get::<i64>(format!("c{number}").as_str())?, &number)?;
    }
    stage.answers(&mut session).await
}

async fn large(stage: &Stage<'_>, kind: DbKind, value: Value) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    super::types::table(stage, &mut session, kind).await?;
    let insert = Sql::portable("INSERT INTO purlin_type (id, v) VALUES (1, ?)");
    session.execute(&cx, &insert).bind(value.clone()).await?;
    for protocol in [Protocol::Text, Protocol::Prepared] {
        let row = session.query(&cx, "SELECT v FROM purlin_type").protocol(protocol).one().await?;
        ensure(row.values() == [value.clone()], format!("it came back changed ({protocol:?})"))?;
    }
    session.execute(&cx, "DELETE FROM purlin_type").await?;
    stage.answers(&mut session).await
}

async fn large_text(stage: &Stage<'_>) -> Case {
    large(stage, DbKind::Text, Value::Text("ä".repeat(stage.subject.large() / 2))).await
}

async fn large_bytes(stage: &Stage<'_>) -> Case {
    let bytes = (0..stage.subject.large()).map(|at| at as u8).collect();
    large(stage, DbKind::Bytes, Value::Bytes(bytes)).await
}

async fn two_in_order(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    let mut rows = session.query(&cx, stage.subject.two_results()).protocol(Protocol::Text).await?;
    let first = rows.collect().await?;
    equal("the first", &first.first().map(|row| row.get::<i64>(0)).transpose()?, &Some(1))?;
    ensure(rows.next_result().await?, "there is no second result")?;
    equal("the columns of the second", &rows.columns().len(), &1)?;
    let second = rows.collect().await?;
    equal("the second", &second.first().map(|row| row.get::<i64>(0)).transpose()?, &Some(2))?;
    ensure(!rows.next_result().await?, "there is a third result")?;
    drop(rows);
    equal("the state", &session.state(), &SessionState::Idle)?;
    stage.answers(&mut session).await
}

async fn two_of_which_one_is_read(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    let mut rows = session.query(&cx, stage.subject.two_results()).protocol(Protocol::Text).await?;
    equal("the number of rows", &rows.collect().await?.len(), &1)?;
    drop(rows);
    equal("the state", &session.state(), &SessionState::Unsettled)?;
    stage.answers(&mut session).await
}

async fn two_of_which_none_is_read(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    drop(session.query(&cx, stage.subject.two_results()).protocol(Protocol::Text).await?);
    stage.answers(&mut session).await
}

async fn the_first_of_two(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    let first: i64 = session.query(&cx, stage.subject.two_results()).protocol(Protocol::Text).value().await?;
    equal("the first", &first, &1)?;
    equal("the state", &session.state(), &SessionState::Idle)?;
    session.execute(&cx, stage.subject.two_results()).protocol(Protocol::Text).await?;
    stage.answers(&mut session).await
}

async fn an_error_in_the_second(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    let unique = stage.subject.refused(ErrorClass::Unique).ok_or("no such statement")?;
    let sql = format!("{}; {unique}", stage.subject.number(7));
    let error = failed("the second", session.execute(&cx, &sql).protocol(Protocol::Text).await)?;
    refused(&error, ErrorClass::Unique)?;
    stage.answers(&mut session).await
}
