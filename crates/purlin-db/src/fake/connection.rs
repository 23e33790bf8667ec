//! The client's side of the fake.

use super::reply::{Part, Reply, refused};
use super::server::{Request, Underway, Wire};
use super::{FakeDatabase, Observed};
use crate::{
    CancelHandle, Capabilities, Capability, Columns, Connection, ErrorClass, OwnedRow, Row, RowCursor,
    ServerInfo, ServerVersion, Statement, TxOptions, Value, Vendor,
};
use async_trait::async_trait;
use purlin_core::{Clock, Cx, Error, Outcome, Result};
use std::any::Any;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// One turn of waiting, as for the network.
pub(super) async fn pause() {
    let mut waited = false;
    poll_fn(|context| turn(&mut waited, context)).await;
}

fn turn(waited: &mut bool, context: &Context<'_>) -> Poll<()> {
    if std::mem::replace(waited, true) {
        return Poll::Ready(());
    }
    context.waker().wake_by_ref();
    Poll::Pending
}

type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The fake's raw connection: what [`Session::native`](crate::Session::native) gives.
pub struct FakeConnection {
    db: FakeDatabase,
    id: u64,
    info: ServerInfo,
    clock: Clock,
    wire: Wire,
    sleep: Option<Sleep>,
    waited: bool,
}

impl fmt::Debug for FakeConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeConnection").field("id", &self.id).finish_non_exhaustive()
    }
}

impl FakeConnection {
    pub(super) fn new(db: FakeDatabase, id: u64, capabilities: Capabilities) -> Self {
        let version = ServerVersion::new(1, 0, 0, "1.0.0-fake");
        let info = ServerInfo::new(Vendor::Other, version, db.endpoint.clone());
        let info = info.session_id(id).capabilities(capabilities);
        Self { db, id, info, clock: Clock::system(), wire: Wire::new(), sleep: None, waited: false }
    }

    fn is_open(&self) -> bool {
        self.db.state().sessions.contains_key(&self.id)
    }

    /// Puts a request on the wire; from here on it takes effect, whoever waits.
    async fn send(&mut self, cx: &Cx, request: Request, parameters: &[Value]) -> Result<()> {
        self.clock = cx.clock().clone();
        if !self.is_open() {
            return Err(lost().with_outcome(Outcome::NotSent));
        }
        pause().await;
        let reply = self.db.state().reply(&request, parameters);
        let due = cx.now().saturating_add(reply.after);
        let at_once = reply.after.is_zero() && !reply.silent && reply.broken_after != Some(0);
        let mut sent = Underway { request, reply, due, executed: false, arrived: false, part: 0, row: 0 };
        if at_once {
            self.execute(&mut sent);
        }
        self.wire.push_back(sent);
        Ok(())
    }

    fn execute(&self, sent: &mut Underway) {
        sent.executed = true;
        let mut state = self.db.state();
        let cancelled =
            state.sessions.get_mut(&self.id).map(|session| std::mem::take(&mut session.cancelled));
        if cancelled == Some(true) {
            // A cancellation that came too late for the statement before.
            state.note(self.id, Observed::Stopped);
            sent.reply.parts = vec![Part::Refused(stopped())];
            return;
        }
        state.execute(self.id, &sent.request, &mut sent.reply);
        if sent.reply.lost {
            state.end_session(self.id);
        }
    }

    /// Waits for the head of the oldest answer.
    fn poll_arrival(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        let Some(mut first) = self.wire.pop_front() else { return Poll::Ready(Err(lost())) };
        let polled = self.poll_arrival_of(&mut first, context);
        match polled {
            // The server stopped it: there is no more of it.
            Poll::Ready(Err(_)) => {}
            _ => self.wire.push_front(first),
        }
        polled
    }

    fn poll_arrival_of(&mut self, first: &mut Underway, context: &mut Context<'_>) -> Poll<Result<()>> {
        if first.arrived {
            return Poll::Ready(Ok(()));
        }
        if !first.executed {
            ready!(self.poll_stopped(context))?;
            if first.reply.silent {
                return Poll::Pending;
            }
            ready!(self.poll_sleep(first.due.since(self.clock.now()), context));
            if first.reply.broken_after != Some(0) {
                self.execute(first);
            }
        }
        ready!(turn(&mut self.waited, context));
        self.waited = false;
        if first.reply.broken_after == Some(0) {
            self.db.state().end_session(self.id);
        }
        if !self.is_open() {
            return Poll::Ready(Err(lost()));
        }
        first.arrived = true;
        Poll::Ready(Ok(()))
    }

