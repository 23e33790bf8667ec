//! The client's side of the fake.

use super::cursor::FakeCursor;
use super::reply::{Part, refused};
use super::server::{Cancelling, Request, ServerSession, Underway, Wire};
use super::{FakeDatabase, Observed};
use crate::{
    CancelHandle, Capabilities, Capability, Connection, ErrorClass, RowCursor, ServerInfo, ServerVersion,
    Statement, TxOptions, Value, Vendor,
};
use async_trait::async_trait;
use purlin_core::{Clock, Cx, Error, ErrorKind, Outcome, Result};
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

pub(super) fn turn(waited: &mut bool, context: &Context<'_>) -> Poll<()> {
    if std::mem::replace(waited, true) {
        return Poll::Ready(());
    }
    context.waker().wake_by_ref();
    Poll::Pending
}

type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The fake's raw connection: what [`Session::native`](crate::Session::native) gives.
pub struct FakeConnection {
    pub(super) db: FakeDatabase,
    pub(super) id: u64,
    info: ServerInfo,
    clock: Clock,
    pub(super) wire: Wire,
    sleep: Option<Sleep>,
    pub(super) waited: bool,
    /// What the last answer said.
    in_transaction: bool,
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
        let (clock, wire) = (Clock::system(), Wire::new());
        Self { db, id, info, clock, wire, sleep: None, waited: false, in_transaction: false }
    }

    pub(super) fn is_open(&self) -> bool {
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
        let mut sent = Underway {
            request,
            reply,
            due,
            executed: false,
            arrived: false,
            in_transaction: false,
            part: 0,
            row: 0,
        };
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
            sent.in_transaction = state.is_in_transaction(self.id);
            return;
        }
        state.execute(self.id, &sent.request, &mut sent.reply);
        sent.in_transaction = state.is_in_transaction(self.id);
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
        self.in_transaction = first.in_transaction;
        Poll::Ready(Ok(()))
    }

    /// Whether the server stopped what it is doing, or the connection broke; wakes the task when it does.
    pub(super) fn poll_stopped(&self, context: &Context<'_>) -> Poll<Result<()>> {
        let mut state = self.db.state();
        let Some(session) = state.sessions.get_mut(&self.id) else { return Poll::Ready(Err(lost())) };
        if !std::mem::take(&mut session.cancelled) {
            session.waiting = Some(context.waker().clone());
            return Poll::Ready(Ok(()));
        }
        state.note(self.id, Observed::Stopped);
        Poll::Ready(Err(stopped()))
    }

    pub(super) fn poll_sleep(&mut self, time: Duration, context: &mut Context<'_>) -> Poll<()> {
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
        self.in_transaction = session.transaction.is_some();
        state.note(self.id, Observed::Recovered);
        Ok(())
    }

    fn in_transaction(&self) -> Option<bool> {
        Some(self.in_transaction)
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
        let cancelling = state.cancelling;
        if cancelling == Cancelling::Refused {
            return Err(Error::new(ErrorKind::Refused, "no room for a request to cancel"));
        }
        state.note(self.id, Observed::CancelRequested);
        let heard = |_: &&mut ServerSession| cancelling == Cancelling::Heard;
        if let Some(session) = state.sessions.get_mut(&self.id).filter(heard) {
            session.cancelled = true;
            if let Some(waker) = session.waiting.take() {
                waker.wake();
            }
        }
        Ok(())
    }
}

pub(super) fn lost() -> Error {
    refused(ErrorClass::ConnectionLost, "the connection broke")
}

fn stopped() -> Error {
    refused(ErrorClass::Cancelled, "the statement was cancelled")
}
