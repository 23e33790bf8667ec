//! A session with a server.

mod proof;

use crate::again::{Again, Bound, Desk};
use crate::cancel::Cancel;
use crate::cursor::{Answer, Cursor, Expected, Plan};
use crate::decode::Format;
use crate::fault::{Meanings, is_stale_statement, of_class, unread_type};
use crate::parameters::{Converters, Refusal, arguments, bytes_of};
use crate::prepared::{Prepared, Statements};
use crate::settings::Settings;
use crate::spoken::Spoken;
use async_trait::async_trait;
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, Result};
use purlin_db::{
    Access, CancelHandle, Capabilities, Capability, Connection, DbDetail, Dialect, ErrorClass, Isolation,
    Protocol, RowCursor, ServerInfo, ServerVersion, Statement, TxOptions, Vendor, refusal,
};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use std::any::Any;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Sets what the rest of this crate relies on, whatever the role or the database have set, and asks who answers.
const GREETING: &str = "SET client_min_messages = warning; SET bytea_output = hex; SET IntervalStyle = postgres; \
     SELECT pg_catalog.pg_backend_pid(), pg_catalog.current_setting('server_version'), \
     (SELECT backend_start FROM pg_catalog.pg_stat_activity WHERE pid = pg_catalog.pg_backend_pid())";

/// In a transaction that has failed COMMIT rolls back and calls that a success, and sqlx hides the tag that tells. The
/// first statement fails there, and the second is not run then.
const COMMIT: &str = "SELECT; COMMIT";

pub(crate) struct PostgresConnection {
    raw: PgConnection,
    info: ServerInfo,
    settings: Arc<Settings>,
    cancel: Arc<Cancel>,
    converters: Converters,
    statements: Statements,
    desk: Arc<Desk>,
    /// Statements that sqlx cannot prepare, because it cannot read the kind of one of their types.
    unread: HashSet<String>,
    /// Some prepared statement has outlived its tables.
    stale: bool,
    /// A statement may still be under way.
    open: bool,
    /// A transaction was begun, by a call or by a statement's text, and has not been ended.
    begun: Arc<AtomicBool>,
}

impl fmt::Debug for PostgresConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresConnection").field("info", &self.info).finish_non_exhaustive()
    }
}

impl PostgresConnection {
    pub(crate) async fn greet(
        mut raw: PgConnection,
        settings: Arc<Settings>,
        endpoint: &Endpoint,
    ) -> Result<Self> {
        let greeted = (&mut raw).fetch_optional(sqlx::raw_sql(GREETING)).await;
        let failed = |error| {
            let error = settings.meanings.of_call(error).with_operation(refusal::LOGIN);
            error.with_outcome(Outcome::NotSent).or_endpoint(endpoint)
        };
        let row = greeted.and_then(|row| row.ok_or(sqlx::Error::RowNotFound)).map_err(failed)?;
        let text = |index| bytes_of(&row, index).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let pid = text(0).map_err(failed)?.parse().unwrap_or_default();
        let version = version(raw.server_version_num(), text(1).map_err(failed)?);
        let began = text(2).unwrap_or_default().replace('\'', "");
        let info = ServerInfo::new(Vendor::Postgres, version, endpoint.clone())
            .session_id(u64::from(pid))
            .capabilities(capabilities());
        let cancel = Arc::new(Cancel { settings: settings.clone(), endpoint: endpoint.clone(), pid, began });
        let statements = Statements::new(settings.statements);
        Ok(Self {
            raw,
            info,
            settings,
            cancel,
            converters: Converters::new(),
            statements,
            desk: Arc::default(),
            unread: HashSet::new(),
            stale: false,
            open: false,
            begun: Arc::default(),
        })
    }

