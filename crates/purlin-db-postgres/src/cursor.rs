//! An answer, as sqlx's stream brings it.

use crate::again::Again;
use crate::decode::{Format, bytea, decode};
use crate::fault::Meanings;
use crate::spoken::Changes;
use crate::types::{Kind, Shape, wants_text};
use futures_core::Stream;
use purlin_core::{Error, ErrorKind, Outcome, Result};
use purlin_db::{Columns, Row, RowCursor, ValueRef};
use sqlx::postgres::{PgQueryResult, PgRow};
use sqlx::{Either, Row as _, ValueRef as _};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

/// How much of an answer that nobody reads to its end is passed over where it has arrived already.
const PASSED_OVER: usize = 512;

pub(crate) type Item = sqlx::Result<Either<PgQueryResult, PgRow>>;

/// Where the items come from.
pub(crate) enum Answer<'c> {
    Once(Pin<Box<dyn Stream<Item = Item> + Send + 'c>>),
    Again(Again<'c>),
}

impl Answer<'_> {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Item>> {
        match self {
            Self::Once(stream) => stream.as_mut().poll_next(context),
            Self::Again(again) => again.poll_next(context),
        }
    }
}

/// What a prepared statement's answer will be.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) shape: Shape,
    pub(crate) format: Format,
}

impl Plan {
    /// The form in which most is read of the columns; with parameters there is but one.
    pub(crate) fn format(shape: &Shape, without_parameters: bool) -> Format {
        let wants_text = shape.kinds.iter().any(|kind| wants_text(*kind));
        if without_parameters && wants_text { Format::Text } else { Format::Binary }
    }
}

/// Stands on a row of an answer. sqlx boxes its stream once a statement; nothing is allocated here for a row, but for
/// `bytea` in the text protocol.
pub(crate) struct Cursor<'c> {
    answer: Answer<'c>,
    format: Format,
    shape: Shape,
    /// Whether the answer's columns are known from preparing it, which is so even where there are no rows.
    prepared: bool,
    /// Of each result, whether rows that came back are rows that were changed: the tag that tells is out of reach.
    changes: Changes,
    /// How many results have ended.
    ended: usize,
    row: Option<PgRow>,
    /// The values of `bytea` of the row, where they came as text.
    bytes: Vec<Option<Vec<u8>>>,
    /// What came after the end of the present result.
    ahead: Option<Item>,
    affected: Option<u64>,
    place: Place,
    meanings: &'c Meanings,
    /// Told to be `false` when the answer has been read to its end.
    open: &'c mut bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Rows,
    /// The result has ended; whether another follows is not known yet.
    Ending,
    Ended,
}

/// What is known of an answer before it comes.
pub(crate) struct Expected {
    /// None of what was not prepared: it comes as text.
    pub(crate) plan: Option<Plan>,
    pub(crate) changes: Changes,
}

impl<'c> Cursor<'c> {
    /// Waits for the first of the answer.
    pub(crate) async fn open(
        mut answer: Answer<'c>,
        expected: Expected,
        meanings: &'c Meanings,
        open: &'c mut bool,
    ) -> sqlx::Result<Self> {
        let first = poll_fn(|context| answer.poll_next(context)).await;
        *open = matches!(&first, Some(Ok(_)));
        let first = first.transpose()?;
        let renewed = match &answer {
            Answer::Again(again) => again.renewed(),
            Answer::Once(_) => None,
        };
        let plan = renewed.or(expected.plan);
        let prepared = plan.is_some();
        let plan = plan.unwrap_or_else(|| Plan { shape: Shape::default(), format: Format::Text });
        let mut cursor = Self {
            answer,
            format: plan.format,
            shape: plan.shape,
            prepared,
            changes: expected.changes,
            ended: 0,
            row: None,
            bytes: Vec::new(),
            ahead: None,
            affected: None,
            place: if first.is_some() { Place::Rows } else { Place::Ended },
            meanings,
            open,
        };
        cursor.ahead = first.map(Ok);
        cursor.adopt();
        Ok(cursor)
    }

    /// Takes the columns of the result that begins with what was read ahead.
    fn adopt(&mut self) {
        match &self.ahead {
            // What was prepared may have changed since, which nobody refuses of a text.
            Some(Ok(Either::Right(row))) if self.format == Format::Text => {
                if !self.shape.fits(row.columns()) {
                    self.shape = Shape::of(row.columns());
                }
            }
            _ if self.prepared => {}
            _ => self.shape = Shape::default(),
        }
    }

