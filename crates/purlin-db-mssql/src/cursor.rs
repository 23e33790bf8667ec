//! An answer, as the driver's stream brings it and the wire has read along.

use crate::decode::decode;
use crate::fault::{Meanings, cancelled};
use crate::wire::{Event, Kind, ServerMessage, Shared};
use futures_core::Stream;
use purlin_core::{Error, ErrorKind, Outcome, Result};
use purlin_db::{Column, Columns, Row, RowCursor, ValueRef};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tiberius::{QueryItem, QueryStream};

/// A result that is known and was not reached yet.
#[derive(Debug)]
enum Next {
    /// One without rows.
    Changed(Option<u64>),
    /// One with rows, which the driver gives next.
    Rows(Columns, Arc<[Kind]>),
}

pub(crate) struct Cursor<'c> {
    stream: QueryStream<'c>,
    shared: &'c Shared,
    meanings: &'c Meanings,
    row: Present,
    /// Rows of the present result come.
    in_rows: bool,
    affected: Option<u64>,
    following: VecDeque<Next>,
    refusal: Option<ServerMessage>,
    /// The driver's columns, which the wire's description has to meet.
    named: Option<Columns>,
    is_over: bool,
}

/// The row that the cursor stands on.
struct Present {
    columns: Columns,
    kinds: Arc<[Kind]>,
    row: Option<tiberius::Row>,
    /// The exact money of the row, in the order of those columns that are not NULL.
    money: Vec<i64>,
    has_money: bool,
}

