//! Rows as a server sends them, and rows that were kept.

use crate::{FromValue, Mismatch, Value, ValueRef};
use purlin_core::{Error, ErrorKind, Outcome, Result};
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

/// One column of an answer: its name and the server's name of its type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Column {
    /// The name as the server told it; it may be empty, and two columns may share it.
    pub name: String,
    /// The server's name of the type, in lower case, such as `varchar` or `timestamptz`.
    pub type_name: String,
}

impl Column {
    /// A column of that name and type.
    pub fn new(name: impl Into<String>, type_name: impl Into<String>) -> Self {
        Self { name: name.into(), type_name: type_name.into() }
    }
}

/// The columns of an answer, in order. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Columns(Arc<[Column]>);

impl Columns {
    /// These columns.
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self(columns.into_iter().collect())
    }

    /// The place of the first column of that name; where none has exactly it, of the first that differs in case only.
    pub fn position(&self, name: &str) -> Option<usize> {
        let exact = self.0.iter().position(|column| column.name == name);
        exact.or_else(|| self.0.iter().position(|column| column.name.eq_ignore_ascii_case(name)))
    }
}

impl std::ops::Deref for Columns {
    type Target = [Column];

    fn deref(&self) -> &[Column] {
        &self.0
    }
}

/// A row, lent until the next one.
pub trait Row: Send {
    /// The columns.
    fn columns(&self) -> &Columns;

    /// The value in that column, decoded when it is asked for.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where there is no such column; [`ErrorKind::Protocol`] where the server's bytes are not
    /// what its type promises.
    fn value(&self, index: usize) -> Result<ValueRef<'_>>;
}

/// Names a column: by its place from 0, or by its name.
pub trait ColumnKey: fmt::Debug {
    /// Its place.
    fn position(&self, columns: &Columns) -> Option<usize>;
}

impl ColumnKey for usize {
    #[inline]
    fn position(&self, columns: &Columns) -> Option<usize> {
        (*self < columns.len()).then_some(*self)
    }
}

impl ColumnKey for &str {
    fn position(&self, columns: &Columns) -> Option<usize> {
        columns.position(self)
    }
}

impl dyn Row + '_ {
    /// Reads a column as a Rust type: `let name: String = row.get("name")?`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where there is no such column or the value does not fit the type (NULL fits an
    /// [`Option`] only); and those of [`value`](Row::value).
    #[inline]
    pub fn get<T: FromValue>(&self, key: impl ColumnKey) -> Result<T> {
        let Some(index) = key.position(self.columns()) else { return Err(no_column(&key, self.columns())) };
        match T::from_value(self.value(index)?) {
            Ok(value) => Ok(value),
            Err(mismatch) => Err(unfit(self.columns(), index, &mismatch)),
        }
    }

    /// A copy that outlives the answer.
    ///
    /// # Errors
    /// Those of [`value`](Row::value).
    pub fn to_owned(&self) -> Result<OwnedRow> {
        let values = (0..self.columns().len()).map(|index| Ok(self.value(index)?.to_value()));
        Ok(OwnedRow { columns: self.columns().clone(), values: values.collect::<Result<_>>()? })
    }
}

/// A row that belongs to the caller.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnedRow {
    columns: Columns,
    values: Vec<Value>,
}

impl OwnedRow {
    /// A row of these values, one a column; missing ones are NULL, further ones are dropped.
    pub fn new(columns: Columns, values: impl IntoIterator<Item = Value>) -> Self {
        let mut values: Vec<Value> = values.into_iter().take(columns.len()).collect();
        values.resize(columns.len(), Value::Null);
        Self { columns, values }
    }

    /// As [`dyn Row::get`](trait.Row.html#method.get).
    ///
    /// # Errors
    /// The same.
    pub fn get<T: FromValue>(&self, key: impl ColumnKey) -> Result<T> {
        let row: &dyn Row = self;
        row.get(key)
    }

    /// The values in the order of the columns.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The values, given away.
    pub fn into_values(self) -> Vec<Value> {
        self.values
    }
}

impl Row for OwnedRow {
    fn columns(&self) -> &Columns {
        &self.columns
    }

    fn value(&self, index: usize) -> Result<ValueRef<'_>> {
        self.values.get(index).map(Value::as_ref).ok_or_else(|| no_column(&index, &self.columns))
    }
}

/// The driver's side of an answer: moves from row to row without an allocation of its own.
///
/// It borrows the connection. Dropping it before its end leaves the connection to
/// [`recover`](crate::Connection::recover).
pub trait RowCursor: Send {
    /// The columns of the present result; empty where it has none, as of an UPDATE.
    fn columns(&self) -> &Columns;

    /// Moves to the next row; `false` at the end of the present result, once it is known whether
    /// [further ones](Self::more_results) follow.
    ///
    /// # Errors
    /// What the server answers, with a [`DbDetail`](crate::DbDetail), after which the connection is in order again
    /// unless the class [ends the session](crate::ErrorClass::ends_session); or the fault of the connection.
    fn poll_advance(&mut self, context: &mut Context<'_>) -> Poll<Result<bool>>;

    /// Whether further results follow; asked at the end of a result only.
    fn more_results(&self) -> bool;

    /// The row that it stands on. Called only after [`poll_advance`](Self::poll_advance) said `true`.
    fn row(&self) -> &dyn Row;

    /// Moves to the next result of the same call, as of a procedure. Called only where [`more_results`](Self::more_results) says so.
    ///
    /// # Errors
    /// As [`poll_advance`](Self::poll_advance).
    fn poll_next_result(&mut self, context: &mut Context<'_>) -> Poll<Result<()>>;

    /// Rows that the present result changed, where the server says so; known at its end.
    fn affected(&self) -> Option<u64>;

    /// The key that the server made for an inserted row, where the driver is told without asking.
    fn last_insert_id(&self) -> Option<u64> {
        None
    }
}

#[cold]
fn unfit(columns: &Columns, index: usize, mismatch: &Mismatch) -> Error {
    let column = columns.get(index).map_or("", |column| column.name.as_str());
    invalid(format!("column {column:?}: {}", mismatch.message()))
}

#[cold]
fn no_column(key: &dyn fmt::Debug, columns: &Columns) -> Error {
    let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
    invalid(format!("no column {key:?}; there are {}", names.join(", ")))
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::Invalid, message).with_operation("db.row").with_outcome(Outcome::Sent)
}
