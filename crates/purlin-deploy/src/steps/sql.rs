//! Statements in a database.

use super::on_host::failed;
use super::via::elsewhere;
use crate::{Before, Definition, Effect, Finding, Landed, Outputs, Step, StepEnv, StepKind, Undo};
use async_trait::async_trait;
use purlin_core::{Cx, Error, Result};
use purlin_db::{Database, DbDetail, ErrorClass, Pooled, Value, WantedRole};
use serde::{Serialize, Serializer};

/// The table of [marks](Sql::once).
const TABLE: &str =
    "create table purlin_marks (mark varchar(190) not null primary key, run varchar(190) not null)";

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
enum Condition {
    /// Unless that question is answered with yes.
    Unless(String),
    /// Once, by that mark.
    Once(String),
}

/// Statements in a database (feature `db`). Kind `sql`; mostly for one host that does it for all:
/// [`Node::once`](crate::Node::once).
///
/// There are two ways to know whether they are needed. A [question](Self::unless), whose answer is yes where its first row
/// begins with something other than NULL, 0, false, and an empty text: check-then-act. Or a [mark](Self::once), a row of the
/// table `purlin_marks` that is written in one transaction with the statements: transactional. MySQL, MariaDB and
/// Oracle commit at each `create`, `alter` and `drop`, so a mark promises nothing there for statements that hold one: such
/// statements want a question.
///
/// Texts are not filled in: no host's variable ever becomes SQL.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Sql {
    #[serde(serialize_with = "named")]
    database: Database,
    condition: Condition,
    statements: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verify: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    undo: Vec<String>,
}

/// Its addresses: users and passwords are none of theirs.
fn named<S: Serializer>(database: &Database, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_seq(database.endpoints().iter().map(ToString::to_string))
}

impl Sql {
    fn new(
        database: Database,
        condition: Condition,
        statements: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let statements = statements.into_iter().map(Into::into).collect();
        Self { database, condition, statements, verify: None, undo: Vec::new() }
    }

    /// Statements that are executed unless the question is answered with yes, in one transaction.
    pub fn unless(
        database: Database,
        question: impl Into<String>,
        statements: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self::new(database, Condition::Unless(question.into()), statements)
    }

    /// Statements that are executed once in the life of the database, in one transaction with that mark, of at most 190
    /// letters. The table of marks is made where there is none.
    pub fn once(
        database: Database,
        mark: impl Into<String>,
        statements: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self::new(database, Condition::Once(mark.into()), statements)
    }

    /// A question that has to be answered with yes afterwards.
    #[must_use]
    pub fn verify(mut self, question: impl Into<String>) -> Self {
        self.verify = Some(question.into());
        self
    }

    /// What undoes them, in one transaction; without that the step is irreversible.
    #[must_use]
    pub fn undo(mut self, statements: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.undo = statements.into_iter().map(Into::into).collect();
        self
    }

    async fn session(&self, cx: &Cx) -> Result<Pooled> {
        self.database.acquire(cx).role(WantedRole::Primary).await.map_err(elsewhere)
    }

    async fn is_done(&self, cx: &Cx) -> Result<bool> {
        let mut session = self.session(cx).await?;
        match &self.condition {
            Condition::Unless(question) => ask(&mut session, cx, question).await,
            Condition::Once(mark) => {
                let found = session.query(cx, "select mark from purlin_marks").all().await;
                match found {
                    Ok(rows) => {
                        Ok(rows.iter().any(|row| row.values().first() == Some(&Value::Text(mark.clone()))))
                    }
                    Err(error) if is_missing(&error) => Ok(false),
                    Err(error) => Err(elsewhere(error)),
                }
            }
        }
    }

