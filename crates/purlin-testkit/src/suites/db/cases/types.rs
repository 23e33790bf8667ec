//! Values, there and back.

use crate::suites::Suite;
use crate::suites::db::DbKind;
use crate::suites::db::stage::{Case, Complaint, Stage, equal};
use purlin_core::Result;
use purlin_db::{Protocol, Session, Sql, Value};

pub(super) async fn run(suite: &mut Suite, stage: &Stage<'_>) {
    for kind in DbKind::ALL {
        let (name, column) = (kind.name(), format!("column_{}", kind.name()));
        let told = |result: Case| result.map_err(|complaint| complaint.0);
        let body = async { told(comes_back(stage, kind, Protocol::Text).await) };
        suite.case_for(&column, &format!("types.{name}_as_text"), Box::pin(body)).await;
        let body = async { told(comes_back(stage, kind, Protocol::Prepared).await) };
        suite.case_for_all(&[&column, "prepared"], &format!("types.{name}_prepared"), Box::pin(body)).await;
        let body = async { told(null_comes_back(stage, kind).await) };
        suite.case_for(&column, &format!("types.{name}_null"), Box::pin(body)).await;
    }
    cases! { suite, stage, "types";
        all_in_one_row ["evaluates"];
    }
}

/// Makes the table anew, with a column of that kind.
pub(super) async fn table(stage: &Stage<'_>, session: &mut Session, kind: DbKind) -> Case {
    let column = stage.subject.column(kind).ok_or("no such column")?;
    made(session, &format!("id INTEGER NOT NULL PRIMARY KEY, v {column}")).await?;
    Ok(())
}

async fn made(session: &mut Session, columns: &str) -> Result<()> {
    let cx = Stage::cx();
    session.execute(&cx, "DROP TABLE IF EXISTS purlin_type").await?;
    session.execute(&cx, format!("CREATE TABLE purlin_type ({columns})")).await?;
    Ok(())
}

async fn insert(session: &mut Session, id: usize, value: Value) -> std::result::Result<(), Complaint> {
    let sql = Sql::portable("INSERT INTO purlin_type (id, v) VALUES (?, ?)");
    let shown = format!("{value:?}").chars().take(100).collect::<String>();
    let done = session.execute(&Stage::cx(), &sql).bind(id as i64).bind(value).await;
    done.map_err(|error| format!("{shown}: {error:#}"))?;
    Ok(())
}

async fn comes_back(stage: &Stage<'_>, kind: DbKind, protocol: Protocol) -> Case {
    let mut session = stage.session().await?;
    table(stage, &mut session, kind).await?;
    let samples = kind.samples();
    for (id, value) in samples.iter().enumerate() {
        insert(&mut session, id, value.clone()).await?;
    }
    let sql = "SELECT v FROM purlin_type ORDER BY id";
    let rows = session.query(&Stage::cx(), sql).protocol(protocol).all().await?;
    equal("the number of rows", &rows.len(), &samples.len())?;
    for (row, sent) in rows.into_iter().zip(samples) {
        let wanted = vec![stage.subject.comes_back(kind, sent)];
        equal("the value", &row.into_values(), &wanted)?;
    }
    stage.answers(&mut session).await
}

/// NULL after a value and before one: what is left of a row must not show in the next.
async fn null_comes_back(stage: &Stage<'_>, kind: DbKind) -> Case {
    let mut session = stage.session().await?;
    table(stage, &mut session, kind).await?;
    let sample = kind.samples().swap_remove(0);
    for (id, value) in [sample.clone(), Value::Null, sample.clone(), Value::Null].into_iter().enumerate() {
        insert(&mut session, id, value).await?;
    }
    let back = stage.subject.comes_back(kind, sample);
    for protocol in [Protocol::Text, Protocol::Prepared] {
        let sql = "SELECT v FROM purlin_type ORDER BY id";
        let rows = session.query(&Stage::cx(), sql).protocol(protocol).all().await?;
        let values: Vec<Value> = rows.into_iter().flat_map(|row| row.into_values()).collect();
        let wanted = vec![back.clone(), Value::Null, back.clone(), Value::Null];
        equal(&format!("the column ({protocol:?})"), &values, &wanted)?;
    }
    Ok(())
}

async fn all_in_one_row(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    let known = DbKind::ALL.into_iter().filter_map(|kind| Some((kind, stage.subject.column(kind)?)));
    let known: Vec<_> = known.collect();
    let columns: Vec<_> = known.iter().map(|(kind, column)| format!("c_{} {column}", kind.name())).collect();
    made(&mut session, &columns.join(", ")).await?;
    let places = vec!["?"; known.len()].join(", ");
    let text = format!("INSERT INTO purlin_type VALUES ({places})");
    let (sql, cx) = (Sql::portable(&text), Stage::cx());
    let mut wanted = Vec::new();
    let mut insert = session.execute(&cx, &sql);
    for (kind, _) in &known {
        let sample = kind.samples().swap_remove(1);
        insert = insert.bind(sample.clone());
        wanted.push(stage.subject.comes_back(*kind, sample));
    }
    insert.await?;
    for protocol in [Protocol::Text, Protocol::Auto] {
        let row = session.query(&cx, "SELECT * FROM purlin_type").protocol(protocol).one().await?;
        for ((kind, _), (got, wanted)) in known.iter().zip(row.values().iter().zip(&wanted)) {
            equal(kind.name(), got, wanted)?;
        }
    }
    Ok(())
}
