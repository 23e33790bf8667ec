//! Values that are bound.

use crate::suites::Suite;
use crate::suites::db::stage::{Case, Stage, ensure, equal, failed};
use purlin_core::{Error, ErrorKind, Outcome};
use purlin_db::{Protocol, Session, Sql, Value};

pub(super) async fn run(suite: &mut Suite, stage: &Stage<'_>) {
    cases! { suite, stage, "parameters";
        in_order [];
        in_order_portable [];
        by_name [];
        one_name_twice [];
        a_hundred [];
        null [];
        extremes [];
        values_are_no_sql ["evaluates"];
        marks_in_texts_and_comments ["evaluates"];
        too_few ["evaluates"];
        too_many ["evaluates"];
        too_few_portable [];
        too_many_portable [];
        an_unknown_name [];
        a_missing_name [];
        names_in_native_sql [];
        more_than_the_protocol_carries [];
        none_in_the_text_protocol ["prepared"];
    }
}

async fn row(
    stage: &Stage<'_>,
    session: &mut Session,
    places: &[&str],
    bound: &[i64],
) -> Result<Vec<i64>, Error> {
    let text = stage.subject.echo(places);
    let (sql, cx) = (Sql::portable(&text), Stage::cx());
    let query = bound.iter().fold(session.query(&cx, &sql), |query, value| query.bind(*value));
    let row = query.one().await?;
    (0..places.len()).map(|index| row.get(index)).collect()
}

async fn in_order(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    let places: Vec<_> = (1..=3).map(|number| stage.native_place(number)).collect();
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    let sql = stage.subject.echo(&places);
    let row = session.query(&cx, &sql).bind(7_i64).bind(8_i64).bind(9_i64).one().await?;
    let got = [row.get::<i64>(0)?, row.get(1)?, row.get(2)?];
    equal("the row", &got, &[7, 8, 9])
}

async fn in_order_portable(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    equal("the row", &row(stage, &mut session, &["?", "?", "?"], &[7, 8, 9]).await?, &vec![7, 8, 9])
}

async fn by_name(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    let text = stage.subject.echo(&[":first", ":second_2"]);
    let sql = Sql::portable(&text);
    let row = session.query(&cx, &sql).set("second_2", 2_i64).set("first", 1_i64).one().await?;
    equal("the row", &[row.get::<i64>(0)?, row.get(1)?], &[1, 2])
}

async fn one_name_twice(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    let text = stage.subject.echo(&[":a", ":b", ":a", ":b", ":a"]);
    let sql = Sql::portable(&text);
    let row = session.query(&cx, &sql).set("a", 1_i64).set("b", 2_i64).one().await?;
    let got: Vec<i64> = (0..5).map(|index| row.get(index)).collect::<Result<_, _>>()?;
    equal("the row", &got, &vec![1, 2, 1, 2, 1])
}

async fn a_hundred(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    let wanted: Vec<i64> = (0..100).collect();
    equal("the row", &row(stage, &mut session, &["?"; 100], &wanted).await?, &wanted)
}

async fn null(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    let text = stage.subject.echo(&["?", "?"]);
    let sql = Sql::portable(&text);
    for _ in 0..2 {
        let row = session.query(&cx, &sql).bind(Value::Null).bind(1_i64).one().await?;
        equal("the row", &row.values().to_vec(), &vec![Value::Null, Value::I64(1)])?;
        let row = session.query(&cx, &sql).bind(2_i64).bind(Value::Null).one().await?;
        equal("the row", &row.values().to_vec(), &vec![Value::I64(2), Value::Null])?;
    }
    Ok(())
}

async fn extremes(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    let wanted = vec![i64::MIN, i64::MAX, 0, -1];
    equal("the row", &row(stage, &mut session, &["?"; 4], &wanted).await?, &wanted)
}

