//! What a scripted statement is answered with.

use crate::{Column, Columns, DbDetail, ErrorClass, OwnedRow, Value, Vendor};
use purlin_core::Error;
use std::time::Duration;

/// One result of a scripted answer.
#[derive(Debug, Clone)]
pub(super) enum Part {
    Rows(Columns, Vec<OwnedRow>),
    Changed(u64),
    Refused(Error),
}

/// What becomes of the transaction around a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Commit,
    RollBack,
}

/// A scripted answer: rows, a number of changed rows or a refusal, and what goes wrong on the way.
///
/// ```
/// use purlin_db::ErrorClass;
/// use purlin_db::fake::Reply;
/// use std::time::Duration;
///
/// let hosts = Reply::rows(["name"], [["web01"], ["web02"]]).after(Duration::from_secs(2));
/// let duplicate = Reply::refused(ErrorClass::Unique, "there is a web01");
/// # let _ = (hosts, duplicate);
/// ```
#[derive(Debug, Clone)]
pub struct Reply {
    pub(super) parts: Vec<Part>,
    pub(super) last_insert_id: Option<u64>,
    pub(super) after: Duration,
    pub(super) every: Option<Duration>,
    pub(super) packet: usize,
    pub(super) silent: bool,
    pub(super) broken_after: Option<usize>,
    pub(super) lost: bool,
    pub(super) ending: Option<Ending>,
}

impl Reply {
    fn of(part: Part) -> Self {
        Self {
            parts: vec![part],
            last_insert_id: None,
            after: Duration::ZERO,
            every: None,
            packet: usize::MAX,
            silent: false,
            broken_after: None,
            lost: false,
            ending: None,
        }
    }

    /// Rows of these columns; a missing value is NULL.
    pub fn rows<C, V, R>(columns: impl IntoIterator<Item = C>, rows: impl IntoIterator<Item = R>) -> Self
    where
        C: Into<String>,
        V: Into<Value>,
        R: IntoIterator<Item = V>,
    {
        let rows: Vec<Vec<Value>> =
            rows.into_iter().map(|row| row.into_iter().map(Into::into).collect()).collect();
        let type_of = |index: usize| {
            let value = rows.iter().filter_map(|row| row.get(index)).find(|value| **value != Value::Null);
            value.map_or_else(|| "null".to_owned(), |value| value.as_ref().kind().to_owned())
        };
        let named = columns.into_iter().enumerate();
        let columns = Columns::new(named.map(|(index, name)| Column::new(name, type_of(index))));
        let rows = rows.into_iter().map(|row| OwnedRow::new(columns.clone(), row)).collect();
        Self::of(Part::Rows(columns, rows))
    }

    /// No rows, of these columns.
    pub fn no_rows<C: Into<String>>(columns: impl IntoIterator<Item = C>) -> Self {
        Self::rows::<C, Value, [Value; 0]>(columns, [])
    }

    /// So many rows were changed. Such a statement is a write: a replica and a read-only transaction refuse it, and it
    /// is told by [`FakeDatabase::committed`](super::FakeDatabase::committed) once it lasts.
    pub fn changed(rows: u64) -> Self {
        Self::of(Part::Changed(rows))
    }

    /// A refusal of that class.
    pub fn refused(class: ErrorClass, message: impl Into<String>) -> Self {
        Self::of(Part::Refused(refusal(DbDetail::new(class, Vendor::Other), message.into())))
    }

    /// A refusal with a detail of the caller's, such as a vendor's code and a constraint.
    pub fn refused_with(detail: DbDetail, message: impl Into<String>) -> Self {
        Self::of(Part::Refused(refusal(detail, message.into())))
    }

    /// No answer, until the statement is cancelled.
    pub fn silence() -> Self {
        Self { silent: true, ..Self::changed(0) }
    }

    /// The connection breaks before the statement has had an effect.
    pub fn broken() -> Self {
        Self { broken_after: Some(0), ..Self::no_rows::<String>([]) }
    }

    /// With the key that the server made.
    pub fn inserted(mut self, id: u64) -> Self {
        self.last_insert_id = Some(id);
        self
    }

    /// That much later, on the clock of the call. Only then it takes effect.
    pub fn after(mut self, time: Duration) -> Self {
        self.after = time;
        self
    }

    /// With that much time before each row.
    pub fn every(mut self, time: Duration) -> Self {
        self.every = Some(time);
        self
    }

    /// With a wait for the network after so many rows; without it all of them are there once the first one is.
    pub fn in_packets_of(mut self, rows: usize) -> Self {
        self.packet = rows.max(1);
        self
    }

    /// The connection breaks when so many rows of the first result were read.
    pub fn broken_after(mut self, rows: usize) -> Self {
        self.broken_after = Some(rows);
        self
    }

    /// The statement takes effect, and the connection breaks before anybody is told.
    pub fn lost(mut self) -> Self {
        self.lost = true;
        self
    }

    /// The transaction around it is committed, as MySQL and Oracle do for statements that change the schema.
    pub fn committing(mut self) -> Self {
        self.ending = Some(Ending::Commit);
        self
    }

    /// The transaction around it is rolled back as a whole, as MySQL and SQL Server do after a deadlock.
    pub fn rolling_back(mut self) -> Self {
        self.ending = Some(Ending::RollBack);
        self
    }

    /// Followed by the results of that one, as of a procedure.
    pub fn then(mut self, further: Self) -> Self {
        self.parts.extend(further.parts);
        self
    }

    pub(super) fn is_write(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Changed(_)))
    }

    pub(super) fn is_refused(&self) -> bool {
        matches!(self.parts.first(), Some(Part::Refused(_)))
    }
}

pub(super) fn refusal(detail: DbDetail, message: String) -> Error {
    Error::new(detail.class.kind(), message).with_detail(detail)
}

pub(super) fn refused(class: ErrorClass, message: impl Into<String>) -> Error {
    refusal(DbDetail::new(class, Vendor::Other), message.into())
}
