//! A connection with the rules that keep it honest.

mod call;
mod guard;
mod query;
mod rows;
mod settle;
mod state;
mod transaction;

pub use call::Executed;
pub use query::{Execute, Query};
pub use rows::Rows;
pub use state::SessionState;
pub use transaction::{Begin, Transaction};

use crate::{Connection, Connector, Dialect, ServerInfo, Sql};
use purlin_core::{Cx, Endpoint, Outcome, Result};
use state::Machine;
use std::any::Any;
use std::time::Duration;

/// How long the parts of a session's work may take where the call has no deadline of its own; of both the smaller counts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// From the first look-up to the end of the login: 10 s.
    pub connect: Duration,
    /// From a statement to its first answer, and between two rows: 30 s.
    pub statement: Duration,
    /// To cancel a statement on the server and to prove the session clean; beyond the call's own deadline: 2 s.
    pub cancel: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            statement: Duration::from_secs(30),
            cancel: Duration::from_secs(2),
        }
    }
}

impl Limits {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// For connecting.
    pub fn connect(mut self, limit: Duration) -> Self {
        self.connect = limit;
        self
    }

    /// For a statement's answer.
    pub fn statement(mut self, limit: Duration) -> Self {
        self.statement = limit;
        self
    }

    /// For cancelling.
    pub fn cancel(mut self, limit: Duration) -> Self {
        self.cancel = limit;
        self
    }
}

/// A session with a database, for one caller at a time.
///
/// Each call ends at the deadline of its [`Cx`], or after the [limit](Limits) of its kind. The statement is cancelled
/// on the server then, and the session is used again only after the server has proven that it is clean. A future that
/// is dropped leaves the session marked: the next call recovers it where the driver can, and is refused where it
/// cannot. So no answer is ever that of another statement.
#[derive(Debug)]
pub struct Session {
    connection: Box<dyn Connection>,
    dialect: &'static Dialect,
    machine: Machine,
    limits: Limits,
}

impl Session {
    /// Connects to that address of the connector.
    ///
    /// # Errors
    /// The kind of the step that failed, with the address: Unresolved, Refused, Tls, Unauthenticated and so on;
    /// [`Timeout`](purlin_core::ErrorKind::Timeout) at the deadline or after 10 s.
    pub async fn connect(cx: &Cx, connector: &dyn Connector, endpoint: &Endpoint) -> Result<Self> {
        Self::connect_within(cx, connector, endpoint, Limits::default()).await
    }

    /// The same with limits of the caller's.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn connect_within(
        cx: &Cx,
        connector: &dyn Connector,
        endpoint: &Endpoint,
        limits: Limits,
    ) -> Result<Self> {
        let cx = cx.with_timeout(limits.connect);
        let connection = cx.run("db.connect", connector.connect(&cx, endpoint)).await;
        let connection = connection.map_err(|error| {
            let error = if error.operation().is_none() { error.with_operation("db.connect") } else { error };
            error.or_endpoint(endpoint).with_outcome(Outcome::NotSent)
        })?;
        Ok(Self { connection, dialect: connector.dialect(), machine: Machine::default(), limits })
    }

    /// Who answers.
    pub fn info(&self) -> &ServerInfo {
        self.connection.info()
    }

    /// The engine's language.
    pub fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    /// What the session is fit for; known without asking the server.
    pub fn state(&self) -> SessionState {
        self.machine.state()
    }

    /// Asks a question. The answer comes as [`Rows`], or all at once by [`Query::all`], [`Query::one`] and others.
    pub fn query<'s>(&'s mut self, cx: &Cx, sql: impl Into<Sql<'s>>) -> Query<'s> {
        Query::new(self, cx.clone(), sql.into())
    }

    /// Runs a statement for its effect.
    pub fn execute<'s>(&'s mut self, cx: &Cx, sql: impl Into<Sql<'s>>) -> Execute<'s> {
        Execute::new(self, cx.clone(), sql.into())
    }

    /// Begins a transaction; within one, use [`Transaction::savepoint`].
    pub fn begin<'s>(&'s mut self, cx: &Cx) -> Begin<'s> {
        Begin::new(self, cx.clone())
    }

    /// Asks the server for a sign of life.
    ///
    /// # Errors
    /// Those of the connection; [`Timeout`](purlin_core::ErrorKind::Timeout) at the deadline.
    pub async fn ping(&mut self, cx: &Cx) -> Result<()> {
        self.ready(cx, "db.ping").await?;
        let (connection, guard) = self.split(cx, "db.ping");
        guard.run(connection.ping(cx)).await
    }

    /// Ends the session politely; the connection is gone either way.
    ///
    /// # Errors
    /// Those of the connection; [`Timeout`](purlin_core::ErrorKind::Timeout) at the deadline.
    pub async fn close(self, cx: &Cx) -> Result<()> {
        let endpoint = self.info().endpoint.clone();
        let cx = cx.with_timeout(self.limits.cancel);
        cx.run("db.close", self.connection.close(&cx)).await.map_err(|error| error.or_endpoint(&endpoint))
    }

    /// The raw driver's connection, for what purlin does not offer: `downcast_mut` to the type that the driver's crate
    /// names. The next call proves the session clean before it asks anything.
    pub fn native(&mut self) -> &mut dyn Any {
        self.machine.touched();
        self.connection.native()
    }
}