    /// Whether the server stopped what it is doing, or the connection broke; wakes the task when it does.
    fn poll_stopped(&self, context: &Context<'_>) -> Poll<Result<()>> {
        let mut state = self.db.state();
        let Some(session) = state.sessions.get_mut(&self.id) else { return Poll::Ready(Err(lost())) };
        if !std::mem::take(&mut session.cancelled) {
            session.waiting = Some(context.waker().clone());
            return Poll::Ready(Ok(()));
        }
        state.note(self.id, Observed::Stopped);
        Poll::Ready(Err(stopped()))
    }

    fn poll_sleep(&mut self, time: Duration, context: &mut Context<'_>) -> Poll<()> {
        if self.sleep.is_none() && time.is_zero() {
            return Poll::Ready(());
        }
        let clock = &self.clock;
        let until = clock.now().saturating_add(time);
        let sleep = self.sleep.get_or_insert_with(|| {
            let clock = clock.clone();
            Box::pin(async move { clock.sleep_until(until).await })
        });
        ready!(sleep.as_mut().poll(context));
        self.sleep = None;
        Poll::Ready(())
    }

    /// Sends what has no rows, and waits for its answer.
    async fn ask(&mut self, cx: &Cx, request: Request) -> Result<()> {
        self.send(cx, request, &[]).await?;
        poll_fn(|context| self.poll_arrival(context)).await?;
        let answer = self.wire.pop_front();
        match answer.and_then(|answer| answer.reply.parts.into_iter().next()) {
            Some(Part::Refused(error)) => Err(error),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl Connection for FakeConnection {
    fn info(&self) -> &ServerInfo {
        &self.info
    }

    async fn query<'c>(&'c mut self, cx: &Cx, statement: &Statement<'_>) -> Result<Box<dyn RowCursor + 'c>> {
        self.send(cx, Request::of(statement.sql), statement.parameters).await?;
        poll_fn(|context| self.poll_arrival(context)).await?;
        let mut cursor = FakeCursor::new(self);
        cursor.enters_part()?;
        Ok(Box::new(cursor))
    }

    async fn begin(&mut self, cx: &Cx, options: &TxOptions) -> Result<()> {
        self.ask(cx, Request::Begin(*options)).await
    }

    async fn commit(&mut self, cx: &Cx) -> Result<()> {
        self.ask(cx, Request::Commit).await
    }

    async fn rollback(&mut self, cx: &Cx) -> Result<()> {
        self.ask(cx, Request::RollBack).await
    }

    async fn ping(&mut self, cx: &Cx) -> Result<()> {
        self.ask(cx, Request::Ping).await
    }

    async fn recover(&mut self, _cx: &Cx) -> Result<()> {
        pause().await;
        while let Some(mut left) = self.wire.pop_front() {
            if !left.executed && !left.reply.silent && left.reply.broken_after != Some(0) {
                self.execute(&mut left);
            }
        }
        pause().await;
        (self.sleep, self.waited) = (None, false);
        let mut state = self.db.state();
        let session = state.sessions.get_mut(&self.id).ok_or_else(lost)?;
        session.cancelled = false;
        state.note(self.id, Observed::Recovered);
        Ok(())
    }

    fn in_transaction(&self) -> Option<bool> {
        let state = self.db.state();
        Some(state.sessions.get(&self.id).is_some_and(|session| session.transaction.is_some()))
    }

    async fn close(self: Box<Self>, _cx: &Cx) -> Result<()> {
        pause().await;
        Ok(())
    }

    fn cancel_handle(&self) -> Option<Arc<dyn CancelHandle>> {
        let can = self.info.capabilities.has(Capability::Cancel);
        can.then(|| Arc::new(FakeCancel { db: self.db.clone(), id: self.id }) as _)
    }

    fn native(&mut self) -> &mut dyn Any {
        self
    }
}

impl Drop for FakeConnection {
    fn drop(&mut self) {
        let mut state = self.db.state();
        state.end_session(self.id);
        state.note(self.id, Observed::Closed);
    }
}

struct FakeCursor<'c> {
    connection: &'c mut FakeConnection,
    columns: Columns,
    row: OwnedRow,
    affected: Option<u64>,
    last_insert_id: Option<u64>,
    more: bool,
    /// The present result was read to its end.
    at_end: bool,
}

impl<'c> FakeCursor<'c> {
    fn new(connection: &'c mut FakeConnection) -> Self {
        let columns = Columns::default();
        let row = OwnedRow::new(columns.clone(), []);
        Self { connection, columns, row, affected: None, last_insert_id: None, more: false, at_end: false }
    }

    /// Looks at the present result of the oldest answer.
    fn enters_part(&mut self) -> Result<()> {
        let Some(first) = self.connection.wire.front() else { return Err(lost()) };
        self.more = first.part + 1 < first.reply.parts.len();
        self.last_insert_id = first.reply.last_insert_id;
        (self.affected, self.at_end, self.columns) = (None, false, Columns::default());
        match first.reply.parts.get(first.part) {
            Some(Part::Rows(columns, _)) => self.columns = columns.clone(),
            Some(Part::Changed(rows)) => self.affected = Some(*rows),
            Some(Part::Refused(error)) => {
                let error = error.clone();
                self.connection.wire.pop_front();
                return Err(error);
            }
            None => {}
        }
        Ok(())
    }

    fn ends_part(&mut self) -> Poll<Result<bool>> {
        self.at_end = true;
        if !self.more {
            self.connection.wire.pop_front();
        }
        Poll::Ready(Ok(false))
    }

    fn breaks(&mut self, error: Error) -> Poll<Result<bool>> {
        (self.at_end, self.more) = (true, false);
        self.connection.wire.pop_front();
        Poll::Ready(Err(error))
    }

    fn poll_row(&mut self, first: &Underway, context: &mut Context<'_>) -> Poll<Result<Option<OwnedRow>>> {
        let reply = &first.reply;
        if first.part == 0 && reply.broken_after == Some(first.row) {
            self.connection.db.state().end_session(self.connection.id);
            return Poll::Ready(Err(lost()));
        }
        let next = match reply.parts.get(first.part) {
            Some(Part::Rows(_, rows)) => rows.get(first.row),
            _ => None,
        };
        if next.is_some() {
            ready!(self.poll_row_is_there(reply, first.row, context))?;
        }
        Poll::Ready(Ok(next.cloned()))
    }

    /// The wait before a row: for its time, or for the network.
    fn poll_row_is_there(
        &mut self,
        reply: &Reply,
        row: usize,
        context: &mut Context<'_>,
    ) -> Poll<Result<()>> {
        let waits = row > 0 && row % reply.packet == 0;
        if reply.every.is_none() && !waits {
            return Poll::Ready(if self.connection.is_open() { Ok(()) } else { Err(lost()) });
        }
        ready!(self.connection.poll_stopped(context))?;
        if let Some(time) = reply.every {
            ready!(self.connection.poll_sleep(time, context));
        }
        if waits {
            ready!(turn(&mut self.connection.waited, context));
            self.connection.waited = false;
        }
        Poll::Ready(Ok(()))
    }
}

impl RowCursor for FakeCursor<'_> {
    fn columns(&self) -> &Columns {
        &self.columns
    }

    fn poll_advance(&mut self, context: &mut Context<'_>) -> Poll<Result<bool>> {
        if self.at_end {
            return Poll::Ready(Ok(false));
        }
        let Some(first) = self.connection.wire.pop_front() else { return Poll::Ready(Err(lost())) };
        let polled = self.poll_row(&first, context);
        self.connection.wire.push_front(first);
        match ready!(polled) {
            Ok(Some(row)) => {
                self.row = row;
                if let Some(first) = self.connection.wire.front_mut() {
                    first.row += 1;
                }
                Poll::Ready(Ok(true))
            }
            Ok(None) => self.ends_part(),
            Err(error) => self.breaks(error),
        }
    }

    fn more_results(&self) -> bool {
        self.more
    }

    fn row(&self) -> &dyn Row {
        &self.row
    }

    fn poll_next_result(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        ready!(turn(&mut self.connection.waited, context));
        self.connection.waited = false;
        if let Some(first) = self.connection.wire.front_mut() {
            (first.part, first.row) = (first.part + 1, 0);
        }
        Poll::Ready(self.enters_part())
    }

    fn affected(&self) -> Option<u64> {
        self.affected
    }

    fn last_insert_id(&self) -> Option<u64> {
        self.last_insert_id
    }
}

#[derive(Debug)]
struct FakeCancel {
    db: FakeDatabase,
    id: u64,
}

#[async_trait]
impl CancelHandle for FakeCancel {
    async fn cancel(&self, cx: &Cx) -> Result<()> {
        let time = self.db.state().cancel_takes;
        if time.is_zero() {
            pause().await;
        } else {
            cx.clock().sleep(time).await;
        }
        let mut state = self.db.state();
        state.note(self.id, Observed::CancelRequested);
        let deaf = state.deaf;
        if let Some(session) = state.sessions.get_mut(&self.id).filter(|_| !deaf) {
            session.cancelled = true;
            if let Some(waker) = session.waiting.take() {
                waker.wake();
            }
        }
        Ok(())
    }
}

fn lost() -> Error {
    refused(ErrorClass::ConnectionLost, "the connection broke")
}

fn stopped() -> Error {
    refused(ErrorClass::Cancelled, "the statement was cancelled")
}
