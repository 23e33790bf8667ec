//! Statements in a real SQLite.

use super::super::conform::subject_conforms;
use purlin_core::{Cx, Error, Result};
use purlin_db::{Connector, Database, DatabaseSettings, Value};
use purlin_db_sqlite::{Mode, Settings, SqliteConnector};
use purlin_deploy::{Effect, Landed, Outputs, Step, StepEnv, Undo, steps};
use purlin_testkit::suites::deploy::{StepAbility, StepStage, StepSubject};
use purlin_transport::{Host, Local, Transport};
use std::sync::Arc;

const COLUMN: &str = "select count(*) from pragma_table_info('app') where name = 'site'";

struct Base {
    _folder: tempfile::TempDir,
    database: Database,
    make: fn(Database) -> steps::Sql,
}

impl Base {
    async fn new(make: fn(Database) -> steps::Sql) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let connector: Arc<dyn Connector> = Arc::new(
            SqliteConnector::new(Settings::file(folder.path().join("app.db")).mode(Mode::Create)).unwrap(),
        );
        let database = Database::from_connectors([connector], DatabaseSettings::new()).unwrap();
        let base = Self { _folder: folder, database, make };
        base.execute("create table app (name text not null)").await;
        base
    }

    async fn execute(&self, statement: &str) {
        let cx = Cx::background();
        self.database.acquire(&cx).await.unwrap().execute(&cx, statement).await.unwrap();
    }

    async fn texts(&self, question: &str) -> Result<Vec<String>> {
        let cx = Cx::background();
        let rows = self.database.acquire(&cx).await?.query(&cx, question).all().await?;
        let text = |value: Option<&Value>| match value {
            Some(Value::Text(text)) => text.clone(),
            other => format!("{other:?}"),
        };
        Ok(rows.iter().map(|row| text(row.values().first())).collect())
    }
}

fn unless(database: Database) -> steps::Sql {
    steps::Sql::unless(database, COLUMN, ["alter table app add column site text"])
        .undo(["alter table app drop column site"])
        .verify(COLUMN)
}

fn once(database: Database) -> steps::Sql {
    steps::Sql::once(database, "42-first-app", ["insert into app (name) values ('map')"])
        .undo(["delete from app where name = 'map'"])
}

async fn env() -> StepEnv {
    StepEnv::new(Local::new().connect(&Cx::background(), &Host::new("db01")).await.unwrap())
}

#[async_trait::async_trait]
impl StepStage for Base {
    fn step(&self) -> Arc<dyn Step> {
        Arc::new((self.make)(self.database.clone()))
    }

    fn transport(&self) -> Arc<dyn Transport> {
        Arc::new(Local::new())
    }

    async fn seen(&self) -> Result<String> {
        let tables = "select sql from sqlite_master where name not like '%purlin_marks%' order by name";
        let mut seen = self.texts(tables).await?;
        seen.extend(self.texts("select name from app").await?);
        Ok(seen.join("\n"))
    }
}

struct Subject(&'static str, fn(Database) -> steps::Sql);

#[async_trait::async_trait]
impl StepSubject for Subject {
    fn implementation(&self) -> &str {
        self.0
    }

    fn abilities(&self) -> Vec<StepAbility> {
        StepAbility::ALL.into_iter().filter(|ability| *ability != StepAbility::Travels).collect()
    }

    async fn stage(&self) -> Result<Box<dyn StepStage>> {
        Ok(Box::new(Base::new(self.1).await))
    }
}

#[tokio::test]
async fn statements_conform() {
    subject_conforms(&Subject("sql unless", unless)).await;
    subject_conforms(&Subject("sql once", once)).await;
}

#[tokio::test]
async fn a_statement_that_fails_leaves_neither_effect_nor_mark() {
    let broken = |database| {
        let statements = ["insert into app (name) values ('map')", "insert into nowhere values (1)"];
        steps::Sql::once(database, "43", statements)
    };
    let base = Base::new(broken).await;
    let (cx, env, step) = (Cx::background(), env().await, base.step());
    assert_eq!(step.effect(), Effect::Transactional);
    let found = step.check(&cx, &env).await.unwrap();
    let error: Error = step.apply(&cx, &env, &found).await.unwrap_err();
    assert!(error.to_string().contains("nowhere"), "{error}");
    let landed = step.reconcile(&cx, &env, found.before().unwrap()).await.unwrap();
    assert_eq!(landed, Landed::No);
    assert_eq!(base.texts("select name from app").await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn what_is_marked_is_done_once_whatever_its_rows_say() {
    let base = Base::new(once).await;
    let (cx, env, step) = (Cx::background(), env().await, base.step());
    let found = step.check(&cx, &env).await.unwrap();
    assert_eq!(found.text(), "+insert into app (name) values ('map')\n");
    step.apply(&cx, &env, &found).await.unwrap();
    base.execute("delete from app").await;
    assert_eq!(step.check(&cx, &env).await.unwrap().word(), "no_change");
    let landed = step.reconcile(&cx, &env, found.before().unwrap()).await.unwrap();
    assert_eq!(landed, Landed::Yes(Outputs::new()));
    // A second one cannot slip in either: the mark is the table's key.
    assert!(step.apply(&cx, &env, &found).await.is_err());
    assert_eq!(base.texts("select mark from purlin_marks").await.unwrap(), ["42-first-app"]);
}

#[tokio::test]
async fn what_cannot_be_proven_or_undone_is_told() {
    let wrong = |database| {
        steps::Sql::unless(database, "select count(*) from app", ["insert into app (name) values ('map')"])
            .verify("select count(*) from app where name = 'atlas'")
    };
    let base = Base::new(wrong).await;
    let (cx, env, step) = (Cx::background(), env().await, base.step());
    let found = step.check(&cx, &env).await.unwrap();
    let outputs = step.apply(&cx, &env, &found).await.unwrap();
    let error = step.verify(&cx, &env, &outputs).await.unwrap_err();
    assert!(error.message().starts_with("the answer is no"), "{error}");
    let undo = step.undo(&cx, &env, found.before().unwrap()).await.unwrap();
    assert!(matches!(undo, Undo::Irreversible { .. }), "{undo:?}");
    assert!(step.irreversible().is_some());
}