    fn stand_on(&mut self, row: PgRow) {
        if self.format == Format::Text && self.shape.kinds.contains(&Kind::Bytea) {
            let of_column = |(index, kind): (usize, &Kind)| {
                let raw = row.try_get_raw(index).ok().filter(|_| *kind == Kind::Bytea)?;
                bytea(raw.as_bytes().ok()?)
            };
            self.bytes = self.shape.kinds.iter().enumerate().map(of_column).collect();
        }
        self.row = Some(row);
    }

    fn poll_item(&mut self, context: &mut Context<'_>) -> Poll<Option<Item>> {
        match self.ahead.take() {
            Some(item) => Poll::Ready(Some(item)),
            None => self.poll_answer(context),
        }
    }

    fn poll_answer(&mut self, context: &mut Context<'_>) -> Poll<Option<Item>> {
        let item = ready!(self.answer.poll_next(context));
        *self.open = matches!(&item, Some(Ok(_)));
        Poll::Ready(item)
    }
}

impl RowCursor for Cursor<'_> {
    fn columns(&self) -> &Columns {
        &self.shape.columns
    }

    fn poll_advance(&mut self, context: &mut Context<'_>) -> Poll<Result<bool>> {
        if self.place == Place::Rows {
            match ready!(self.poll_item(context)) {
                Some(Ok(Either::Right(row))) => {
                    self.stand_on(row);
                    return Poll::Ready(Ok(true));
                }
                Some(Ok(Either::Left(done))) => {
                    let changes = self.changes.get(self.ended).copied().unwrap_or(false);
                    self.ended += 1;
                    let counts = changes || self.shape.columns.is_empty();
                    self.affected = counts.then(|| done.rows_affected());
                    self.place = Place::Ending;
                }
                Some(Err(error)) => {
                    self.place = Place::Ended;
                    return Poll::Ready(Err(self.meanings.of_call(error)));
                }
                None => self.place = Place::Ended,
            }
            self.row = None;
        }
        if self.place == Place::Ending {
            self.ahead = ready!(self.poll_answer(context));
            self.place = Place::Ended;
        }
        Poll::Ready(Ok(false))
    }

    fn more_results(&self) -> bool {
        self.ahead.is_some()
    }

    fn row(&self) -> &dyn Row {
        self
    }

    fn poll_next_result(&mut self, _context: &mut Context<'_>) -> Poll<Result<()>> {
        if matches!(self.ahead, Some(Err(_)))
            && let Some(Err(error)) = self.ahead.take()
        {
            return Poll::Ready(Err(self.meanings.of_call(error)));
        }
        if self.ahead.is_some() {
            self.place = Place::Rows;
            self.affected = None;
            self.adopt();
        }
        Poll::Ready(Ok(()))
    }

    fn affected(&self) -> Option<u64> {
        self.affected
    }
}

impl Row for Cursor<'_> {
    fn columns(&self) -> &Columns {
        &self.shape.columns
    }

    fn value(&self, index: usize) -> Result<ValueRef<'_>> {
        let (Some(row), Some(kind)) = (&self.row, self.shape.kinds.get(index)) else {
            return Err(no_column(index, self.shape.columns.len()));
        };
        let raw = row.try_get_raw(index).map_err(|_| no_column(index, row.len()))?;
        if raw.is_null() {
            return Ok(ValueRef::Null);
        }
        if let Some(Some(bytes)) = self.bytes.get(index) {
            return Ok(ValueRef::Bytes(bytes));
        }
        let name = self.shape.columns.get(index).map_or("", |column| column.type_name.as_str());
        let bytes = raw.as_bytes().map_err(|_| no_column(index, row.len()))?;
        decode(*kind, self.format, name, bytes)
    }
}

impl Drop for Cursor<'_> {
    /// Passes over what has arrived: a few rows more cost less than to stop the statement from a session beside.
    fn drop(&mut self) {
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..PASSED_OVER {
            if !*self.open || self.poll_answer(&mut context).is_pending() {
                return;
            }
        }
    }
}

fn no_column(index: usize, count: usize) -> Error {
    Error::new(ErrorKind::Invalid, format!("no column {index}; there are {count}, and a row has to be there"))
        .with_operation("db.row")
        .with_outcome(Outcome::Sent)
}
