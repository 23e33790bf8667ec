//! A database in memory, for tests of what is built on databases: its answers are scripted, its faults are asked for,
//! and it tells what it was asked.
//!
//! It behaves as a server behind a connection does. Answers come in the order of the requests, so that a client that
//! leaves one unread and asks the next would read the wrong one; a request to cancel that comes too late hits the next
//! statement; what was sent takes effect whether somebody waits for the answer or not. It evaluates no SQL: only what
//! was scripted has an answer, besides transactions, savepoints, `SHOW ROLE` and `SHOW LAG`.
//!
//! ```
//! use purlin_core::{Cx, ErrorKind, SimClock};
//! use purlin_db::fake::{FakeDatabase, Observed, Reply};
//! use std::time::Duration;
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let db = FakeDatabase::new();
//! db.on("select sleep(60)", Reply::silence());
//!
//! let sim = SimClock::new();
//! let cx = Cx::background().with_clock(sim.clone()).with_timeout(Duration::from_secs(1));
//! let mut session = db.session(&cx).await?;
//! let error = sim.drive(session.query(&cx, "select sleep(60)").all()).await.unwrap_err();
//! assert_eq!(error.kind(), ErrorKind::Timeout);
//! assert!(db.log().iter().any(|entry| entry.what == Observed::CancelRequested));
//! # Ok::<(), purlin_core::Error>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cluster;
mod connection;
mod cursor;
mod reply;
mod server;

pub use cluster::FakeCluster;
pub use connection::FakeConnection;
pub use reply::Reply;

use crate::dialect::{Status, StatusQuery};
use crate::{
    Capabilities, Capability, Connection, Connector, Dialect, ErrorClass, Isolation, Limits, Session,
    Statement, Vendor,
};
use async_trait::async_trait;
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Result};
use server::{Cancelling, Request, Script, ServerSession, State};
use std::collections::BTreeMap;
use std::fmt;
use std::slice;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const STATUS: &[StatusQuery] =
    &[StatusQuery::new(Status::Role, "SHOW ROLE"), StatusQuery::new(Status::Replication, "SHOW LAG")];

/// What the fake's language is: `?` for parameters, savepoints as in the standard, two isolation levels that are
/// recorded and not acted upon.
pub static DIALECT: Dialect = dialect();

const fn dialect() -> Dialect {
    let mut dialect = Dialect::new("fake", Vendor::Other);
    dialect.isolation = &[Isolation::ReadCommitted, Isolation::Serializable];
    dialect.status = STATUS;
    dialect
}

/// How the fake takes a new connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Connecting {
    /// At once.
    Accept,
    /// That much later.
    After(Duration),
    /// Nobody listens.
    Refuse,
    /// Somebody listens and never answers.
    Silence,
    /// With a refusal of that class, such as [`ErrorClass::LoginDenied`].
    Deny(ErrorClass),
}

/// What the fake says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FakeRole {
    /// It takes writes.
    Primary,
    /// It refuses them with class [`ErrorClass::NotWritable`].
    Replica,
}

impl FakeRole {
    /// As `SHOW ROLE` says it: `primary` or `replica`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Replica => "replica",
        }
    }
}

/// What the fake saw.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Observed {
    /// A client came.
    Connected,
    /// A statement took effect, or was refused.
    Ran(String),
    /// A transaction was begun.
    Began,
    /// A commit was asked for.
    Committed,
    /// A rollback was asked for.
    RolledBack,
    /// A savepoint was opened.
    Savepoint(String),
    /// A savepoint was rolled back to.
    RolledBackTo(String),
    /// A savepoint was released.
    Released(String),
    /// A sign of life was asked for.
    Pinged,
    /// A request to cancel came.
    CancelRequested,
    /// A statement was stopped by it.
    Stopped,
    /// The session was proven clean.
    Recovered,
    /// The client went, politely or not.
    Closed,
}

impl Observed {
    fn of(request: &Request) -> Self {
        match request {
            Request::Statement(sql) => Self::Ran(sql.clone()),
            Request::Begin(_) => Self::Began,
            Request::Commit => Self::Committed,
            Request::RollBack => Self::RolledBack,
            Request::Ping => Self::Pinged,
            Request::Savepoint(name) => Self::Savepoint(name.clone()),
            Request::RollBackTo(name) => Self::RolledBackTo(name.clone()),
            Request::Release(name) => Self::Released(name.clone()),
        }
    }
}

/// What the fake saw, and in which session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The number of the session, from 1.
    pub session: u64,
    /// What happened.
    pub what: Observed,
}

/// A database in memory with scripted answers; clones are the same database.
///
/// Its [`Connector`] has one endpoint. Several of them make a [`FakeCluster`].
#[derive(Clone)]
pub struct FakeDatabase {
    endpoint: Endpoint,
    dialect: &'static Dialect,
    state: Arc<Mutex<State>>,
}

impl Default for FakeDatabase {
    fn default() -> Self {
        Self::new()
    }
}

impl FakeDatabase {
    /// A primary without any script, at `:memory:`.
    pub fn new() -> Self {
        Self::at(Endpoint::file(":memory:"))
    }

    /// The same at that address.
    pub fn at(endpoint: Endpoint) -> Self {
        let capabilities = Capabilities::new()
            .with(Capability::Savepoints)
            .with(Capability::ReadOnlyTransactions)
            .with(Capability::Cancel)
            .with(Capability::MultipleResults)
            .with(Capability::RecoversAfterDrop)
            .with(Capability::Roles)
            .with(Capability::Lag)
            .with(Capability::Unsigned)
            .with(Capability::ConstraintNames);
        let state = State {
            scripts: Vec::new(),
            capabilities,
            connecting: Connecting::Accept,
            role: FakeRole::Primary,
            lag: None,
            cancel_takes: Duration::ZERO,
            cancelling: Cancelling::Heard,
            sessions: BTreeMap::new(),
            last_session: 0,
            committed: Vec::new(),
            log: Vec::new(),
        };
        Self { endpoint, dialect: &DIALECT, state: Arc::new(Mutex::new(state)) }
    }

