//! What a driver implements: [`Connector`], [`Connection`], [`CancelHandle`].

use crate::{Dialect, RowCursor, ServerInfo, Statement, TxOptions};
use async_trait::async_trait;
use purlin_core::{Cx, Endpoint, Result};
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// Makes connections to one database: one user, one name, one set of TLS rules; at any of its addresses.
///
/// A driver's own options are read when the connector is made, secrets at each connect.
#[async_trait]
pub trait Connector: Send + Sync + fmt::Debug {
    /// The engine's language.
    fn dialect(&self) -> &'static Dialect;

    /// Where the database may be, in the order of preference: at least one. A file is the path of a
    /// [`Endpoint::file`]; a database in memory has the name `:memory:` there.
    fn endpoints(&self) -> &[Endpoint];

    /// Resolves, dials, shakes hands, logs in. [`Session::connect`](crate::Session::connect) bounds it.
    ///
    /// # Errors
    /// The kind of the step that failed, with the endpoint; a refusal of the server with its
    /// [`DbDetail`](crate::DbDetail).
    async fn connect(&self, cx: &Cx, endpoint: &Endpoint) -> Result<Box<dyn Connection>>;
}

/// A driver's session with a server. Users hold a [`Session`](crate::Session), which keeps the rules: it bounds each
/// call, cancels on the server what ran too long, and never uses a connection again that is not proven clean.
///
/// So an implementation may be simple: its futures need watch no deadline, and may be dropped at any await point;
/// the session then throws the connection away, unless the driver has
/// [`Capability::RecoversAfterDrop`](crate::Capability::RecoversAfterDrop).
///
/// What the errors say decides what the session is worth afterwards. One with a [`DbDetail`](crate::DbDetail) is the
/// server's answer: the session goes on, unless the class [ends it](crate::ErrorClass::ends_session). One of kind
/// [`Invalid`](purlin_core::ErrorKind) or [`Unsupported`](purlin_core::ErrorKind) with
/// [`Outcome::NotSent`](purlin_core::Outcome) never left. Any other means that the connection is gone; its outcome is
/// in doubt, unless the driver knows better and says [`Outcome::NotSent`](purlin_core::Outcome). Operation and
/// endpoint are added by the session.
#[async_trait]
pub trait Connection: Send + fmt::Debug {
    /// Who answers: vendor, version, capabilities.
    fn info(&self) -> &ServerInfo;

    /// Sends a statement; the answer's rows are read through the cursor.
    ///
    /// # Errors
    /// The server's refusal, with a [`DbDetail`](crate::DbDetail); [`ErrorKind::Invalid`](purlin_core::ErrorKind) with [`Outcome::NotSent`](purlin_core::Outcome)
    /// for what cannot be sent, such as the wrong number of parameters.
    async fn query<'c>(&'c mut self, cx: &Cx, statement: &Statement<'_>) -> Result<Box<dyn RowCursor + 'c>>;

    /// Begins a transaction.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](purlin_core::ErrorKind) with [`Outcome::NotSent`](purlin_core::Outcome) for an isolation level or access mode that the engine
    /// does not have: never ignored. Else as [`query`](Self::query).
    async fn begin(&mut self, cx: &Cx, options: &TxOptions) -> Result<()>;

    /// Commits. The session never cancels it: a server that waits for its replicas may then say that all is well.
    ///
    /// # Errors
    /// As [`query`](Self::query); also where the server rolls back instead and says so only in passing, as PostgreSQL
    /// does after an error. When the answer was lost the session says [`Outcome::Maybe`](purlin_core::Outcome).
    async fn commit(&mut self, cx: &Cx) -> Result<()>;

    /// Rolls the transaction back; harmless where there is none.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    async fn rollback(&mut self, cx: &Cx) -> Result<()>;

    /// Asks the server for a sign of life, by the cheapest round trip that it has.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    async fn ping(&mut self, cx: &Cx) -> Result<()>;

    /// Makes sure that the next answer can only be that of the next statement, after an answer that was not read to
    /// its end, a cancellation, or (with [`Capability::RecoversAfterDrop`](crate::Capability)) a dropped future:
    /// passes over or cancels what is under way, then asks the server for a value that no other statement can have
    /// asked for. A cancellation that comes late and hits that question is no fault: ask again. Transactions stay as
    /// they are.
    ///
    /// # Errors
    /// Any: the session is thrown away then.
    async fn recover(&mut self, cx: &Cx) -> Result<()>;

    /// Whether the server said in its last answer that a transaction is open; none where it does not tell. So the
    /// session notices what it did not ask for: DDL that committed, a deadlock that rolled everything back, a `BEGIN`
    /// in somebody's text. Asked without I/O, and only between calls.
    fn in_transaction(&self) -> Option<bool> {
        None
    }

    /// Ends the session politely.
    ///
    /// # Errors
    /// As [`query`](Self::query); the connection is gone either way.
    async fn close(self: Box<Self>, cx: &Cx) -> Result<()>;

    /// What can stop the statement under way from another task; none where the engine cannot. Taken before the
    /// statement begins.
    fn cancel_handle(&self) -> Option<Arc<dyn CancelHandle>>;

    /// The raw driver's connection, for what purlin does not offer; its type is named by the driver's crate. After it
    /// was used, the session's state is the caller's to answer for.
    fn native(&mut self) -> &mut dyn Any;
}

/// Stops the statement that a connection runs.
#[async_trait]
pub trait CancelHandle: Send + Sync + fmt::Debug {
    /// Asks the server to stop it. The statement then ends with class [`Cancelled`](crate::ErrorClass::Cancelled), or
    /// it was faster. Ends when the request can no longer hit a later statement, as far as the engine lets one know;
    /// [`recover`](Connection::recover) follows before the next one. The caller bounds the wait.
    ///
    /// # Errors
    /// Those of the way that it takes, mostly of a second connection.
    async fn cancel(&self, cx: &Cx) -> Result<()>;
}
