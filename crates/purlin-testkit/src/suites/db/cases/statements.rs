//! Statements and what they say of themselves.

use crate::suites::Suite;
use crate::suites::db::stage::{Case, Stage, ensure, equal, failed};
use purlin_core::ErrorKind;
use purlin_db::{Protocol, Value};

pub(super) async fn run(suite: &mut Suite, stage: &Stage<'_>) {
    cases! { suite, stage, "statements";
        a_number [];
        a_number_as_text [];
        a_number_prepared ["prepared"];
        prepared_again_and_again ["prepared"];
        many_prepared_statements ["prepared"];
        text_and_prepared_in_turn ["prepared"];
        a_trailing_semicolon ["evaluates"];
        comments ["evaluates"];
        an_empty_statement_does_no_harm ["evaluates"];
        a_long_statement ["evaluates"];
        columns_have_names_and_types ["evaluates"];
        odd_names_of_columns ["evaluates"];
        a_column_by_its_name_in_any_case ["evaluates"];
        two_columns_of_one_name ["evaluates"];
        no_such_column [];
        columns_without_rows ["evaluates"];
        one_of_no_rows ["evaluates"];
        one_of_several_rows [];
        optional_rows ["evaluates"];
        a_value_that_does_not_fit [];
        null_fits_an_option_only ["evaluates"];
        says_how_many_rows_it_changed ["evaluates"];
        a_write_stands_at_once [];
        a_table_that_was_changed ["evaluates", "prepared"];
    }
}

async fn asked(stage: &Stage<'_>, protocol: Protocol) -> Case {
    let mut session = stage.session().await?;
    let wanted = stage.fresh();
    let sql = stage.subject.number(wanted);
    let got: i64 = session.query(&Stage::cx(), sql).protocol(protocol).value().await?;
    equal("the answer", &got, &wanted)?;
    stage.answers(&mut session).await
}

async fn a_number(stage: &Stage<'_>) -> Case {
    asked(stage, Protocol::Auto).await
}

async fn a_number_as_text(stage: &Stage<'_>) -> Case {
    asked(stage, Protocol::Text).await
}

async fn a_number_prepared(stage: &Stage<'_>) -> Case {
    asked(stage, Protocol::Prepared).await
}

async fn prepared_again_and_again(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    let text = stage.subject.echo(&["?"]);
    let sql = purlin_db::Sql::portable(&text);
    for wanted in 0..50_i64 {
        let got: i64 = session.query(&Stage::cx(), &sql).bind(wanted).value().await?;
        equal("the answer", &got, &wanted)?;
    }
    Ok(())
}

/// More of them than any cache of statements keeps.
async fn many_prepared_statements(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    for _ in 0..2 {
        for wanted in 0..600_i64 {
            let sql = stage.subject.number(wanted);
            let got: i64 = session.query(&Stage::cx(), sql).protocol(Protocol::Prepared).value().await?;
            equal("the answer", &got, &wanted)?;
        }
    }
    stage.answers(&mut session).await
}

async fn text_and_prepared_in_turn(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    for turn in 0..20 {
        let protocol = if turn % 2 == 0 { Protocol::Text } else { Protocol::Prepared };
        let wanted = stage.fresh();
        let sql = stage.subject.number(wanted);
        let got: i64 = session.query(&Stage::cx(), sql).protocol(protocol).value().await?;
        equal("the answer", &got, &wanted)?;
    }
    Ok(())
}

async fn a_trailing_semicolon(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    let sql = format!("{};", stage.subject.number(7));
    equal("the answer", &session.query(&Stage::cx(), sql).value::<i64>().await?, &7)?;
    stage.answers(&mut session).await
}

async fn comments(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    let sql = format!("/* ? :a ; */ {} -- ? ; '", stage.subject.number(7));
    equal("the answer", &session.query(&Stage::cx(), sql).value::<i64>().await?, &7)?;
    stage.answers(&mut session).await
}

/// Refused or without rows, as the engine has it.
async fn an_empty_statement_does_no_harm(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    for sql in ["", " ", "-- nothing"] {
        if let Ok(rows) = stage.all(&mut session, sql).await {
            ensure(rows.is_empty(), format!("rows for {sql:?}"))?;
        }
        stage.answers(&mut session).await?;
    }
    Ok(())
}

async fn a_long_statement(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    let sql = format!("/* {} */ {}", "long ".repeat(100_000), stage.subject.number(7));
    equal("the answer", &session.query(&Stage::cx(), sql).value::<i64>().await?, &7)?;
    stage.answers(&mut session).await
}

async fn columns_have_names_and_types(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    let cx = Stage::cx();
    let rows = session.query(&cx, "SELECT id, n FROM purlin_parent ORDER BY id").await?;
    let names: Vec<_> = rows.columns().iter().map(|column| column.name.clone()).collect();
    equal("the names", &names, &["id", "n"].map(|name| stage.subject.unquoted(name)).to_vec())?;
    let untyped = rows.columns().iter().find(|column| column.type_name.is_empty());
    ensure(untyped.is_none(), format!("a column without a type: {untyped:?}"))?;
    let upper = rows.columns().iter().find(|column| column.type_name != column.type_name.to_lowercase());
    ensure(upper.is_none(), format!("a type in upper case: {upper:?}"))
}

async fn odd_names_of_columns(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    for name in ["two words", "naïve", "a\"b", "it's", "a`b", "semi;colon", "SELECT"] {
        if name.contains('"') && !session.dialect().names.holds_quote {
            continue;
        }
        let quoted = session.dialect().quote_name(name)?;
        let sql = format!("SELECT id AS {quoted} FROM purlin_parent WHERE id = 1");
        let row = session.query(&Stage::cx(), sql).one().await?;
        equal("the value", &row.get::<i64>(name)?, &1)?;
    }
    Ok(())
}

