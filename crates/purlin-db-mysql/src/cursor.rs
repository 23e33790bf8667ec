//! Answers, row by row.

use crate::column::{Kind, Shape};
use crate::connection::MySqlConnection;
use crate::decode;
use crate::line::Fault;
use mysql_async::{BinaryProtocol, QueryResult, TextProtocol};
use purlin_core::{Error, ErrorKind, Outcome, Result};
use purlin_db::{Columns, Row, RowCursor, ValueRef};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// How the rows of an answer are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    Text,
    Binary,
}

/// What follows a result.
enum Next {
    Nothing,
    Result,
    /// Instead of a result came an error.
    Error(Error),
}

pub(crate) struct Cursor<'c> {
    connection: &'c mut MySqlConnection,
    wire: Wire,
    /// No further result can follow.
    single: bool,
    current: Current,
    at_end: bool,
    next: Next,
    affected: Option<u64>,
    last_insert_id: Option<u64>,
}

/// The row that it stands on.
#[derive(Default)]
struct Current {
    columns: Columns,
    kinds: Arc<[Kind]>,
    row: Option<mysql_async::Row>,
}

impl<'c> Cursor<'c> {
    pub(crate) fn new(connection: &'c mut MySqlConnection, wire: Wire, sql: &str) -> Self {
        let mut cursor = Self {
            connection,
            wire,
            single: has_one_result(sql, wire),
            current: Current::default(),
            at_end: false,
            next: Next::Nothing,
            affected: None,
            last_insert_id: None,
        };
        cursor.load();
        cursor
    }

    /// Takes up the result whose head has come.
    fn load(&mut self) {
        self.at_end = false;
        self.next = Next::Nothing;
        (self.affected, self.last_insert_id) = (None, None);
        let Ok(conn) = self.connection.line.conn() else { return };
        let raw = QueryResult::<'_, '_, TextProtocol>::new(&mut *conn).columns().unwrap_or_default();
        let Shape { columns, kinds, .. } = Shape::of(&mut self.connection.shape, raw);
        self.current = Current { columns: columns.clone(), kinds: kinds.clone(), row: None };
        if self.current.kinds.is_empty() {
            // Known already, and overwritten by the head of the next one.
            self.affected = Some(conn.affected_rows());
            self.last_insert_id = conn.last_insert_id().filter(|id| *id != 0);
        }
    }

    /// Whether there is neither a row nor a further result to come.
    fn is_over(&mut self) -> bool {
        let conn = self.connection.line.conn();
        conn.is_ok_and(|conn| QueryResult::<'_, '_, TextProtocol>::new(conn).is_empty())
    }

    /// Reads a row, or that there is none, into its place.
    #[inline]
    fn poll_row(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        let (line, place) = (&mut self.connection.line, &mut self.current.row);
        match (self.wire, self.single) {
            (Wire::Text, true) => line.poll_only_row::<TextProtocol>(place, context),
            (Wire::Binary, true) => line.poll_only_row::<BinaryProtocol>(place, context),
            (Wire::Text, false) => line.poll_row::<TextProtocol>(place, context),
            (Wire::Binary, false) => line.poll_row::<BinaryProtocol>(place, context),
        }
    }

    /// The end of a result was read, and the head of the next one, if there is one.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<Result<bool>> {
        self.at_end = true;
        self.current.row = None;
        let Ok(conn) = self.connection.line.conn() else { return Poll::Ready(Ok(false)) };
        if QueryResult::<'_, '_, TextProtocol>::new(&mut *conn).columns().is_some() {
            self.next = Next::Result;
        } else if conn.last_ok_packet().is_none() {
            // An error stands in the place of the next result; no more is read.
            if let Poll::Ready(Err(fault)) = self.poll_row(context) {
                self.next = Next::Error(self.connection.meaning.of(fault));
            }
        } else if !self.current.kinds.is_empty() {
            // A statement can do both, as `INSERT ... RETURNING`.
            self.affected = Some(conn.affected_rows()).filter(|affected| *affected != 0);
        }
        Poll::Ready(Ok(false))
    }
}

/// What begins a statement that has one result. A procedure can have many, and so can a compound statement.
const ONE_RESULT: [&str; 7] = ["select", "with", "values", "table", "show", "explain", "describe"];

/// Whether an answer can have one result only.
fn has_one_result(sql: &str, wire: Wire) -> bool {
    let word =
        sql.trim_start().split(|letter: char| !letter.is_ascii_alphabetic()).next().unwrap_or_default();
    let one = ONE_RESULT.iter().any(|first| word.eq_ignore_ascii_case(first));
    // Several statements cannot be prepared as one.
    one && (wire == Wire::Binary || !sql.contains(';'))
}

impl RowCursor for Cursor<'_> {
    fn columns(&self) -> &Columns {
        &self.current.columns
    }

    fn poll_advance(&mut self, context: &mut Context<'_>) -> Poll<Result<bool>> {
        if self.at_end {
            return Poll::Ready(Ok(false));
        }
        if self.current.kinds.is_empty() && !self.connection.line.is_calling() && self.is_over() {
            self.at_end = true;
            return Poll::Ready(Ok(false));
        }
        match ready!(self.poll_row(context)) {
            Ok(()) if self.current.row.is_some() => Poll::Ready(Ok(true)),
            Ok(()) => self.poll_end(context),
            Err(fault) => {
                self.at_end = true;
                self.current.row = None;
                Poll::Ready(Err(self.connection.meaning.of(fault)))
            }
        }
    }

    fn more_results(&self) -> bool {
        !matches!(self.next, Next::Nothing)
    }

    fn row(&self) -> &dyn Row {
        &self.current
    }

    fn poll_next_result(&mut self, _context: &mut Context<'_>) -> Poll<Result<()>> {
        match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::Result => self.load(),
            Next::Error(error) => return Poll::Ready(Err(error)),
            Next::Nothing => self.current = Current::default(),
        }
        Poll::Ready(Ok(()))
    }

    fn affected(&self) -> Option<u64> {
        self.affected
    }

    fn last_insert_id(&self) -> Option<u64> {
        self.last_insert_id
    }
}

impl Row for Current {
    fn columns(&self) -> &Columns {
        &self.columns
    }

    fn value(&self, index: usize) -> Result<ValueRef<'_>> {
        let value = self.row.as_ref().and_then(|row| row.as_ref(index));
        match (self.kinds.get(index), value) {
            (Some(kind), Some(value)) => decode::value(*kind, value),
            _ => Err(no_column(index)),
        }
    }
}

#[cold]
fn no_column(index: usize) -> Error {
    let message = format!("there is no column {index}, or no row");
    Error::new(ErrorKind::Invalid, message).with_outcome(Outcome::Sent)
}
