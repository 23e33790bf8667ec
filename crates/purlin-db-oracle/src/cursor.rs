//! An answer, row by row.

use crate::link::{Done, Piece, Turn};
use purlin_core::{Error, ErrorKind, Outcome, Result};
use purlin_db::{Columns, Row, RowCursor, Value, ValueRef};
use std::task::{Context, Poll, ready};

/// Rows lent from the present part of the answer; the next one is made meanwhile.
#[derive(Debug)]
pub(crate) struct Cursor {
    turn: Turn,
    columns: Columns,
    values: Vec<Value>,
    rows: usize,
    /// The next row; the present one is the one before.
    next: usize,
    done: Option<Done>,
    failed: bool,
}

impl Cursor {
    /// From the first part of an answer.
    pub(crate) fn new(turn: Turn, first: Piece) -> Self {
        let Piece { columns, values, rows, done } = first;
        let columns = columns.unwrap_or_default();
        Self { turn, columns, values, rows, next: 0, done, failed: false }
    }
}

impl RowCursor for Cursor {
    fn columns(&self) -> &Columns {
        &self.columns
    }

    fn poll_advance(&mut self, context: &mut Context<'_>) -> Poll<Result<bool>> {
        loop {
            if self.next < self.rows {
                self.next += 1;
                return Poll::Ready(Ok(true));
            }
            if self.done.is_some() || self.failed {
                return Poll::Ready(Ok(false));
            }
            let piece = ready!(self.turn.poll_next(context));
            self.failed = piece.is_err();
            let Piece { columns, values, rows, done } = piece?;
            self.columns = columns.unwrap_or_else(|| std::mem::take(&mut self.columns));
            (self.values, self.rows, self.next, self.done) = (values, rows, 0, done);
        }
    }

    /// Oracle's results beside the first (`DBMS_SQL.RETURN_RESULT`) are not offered.
    fn more_results(&self) -> bool {
        false
    }

    fn row(&self) -> &dyn Row {
        self
    }

    fn poll_next_result(&mut self, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn affected(&self) -> Option<u64> {
        self.done.and_then(|done| done.affected)
    }
}

impl Row for Cursor {
    fn columns(&self) -> &Columns {
        &self.columns
    }

    fn value(&self, index: usize) -> Result<ValueRef<'_>> {
        let width = self.columns.len();
        let place = (index < width).then(|| self.next.saturating_sub(1) * width + index);
        match place.and_then(|place| self.values.get(place)) {
            Some(value) => Ok(value.as_ref()),
            None => Err(no_column(index, width)),
        }
    }
}

#[cold]
fn no_column(index: usize, count: usize) -> Error {
    let message = format!("no column {index}; there are {count}");
    Error::new(ErrorKind::Invalid, message).with_operation("db.row").with_outcome(Outcome::Sent)
}
