//! A connector that tells the book of addresses what happens to its connections.

use super::lock;
use crate::failover::Book;
use crate::{
    CancelHandle, Columns, Connection, Connector, DbDetail, Dialect, ErrorClass, Row, RowCursor, ServerInfo,
    Statement, TxOptions,
};
use async_trait::async_trait;
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, Result};
use std::any::Any;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

#[derive(Debug)]
pub(super) struct Watched {
    inner: Arc<dyn Connector>,
    /// The index of its first address.
    first: usize,
    book: Arc<Mutex<Book>>,
}

impl Watched {
    pub(super) fn new(inner: Arc<dyn Connector>, first: usize, book: Arc<Mutex<Book>>) -> Self {
        Self { inner, first, book }
    }
}

#[async_trait]
impl Connector for Watched {
    fn dialect(&self) -> &'static Dialect {
        self.inner.dialect()
    }

    fn endpoints(&self) -> &[Endpoint] {
        self.inner.endpoints()
    }

    async fn connect(&self, cx: &Cx, endpoint: &Endpoint) -> Result<Box<dyn Connection>> {
        let inner = self.inner.connect(cx, endpoint).await?;
        let Some(at) = self.inner.endpoints().iter().position(|own| own == endpoint) else {
            return Ok(inner);
        };
        let eye = Eye { book: self.book.clone(), index: self.first + at };
        lock(&eye.book).connected(eye.index);
        Ok(Box::new(WatchedConnection { inner, eye }))
    }
}

#[derive(Debug)]
struct Eye {
    book: Arc<Mutex<Book>>,
    index: usize,
}

impl Eye {
    /// Takes note of errors after which the server may not be what it was.
    fn seen<T>(&self, result: Result<T>) -> Result<T> {
        if result.as_ref().is_err_and(is_doubtful) {
            lock(&self.book).doubted(self.index);
        }
        result
    }
}

fn is_doubtful(error: &Error) -> bool {
    match DbDetail::class_of(error) {
        Some(class) => {
            matches!(class, ErrorClass::NotWritable | ErrorClass::ConnectionLost | ErrorClass::Starting)
        }
        // Without a class the connection is gone, unless it was never used.
        None => match error.kind() {
            ErrorKind::Invalid | ErrorKind::Unsupported => error.outcome() != Outcome::NotSent,
            kind => !matches!(kind, ErrorKind::Timeout | ErrorKind::Cancelled),
        },
    }
}

#[derive(Debug)]
struct WatchedConnection {
    inner: Box<dyn Connection>,
    eye: Eye,
}

#[async_trait]
impl Connection for WatchedConnection {
    fn info(&self) -> &ServerInfo {
        self.inner.info()
    }

    async fn query<'c>(&'c mut self, cx: &Cx, statement: &Statement<'_>) -> Result<Box<dyn RowCursor + 'c>> {
        let Self { inner, eye } = self;
        let cursor = eye.seen(inner.query(cx, statement).await)?;
        Ok(Box::new(WatchedCursor { inner: cursor, eye }))
    }

    async fn begin(&mut self, cx: &Cx, options: &TxOptions) -> Result<()> {
        self.eye.seen(self.inner.begin(cx, options).await)
    }

    async fn commit(&mut self, cx: &Cx) -> Result<()> {
        self.eye.seen(self.inner.commit(cx).await)
    }

    async fn rollback(&mut self, cx: &Cx) -> Result<()> {
        self.eye.seen(self.inner.rollback(cx).await)
    }

    async fn ping(&mut self, cx: &Cx) -> Result<()> {
        self.eye.seen(self.inner.ping(cx).await)
    }

    async fn recover(&mut self, cx: &Cx) -> Result<()> {
        self.eye.seen(self.inner.recover(cx).await)
    }

    fn in_transaction(&self) -> Option<bool> {
        self.inner.in_transaction()
    }

    async fn close(self: Box<Self>, cx: &Cx) -> Result<()> {
        self.inner.close(cx).await
    }

    fn cancel_handle(&self) -> Option<Arc<dyn CancelHandle>> {
        self.inner.cancel_handle()
    }

    fn native(&mut self) -> &mut dyn Any {
        self.inner.native()
    }
}

struct WatchedCursor<'c> {
    inner: Box<dyn RowCursor + 'c>,
    eye: &'c Eye,
}

impl RowCursor for WatchedCursor<'_> {
    fn columns(&self) -> &Columns {
        self.inner.columns()
    }

    fn poll_advance(&mut self, context: &mut Context<'_>) -> Poll<Result<bool>> {
        self.inner.poll_advance(context).map(|result| self.eye.seen(result))
    }

    fn more_results(&self) -> bool {
        self.inner.more_results()
    }

    fn row(&self) -> &dyn Row {
        self.inner.row()
    }

    fn poll_next_result(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        self.inner.poll_next_result(context).map(|result| self.eye.seen(result))
    }

    fn affected(&self) -> Option<u64> {
        self.inner.affected()
    }

    fn last_insert_id(&self) -> Option<u64> {
        self.inner.last_insert_id()
    }
}
