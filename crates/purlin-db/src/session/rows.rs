//! An answer, row by row.

use super::guard::{Guard, Stopped};
use super::state::End;
use super::verdict::Stage;
use super::watch::Watch;
use super::{Executed, span};
use crate::{Columns, OwnedRow, Row, RowCursor};
use purlin_core::{Endpoint, Error, Result};
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use tokio::task::coop;

/// How many rows are handed out for one unit of the budget that tokio gives a task for each of its turns: while the data
/// is there without waiting, nothing else would give way to the other tasks of the thread.
const ROWS_FOR_A_UNIT: u32 = 4;

/// How many rows are handed out between two looks at the clock while the data is there without waiting.
const ROWS_BETWEEN_LOOKS: u32 = 256;

/// How many rows are passed over between two turns of the request to cancel them. A runtime looks at the network once in
/// some 60 turns of a task that always has more to do, and the request may have a whole login before it.
const ROWS_BETWEEN_TURNS: u32 = 16;

/// How many rows nobody wants are read to the answer's end; beyond them it is left to the next call.
const ROWS_TO_PASS_OVER: u32 = 1024;

type Turn = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An answer, row by row: each is lent until the next one.
///
/// Reading it to its end leaves the session ready. Dropping it earlier is harmless; the next call passes over the
/// rest first. After an error each further call tells the same error again.
pub struct Rows<'s> {
    cursor: Box<dyn RowCursor + 's>,
    guard: Guard<'s>,
    since_look: u32,
    at_end: bool,
    /// On the way to the next result.
    moving: bool,
    failed: Option<Error>,
    /// The statement was faster than its cancellation, and its answer was read to its end.
    ran_out: bool,
    rows: u64,
    done: Executed,
}

impl fmt::Debug for Rows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("columns", self.cursor.columns()).finish_non_exhaustive()
    }
}

impl<'s> Rows<'s> {
    pub(super) fn new(cursor: Box<dyn RowCursor + 's>, mut guard: Guard<'s>) -> Self {
        guard.machine.ends(End::Unread);
        guard.watch.progress();
        Self {
            cursor,
            guard,
            since_look: 0,
            at_end: false,
            moving: false,
            failed: None,
            ran_out: false,
            rows: 0,
            done: Executed::default(),
        }
    }

    /// The head of the answer came when the call's time was over: the rest is passed over.
    pub(super) async fn late(cursor: Box<dyn RowCursor + 's>, guard: Guard<'s>, cut: Error) -> Self {
        let mut rows = Self::new(cursor, guard);
        rows.stop(cut).await;
        rows
    }

    pub(super) fn in_time(self) -> Result<Self> {
        match &self.failed {
            Some(error) => Err(error.clone()),
            None => Ok(self),
        }
    }

    /// The columns of the present result; empty where it has none.
    pub fn columns(&self) -> &Columns {
        self.cursor.columns()
    }

    /// The next row; none at the end of the present result. A future of it that is dropped loses nothing, as long as
    /// it is called again.
    ///
    /// # Errors
    /// What the server answers; `Timeout` or `Cancelled` at the call's end, after the statement was cancelled there.
    #[inline]
    pub async fn next(&mut self) -> Result<Option<&dyn Row>> {
        // Not by `advance`: a future within this one costs more than the rest of what is done for a row.
        match poll_fn(|context| self.poll_advance(context)).await {
            Ok(Ok(true)) => Ok(Some(self.cursor.row())),
            Ok(end) => end.map(|_| None),
            Err(cut) => Err(Box::pin(self.stop(cut)).await),
        }
    }

