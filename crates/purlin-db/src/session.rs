//! A connection with the rules that keep it honest.

mod alarm;
mod call;
mod guard;
mod limits;
mod query;
mod rows;
mod span;
mod state;
mod transaction;
mod verdict;
mod watch;

pub use call::Executed;
pub use limits::Limits;
pub use query::{Execute, Query};
pub use rows::Rows;
pub use state::SessionState;
pub use transaction::{Begin, Transaction};

use crate::{Capability, Connection, Connector, Dialect, ServerInfo, Sql};
use alarm::Alarm;
use purlin_core::{Cx, Endpoint, Outcome, Result};
use state::{End, Machine, Server};
use std::any::Any;
use tracing::Instrument;
use verdict::spent;
use watch::Remedy;

/// A session with a database, for one caller at a time.
///
/// Each call ends at the deadline of its [`Cx`], or after the [limit](Limits) of its kind. The statement is cancelled
/// on the server then, and the session is used again only after the server has proven that it is clean. A future that
/// is dropped leaves the session marked: the next call recovers it where the driver can, and is refused where it
/// cannot. So no answer is ever that of another statement.
///
/// Errors name operation and address, and their [`outcome`](purlin_core::Error::outcome) says what is known of the
/// effect: [`NotSent`](Outcome::NotSent) where nothing left, [`Sent`](Outcome::Sent) where the server answered with a
/// refusal, [`Maybe`](Outcome::Maybe) where the answer was lost or cut off.
#[derive(Debug)]
pub struct Session {
    connection: Box<dyn Connection>,
    dialect: &'static Dialect,
    machine: Machine,
    limits: Limits,
    alarm: Alarm,
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
        let dialect = connector.dialect();
        let span = span::of("db.connect", dialect.name, endpoint);
        let connecting = cx.run("db.connect", connector.connect(&cx, endpoint)).instrument(span.clone());
        let connection = connecting.await.map_err(|error| {
            let error = if error.operation().is_none() { error.with_operation("db.connect") } else { error };
            let error = error.or_endpoint(endpoint).with_outcome(Outcome::NotSent);
            span::failed(&span, &error);
            error
        })?;
        Ok(Self { connection, dialect, machine: Machine::default(), limits, alarm: Alarm::default() })
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
        self.machine.state(self.server())
    }

    fn server(&self) -> Server {
        Server {
            survives: self.info().capabilities.has(Capability::RecoversAfterDrop),
            in_transaction: self.connection.in_transaction(),
        }
    }

    /// Brings the session into order now, which the next call would do else, and rolls back whatever is open, also
    /// what a statement's text began: what a pool does before it lends the session again. Afterwards it is
    /// [`Idle`](SessionState::Idle).
    ///
    /// # Errors
    /// Why it cannot: the session is of no more use then, unless there was no time left to begin.
    pub async fn reset(&mut self, cx: &Cx) -> Result<()> {
        // What was left may have begun a transaction, which only the recovery sees: so once more after it.
        for _ in 0..2 {
            self.machine.owes_all(self.server());
            self.put_in_order(cx, "db.reset").await?;
            if self.state() == SessionState::Idle {
                return Ok(());
            }
        }
        self.machine.ends(End::Broken);
        Err(spent(&self.info().endpoint, "db.reset"))
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
        let (connection, guard) = self.split(cx, "db.ping", Remedy::Leave);
        guard.run(connection.ping(cx)).await
    }

    /// Ends the session politely, or just drops it where a call on it was cut off; the connection is gone either way.
    ///
    /// # Errors
    /// Those of the connection; [`Timeout`](purlin_core::ErrorKind::Timeout) at the deadline or after the
    /// [limit](Limits::cancel) for cancelling.
    pub async fn close(self, cx: &Cx) -> Result<()> {
        if matches!(self.state(), SessionState::Closed | SessionState::Interrupted) {
            return Ok(());
        }
        let endpoint = self.info().endpoint.clone();
        let cx = cx.with_timeout(self.limits.cancel);
        cx.run("db.close", self.connection.close(&cx)).await.map_err(|error| {
            let error = if error.operation().is_none() { error.with_operation("db.close") } else { error };
            error.or_endpoint(&endpoint)
        })
    }

    /// Throws the session away, and stops on the server what it may still be doing there.
    pub(crate) async fn abandon(self) {
        let cx = Cx::background().with_timeout(self.limits.cancel);
        if self.state() == SessionState::Closed {
            return;
        }
        if let Some(cancel) = self.connection.cancel_handle() {
            // The connection goes in any case.
            let _ = cx.run("db.cancel", cancel.cancel(&cx)).await;
        }
    }

    /// The raw driver's connection, for what purlin does not offer: `downcast_mut` to the type that the driver's crate
    /// names. The next call proves the session clean before it asks anything.
    pub fn native(&mut self) -> &mut dyn Any {
        self.machine.touched();
        self.connection.native()
    }
}