    async fn ask<'c>(
        &'c mut self,
        statement: &Statement<'_>,
        spoken: Spoken,
    ) -> Result<Box<dyn RowCursor + 'c>> {
        let (given, dialect) = (statement.parameters.len(), Dialect::POSTGRES);
        if given > dialect.max_parameters {
            return Err(refusal::too_many_parameters(dialect, given));
        }
        self.open = true;
        if self.desk.was_cleared() {
            self.statements.forget();
        }
        if std::mem::take(&mut self.stale) {
            self.statements.forget();
            let cleared = self.raw.clear_cached_statements().await;
            cleared.map_err(|error| self.settings.meanings.of_call(error))?;
        }
        if travels_as_text(statement, &spoken) {
            return self.ask_as_text(statement, spoken).await;
        }
        if let Some(known) = self.statements.get(&self.raw, statement.sql) {
            return self.ask_prepared(statement, spoken, known, false).await;
        }
        match Box::pin(self.prepare(statement)).await? {
            Some((prepared, is_new)) => self.ask_prepared(statement, spoken, prepared, is_new).await,
            None => self.ask_as_text(statement, spoken).await,
        }
    }

    /// The statement prepared, and whether it was not before; none where it goes as text.
    async fn prepare(&mut self, statement: &Statement<'_>) -> Result<Option<(Arc<Prepared>, bool)>> {
        let bare = statement.parameters.is_empty();
        if bare && self.unread.contains(statement.sql) {
            return Ok(None);
        }
        match self.statements.prepare(&mut self.raw, statement.sql).await {
            Ok(prepared) => Ok(Some(prepared)),
            Err(error) => {
                let Some(type_name) = unread_type(&error) else {
                    return Err(told(&self.settings.meanings, &mut self.stale, error));
                };
                self.open = false;
                if !bare {
                    return Err(unprepared(type_name));
                }
                remember(&mut self.unread, statement.sql);
                Ok(None)
            }
        }
    }

    async fn ask_as_text<'c>(
        &'c mut self,
        statement: &Statement<'_>,
        spoken: Spoken,
    ) -> Result<Box<dyn RowCursor + 'c>> {
        let Self { raw, settings, stale, open, .. } = self;
        if !statement.parameters.is_empty() {
            *open = false;
            return Err(refusal::text_parameters());
        }
        *open = true;
        let answer = raw.fetch_many(sqlx::raw_sql(AssertSqlSafe(statement.sql.to_owned())));
        let expected = Expected { plan: None, changes: spoken.changes };
        let cursor = Cursor::open(Answer::Once(answer), expected, &settings.meanings, open).await;
        Ok(Box::new(cursor.map_err(|error| told(&settings.meanings, stale, error))?))
    }

    async fn ask_prepared<'c>(
        &'c mut self,
        statement: &Statement<'_>,
        spoken: Spoken,
        prepared: Arc<Prepared>,
        is_new: bool,
    ) -> Result<Box<dyn RowCursor + 'c>> {
        let Self { raw, settings, converters, desk, stale, open, begun, .. } = self;
        let meanings = &settings.meanings;
        let arguments = arguments(raw, converters, statement.parameters, prepared.types()).await;
        let arguments = arguments.map_err(|refusal| match refusal {
            Refusal::Unsent(error) => error,
            Refusal::Asked(error) => told(meanings, stale, error),
        })?;
        let shape = prepared.shape.clone();
        let format = Plan::format(&shape, statement.parameters.is_empty());
        let answer = if format == Format::Text {
            Answer::Once(raw.fetch_many(sqlx::raw_sql(prepared.sql())))
        } else if is_new || begun.load(Relaxed) {
            Answer::Once(raw.fetch_many(sqlx::query_with(prepared.sql(), arguments)))
        } else {
            Answer::Again(Again::new(raw, Bound { prepared, arguments }, desk.clone()))
        };
        let expected = Expected { plan: Some(Plan { shape, format }), changes: spoken.changes };
        let cursor = Cursor::open(answer, expected, meanings, open).await;
        Ok(Box::new(cursor.map_err(|error| told(meanings, stale, error))?))
    }

    /// Runs statements whose answer is of no interest, as text.
    async fn run(&mut self, sql: String) -> Result<()> {
        self.open = true;
        let ran = (&mut self.raw).execute(sqlx::raw_sql(AssertSqlSafe(sql))).await;
        self.open = false;
        ran.map(drop).map_err(|error| self.settings.meanings.of_call(error))
    }
}

fn told(meanings: &Meanings, stale: &mut bool, error: sqlx::Error) -> Error {
    *stale |= is_stale_statement(&error);
    meanings.of_call(error)
}

#[async_trait]
impl Connection for PostgresConnection {
    fn info(&self) -> &ServerInfo {
        &self.info
    }

    async fn query<'c>(&'c mut self, _cx: &Cx, statement: &Statement<'_>) -> Result<Box<dyn RowCursor + 'c>> {
        let spoken = Spoken::of(statement.sql);
        if let Some(message) = spoken.refused {
            return Err(Error::new(ErrorKind::Unsupported, message).with_outcome(Outcome::NotSent));
        }
        let Some(after) = spoken.leaves_open else { return self.ask(statement, spoken).await };
        let begun = self.begun.clone();
        let failed = begun.load(Relaxed) || spoken.may_leave_open;
        // Also where this future is dropped.
        begun.store(failed || after, Relaxed);
        let answer = self.ask(statement, spoken).await;
        begun.store(if answer.is_ok() { after } else { failed }, Relaxed);
        answer
    }

