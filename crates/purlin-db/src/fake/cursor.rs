//! The fake's rows.

use super::connection::{FakeConnection, lost, turn};
use super::reply::{Part, Reply};
use super::server::Underway;
use crate::{Columns, OwnedRow, Row, RowCursor};
use purlin_core::{Error, Result};
use std::task::{Context, Poll, ready};

pub(super) struct FakeCursor<'c> {
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
    pub(super) fn new(connection: &'c mut FakeConnection) -> Self {
        let columns = Columns::default();
        let row = OwnedRow::new(columns.clone(), []);
        Self { connection, columns, row, affected: None, last_insert_id: None, more: false, at_end: false }
    }

    /// Looks at the present result of the oldest answer.
    pub(super) fn enters_part(&mut self) -> Result<()> {
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
        let waits = row > 0 && row.is_multiple_of(reply.packet);
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