async fn a_column_by_its_name_in_any_case(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    let row = session.query(&Stage::cx(), "SELECT id, n FROM purlin_parent WHERE id = 2").one().await?;
    equal("ID", &row.get::<i64>("ID")?, &2)?;
    equal("id", &row.get::<i64>("id")?, &2)
}

async fn two_columns_of_one_name(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    let row = session.query(&Stage::cx(), "SELECT 1 AS n, 2 AS n").one().await?;
    equal("the first", &row.get::<i64>("n")?, &1)?;
    equal("the second", &row.get::<i64>(1)?, &2)
}

async fn no_such_column(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    let row = session.query(&Stage::cx(), stage.subject.number(7)).one().await?;
    equal("the kind", &failed("a column too far", row.get::<i64>(1))?.kind(), &ErrorKind::Invalid)?;
    equal("the kind", &failed("an unknown column", row.get::<i64>("nowhere"))?.kind(), &ErrorKind::Invalid)?;
    stage.answers(&mut session).await
}

async fn columns_without_rows(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    let cx = Stage::cx();
    let mut rows = session.query(&cx, "SELECT id, n FROM purlin_parent WHERE id = 99").await?;
    equal("the number of columns", &rows.columns().len(), &2)?;
    for _ in 0..3 {
        ensure(rows.next().await?.is_none(), "there is a row")?;
    }
    drop(rows);
    stage.answers(&mut session).await
}

const NONE: &str = "SELECT id FROM purlin_parent WHERE id = 99";

async fn one_of_no_rows(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    let error = failed("one of none", session.query(&Stage::cx(), NONE).one().await)?;
    equal("the kind", &error.kind(), &ErrorKind::NotFound)?;
    stage.answers(&mut session).await
}

async fn one_of_several_rows(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    for count in [2, 50_000] {
        let answer = session.query(&Stage::cx(), stage.subject.numbers(count)).one().await;
        equal("the kind", &failed("one of several", answer)?.kind(), &ErrorKind::Conflict)?;
        stage.answers(&mut session).await?;
    }
    Ok(())
}

async fn optional_rows(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    equal("the row", &session.query(&Stage::cx(), NONE).optional().await?, &None)?;
    let one = session.query(&Stage::cx(), stage.subject.number(7)).optional().await?;
    ensure(one.is_some(), "there is none")?;
    stage.answers(&mut session).await
}

async fn a_value_that_does_not_fit(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    let answer = session.query(&Stage::cx(), stage.subject.number(70_000)).value::<i8>().await;
    equal("the kind", &failed("70000 as an i8", answer)?.kind(), &ErrorKind::Invalid)?;
    let answer = session.query(&Stage::cx(), stage.subject.number(7)).value::<purlin_db::Date>().await;
    equal("the kind", &failed("7 as a date", answer)?.kind(), &ErrorKind::Invalid)?;
    stage.answers(&mut session).await
}

async fn null_fits_an_option_only(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    let row = stage.values(&mut session, "SELECT NULL AS n").await?;
    equal("the row", &row, &vec![Value::Null])?;
    let sql = "SELECT NULL AS n";
    equal("the value", &session.query(&Stage::cx(), sql).value::<Option<i64>>().await?, &None)?;
    let error = failed("NULL as an i64", session.query(&Stage::cx(), sql).value::<i64>().await)?;
    equal("the kind", &error.kind(), &ErrorKind::Invalid)
}

async fn says_how_many_rows_it_changed(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    session.execute(&cx, "DELETE FROM purlin_triple").await?;
    let three = "INSERT INTO purlin_triple (a, b, c) VALUES (1, 1, 'x'), (2, 1, 'x'), (3, 2, 'x')";
    equal("inserted", &session.execute(&cx, three).await?.affected, &3)?;
    let changed = session.execute(&cx, "UPDATE purlin_triple SET c = 'y' WHERE b = 1").await?;
    equal("updated", &changed.affected, &2)?;
    let missed = session.execute(&cx, "UPDATE purlin_triple SET c = 'z' WHERE b = 9").await?;
    equal("updated of none", &missed.affected, &0)?;
    equal("deleted", &session.execute(&cx, "DELETE FROM purlin_triple").await?.affected, &3)
}

async fn a_write_stands_at_once(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    stage.commits_at_once(&mut session).await?;
    stage.answers(&mut session).await
}

/// A statement that was prepared before its table got another column. The server may refuse it once; it never comes as
/// the table was.
async fn a_table_that_was_changed(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    session.execute(&cx, "DROP TABLE IF EXISTS purlin_made").await?;
    session.execute(&cx, "CREATE TABLE purlin_made (a INTEGER)").await?;
    session.execute(&cx, "INSERT INTO purlin_made VALUES (1)").await?;
    let sql = "SELECT * FROM purlin_made";
    let before = session.query(&cx, sql).protocol(Protocol::Prepared).one().await?;
    equal("the columns before", &before.values().len(), &1)?;
    session.execute(&cx, "ALTER TABLE purlin_made ADD b INTEGER").await?;
    let first = session.query(&cx, sql).protocol(Protocol::Prepared).one().await;
    let after = match first {
        Ok(row) => row,
        Err(error) => {
            equal("the outcome", &error.outcome(), &purlin_core::Outcome::Sent)?;
            session.query(&cx, sql).protocol(Protocol::Prepared).one().await?
        }
    };
    equal("the columns after", &after.values().len(), &2)?;
    session.execute(&cx, "DROP TABLE purlin_made").await?;
    stage.answers(&mut session).await
}
