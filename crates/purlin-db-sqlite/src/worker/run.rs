//! Statements, from their text to the last row.

use super::outbox::{Outbox, Shelf};
use super::patience::Patience;
use super::{STATEMENTS_KEPT, Worker};
use crate::bind;
use crate::desk::{Desk, Done, Piece, Shape};
use crate::fault::{self, Stage};
use crate::steer::Steer;
use purlin_core::Result;
use purlin_db::{Column, Columns, DbDetail, ErrorClass, Value, Vendor, refusal};
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::{Batch as Texts, Connection, Statement};
use std::sync::Arc;

/// What a statement left when it ended; none when nobody wanted the rest.
type Last = Option<Piece>;

impl Worker {
    /// Runs a text, handing over all parts of the answer but the last, which it returns.
    pub(super) fn run(&mut self, id: u64, sql: &str, parameters: &[Value], prepared: bool) -> Result<Piece> {
        if sql.contains('\0') {
            return Err(fault::invalid("a NUL character in a statement: SQLite would not read beyond it"));
        }
        if self.lost_transaction() {
            return Err(self.faults.rolled_back());
        }
        let last = if prepared {
            self.run_prepared(id, sql, parameters)?
        } else {
            self.run_texts(id, sql, parameters)?
        };
        last.ok_or_else(|| self.faults.stopped())
    }

    fn run_prepared(&mut self, id: u64, sql: &str, parameters: &[Value]) -> Result<Last> {
        let known = self.shapes.get(sql).cloned();
        let prepared = self.patience.ask(&self.connection, || self.connection.prepare_cached(sql));
        let mut statement = prepared.map_err(|error| self.told(error, Stage::Prepare))?;
        bind_all(&mut statement, parameters)?;
        let run = self.under_way(id, known.as_ref());
        let last = run.to_end(&mut statement, Some(sql));
        drop(statement);
        let last = last.map_err(|error| self.told(error, Stage::Step))?;
        let found = last.as_ref().and_then(|last| last.found.clone());
        if let Some(found) = found {
            if self.shapes.len() >= STATEMENTS_KEPT {
                self.shapes.clear();
            }
            self.shapes.insert(sql.into(), found);
        }
        Ok(last.map(|last| last.piece))
    }

    fn run_texts(&mut self, id: u64, sql: &str, parameters: &[Value]) -> Result<Last> {
        if !parameters.is_empty() {
            return Err(refusal::text_parameters());
        }
        let mut texts = Texts::new(&self.connection, sql);
        let mut waiting: Last = None;
        let mut began = false;
        loop {
            let next = self.patience.ask(&self.connection, || texts.next());
            if let Some(mut piece) = waiting.take() {
                if matches!(next, Ok(None)) {
                    return Ok(Some(piece));
                }
                // Only now is it known that a further result follows.
                piece.done = piece.done.map(|done| Done { more: true, ..done });
                if !self.desk.hand_over(id, piece) {
                    return Ok(None);
                }
            }
            let next = next.map_err(|error| self.told(error, Stage::Prepare))?;
            let Some(mut statement) = next else { return Ok(Some(nothing())) };
            if statement.parameter_count() > 0 {
                return Err(self.unbound(began));
            }
            began = true;
            let run = self.under_way(id, None);
            let ended = run.to_end(&mut statement, None).map_err(|error| self.told(error, Stage::Step))?;
            let Some(ended) = ended else { return Ok(None) };
            waiting = Some(ended.piece);
        }
    }

    fn under_way<'r>(&'r self, id: u64, known: Option<&'r Shape>) -> Run<'r> {
        let Self { desk, connection, patience, shelf, .. } = self;
        Run { desk, connection, patience, shelf, id, known }
    }

    /// SQLite would take NULL for a parameter without a value.
    fn unbound(&self, began: bool) -> purlin_core::Error {
        let error = fault::invalid("a parameter without a value").with_endpoint(self.faults.endpoint.clone());
        if !began {
            return error;
        }
        let detail = DbDetail::new(ErrorClass::Syntax, Vendor::Sqlite);
        error.with_detail(detail).with_outcome(purlin_core::Outcome::Sent)
    }
}

/// The answer to a text without a statement.
fn nothing() -> Piece {
    let shape = Shape { columns: Columns::default(), steers: [].into() };
    Piece { shape: Some(shape), batch: None, done: Some(READ) }
}

fn bind_all(statement: &mut Statement<'_>, parameters: &[Value]) -> Result<()> {
    let wanted = statement.parameter_count();
    if wanted != parameters.len() {
        return Err(refusal::parameter_count(wanted, parameters.len()));
    }
    for (place, value) in parameters.iter().enumerate() {
        let bound = bind::bound(place, value)?;
        statement.raw_bind_parameter(place + 1, bound).map_err(|error| fault::invalid(error.to_string()))?;
    }
    Ok(())
}

/// A result that was read to its end.
struct Ended {
    piece: Piece,
    /// Columns that were not known before.
    found: Option<Shape>,
}

/// The end of a statement that only read.
const READ: Done = Done { affected: None, last_insert_id: None, more: false };

