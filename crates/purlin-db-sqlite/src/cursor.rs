//! An answer, row by row.

use crate::batch::Batch;
use crate::desk::{Desk, Done, Piece, Shape, Turn};
use purlin_core::{Error, ErrorKind, Outcome, Result};
use purlin_db::{Columns, Row, RowCursor, ValueRef};
use std::task::{Context, Poll, ready};

/// Rows lent from the present batch; the next one is made meanwhile.
#[derive(Debug)]
pub(crate) struct Cursor<'c> {
    desk: &'c Desk,
    id: u64,
    shape: Shape,
    batch: Batch,
    /// The next row of the batch; the present one is the one before.
    next: usize,
    done: Option<Done>,
    over: bool,
}

impl<'c> Cursor<'c> {
    /// From the first part of an answer.
    pub(crate) fn new(turn: Turn<'c>, first: Piece) -> Result<Self> {
        let Piece { shape: Some(shape), batch, done } = first else {
            return Err(
                Error::new(ErrorKind::Internal, "an answer without columns").with_outcome(Outcome::Sent)
            );
        };
        let over = done.is_some_and(|done| !done.more);
        let desk = turn.desk;
        Ok(Self { desk, id: turn.rests(), shape, batch: batch.unwrap_or_default(), next: 0, done, over })
    }

    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        let piece = ready!(self.desk.poll_answer(self.id, context));
        self.over = piece.is_err();
        let Piece { shape, batch, done } = piece?;
        if let Some(shape) = shape {
            self.shape = shape;
        }
        let read = std::mem::replace(&mut self.batch, batch.unwrap_or_default());
        self.desk.give_back(read);
        self.next = 0;
        self.done = done;
        self.over = done.is_some_and(|done| !done.more);
        Poll::Ready(Ok(()))
    }
}

impl RowCursor for Cursor<'_> {
    fn columns(&self) -> &Columns {
        &self.shape.columns
    }

    fn poll_advance(&mut self, context: &mut Context<'_>) -> Poll<Result<bool>> {
        loop {
            if self.next < self.batch.rows() {
                self.next += 1;
                return Poll::Ready(Ok(true));
            }
            if self.done.is_some() || self.over {
                return Poll::Ready(Ok(false));
            }
            ready!(self.poll_piece(context))?;
        }
    }

    fn more_results(&self) -> bool {
        self.done.is_some_and(|done| done.more)
    }

    fn row(&self) -> &dyn Row {
        self
    }

    fn poll_next_result(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        self.poll_piece(context)
    }

    fn affected(&self) -> Option<u64> {
        self.done.and_then(|done| done.affected)
    }

    fn last_insert_id(&self) -> Option<u64> {
        self.done.and_then(|done| done.last_insert_id)
    }
}

impl Row for Cursor<'_> {
    fn columns(&self) -> &Columns {
        &self.shape.columns
    }

    fn value(&self, index: usize) -> Result<ValueRef<'_>> {
        let row = self.next.saturating_sub(1);
        match self.batch.value(row, index, &self.shape.steers) {
            Some(value) => Ok(value),
            None => Err(no_column(index, self.shape.columns.len())),
        }
    }
}

#[cold]
fn no_column(index: usize, count: usize) -> Error {
    let message = format!("no column {index}; there are {count}");
    Error::new(ErrorKind::Invalid, message).with_operation("db.row").with_outcome(Outcome::Sent)
}

impl Drop for Cursor<'_> {
    fn drop(&mut self) {
        if !self.over {
            self.desk.discard(self.id);
        }
    }
}
