//! The raw connection, and the call on it that is under way.

use crate::call;
use mysql_async::consts::StatusFlags;
use mysql_async::prelude::Protocol;
use mysql_async::{Conn, QueryResult, Row, Statement};
use std::future::{Future, pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker, ready};
use tokio_util::sync::ReusableBoxFuture;

/// What a call of the raw driver brought.
#[derive(Debug)]
pub(crate) enum Reply {
    /// Its answer was read.
    Done,
    /// A text that was asked for.
    Text(Option<String>),
    /// A row, or none at the end of the present result.
    Row(Option<Row>),
}

/// What a call of the raw driver failed with.
#[derive(Debug)]
pub(crate) enum Fault {
    Driver(mysql_async::Error),
    /// The raw driver panicked, as it does on some bytes that no server sends.
    Panicked,
    /// The connection is not there any more.
    Gone,
}

impl From<mysql_async::Error> for Fault {
    fn from(error: mysql_async::Error) -> Self {
        Self::Driver(error)
    }
}

/// What a call gives back, with the connection.
pub(crate) struct Answer {
    pub(crate) conn: Option<Conn>,
    /// A statement that it prepared, also where it failed afterwards.
    pub(crate) prepared: Option<Statement>,
    pub(crate) result: Result<Reply, mysql_async::Error>,
}

impl Answer {
    pub(crate) fn new(conn: impl Into<Option<Conn>>, result: Result<Reply, mysql_async::Error>) -> Self {
        Self { conn: conn.into(), prepared: None, result }
    }
}

/// A connection that hangs up when it is dropped. The raw driver's own drop would spawn a task that reads the rest of an
/// answer, however long that is.
pub(crate) struct Held(pub(crate) Option<Conn>);

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(conn) = self.0.take() {
            let mut context = Context::from_waker(Waker::noop());
            let _ = catch_unwind(AssertUnwindSafe(|| pin!(conn.disconnect()).poll(&mut context).is_ready()));
        }
    }
}

/// The raw connection. While a call is under way it belongs to the call's future, which stays here: whoever waits for
/// it may leave, and the call can still be brought to its end.
pub(crate) struct Line {
    conn: Held,
    call: ReusableBoxFuture<'static, Answer>,
    calling: bool,
    prepared: Option<Statement>,
}

impl Line {
    pub(crate) fn new(conn: Conn) -> Self {
        let call = ReusableBoxFuture::new(pending());
        Self { conn: Held(Some(conn)), call, calling: false, prepared: None }
    }

    /// The connection, where no call is under way and none has lost it.
    pub(crate) fn conn(&mut self) -> Result<&mut Conn, Fault> {
        self.conn.0.as_mut().ok_or(Fault::Gone)
    }

    /// What the server said in its last answer of an open transaction; none while a call is under way, and after an
    /// error, with which it says nothing of it.
    pub(crate) fn in_transaction(&self) -> Option<bool> {
        let answer = self.conn.0.as_ref()?.last_ok_packet()?;
        Some(answer.status_flags().contains(StatusFlags::SERVER_STATUS_IN_TRANS))
    }

    /// Whether a call is under way.
    pub(crate) fn is_calling(&self) -> bool {
        self.calling
    }

    /// The statement that the last call prepared.
    pub(crate) fn prepared(&mut self) -> Option<Statement> {
        self.prepared.take()
    }

    /// Begins a call; [`poll`](Self::poll) drives it.
    pub(crate) fn begin<F>(&mut self, call: impl FnOnce(Conn) -> F) -> Result<(), Fault>
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        let conn = self.conn.0.take().ok_or(Fault::Gone)?;
        self.call.set(call(conn));
        self.calling = true;
        Ok(())
    }

    /// Reads a row into its place, or that there is none, where a further result may follow: the head of that one is
    /// read with the end of this one, and must not be left half way.
    pub(crate) fn poll_row<P: Protocol>(
        &mut self,
        place: &mut Option<Row>,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), Fault>> {
        if !self.calling {
            self.begin(call::row::<P>)?;
        }
        *place = match ready!(self.poll(context))? {
            Reply::Row(row) => row,
            Reply::Done | Reply::Text(_) => None,
        };
        Poll::Ready(Ok(()))
    }

    /// Reads a row of an answer that can only have one result into its place, without a box for the call: waiting for a
    /// row's packet can be left and begun anew, as what came of it stays with the connection.
    #[inline]
    pub(crate) fn poll_only_row<P: Protocol>(
        &mut self,
        place: &mut Option<Row>,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), Fault>> {
        let Some(conn) = &mut self.conn.0 else { return Poll::Ready(Err(Fault::Gone)) };
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let mut rows = QueryResult::<'_, '_, P>::new(&mut *conn);
            match pin!(rows.next()).poll(context) {
                Poll::Ready(Ok(row)) => {
                    *place = row;
                    Poll::Ready(Ok(()))
                }
                // Boxed, since it is large, and each row would carry its place.
                Poll::Ready(Err(error)) => Poll::Ready(Err(Box::new(error))),
                Poll::Pending => Poll::Pending,
            }
        }));
        match polled {
            Ok(Poll::Ready(Ok(()))) => Poll::Ready(Ok(())),
            Ok(Poll::Ready(Err(error))) => Poll::Ready(Err(Fault::Driver(*error))),
            Ok(Poll::Pending) if QueryResult::<'_, '_, P>::new(conn).columns().is_some() => Poll::Pending,
            // A second result begins after all, and where it was left nobody knows.
            Ok(Poll::Pending) | Err(_) => {
                self.conn.0 = None;
                Poll::Ready(Err(Fault::Panicked))
            }
        }
    }

    /// Drives the call that is under way.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Reply, Fault>> {
        if !self.calling {
            return Poll::Ready(Err(Fault::Gone));
        }
        match catch_unwind(AssertUnwindSafe(|| self.call.poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(answer)) => {
                self.calling = false;
                self.conn.0 = answer.conn;
                self.prepared = answer.prepared;
                Poll::Ready(answer.result.map_err(Fault::from))
            }
            Err(_) => {
                self.calling = false;
                self.call.set(pending());
                Poll::Ready(Err(Fault::Panicked))
            }
        }
    }

    /// Runs a call to its end. Dropping the future leaves the call under way.
    pub(crate) async fn run<F>(&mut self, call: impl FnOnce(Conn) -> F) -> Result<Reply, Fault>
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        self.begin(call)?;
        poll_fn(|context| self.poll(context)).await
    }

    /// Brings a call that somebody left to its end, whatever it brings.
    pub(crate) async fn settle(&mut self) {
        if self.calling {
            // What was wrong with it, the next call finds.
            let _ = poll_fn(|context| self.poll(context)).await;
        }
    }

    /// The connection for good.
    pub(crate) fn take(&mut self) -> Option<Conn> {
        self.conn.0.take()
    }
}