async fn values_are_no_sql(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    let insert = Sql::portable("INSERT INTO purlin_ledger (tag) VALUES (?)");
    let count = Sql::portable("SELECT COUNT(*) FROM purlin_ledger WHERE tag = ?");
    for text in ["'", "\"", "\\", "'); DELETE FROM purlin_parent; --", "$1 ? :a @P1", "%s", "\\'"] {
        let text = format!("{}{text}", stage.tag());
        session.execute(&cx, &insert).bind(text.clone()).await?;
        let got: i64 = session.query(&cx, &count).bind(text.clone()).value().await?;
        equal(&text, &got, &1)?;
    }
    let left: i64 = session.query(&cx, "SELECT COUNT(*) FROM purlin_parent").value().await?;
    equal("the rows of the other table", &left, &2)
}

async fn marks_in_texts_and_comments(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    let echo = stage.subject.echo(&[":a"]);
    let text = format!("/* :x ? */ {echo}, ':y ? it''s' AS t -- :z ?");
    let sql = Sql::portable(&text);
    let row = session.query(&cx, &sql).set("a", 5_i64).one().await?;
    equal("the number", &row.get::<i64>(0)?, &5)?;
    equal("the text", &row.get::<String>(1)?, &":y ? it's".to_owned())
}

/// Refused by the driver or by the server; the session goes on.
async fn miscounted(stage: &Stage<'_>, bound: &[i64]) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    let places = [stage.native_place(1), stage.native_place(2)];
    let sql = stage.subject.echo(&[&places[0], &places[1]]);
    for _ in 0..2 {
        let query = bound.iter().fold(session.query(&cx, &sql), |query, value| query.bind(*value));
        let error = failed("a wrong number of parameters", query.all().await)?;
        equal("the kind", &error.kind(), &ErrorKind::Invalid)?;
        ensure(error.outcome() != Outcome::Maybe, format!("the effect is in doubt: {error:#}"))?;
        stage.answers(&mut session).await?;
    }
    Ok(())
}

async fn too_few(stage: &Stage<'_>) -> Case {
    miscounted(stage, &[1]).await
}

async fn too_many(stage: &Stage<'_>) -> Case {
    miscounted(stage, &[1, 2, 3]).await
}

async fn never_left<T>(stage: &Stage<'_>, session: &mut Session, result: Result<T, Error>) -> Case {
    let error = failed("what cannot be sent", result)?;
    equal("the kind", &error.kind(), &ErrorKind::Invalid)?;
    equal("the outcome", &error.outcome(), &Outcome::NotSent)?;
    ensure(error.operation().is_some(), format!("no operation in {error:#}"))?;
    stage.answers(session).await
}

async fn too_few_portable(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    let answer = row(stage, &mut session, &["?", "?"], &[1]).await;
    never_left(stage, &mut session, answer).await
}

async fn too_many_portable(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    let answer = row(stage, &mut session, &["?", "?"], &[1, 2, 3]).await;
    never_left(stage, &mut session, answer).await
}

async fn an_unknown_name(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    let text = stage.subject.echo(&[":host"]);
    let sql = Sql::portable(&text);
    let answer = session.query(&cx, &sql).set("hots", 1_i64).one().await;
    never_left(stage, &mut session, answer).await
}

async fn a_missing_name(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    let text = stage.subject.echo(&[":a", ":b"]);
    let sql = Sql::portable(&text);
    let answer = session.query(&cx, &sql).set("a", 1_i64).one().await;
    never_left(stage, &mut session, answer).await
}

async fn names_in_native_sql(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    let sql = stage.subject.number(7);
    let answer = session.query(&cx, &sql).set("a", 1_i64).one().await;
    never_left(stage, &mut session, answer).await
}

async fn more_than_the_protocol_carries(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    let many = session.dialect().max_parameters + 1;
    let answer = row(stage, &mut session, &vec!["?"; many], &vec![1; many]).await;
    never_left(stage, &mut session, answer).await
}

async fn none_in_the_text_protocol(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    let sql = stage.subject.echo(&[&stage.native_place(1)]);
    let answer = session.query(&cx, &sql).bind(1_i64).protocol(Protocol::Text).one().await;
    never_left(stage, &mut session, answer).await
}