/// One statement under way.
struct Run<'r> {
    desk: &'r Arc<Desk>,
    connection: &'r Connection,
    patience: &'r Patience,
    shelf: &'r Shelf,
    id: u64,
    known: Option<&'r Shape>,
}

impl Run<'_> {
    /// Steps to the end; full batches are handed over, the last one is returned.
    fn to_end(&self, statement: &mut Statement<'_>, sql: Option<&str>) -> rusqlite::Result<Option<Ended>> {
        let reads = statement.readonly();
        self.desk.begins_statement(reads);
        let (changes, rowid) = (self.connection.total_changes(), self.connection.last_insert_rowid());
        let stepped = self.patience.ask(self.connection, || match self.step(statement) {
            // The caller has rows of it already: it cannot be done again.
            Err(error) if self.shelf.lock().told => Ok(Err(error)),
            stepped => stepped.map(Ok),
        })?;
        if !stepped? {
            return Ok(None);
        }
        let (batch, shape, told) = self.shelf.lock().take();
        let shape = shape.unwrap_or_else(|| self.shape(statement));
        let found =
            self.known.is_none_or(|known| !Arc::ptr_eq(&known.steers, &shape.steers)).then(|| shape.clone());
        let done = if reads { READ } else { self.wrote(statement, changes, rowid, sql) };
        let batch = (batch.rows() > 0).then_some(batch);
        Ok(Some(Ended { piece: Piece { shape: (!told).then_some(shape), batch, done: Some(done) }, found }))
    }

    /// Steps through all rows; false when nobody wants the rest.
    fn step(&self, statement: &mut Statement<'_>) -> rusqlite::Result<bool> {
        self.shelf.lock().begin(self.id);
        let mut locked = None;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            let outbox = locked.get_or_insert_with(|| self.shelf.lock());
            let Outbox { batch, shape, .. } = &mut **outbox;
            // Only now: SQLite prepares a statement anew at its first step when the tables have changed.
            let width = shape.get_or_insert_with(|| self.shape(row.as_ref())).steers.len();
            for column in 0..width {
                batch.push(row.get_ref(column)?);
            }
            batch.row_ends();
            if batch.is_full() && !outbox.flush() {
                return Ok(false);
            }
            if !outbox.is_quick() {
                locked = None;
            }
        }
        Ok(true)
    }

    fn wrote(&self, statement: &Statement<'_>, changes: u64, rowid: i64, sql: Option<&str>) -> Done {
        // The number of changes stays what it was after statements that change no rows.
        let changed = self.connection.total_changes() != changes;
        let affected = if changed { self.connection.changes() } else { 0 };
        let made = self.connection.last_insert_rowid();
        let inserted = affected > 0
            && (made != rowid
                || sql.map_or_else(|| statement.expanded_sql().is_some_and(|sql| inserts(&sql)), inserts));
        let last_insert_id = if inserted { u64::try_from(made).ok() } else { None };
        Done { affected: Some(affected), last_insert_id, more: false }
    }

    fn shape(&self, statement: &Statement<'_>) -> Shape {
        if let Some(known) = self.known.filter(|known| fits(known, statement)) {
            return known.clone();
        }
        let mut columns = Vec::with_capacity(statement.column_count());
        for column in statement.columns() {
            let declared = column.decl_type().unwrap_or_default().to_ascii_lowercase();
            columns.push(Column::new(column.name(), declared));
        }
        let steers = columns.iter().map(|column| Steer::of(&column.type_name)).collect();
        Shape { columns: Columns::new(columns), steers }
    }
}

fn fits(known: &Shape, statement: &Statement<'_>) -> bool {
    let mut place = 0;
    for column in statement.columns() {
        let fits = known.columns.get(place).is_some_and(|known| {
            known.name == column.name()
                && known.type_name.eq_ignore_ascii_case(column.decl_type().unwrap_or_default())
        });
        if !fits {
            return false;
        }
        place += 1;
    }
    place == known.columns.len()
}

/// Whether a statement begins with INSERT or REPLACE, after white space and comments.
fn inserts(sql: &str) -> bool {
    let mut rest = sql.trim_start();
    loop {
        rest = match (rest.strip_prefix("--"), rest.strip_prefix("/*")) {
            (Some(comment), _) => comment.split_once('\n').map_or("", |(_, rest)| rest),
            (_, Some(comment)) => comment.split_once("*/").map_or("", |(_, rest)| rest),
            _ => break,
        }
        .trim_start();
    }
    let word = rest.split(|letter: char| !letter.is_ascii_alphabetic()).next().unwrap_or_default();
    word.eq_ignore_ascii_case("insert") || word.eq_ignore_ascii_case("replace")
}

#[cfg(test)]
mod tests {
    use super::inserts;

    #[test]
    fn an_insert_is_known_behind_comments() {
        for sql in ["insert into t", "  -- a\n/* b */ REPLACE into t", "Insert\tinto t"] {
            assert!(inserts(sql), "{sql}");
        }
        for sql in ["", "--", "/*", "update t", "inserted", "-- insert"] {
            assert!(!inserts(sql), "{sql}");
        }
    }
}
