//! The connector and its connections.

use crate::cursor::Cursor;
use crate::desk::{Desk, Order, Turn};
use crate::fault::Faults;
use crate::native::Native;
use crate::settings::Settings;
use crate::worker::{self, Worker};
use async_trait::async_trait;
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, Result};
use purlin_db::{
    CancelHandle, Capabilities, Capability, Connection, Connector, Dialect, ErrorTable, RowCursor,
    ServerInfo, ServerVersion, Statement, TxOptions, Vendor,
};
use std::any::Any;
use std::sync::Arc;

/// What SQLite can do through this driver.
const CAPABILITIES: Capabilities = Capabilities::new()
    .with(Capability::Savepoints)
    .with(Capability::ReadOnlyTransactions)
    .with(Capability::TransactionalDdl)
    .with(Capability::Cancel)
    .with(Capability::MultipleResults)
    .with(Capability::Prepared)
    .with(Capability::RecoversAfterDrop);

/// Makes connections to one SQLite database.
#[derive(Debug, Clone)]
pub struct SqliteConnector {
    settings: Settings,
    faults: Arc<Faults>,
    endpoints: [Endpoint; 1],
}

impl SqliteConnector {
    /// A connector to that database; nothing is opened yet.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for settings that contradict each other.
    pub fn new(settings: Settings) -> Result<Self> {
        Self::with_errors(settings, ErrorTable::new())
    }

    /// The same with further meanings of error codes.
    pub(crate) fn with_errors(settings: Settings, own: ErrorTable) -> Result<Self> {
        let endpoint = Endpoint::file(settings.path());
        if let Some(conflict) = settings.conflict() {
            let error = Error::new(ErrorKind::Invalid, conflict).with_outcome(Outcome::NotSent);
            return Err(error.with_operation("db.connect").with_endpoint(endpoint));
        }
        let faults = Arc::new(Faults { endpoint: endpoint.clone(), own });
        Ok(Self { settings, faults, endpoints: [endpoint] })
    }
}

#[async_trait]
impl Connector for SqliteConnector {
    fn dialect(&self) -> &'static Dialect {
        Dialect::SQLITE
    }

    fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    async fn connect(&self, _cx: &Cx, endpoint: &Endpoint) -> Result<Box<dyn Connection>> {
        let desk = Link(Arc::new(Desk::new()));
        worker::start(self.settings.clone(), self.faults.clone(), desk.0.clone())
            .map_err(|error| Error::io("db.connect", error).with_endpoint(endpoint.clone()))?;
        Turn::opening(&desk.0).finished().await?;
        Ok(Box::new(SqliteConnection { native: Native::new(desk), info: info(endpoint), proofs: 0 }))
    }
}

fn info(endpoint: &Endpoint) -> ServerInfo {
    let text = rusqlite::version();
    let mut numbers = text.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    let version = ServerVersion::new(next(), next(), next(), text);
    ServerInfo::new(Vendor::Sqlite, version, endpoint.clone()).capabilities(CAPABILITIES)
}

/// The caller's end of the desk. The thread goes home when it is dropped.
#[derive(Debug)]
pub(crate) struct Link(pub(crate) Arc<Desk>);

impl Drop for Link {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// A connection: the caller's half of it.
#[derive(Debug)]
struct SqliteConnection {
    native: Native,
    info: ServerInfo,
    proofs: i64,
}

impl SqliteConnection {
    fn desk(&self) -> &Desk {
        self.native.desk()
    }

    async fn run(&self, work: impl FnOnce(&mut Worker) -> Result<()> + Send + 'static) -> Result<()> {
        Turn::begin(self.desk(), Order::Call(Box::new(work)))?.finished().await
    }
}

#[async_trait]
impl Connection for SqliteConnection {
    fn info(&self) -> &ServerInfo {
        &self.info
    }

    async fn query<'c>(&'c mut self, _cx: &Cx, statement: &Statement<'_>) -> Result<Box<dyn RowCursor + 'c>> {
        let (sql, parameters) = (statement.sql.into(), statement.parameters.to_vec());
        let order = Order::Run { sql, parameters, prepared: statement.is_prepared() };
        let mut turn = Turn::begin(self.native.desk(), order)?;
        let first = turn.next().await?;
        Ok(Box::new(Cursor::new(turn, first)?))
    }

    async fn begin(&mut self, _cx: &Cx, options: &TxOptions) -> Result<()> {
        let options = *options;
        self.run(move |worker| worker.begin(options)).await
    }

    async fn commit(&mut self, _cx: &Cx) -> Result<()> {
        self.run(Worker::commit).await
    }

    async fn rollback(&mut self, _cx: &Cx) -> Result<()> {
        self.run(Worker::rollback).await
    }

    /// Reads the first page of the file, if another one changed it.
    async fn ping(&mut self, _cx: &Cx) -> Result<()> {
        self.run(Worker::ping).await
    }

    async fn recover(&mut self, _cx: &Cx) -> Result<()> {
        self.proofs += 1;
        let nonce = self.proofs;
        self.run(move |worker| worker.prove(nonce)).await
    }

    fn in_transaction(&self) -> Option<bool> {
        Some(self.desk().in_transaction())
    }

    /// Waits until SQLite has written what a write-ahead log still holds, and the thread has let the file go.
    async fn close(self: Box<Self>, _cx: &Cx) -> Result<()> {
        Turn::begin(self.desk(), Order::Close)?.finished().await
    }

    fn cancel_handle(&self) -> Option<Arc<dyn CancelHandle>> {
        Some(Arc::new(Interrupt(self.native.desk_of())))
    }

    fn native(&mut self) -> &mut dyn Any {
        &mut self.native
    }
}

#[derive(Debug)]
struct Interrupt(Arc<Desk>);

#[async_trait]
impl CancelHandle for Interrupt {
    async fn cancel(&self, _cx: &Cx) -> Result<()> {
        self.0.stop();
        Ok(())
    }
}
