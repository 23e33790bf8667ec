//! Where the caller and a session's thread meet: orders in, the parts of an answer out.

use crate::fault::{Line, lost};
use crate::relay::Relay;
use crate::threads::Watched;
use crate::worker::Worker;
use purlin_core::{Error, ErrorKind, Outcome, Result};
use purlin_db::{Columns, Value};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// Parts of an answer that may wait for the caller; the thread pauses then.
const MOST_WAITING: usize = 2;

/// The thread's end of an answer.
pub(crate) type Answer = mpsc::Sender<Result<Piece>>;

pub(crate) type Call = Box<dyn FnOnce(&mut Worker) -> Result<()> + Send>;

/// Work for the thread.
pub(crate) enum Order {
    Run { sql: Box<str>, parameters: Vec<Value>, prepared: bool },
    Call(Call),
    Close,
}

/// A part of an answer.
#[derive(Debug, Default)]
pub(crate) struct Piece {
    /// With the first part of it.
    pub(crate) columns: Option<Columns>,
    /// One row after the other.
    pub(crate) values: Vec<Value>,
    pub(crate) rows: usize,
    /// With the last part of it.
    pub(crate) done: Option<Done>,
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Done {
    pub(crate) affected: Option<u64>,
}

/// What both sides know of the session.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) line: Line,
    /// Whether a transaction was open when the last order ended.
    pub(crate) in_transaction: AtomicBool,
}

/// The caller's side. When it is dropped the connection to the server is closed, so that a thread which waits for the
/// server ends at once.
pub(crate) struct Link {
    orders: Sender<(Order, Answer)>,
    pub(crate) shared: Arc<Shared>,
    // In this order: what the thread waits for goes first.
    _relay: Relay,
    _thread: Watched,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("shared", &self.shared).finish_non_exhaustive()
    }
}

impl Link {
    pub(crate) fn new(
        orders: Sender<(Order, Answer)>,
        shared: Arc<Shared>,
        relay: Relay,
        thread: Watched,
    ) -> Self {
        Self { orders, shared, _relay: relay, _thread: thread }
    }

    /// Leaves an order; its answer comes through the turn.
    pub(crate) fn submit(&self, order: Order) -> Result<Turn> {
        let (answer, turn) = turn(self.shared.clone());
        match self.orders.send((order, answer)) {
            Ok(()) => Ok(turn),
            Err(_) => Err(gone(&self.shared).with_outcome(Outcome::NotSent)),
        }
    }

    pub(crate) fn in_transaction(&self) -> bool {
        self.shared.in_transaction.load(Ordering::Relaxed)
    }
}

/// Both ends of an answer.
pub(crate) fn turn(shared: Arc<Shared>) -> (Answer, Turn) {
    let (answer, parts) = mpsc::channel(MOST_WAITING);
    (answer, Turn { parts, shared })
}

/// A call that waits for its answer.
#[derive(Debug)]
pub(crate) struct Turn {
    parts: mpsc::Receiver<Result<Piece>>,
    shared: Arc<Shared>,
}

impl Turn {
    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Piece>> {
        self.parts.poll_recv(context).map(|part| part.unwrap_or_else(|| Err(gone(&self.shared))))
    }

    /// The next part of the answer.
    pub(crate) async fn next(&mut self) -> Result<Piece> {
        std::future::poll_fn(|context| self.poll_next(context)).await
    }

    /// The end of an order whose answer has one part.
    pub(crate) async fn finished(mut self) -> Result<()> {
        self.next().await.map(drop)
    }
}

/// The thread has ended.
fn gone(shared: &Shared) -> Error {
    let error = shared.line.fault().unwrap_or_else(|| lost("the session is over"));
    match error.kind() {
        // Told once already, as the refusal of a statement.
        ErrorKind::Cancelled => lost("the session is over"),
        _ => error.with_outcome(Outcome::Maybe),
    }
}
