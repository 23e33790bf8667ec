//! Statements, from their text to the last row.

use super::Worker;
use crate::decode::{self, Kind};
use crate::fault::{invalid, lost};
use crate::guarded::guarded;
use crate::link::{Answer, Done, Piece};
use crate::parameters;
use oracledb::{Cursor, Row, Statement, ToDbValue};
use purlin_core::{Error, Result};
use purlin_db::{Value, refusal};

/// A part of an answer is handed over with so many rows,
const ROWS: usize = 64;
/// or with about so many bytes.
const BYTES: usize = 256 * 1024;

impl Worker {
    /// Runs a statement, handing over all parts of the answer but the last, which it returns.
    pub(super) fn run(
        &mut self,
        sql: &str,
        parameters: &[Value],
        prepared: bool,
        answer: &Answer,
    ) -> Result<Piece> {
        if !prepared && !parameters.is_empty() {
            return Err(refusal::text_parameters());
        }
        if sql.trim().is_empty() {
            return Err(invalid("an empty statement"));
        }
        let bound = parameters::bound(parameters)?;
        let statement = self.build(sql, prepared)?;
        if statement.is_query() {
            return self.query(statement, &bound, sql, answer);
        }
        self.change(statement, &bound, sql)
    }

    fn build(&mut self, sql: &str, prepared: bool) -> Result<Statement> {
        let (prefetch, fetch_size) = (self.settings.prefetch, self.settings.fetch_size);
        self.drive(|connection| {
            let builder = connection.statement(sql)?.prefetch_rows(prefetch).fetch_array_size(fetch_size);
            let builder = if prepared { builder } else { builder.exclude_from_cache() };
            builder.build()
        })
    }

    fn change(&mut self, mut statement: Statement, bound: &[parameters::Bound], sql: &str) -> Result<Piece> {
        let is_ddl = statement.is_ddl();
        let changed = self.drive(|_| {
            let changed = statement.execute(&lent(bound))?.rows_affected();
            drop(statement);
            Ok(changed)
        })?;
        self.after_change(sql, is_ddl)?;
        let done = Done { affected: Some(changed) };
        Ok(Piece { columns: Some(Default::default()), done: Some(done), ..Piece::default() })
    }

    fn query(
        &mut self,
        statement: Statement,
        bound: &[parameters::Bound],
        sql: &str,
        answer: &Answer,
    ) -> Result<Piece> {
        let mut cursor = self.drive(|_| statement.query(&lent(bound)))?;
        let read = self.read(&mut cursor, answer);
        let dropped = guarded(move || drop(cursor));
        let read = read.and_then(|piece| match dropped {
            Ok(()) => Ok(piece),
            Err(text) => Err(self.breaks(&text)),
        });
        let last = read?;
        self.after_query(sql)?;
        Ok(last)
    }

    fn read(&mut self, cursor: &mut Cursor, answer: &Answer) -> Result<Piece> {
        let (columns, kinds) = decode::columns(cursor.columns());
        let mut part = Piece { columns: Some(columns), ..Piece::default() };
        let (mut size, mut until) = (0, usize::try_from(self.settings.prefetch).unwrap_or(ROWS).min(ROWS));
        while let Some(row) = self.next(cursor)? {
            size += take(row, &kinds, &mut part)?;
            if part.rows < until && size < BYTES {
                continue;
            }
            (size, until) = (0, ROWS);
            if answer.blocking_send(Ok(std::mem::take(&mut part))).is_err() {
                // Nobody reads on. What the driver has fetched is thrown away with the cursor.
                break;
            }
        }
        part.done = Some(Done::default());
        Ok(part)
    }

    pub(super) fn next(&mut self, cursor: &mut Cursor) -> Result<Option<Row>> {
        match guarded(|| cursor.next()) {
            Ok(None) => Ok(None),
            Ok(Some(Ok(row))) => Ok(Some(row)),
            Ok(Some(Err(error))) => Err(self.settings.meanings.of_call(&error, &self.shared.line)),
            Err(text) => Err(self.breaks(&text)),
        }
    }

    /// A question of the session's own: the text in the first column of its first row.
    pub(crate) fn ask(&mut self, sql: &str) -> Result<Option<String>> {
        self.drive(|connection| {
            let row = connection.query_row(sql, &[])?;
            row.get::<Option<String>>(0)
        })
    }

    /// Whether the server still answers.
    pub(crate) fn ping(&mut self) -> Result<()> {
        self.drive(oracledb::Connection::ping)
    }

    /// Has the server say a word that nobody else can have asked for.
    pub(crate) fn prove(&mut self, word: &str) -> Result<()> {
        match self.ask(&format!("SELECT '{word}' FROM dual"))? {
            Some(said) if said == word => Ok(()),
            _ => Err(lost("the answer is that of another statement")),
        }
    }
}

/// Adds a row; about how large it is.
fn take(mut row: Row, kinds: &[Kind], part: &mut Piece) -> Result<usize, Error> {
    let mut size = 0;
    for (index, kind) in kinds.iter().enumerate() {
        let value = decode::value(&mut row, index, *kind)?;
        size += match &value {
            Value::Text(text) | Value::Json(text) | Value::Other { text, .. } => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            _ => size_of::<Value>(),
        };
        part.values.push(value);
    }
    part.rows += 1;
    Ok(size)
}

pub(super) fn lent(bound: &[parameters::Bound]) -> Vec<&dyn ToDbValue> {
    bound.iter().map(|value| &**value).collect()
}