impl<'c> Cursor<'c> {
    /// Reads up to the first rows, or to the end.
    pub(crate) async fn open(
        stream: QueryStream<'c>,
        shared: &'c Shared,
        meanings: &'c Meanings,
    ) -> Result<Cursor<'c>> {
        let row = Present {
            columns: Columns::default(),
            kinds: Arc::new([]),
            row: None,
            money: Vec::new(),
            has_money: false,
        };
        let mut cursor = Self {
            stream,
            shared,
            meanings,
            row,
            in_rows: false,
            affected: None,
            following: VecDeque::new(),
            refusal: None,
            named: None,
            is_over: false,
        };
        poll_fn(|context| cursor.poll_known(context)).await?;
        cursor.go_on();
        Ok(cursor)
    }

    /// Reads until the next result is known, or the end. In the midst of rows that nobody wants it passes over them.
    fn poll_known(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        while self.following.is_empty() && !self.is_over {
            match ready!(Pin::new(&mut self.stream).poll_next(context)) {
                Some(Ok(QueryItem::Metadata(found))) => {
                    self.named = Some(named(found.columns()));
                    self.hear()?;
                }
                Some(Ok(QueryItem::Row(_))) => {}
                Some(Err(error)) => {
                    self.is_over = true;
                    return Poll::Ready(Err(self.failed(error)));
                }
                None => {
                    self.is_over = true;
                    self.hear()?;
                    self.ended()?;
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Takes what the wire has read up to the driver's place.
    fn hear(&mut self) -> Result<()> {
        while let Some(event) = self.shared.event() {
            match event {
                Event::Done { changed, .. } if self.in_rows => {
                    self.in_rows = false;
                    self.affected = changed;
                }
                Event::Done { changed, is_count: true } => self.following.push_back(Next::Changed(changed)),
                Event::Done { .. } => {}
                Event::Error(message) => {
                    self.refusal.get_or_insert(message);
                }
                Event::Columns(kinds) => {
                    let columns = self.named.take().unwrap_or_default();
                    if columns.len() != kinds.len() {
                        return Err(out_of_step());
                    }
                    self.following.push_back(Next::Rows(typed(&columns, &kinds), kinds));
                    return self.refused();
                }
            }
        }
        Ok(())
    }

    /// A refusal is told once all of the answer has been read: then the connection is in order.
    fn refused(&mut self) -> Result<()> {
        if self.refusal.is_some() {
            // What follows is passed over.
            self.following.clear();
            self.in_rows = true;
        }
        Ok(())
    }

    fn ended(&mut self) -> Result<()> {
        if let Some(refusal) = self.refusal.take() {
            self.following.clear();
            return Err(self.meanings.of_server(&refusal));
        }
        if self.shared.was_cancelled() {
            return Err(cancelled());
        }
        Ok(())
    }

    fn failed(&mut self, error: tiberius::error::Error) -> Error {
        let is_refusal = matches!(error, tiberius::error::Error::Server(_));
        match self.refusal.take() {
            Some(message) if is_refusal => self.meanings.of_server(&message),
            Some(message) => self.meanings.of_last_words(&message),
            None => self.meanings.of_call(error, self.shared),
        }
    }

    /// Moves to the result that is known.
    fn go_on(&mut self) {
        self.affected = None;
        self.row.row = None;
        match self.following.pop_front() {
            Some(Next::Rows(columns, kinds)) => {
                self.row.has_money = kinds.iter().any(|kind| kind.is_money);
                (self.row.columns, self.row.kinds) = (columns, kinds);
                self.in_rows = true;
            }
            Some(Next::Changed(changed)) => {
                (self.row.columns, self.row.kinds) = (Columns::default(), Arc::new([]));
                self.affected = changed;
            }
            None => {}
        }
    }
}

impl RowCursor for Cursor<'_> {
    fn columns(&self) -> &Columns {
        &self.row.columns
    }

    fn poll_advance(&mut self, context: &mut Context<'_>) -> Poll<Result<bool>> {
        if !self.in_rows || !self.following.is_empty() {
            ready!(self.poll_known(context))?;
            return Poll::Ready(Ok(false));
        }
        match ready!(Pin::new(&mut self.stream).poll_next(context)) {
            Some(Ok(QueryItem::Row(row))) => {
                self.row.take(row, self.shared)?;
                Poll::Ready(Ok(true))
            }
            Some(Ok(QueryItem::Metadata(found))) => {
                self.row.row = None;
                self.named = Some(named(found.columns()));
                self.hear()?;
                ready!(self.poll_known(context))?;
                Poll::Ready(Ok(false))
            }
            Some(Err(error)) => {
                self.is_over = true;
                Poll::Ready(Err(self.failed(error)))
            }
            None => {
                self.row.row = None;
                self.is_over = true;
                self.hear()?;
                self.ended()?;
                self.in_rows = false;
                Poll::Ready(Ok(false))
            }
        }
    }

    fn more_results(&self) -> bool {
        !self.following.is_empty()
    }

    fn row(&self) -> &dyn Row {
        &self.row
    }

    fn poll_next_result(&mut self, _context: &mut Context<'_>) -> Poll<Result<()>> {
        self.go_on();
        Poll::Ready(Ok(()))
    }

    fn affected(&self) -> Option<u64> {
        self.affected
    }
}

impl Present {
    fn take(&mut self, row: tiberius::Row, shared: &Shared) -> Result<()> {
        if self.has_money {
            let cells = row.cells().zip(self.kinds.iter());
            let count = cells.filter(|((_, data), kind)| is_some_money(data, kind)).count();
            shared.money(count, &mut self.money);
            if self.money.len() != count {
                return Err(out_of_step());
            }
        }
        self.row = Some(row);
        Ok(())
    }

    /// The exact money in that column.
    fn money(&self, row: &tiberius::Row, index: usize) -> Option<i64> {
        if !self.has_money || !self.kinds.get(index)?.is_money {
            return None;
        }
        let before = row
            .cells()
            .zip(self.kinds.iter())
            .take(index)
            .filter(|((_, data), kind)| is_some_money(data, kind))
            .count();
        self.money.get(before).copied()
    }
}

fn is_some_money(data: &tiberius::ColumnData<'static>, kind: &Kind) -> bool {
    kind.is_money && matches!(data, tiberius::ColumnData::F64(Some(_)))
}

impl Row for Present {
    fn columns(&self) -> &Columns {
        &self.columns
    }

    fn value(&self, index: usize) -> Result<ValueRef<'_>> {
        let Some((row, kind)) = self.row.as_ref().zip(self.kinds.get(index)) else {
            return Err(no_value(index));
        };
        let data = row.get_column_data(index).map_err(|_| no_value(index))?;
        decode(data, kind, self.money(row, index))
    }
}

fn named(columns: &[tiberius::Column]) -> Columns {
    Columns::new(columns.iter().map(|column| Column::new(column.name(), "")))
}

fn typed(columns: &Columns, kinds: &[Kind]) -> Columns {
    let both = columns.iter().zip(kinds);
    Columns::new(both.map(|(column, kind)| Column::new(column.name.clone(), kind.name.clone())))
}

fn no_value(index: usize) -> Error {
    let message = format!("no column {index}");
    Error::new(ErrorKind::Invalid, message).with_operation("db.row").with_outcome(Outcome::Sent)
}

/// Never seen: what the driver read is not what the wire read.
fn out_of_step() -> Error {
    Error::new(ErrorKind::Internal, "the driver and the wire have read different answers")
        .with_operation("db.read")
        .with_outcome(Outcome::Maybe)
}