    /// Moves to the next result, as of a procedure or of several statements in one text; rows of this one that were
    /// not read are passed over. `false` where there is none.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn next_result(&mut self) -> Result<bool> {
        while self.advance().await? {}
        if !self.cursor.more_results() {
            return Ok(false);
        }
        self.guard.machine.begins();
        self.moving = true;
        self.wait(|cursor, context| cursor.poll_next_result(context)).await?;
        (self.moving, self.at_end) = (false, false);
        self.guard.machine.ends(End::Unread);
        Ok(true)
    }

    /// Reads to the end of all results, and says what they changed.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn finish(mut self) -> Result<Executed> {
        while self.next_result().await? {}
        Ok(self.done)
    }

    /// As [`finish`](Self::finish), where nobody misses a row: a statement that was faster than its cancellation did
    /// what it did.
    pub(super) async fn run_out(mut self) -> Result<Executed> {
        loop {
            match self.next_result().await {
                Ok(true) => {}
                Err(error) if !self.ran_out => return Err(error),
                Ok(false) | Err(_) => return Ok(self.done),
            }
        }
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.guard.watch.endpoint
    }

    /// Reads to the end of all results unless that is far away.
    pub(super) async fn pass_over(&mut self) -> Result<()> {
        for _ in 0..ROWS_TO_PASS_OVER {
            if !self.advance().await? && !self.next_result().await? {
                break;
            }
        }
        Ok(())
    }

    /// Rows that the results changed which were read to their end so far.
    pub fn executed(&self) -> Executed {
        self.done
    }

    /// The rest of the present result, as rows that belong to the caller.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn collect(&mut self) -> Result<Vec<OwnedRow>> {
        let mut rows = Vec::new();
        while let Some(row) = self.next().await? {
            match row.to_owned() {
                Ok(row) => rows.push(row),
                Err(error) => return Err(error.or_endpoint(&self.guard.watch.endpoint)),
            }
        }
        Ok(rows)
    }

    #[inline]
    async fn advance(&mut self) -> Result<bool> {
        match poll_fn(|context| self.poll_advance(context)).await {
            Ok(result) => result,
            Err(cut) => Err(Box::pin(self.stop(cut)).await),
        }
    }

    /// The next row, or why the call has to be stopped. A row that is there already is handed out without a change of
    /// the session's state: nothing can be dropped on the way to it.
    #[inline]
    fn poll_advance(&mut self, context: &mut Context<'_>) -> Poll<std::result::Result<Result<bool>, Error>> {
        if self.at_end || self.failed.is_some() {
            return Poll::Ready(Ok(self.is_over()));
        }
        if self.since_look.is_multiple_of(ROWS_FOR_A_UNIT)
            && let Some(cut) = ready!(poll_due(&self.guard.watch, &mut self.since_look, context))
        {
            self.guard.machine.begins();
            return Poll::Ready(Err(cut));
        }
        self.since_look += 1;
        let Self { cursor, guard, .. } = self;
        match guard.watch.in_span(|| cursor.poll_advance(context)) {
            Poll::Ready(Ok(true)) => {
                self.rows += 1;
                guard.watch.progress();
                guard.machine.ends(End::Unread);
                Poll::Ready(Ok(Ok(true)))
            }
            Poll::Ready(end) => Poll::Ready(Ok(self.ends(end))),
            Poll::Pending => {
                guard.machine.begins();
                guard.watch.poll_cut(guard.alarm, context).map(Err)
            }
        }
    }

    #[cold]
    fn is_over(&self) -> Result<bool> {
        self.failed.clone().map_or(Ok(false), Err)
    }

    /// The present result was read to its end, or broke off.
    #[inline(never)]
    fn ends(&mut self, end: Result<bool>) -> Result<bool> {
        if let Err(error) = end {
            return Err(self.fails(error));
        }
        self.guard.watch.progress();
        self.at_end = true;
        self.done.adds(&*self.cursor);
        let end = if self.cursor.more_results() { End::Unread } else { End::Clean };
        self.guard.machine.ends(end);
        Ok(false)
    }

    #[cold]
    fn fails(&mut self, error: Error) -> Error {
        let error = self.guard.fails(error, Stage::Reading);
        self.failed = Some(error.clone());
        error
    }

    async fn wait<T>(
        &mut self,
        mut step: impl FnMut(&mut (dyn RowCursor + 's), &mut Context<'_>) -> Poll<Result<T>>,
    ) -> Result<T> {
        let Self { cursor, guard, since_look, .. } = self;
        let result = poll_fn(|context| {
            if let Some(cut) = ready!(poll_due(&guard.watch, since_look, context)) {
                return Poll::Ready(Err(cut));
            }
            *since_look += 1;
            match guard.watch.in_span(|| step(&mut **cursor, context)) {
                Poll::Ready(result) => Poll::Ready(Ok(result)),
                Poll::Pending => guard.watch.poll_cut(guard.alarm, context).map(Err),
            }
        });
        match result.await {
            Ok(Ok(value)) => {
                guard.watch.progress();
                Ok(value)
            }
            Ok(Err(error)) => Err(self.fails(error)),
            Err(cut) => Err(Box::pin(self.stop(cut)).await),
        }
    }

    /// Stops the statement and reads to its end, within the limit; the next call proves the session.
    async fn stop(&mut self, cut: Error) -> Error {
        // Told again, should this future be dropped.
        self.failed = Some(cut.clone());
        let Self { cursor, guard, moving, at_end, done, .. } = self;
        let mut turn: Option<Turn> = None;
        let drain = poll_fn(|context| {
            if let Some(others) = &mut turn {
                ready!(others.as_mut().poll(context));
                turn = None;
            }
            loop {
                for _ in 0..ROWS_BETWEEN_TURNS {
                    if *moving {
                        ready!(cursor.poll_next_result(context))?;
                        (*moving, *at_end) = (false, false);
                    }
                    if !*at_end {
                        if ready!(cursor.poll_advance(context))? {
                            continue;
                        }
                        *at_end = true;
                        done.adds(&**cursor);
                    }
                    if !cursor.more_results() {
                        return Poll::Ready(Ok(()));
                    }
                    *moving = true;
                }
                // The runtime looks after its timers and sockets first, which a task that wakes itself keeps from it.
                let mut others: Turn = Box::pin(tokio::task::yield_now());
                if others.as_mut().poll(context).is_pending() {
                    turn = Some(others);
                    return Poll::Pending;
                }
            }
        });
        let error = match guard.stop(pin!(drain)).await {
            Stopped::Left => guard.is_left(cut),
            Stopped::Ended(Err(error)) => guard.ends_cut(cut, error),
            Stopped::Ended(Ok(())) => {
                self.ran_out = true;
                guard.is_stopped(cut)
            }
        };
        self.failed = Some(error.clone());
        error
    }
}

/// What is due once in a few rows: a look at the clock, and a turn for the other tasks.
#[inline(never)]
fn poll_due(watch: &Watch, since: &mut u32, context: &mut Context<'_>) -> Poll<Option<Error>> {
    if *since >= ROWS_BETWEEN_LOOKS {
        *since = 0;
        if let Some(cut) = watch.cut_now() {
            return Poll::Ready(Some(cut));
        }
    }
    ready!(coop::poll_proceed(context)).made_progress();
    Poll::Ready(None)
}

impl Drop for Rows<'_> {
    fn drop(&mut self) {
        span::ended(&self.guard.watch.span, self.rows, self.done);
    }
}
