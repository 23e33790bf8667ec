//! A session with a server: the caller's half of it.

use crate::cursor::Cursor;
use crate::link::{Link, Order};
use crate::native::Native;
use crate::worker::Worker;
use async_trait::async_trait;
use purlin_core::{Cx, Result};
use purlin_db::{CancelHandle, Connection, RowCursor, ServerInfo, Statement, TxOptions};
use std::any::Any;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

#[derive(Debug)]
pub(crate) struct OracleConnection {
    native: Native,
    info: ServerInfo,
}

impl OracleConnection {
    pub(crate) fn new(link: Link, info: ServerInfo) -> Self {
        Self { native: Native::new(link), info }
    }

    async fn run(&self, work: impl FnOnce(&mut Worker) -> Result<()> + Send + 'static) -> Result<()> {
        self.native.link().submit(Order::Call(Box::new(work)))?.finished().await
    }
}

#[async_trait]
impl Connection for OracleConnection {
    fn info(&self) -> &ServerInfo {
        &self.info
    }

    async fn query<'c>(&'c mut self, _cx: &Cx, statement: &Statement<'_>) -> Result<Box<dyn RowCursor + 'c>> {
        let (sql, parameters) = (statement.sql.into(), statement.parameters.to_vec());
        let order = Order::Run { sql, parameters, prepared: statement.is_prepared() };
        let mut turn = self.native.link().submit(order)?;
        let first = turn.next().await?;
        Ok(Box::new(Cursor::new(turn, first)))
    }

    async fn begin(&mut self, _cx: &Cx, options: &TxOptions) -> Result<()> {
        let options = *options;
        self.run(move |worker| worker.begin(&options)).await
    }

    async fn commit(&mut self, _cx: &Cx) -> Result<()> {
        self.run(Worker::commit).await
    }

    async fn rollback(&mut self, _cx: &Cx) -> Result<()> {
        self.run(Worker::roll_back).await
    }

    async fn ping(&mut self, _cx: &Cx) -> Result<()> {
        self.run(Worker::ping).await
    }

    async fn recover(&mut self, _cx: &Cx) -> Result<()> {
        let word = format!("purlin_{:016x}", RandomState::new().hash_one(0));
        self.run(move |worker| worker.prove(&word)).await
    }

    fn in_transaction(&self) -> Option<bool> {
        Some(self.native.link().in_transaction())
    }

    async fn close(self: Box<Self>, _cx: &Cx) -> Result<()> {
        self.native.link().submit(Order::Close)?.finished().await
    }

    /// None: the driver has no break. A statement that takes too long is left with its connection.
    fn cancel_handle(&self) -> Option<Arc<dyn CancelHandle>> {
        None
    }

    fn native(&mut self) -> &mut dyn Any {
        &mut self.native
    }
}
