//! Drivers that do one thing wrong each, and the suite that sees it.

use crate::conformance::Fake;
use async_trait::async_trait;
use purlin_core::{Cx, Endpoint, Error, Result};
use purlin_db::fake::FakeDatabase;
use purlin_db::{
    CancelHandle, Columns, Connection, Connector, DbDetail, Dialect, ErrorClass, Row, RowCursor, ServerInfo,
    Statement, TxOptions, ValueRef, Vendor,
};
use purlin_testkit::suites::db::db;
use std::any::Any;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The second row of an answer is passed over.
    LosesARow,
    /// A result after the first is not told of.
    LosesAResult,
    /// NULL is a word.
    NullIsText,
    /// What was a key twice is told as not understood.
    WrongClass,
    /// A statement that is to be stopped goes on.
    NeverStops,
    /// What is under way is left to the next statement.
    RecoversInName,
    /// Nobody is told that the server has a transaction open.
    HidesTransactions,
    /// A commit says that all is well, and rolls back.
    CommitsNothing,
    /// A sign of life brings it down.
    Panics,
}

#[derive(Debug)]
pub(crate) struct Broken {
    inner: FakeDatabase,
    fault: Fault,
}

impl Broken {
    pub(crate) fn new(inner: FakeDatabase, fault: Fault) -> Self {
        Self { inner, fault }
    }
}

#[async_trait]
impl Connector for Broken {
    fn dialect(&self) -> &'static Dialect {
        self.inner.dialect()
    }

    fn endpoints(&self) -> &[Endpoint] {
        self.inner.endpoints()
    }

    async fn connect(&self, cx: &Cx, endpoint: &Endpoint) -> Result<Box<dyn Connection>> {
        let inner = self.inner.connect(cx, endpoint).await?;
        Ok(Box::new(BrokenConnection { inner, fault: self.fault }))
    }
}

#[derive(Debug)]
struct BrokenConnection {
    inner: Box<dyn Connection>,
    fault: Fault,
}

fn misread(error: Error) -> Error {
    if DbDetail::class_of(&error) != Some(ErrorClass::Unique) {
        return error;
    }
    let detail = DbDetail::new(ErrorClass::Syntax, Vendor::Other);
    Error::new(detail.class.kind(), "it is not understood").with_outcome(error.outcome()).with_detail(detail)
}

#[async_trait]
impl Connection for BrokenConnection {
    fn info(&self) -> &ServerInfo {
        self.inner.info()
    }

    async fn query<'c>(&'c mut self, cx: &Cx, statement: &Statement<'_>) -> Result<Box<dyn RowCursor + 'c>> {
        let Self { inner, fault } = self;
        let wrong = *fault == Fault::WrongClass;
        let inner = inner.query(cx, statement).await;
        let inner = inner.map_err(|error| if wrong { misread(error) } else { error })?;
        Ok(Box::new(BrokenCursor { inner, fault: *fault, rows: 0 }))
    }

    async fn begin(&mut self, cx: &Cx, options: &TxOptions) -> Result<()> {
        self.inner.begin(cx, options).await
    }

    async fn commit(&mut self, cx: &Cx) -> Result<()> {
        match self.fault {
            Fault::CommitsNothing => self.inner.rollback(cx).await,
            _ => self.inner.commit(cx).await,
        }
    }

    async fn rollback(&mut self, cx: &Cx) -> Result<()> {
        self.inner.rollback(cx).await
    }

    async fn ping(&mut self, cx: &Cx) -> Result<()> {
        assert!(self.fault != Fault::Panics, "the driver panics");
        self.inner.ping(cx).await
    }

    async fn recover(&mut self, cx: &Cx) -> Result<()> {
        match self.fault {
            Fault::RecoversInName => Ok(()),
            _ => self.inner.recover(cx).await,
        }
    }

    fn in_transaction(&self) -> Option<bool> {
        match self.fault {
            Fault::HidesTransactions => Some(false),
            _ => self.inner.in_transaction(),
        }
    }

    async fn close(self: Box<Self>, cx: &Cx) -> Result<()> {
        self.inner.close(cx).await
    }

    fn cancel_handle(&self) -> Option<Arc<dyn CancelHandle>> {
        match self.fault {
            Fault::NeverStops => Some(Arc::new(Deaf)),
            _ => self.inner.cancel_handle(),
        }
    }

    fn native(&mut self) -> &mut dyn Any {
        self.inner.native()
    }
}

#[derive(Debug)]
struct Deaf;

#[async_trait]
impl CancelHandle for Deaf {
    async fn cancel(&self, _: &Cx) -> Result<()> {
        Ok(())
    }
}

struct BrokenCursor<'c> {
    inner: Box<dyn RowCursor + 'c>,
    fault: Fault,
    rows: u64,
}

impl RowCursor for BrokenCursor<'_> {
    fn columns(&self) -> &Columns {
        self.inner.columns()
    }

    fn poll_advance(&mut self, context: &mut Context<'_>) -> Poll<Result<bool>> {
        loop {
            let there = ready!(self.inner.poll_advance(context))?;
            self.rows += u64::from(there);
            if !(there && self.rows == 2 && self.fault == Fault::LosesARow) {
                return Poll::Ready(Ok(there));
            }
        }
    }

    fn more_results(&self) -> bool {
        self.fault != Fault::LosesAResult && self.inner.more_results()
    }

    fn row(&self) -> &dyn Row {
        self
    }

    fn poll_next_result(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        self.inner.poll_next_result(context)
    }

    fn affected(&self) -> Option<u64> {
        self.inner.affected()
    }

    fn last_insert_id(&self) -> Option<u64> {
        self.inner.last_insert_id()
    }
}

impl Row for BrokenCursor<'_> {
    fn columns(&self) -> &Columns {
        self.inner.columns()
    }

    fn value(&self, index: usize) -> Result<ValueRef<'_>> {
        match self.inner.row().value(index)? {
            ValueRef::Null if self.fault == Fault::NullIsText => Ok(ValueRef::Text("NULL")),
            value => Ok(value),
        }
    }
}

/// The names of the cases that fail, of a suite that runs to its end.
async fn failures(fault: Fault) -> Vec<String> {
    let report = db(&Fake::behind(fault)).await;
    let failures = report.failures();
    let whole = include_str!("../golden/db.fake.txt").lines().count();
    assert_eq!(report.to_string().lines().count(), whole, "{fault:?} ended the suite");
    failures.iter().filter_map(|line| line.split(": ").next()).map(str::to_owned).collect()
}

#[tokio::test(start_paused = true)]
async fn each_fault_is_seen() {
    for (fault, by) in [
        (Fault::LosesARow, "results.many_rows_in_order"),
        (Fault::LosesAResult, "results.two_in_order"),
        (Fault::NullIsText, "types.i64_null"),
        (Fault::WrongClass, "errors.unique"),
        (Fault::NeverStops, "deadlines.ends_a_statement"),
        (Fault::RecoversInName, "results.stopped_early"),
        (Fault::HidesTransactions, "pool.lends_in_order_after_begin_in_a_text"),
        (Fault::CommitsNothing, "transactions.committed"),
    ] {
        let failed = failures(fault).await;
        assert!(failed.iter().any(|name| name == by), "{fault:?} is not seen by {by}: {failed:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_driver_that_panics_fails_by_the_name_of_each_case() {
    let report = db(&Fake::behind(Fault::Panics)).await;
    let failures = report.failures();
    assert!(
        failures.iter().any(|line| line == "connecting.pings: it panicked: the driver panics"),
        "{failures:?}"
    );
}
