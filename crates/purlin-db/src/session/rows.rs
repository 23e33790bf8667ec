//! An answer, row by row.

use super::Executed;
use super::guard::{Guard, end_after};
use super::state::End;
use crate::{Columns, OwnedRow, Row, RowCursor};
use purlin_core::{Error, Outcome, Result};
use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll};

/// How many rows are handed out between two looks at the clock while the data is there without waiting.
const ROWS_BETWEEN_LOOKS: u32 = 256;

/// An answer, row by row: each is lent until the next one.
///
/// Reading it to its end leaves the session ready. Dropping it earlier is harmless; the next call passes over the
/// rest first.
pub struct Rows<'s> {
    cursor: Box<dyn RowCursor + 's>,
    guard: Guard<'s>,
    since_look: u32,
    at_end: bool,
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
        Self { cursor, guard, since_look: 0, at_end: false, done: Executed::default() }
    }

    /// The columns of the present result; empty where it has none.
    pub fn columns(&self) -> &Columns {
        self.cursor.columns()
    }

    /// The next row; none at the end of the present result.
    ///
    /// # Errors
    /// What the server answers; `Timeout` or `Cancelled` at the call's end, after the statement was cancelled there.
    pub async fn next(&mut self) -> Result<Option<&dyn Row>> {
        Ok(if self.advance().await? { Some(self.cursor.row()) } else { None })
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
        self.wait(|cursor, context| cursor.poll_next_result(context)).await?;
        self.at_end = false;
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
            rows.push(row.to_owned()?);
        }
        Ok(rows)
    }

    async fn advance(&mut self) -> Result<bool> {
        if self.at_end {
            return Ok(false);
        }
        self.guard.machine.begins();
        let more = self.wait(|cursor, context| cursor.poll_advance(context)).await?;
        if more {
            self.guard.machine.ends(End::Unread);
            return Ok(true);
        }
        self.at_end = true;
        self.done.affected += self.cursor.affected().unwrap_or(0);
        self.done.last_insert_id = self.cursor.last_insert_id().or(self.done.last_insert_id);
        let end = if self.cursor.more_results() { End::Unread } else { End::Clean };
        self.guard.machine.ends(end);
        Ok(false)
    }

    async fn wait<T>(
        &mut self,
        mut step: impl FnMut(&mut (dyn RowCursor + 's), &mut Context<'_>) -> Poll<Result<T>>,
    ) -> Result<T> {
        let Self { cursor, guard, since_look, .. } = self;
        let result = poll_fn(|context| {
            *since_look += 1;
            if *since_look > ROWS_BETWEEN_LOOKS {
                *since_look = 0;
                if let Err(cut) = guard.watch.cx.check(guard.watch.operation) {
                    return Poll::Ready(Err(cut));
                }
            }
            match step(&mut **cursor, context) {
                Poll::Ready(result) => Poll::Ready(Ok(result)),
                Poll::Pending => guard.watch.poll_cut(context).map(Err),
            }
        })
        .await;
        match result {
            Ok(Ok(value)) => {
                guard.watch.progress();
                Ok(value)
            }
            Ok(Err(error)) => {
                self.at_end = true;
                guard.machine.ends(end_after(&error));
                Err(guard.watch.told(error))
            }
            Err(cut) => Err(self.stop(cut).await),
        }
    }

    /// Cancels on the server and reads to the statement's end, within the limit; the next call proves the session.
    async fn stop(&mut self, cut: Error) -> Error {
        self.at_end = true;
        let Self { cursor, guard, .. } = self;
        let drain = poll_fn(|context| {
            for _ in 0..ROWS_BETWEEN_LOOKS {
                match std::task::ready!(cursor.poll_advance(context)) {
                    Ok(true) => {}
                    Ok(false) => return Poll::Ready(Ok(())),
                    Err(error) => return Poll::Ready(Err(error)),
                }
            }
            context.waker().wake_by_ref();
            Poll::Pending
        });
        let ended = match guard.stop(std::pin::pin!(drain)).await {
            None => false,
            Some(Ok(())) => true,
            Some(Err(error)) => end_after(&error) != End::Broken,
        };
        guard.machine.ends(if ended { End::Unread } else { End::Broken });
        guard.cut_off(cut, ended).with_outcome(Outcome::Maybe)
    }
}