    /// The same with the language of an engine, for tests of what is written for it. Savepoints are understood as the
    /// standard and SQL Server write them.
    #[must_use]
    pub fn with_dialect(mut self, dialect: &'static Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers that text with it, each time; what was scripted later is looked at first. `BEGIN`, `COMMIT`,
    /// `ROLLBACK` and `PING` stand for the calls of these names.
    pub fn on(&self, sql: impl Into<String>, reply: Reply) -> &Self {
        self.state().scripts.push(Script::Always(sql.into(), reply));
        self
    }

    /// Answers that text with it the next time only.
    pub fn once(&self, sql: impl Into<String>, reply: Reply) -> &Self {
        self.state().scripts.push(Script::Once(sql.into(), Some(reply)));
        self
    }

    /// Answers what the function has an answer for; it must not call the database.
    pub fn answer(&self, answer: impl Fn(&Statement<'_>) -> Option<Reply> + Send + Sync + 'static) -> &Self {
        self.state().scripts.push(Script::Answering(Box::new(answer)));
        self
    }

    /// Has other capabilities from the next connection on; without
    /// [`Cancel`](Capability::Cancel) there is no cancel handle.
    pub fn set_capabilities(&self, capabilities: Capabilities) -> &Self {
        self.state().capabilities = capabilities;
        self
    }

    /// What can be done there.
    pub fn capabilities(&self) -> Capabilities {
        self.state().capabilities
    }

    /// Takes the next connections that way.
    pub fn set_connecting(&self, connecting: Connecting) -> &Self {
        self.state().connecting = connecting;
        self
    }

    /// Becomes primary or replica.
    pub fn set_role(&self, role: FakeRole) -> &Self {
        self.state().role = role;
        self
    }

    /// How far it is behind, for `SHOW LAG`; none: it does not know.
    pub fn set_lag(&self, lag: Option<Duration>) -> &Self {
        self.state().lag = lag;
        self
    }

    /// How long a request to cancel is on its way.
    pub fn cancel_takes(&self, time: Duration) -> &Self {
        self.state().cancel_takes = time;
        self
    }

    /// Hears requests to cancel and does nothing.
    pub fn ignore_cancel(&self) -> &Self {
        self.state().cancelling = Cancelling::Ignored;
        self
    }

    /// Takes no requests to cancel, as a server that has no room for the connection that brings them.
    pub fn refuse_cancel(&self) -> &Self {
        self.state().cancelling = Cancelling::Refused;
        self
    }

    /// Ends all sessions, as a server that is killed; new ones are taken.
    pub fn kill_sessions(&self) -> &Self {
        let mut state = self.state();
        let open: Vec<_> = state.sessions.keys().copied().collect();
        open.into_iter().for_each(|id| state.end_session(id));
        drop(state);
        self
    }

    /// Ends all sessions and takes no new ones, until [`set_connecting`](Self::set_connecting).
    pub fn stop(&self) -> &Self {
        self.set_connecting(Connecting::Refuse).kill_sessions()
    }

    /// What it saw, in order.
    pub fn log(&self) -> Vec<Entry> {
        self.state().log.clone()
    }

    /// The same, and forgets it.
    pub fn take_log(&self) -> Vec<Entry> {
        std::mem::take(&mut self.state().log)
    }

    /// The writes that last, in the order in which they came to.
    pub fn committed(&self) -> Vec<String> {
        self.state().committed.clone()
    }

    /// How many sessions are open.
    pub fn open_sessions(&self) -> usize {
        self.state().sessions.len()
    }

    /// How many of them are in a transaction.
    pub fn open_transactions(&self) -> usize {
        self.state().sessions.values().filter(|session| session.transaction.is_some()).count()
    }

    /// Connects to it.
    ///
    /// # Errors
    /// As [`Session::connect`].
    pub async fn session(&self, cx: &Cx) -> Result<Session> {
        Session::connect_within(cx, self, &self.endpoint, Limits::default()).await
    }
}

impl fmt::Debug for FakeDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeDatabase").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

#[async_trait]
impl Connector for FakeDatabase {
    fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    fn endpoints(&self) -> &[Endpoint] {
        slice::from_ref(&self.endpoint)
    }

    async fn connect(&self, cx: &Cx, endpoint: &Endpoint) -> Result<Box<dyn Connection>> {
        connection::pause().await;
        let connecting = self.state().connecting;
        match connecting {
            Connecting::Accept => {}
            Connecting::After(time) => cx.clock().sleep(time).await,
            Connecting::Refuse => return Err(Error::new(ErrorKind::Refused, "nobody listens")),
            Connecting::Silence => std::future::pending().await,
            Connecting::Deny(class) => return Err(reply::refused(class, "no entry")),
        }
        if *endpoint != self.endpoint {
            return Err(Error::new(ErrorKind::Unresolved, "the fake has another address"));
        }
        let mut state = self.state();
        state.last_session += 1;
        let id = state.last_session;
        state.sessions.insert(id, ServerSession::default());
        state.note(id, Observed::Connected);
        let capabilities = state.capabilities;
        drop(state);
        Ok(Box::new(FakeConnection::new(self.clone(), id, capabilities)))
    }
}