    async fn execute(&self, cx: &Cx, statements: &[String], mark: Mark<'_>) -> Result<()> {
        let mut session = self.session(cx).await?;
        if let Mark::Make { .. } = mark
            && let Err(error) = session.query(cx, "select mark from purlin_marks").all().await
        {
            if !is_missing(&error) {
                return Err(elsewhere(error));
            }
            session.execute(cx, TABLE).await.map_err(elsewhere)?;
        }
        let mut transaction = session.begin(cx).await.map_err(elsewhere)?;
        for statement in statements {
            transaction.execute(cx, statement.as_str()).await.map_err(elsewhere)?;
        }
        match mark {
            Mark::None => {}
            Mark::Make { mark, run } => {
                let insert =
                    purlin_db::Sql::portable("insert into purlin_marks (mark, run) values (:mark, :run)");
                transaction.execute(cx, insert).set("mark", mark).set("run", run).await.map_err(elsewhere)?;
            }
            Mark::Drop(mark) => {
                let delete = purlin_db::Sql::portable("delete from purlin_marks where mark = :mark");
                transaction.execute(cx, delete).set("mark", mark).await.map_err(elsewhere)?;
            }
        }
        transaction.commit(cx).await.map_err(elsewhere)
    }
}

/// What becomes of the mark.
#[derive(Debug, Clone, Copy)]
enum Mark<'a> {
    None,
    Make { mark: &'a str, run: &'a str },
    Drop(&'a str),
}

/// A table that is not there is a fault of syntax to every engine.
fn is_missing(error: &Error) -> bool {
    DbDetail::class_of(error) == Some(ErrorClass::Syntax)
}

async fn ask(session: &mut Pooled, cx: &Cx, question: &str) -> Result<bool> {
    let rows = session.query(cx, question).all().await.map_err(elsewhere)?;
    Ok(rows.first().and_then(|row| row.values().first()).is_some_and(is_yes))
}

fn is_yes(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) | Value::I64(0) | Value::U64(0) => false,
        Value::F32(number) => *number != 0.0,
        Value::F64(number) => *number != 0.0,
        Value::Decimal(number) => number.to_string().chars().any(|digit| ('1'..='9').contains(&digit)),
        Value::Text(text) => !matches!(text.trim(), "" | "0"),
        _ => true,
    }
}

const IRREVERSIBLE: &str = "the statements say nothing of how to undo them";

#[async_trait]
impl Step for Sql {
    fn kind(&self) -> StepKind {
        "sql".into()
    }

    fn effect(&self) -> Effect {
        match self.condition {
            Condition::Unless(_) => Effect::CheckThenAct,
            Condition::Once(_) => Effect::Transactional,
        }
    }

    fn definition(&self) -> Result<Definition> {
        Definition::of(self)
    }

    fn irreversible(&self) -> Option<String> {
        self.undo.is_empty().then(|| IRREVERSIBLE.to_owned())
    }

    async fn check(&self, cx: &Cx, _: &StepEnv) -> Result<Finding> {
        if self.is_done(cx).await? {
            return Ok(Finding::NoChange);
        }
        let told: String =
            self.statements.iter().map(|statement| format!("+{}\n", statement.trim())).collect();
        Ok(Finding::change(told, Before::default()))
    }

    async fn apply(&self, cx: &Cx, env: &StepEnv, _: &Finding) -> Result<Outputs> {
        let mark = match &self.condition {
            Condition::Unless(_) => Mark::None,
            Condition::Once(mark) => Mark::Make { mark, run: env.run().as_str() },
        };
        self.execute(cx, &self.statements, mark).await?;
        Ok(Outputs::new())
    }

    async fn verify(&self, cx: &Cx, _: &StepEnv, _: &Outputs) -> Result<()> {
        if !self.is_done(cx).await? {
            return Err(failed("the statements were executed, and the question says that they are needed"));
        }
        let Some(question) = &self.verify else { return Ok(()) };
        match ask(&mut self.session(cx).await?, cx, question).await? {
            true => Ok(()),
            false => Err(failed(format!("the answer is no: {question}"))),
        }
    }

    async fn undo(&self, cx: &Cx, _: &StepEnv, _: &Before) -> Result<Undo> {
        if !self.is_done(cx).await? {
            return Ok(Undo::NotNeeded);
        }
        if self.undo.is_empty() {
            return Ok(Undo::Irreversible { why: IRREVERSIBLE.to_owned() });
        }
        let mark = match &self.condition {
            Condition::Unless(_) => Mark::None,
            Condition::Once(mark) => Mark::Drop(mark),
        };
        self.execute(cx, &self.undo, mark).await?;
        Ok(Undo::Undone)
    }

    async fn reconcile(&self, cx: &Cx, _: &StepEnv, _: &Before) -> Result<Landed> {
        Ok(if self.is_done(cx).await? { Landed::Yes(Outputs::new()) } else { Landed::No })
    }
}