    async fn begin(&mut self, _cx: &Cx, options: &TxOptions) -> Result<()> {
        let begin = begin(options)?;
        self.begun.store(true, Relaxed);
        let begun = self.run(begin).await;
        begun.map_err(|error| match error.detail::<DbDetail>() {
            // A standby has neither READ WRITE nor SERIALIZABLE.
            Some(detail) if detail.sqlstate.as_deref() == Some("0A000") => {
                of_class(ErrorClass::NotWritable, &error)
            }
            _ => error,
        })
    }

    async fn commit(&mut self, _cx: &Cx) -> Result<()> {
        self.run(COMMIT.to_owned()).await?;
        self.begun.store(false, Relaxed);
        Ok(())
    }

    async fn rollback(&mut self, _cx: &Cx) -> Result<()> {
        self.run("ROLLBACK".to_owned()).await?;
        self.begun.store(false, Relaxed);
        Ok(())
    }

    async fn ping(&mut self, _cx: &Cx) -> Result<()> {
        self.raw.ping().await.map_err(|error| self.settings.meanings.of_call(error))
    }

    async fn recover(&mut self, cx: &Cx) -> Result<()> {
        proof::recover(self, cx).await
    }

    fn in_transaction(&self) -> Option<bool> {
        Some(self.begun.load(Relaxed))
    }

    async fn close(self: Box<Self>, _cx: &Cx) -> Result<()> {
        let Self { raw, settings, .. } = *self;
        raw.close().await.map_err(|error| settings.meanings.of_call(error))
    }

    fn cancel_handle(&self) -> Option<Arc<dyn CancelHandle>> {
        Some(self.cancel.clone())
    }

    fn native(&mut self) -> &mut dyn Any {
        // Whoever has it may close statements.
        self.statements.forget();
        &mut self.raw
    }
}

/// Each of them has left a prepared statement behind that nobody knows by name: once is enough.
fn remember(unread: &mut HashSet<String>, sql: &str) {
    const MOST: usize = 100;
    if unread.len() >= MOST {
        unread.clear();
    }
    unread.insert(sql.to_owned());
}

fn unprepared(type_name: &str) -> Error {
    let message = format!("sqlx cannot prepare a statement with {type_name}: cast it to text");
    Error::new(ErrorKind::Unsupported, message).with_outcome(Outcome::NotSent)
}

/// Several statements can go as text only, and that has no parameters.
fn travels_as_text(statement: &Statement<'_>, spoken: &Spoken) -> bool {
    match statement.protocol {
        Protocol::Text => true,
        Protocol::Prepared => false,
        _ => statement.parameters.is_empty() && spoken.is_several(),
    }
}

fn begin(options: &TxOptions) -> Result<String> {
    let isolation = match options.isolation {
        None => "",
        Some(Isolation::ReadCommitted) => " ISOLATION LEVEL READ COMMITTED",
        Some(Isolation::RepeatableRead | Isolation::Snapshot) => " ISOLATION LEVEL REPEATABLE READ",
        Some(Isolation::Serializable) => " ISOLATION LEVEL SERIALIZABLE",
        Some(other) => return Err(refusal::isolation(Dialect::POSTGRES, other)),
    };
    let access = match options.access {
        None => "",
        Some(Access::ReadOnly) => " READ ONLY",
        Some(Access::ReadWrite) => " READ WRITE",
        Some(other) => {
            let message = format!("PostgreSQL has no access mode {other:?}");
            return Err(Error::new(ErrorKind::Unsupported, message).with_outcome(Outcome::NotSent));
        }
    };
    Ok(format!("BEGIN{isolation}{access}"))
}

/// Before version 10 the second number belonged to the major version.
fn version(number: Option<u32>, text: String) -> ServerVersion {
    let number = number.unwrap_or_default();
    let (major, rest) = (number / 10_000, number % 10_000);
    match major {
        10.. => ServerVersion::new(major, rest, 0, text),
        _ => ServerVersion::new(major, rest / 100, rest % 100, text),
    }
}

fn capabilities() -> Capabilities {
    Capabilities::new()
        .with(Capability::Savepoints)
        .with(Capability::ReadOnlyTransactions)
        .with(Capability::TransactionalDdl)
        .with(Capability::Cancel)
        .with(Capability::MultipleResults)
        .with(Capability::Prepared)
        .with(Capability::RecoversAfterDrop)
        .with(Capability::NamedLocks)
        .with(Capability::Roles)
        .with(Capability::Lag)
        .with(Capability::ConstraintNames)
}
