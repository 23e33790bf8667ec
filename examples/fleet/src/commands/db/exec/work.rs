//! Statements that change something, run as a whole where that can be.

use super::super::most::Most;
use super::super::parameters::Parameters;
use super::super::reach::leave;
use super::super::sql::{Text, refused};
use super::Exec;
use super::result::Answered;
use purlin::core::{Diagnostic, Outcome, Place};
use purlin::db::{Capability, Database, DatabaseSettings, Dialect, Session, Target, WantedRole, drivers};
use purlin::{Cx, Endpoint, Error, Result};
use std::time::Duration;

/// Statements that no engine commits by itself within a transaction.
const KEPT: [&str; 6] = ["insert", "update", "delete", "replace", "select", "with"];

/// What is to be done.
#[derive(Debug)]
pub(super) struct Work<'t> {
    pub(super) parts: Vec<Part<'t>>,
    parameters: &'t Parameters,
    no_transaction: bool,
    max_rows: Most,
}

/// A statement.
#[derive(Debug)]
pub(super) struct Part<'t> {
    pub(super) sql: &'t str,
    pub(super) place: Place,
    repeat: u32,
}

/// What was done.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) endpoint: Endpoint,
    /// One a statement; none in a rehearsal.
    pub(super) ran: Vec<Ran>,
    pub(super) in_transaction: bool,
    pub(super) elapsed: Duration,
}

/// What a statement did.
#[derive(Debug, Default)]
pub(super) struct Ran {
    pub(super) affected: u64,
    pub(super) last_insert_id: Option<u64>,
    pub(super) results: Vec<Answered>,
}

/// What stays of work that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stays {
    /// It was not begun, or refused at once.
    Nothing,
    /// The transaction was undone, or will be by the server.
    RolledBack,
    /// So many statements before it.
    Before(usize),
    /// Nobody knows.
    InDoubt,
}

impl<'t> Work<'t> {
    /// Reads the statements.
    ///
    /// # Errors
    /// [`Invalid`](purlin::ErrorKind::Invalid) where there is none, and for parameters of several.
    pub(super) fn new(text: &'t Text, dialect: &Dialect, exec: &'t Exec) -> Result<Self> {
        let Exec { parameters, no_transaction, max_rows, .. } = exec;
        let parts = text.statements(dialect)?.into_iter();
        let part = |part| Part { place: text.place(&part), sql: part.sql, repeat: part.repeat };
        let parts: Vec<_> = parts.map(part).collect();
        if parts.len() > 1 && !parameters.is_empty() {
            let fault = Diagnostic::error("usage", "parameters are for one statement");
            return Err(refused(
                fault.help("run the statements one by one, or write the values into the script"),
            ));
        }
        Ok(Self { parts, parameters, no_transaction: *no_transaction, max_rows: *max_rows })
    }

    /// What is done, for whoever has to say yes.
    pub(super) fn steps(&self) -> Vec<String> {
        self.parts.iter().map(|part| part.sql.to_owned()).collect()
    }

    /// Does it; in a rehearsal, looks only who would.
    pub(super) async fn run(
        &self,
        cx: Cx,
        target: Target,
        role: Option<WantedRole>,
        dry_run: bool,
        stays: &mut Stays,
    ) -> Result<Done> {
        let begun = cx.now();
        let mut settings = DatabaseSettings::new();
        settings.role = role;
        let database = Database::connect(&cx, &drivers(), target).settings(settings).lazily().await?;
        let mut session = database.acquire(&cx).await?;
        let endpoint = session.info().endpoint.clone();
        let in_transaction = self.in_transaction(&session)?;
        let ran = match (dry_run, in_transaction) {
            (true, _) => Vec::new(),
            (false, true) => self.together(&cx, &mut session, stays).await?,
            (false, false) => self.one_by_one(&cx, &mut session, stays).await?,
        };
        let elapsed = cx.now().since(begun);
        drop(session);
        leave(&cx, &database).await;
        Ok(Done { endpoint, ran, in_transaction, elapsed })
    }

    /// Whether all of it is one transaction.
    fn in_transaction(&self, session: &Session) -> Result<bool> {
        if self.no_transaction {
            return Ok(false);
        }
        if session.info().capabilities.has(Capability::TransactionalDdl) {
            return Ok(true);
        }
        match (self.parts.iter().find(|part| !part.is_kept()), self.parts.len()) {
            (None, _) => Ok(true),
            (Some(_), 1) => Ok(false),
            (Some(part), _) => {
                let message =
                    "the server may commit at this statement, so that the script is not all or nothing";
                let fault = Diagnostic::error("commits", message).place(part.place.clone());
                Err(refused(fault.help("say --no-transaction to let each statement last by itself")))
            }
        }
    }

    async fn together(&self, cx: &Cx, session: &mut Session, stays: &mut Stays) -> Result<Vec<Ran>> {
        let mut transaction = session.begin(cx).await?;
        *stays = Stays::RolledBack;
        let mut ran = Vec::new();
        for part in &self.parts {
            ran.push(self.execute(cx, &mut transaction, part).await.map_err(|error| self.at(error, part))?);
        }
        transaction.commit(cx).await.inspect_err(|error| {
            if error.outcome() == Outcome::Maybe {
                *stays = Stays::InDoubt;
            }
        })?;
        Ok(ran)
    }

    async fn one_by_one(&self, cx: &Cx, session: &mut Session, stays: &mut Stays) -> Result<Vec<Ran>> {
        let mut ran = Vec::new();
        for part in &self.parts {
            let done = self.execute(cx, session, part).await.map_err(|error| {
                *stays = match (error.outcome(), ran.len()) {
                    (Outcome::Maybe, _) => Stays::InDoubt,
                    (_, 0) => Stays::Nothing,
                    (_, count) => Stays::Before(count),
                };
                self.at(error, part)
            })?;
            ran.push(done);
        }
        Ok(ran)
    }

    async fn execute(&self, cx: &Cx, session: &mut Session, part: &Part<'_>) -> Result<Ran> {
        let mut ran = Ran::default();
        for _ in 0..part.repeat {
            let once = self.once(cx, session, part.sql, &mut ran).await;
            once.map_err(|error| match error.operation() {
                Some("db.query") => error.with_operation("db.execute"),
                _ => error,
            })?;
        }
        Ok(ran)
    }

    async fn once(&self, cx: &Cx, session: &mut Session, sql: &str, ran: &mut Ran) -> Result<()> {
        let query = session.query(cx, sql);
        let mut rows = self.parameters.values().fold(query, |query, value| query.bind(value)).await?;
        loop {
            ran.results.extend(Answered::read(&mut rows, self.max_rows).await?);
            if !rows.next_result().await? {
                break;
            }
        }
        let done = rows.finish().await?;
        ran.affected = ran.affected.saturating_add(done.affected);
        ran.last_insert_id = done.last_insert_id.or(ran.last_insert_id);
        Ok(())
    }

    /// Of several statements, says which.
    fn at(&self, error: Error, part: &Part<'_>) -> Error {
        match (self.parts.len(), error.note()) {
            (1, _) => error,
            (_, None) => error.with_note(format!("at {}", part.place)),
            (_, Some(note)) => {
                let note = format!("at {}; {note}", part.place);
                error.with_note(note)
            }
        }
    }
}

impl Part<'_> {
    /// Whether no engine commits at it.
    fn is_kept(&self) -> bool {
        let word = self.sql.split(|letter: char| !letter.is_ascii_alphabetic()).next().unwrap_or_default();
        KEPT.iter().any(|kept| word.eq_ignore_ascii_case(kept))
    }
}
