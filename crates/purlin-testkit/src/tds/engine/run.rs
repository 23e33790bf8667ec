//! Statements that SQLite runs.

use super::answer::{Answer, Ended, Halt};
use super::kind::Kind;
use super::lexer::Token;
use super::refusal::Refusal;
use super::transaction::{Held, is_busy, is_overtaken, is_stopped};
use super::translate::{Known, Translated, translate};
use super::{Engine, Parameters};
use crate::tds::tokens::{INSERT, SELECT, columns};
use rusqlite::{Connection, Row, Statement};

const DELETE: u16 = 0xc4;
const UPDATE: u16 = 0xc5;
const SCHEMA: u16 = 0xc6;
const ROW: u8 = 0xd1;

impl Engine<'_> {
    pub(super) fn run(
        &mut self,
        answer: &mut Answer<'_>,
        statement: &[Token<'_>],
        parameters: &Parameters,
    ) -> Result<Ended, Halt> {
        let translated = translate(statement, self.known());
        let verb = statement.first().map(|token| token.text.to_uppercase()).unwrap_or_default();
        let told = |error: rusqlite::Error| Halt::Refused(Refusal::of(&error, &verb));
        let writes = {
            let prepared = self.db()?.prepare(&translated.sql).map_err(told)?;
            declared(&prepared, parameters)?;
            !prepared.readonly()
        };
        let alone = writes && self.depth == 0;
        if writes && self.held == Held::Nothing {
            self.lock(answer)?;
            if !alone {
                self.held = Held::Lock;
            }
        }
        let mut left = self.patience;
        let ended = loop {
            match execute(self.db()?, answer, &translated, &verb, parameters) {
                Err(Fault::Sqlite(error)) if is_stopped(&error) => break Err(Halt::Called),
                Err(Fault::Sqlite(error)) if is_overtaken(&error) => {
                    let text = "Snapshot isolation transaction aborted due to update conflict.";
                    break Err(Refusal::new(3960, 16, text).into());
                }
                Err(Fault::Sqlite(error)) if is_busy(&error) => left = self.patient(answer, left)?,
                Err(Fault::Sqlite(error)) => break Err(told(error)),
                Err(Fault::Halt(halt)) => break Err(halt),
                Ok(ended) => break Ok(ended),
            }
        };
        if alone {
            let end = if ended.is_ok() { "COMMIT" } else { "ROLLBACK" };
            let closed = self.db()?.execute_batch(end);
            if ended.is_ok() {
                closed.map_err(told)?;
            }
        }
        ended
    }

    /// Whether a condition is so.
    pub(super) fn holds(&self, condition: &[Token<'_>], parameters: &Parameters) -> Result<bool, Halt> {
        let told = |error: rusqlite::Error| Halt::Refused(Refusal::of(&error, "IF"));
        let translated = translate(condition, self.known());
        let sql = format!("SELECT CASE WHEN {} THEN 1 ELSE 0 END", translated.sql);
        let mut prepared = self.db()?.prepare(&sql).map_err(told)?;
        declared(&prepared, parameters)?;
        bind(&mut prepared, parameters).map_err(told)?;
        let mut rows = prepared.raw_query();
        let row = rows.next().map_err(told)?;
        row.map_or(Ok(false), |row| row.get::<_, bool>(0)).map_err(told)
    }

    fn known(&self) -> Known {
        Known { id: self.id, depth: self.depth }
    }
}

enum Fault {
    Sqlite(rusqlite::Error),
    Halt(Halt),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<Halt> for Fault {
    fn from(halt: Halt) -> Self {
        Self::Halt(halt)
    }
}

/// All variables of the statement are known.
fn declared(prepared: &Statement<'_>, parameters: &Parameters) -> Result<(), Refusal> {
    for at in 1..=prepared.parameter_count() {
        let name = prepared.parameter_name(at).unwrap_or("?");
        if !parameters.iter().any(|(known, _)| known == name) {
            return Err(Refusal::new(137, 15, format!("Must declare the scalar variable \"{name}\".")));
        }
    }
    Ok(())
}

fn bind(prepared: &mut Statement<'_>, parameters: &Parameters) -> rusqlite::Result<()> {
    for at in 1..=prepared.parameter_count() {
        let name = prepared.parameter_name(at).unwrap_or_default();
        let value = parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        prepared.raw_bind_parameter(at, value)?;
    }
    Ok(())
}

fn execute(
    db: &Connection,
    answer: &mut Answer<'_>,
    translated: &Translated,
    verb: &str,
    parameters: &Parameters,
) -> Result<Ended, Fault> {
    let mut prepared = db.prepare(&translated.sql)?;
    bind(&mut prepared, parameters)?;
    if prepared.column_count() > 0 {
        let count = Some(stream(&mut prepared, answer, translated)?);
        return Ok(Ended { command: SELECT, count, failed: false });
    }
    prepared.raw_execute()?;
    let command = match verb {
        "INSERT" => INSERT,
        "UPDATE" => UPDATE,
        "DELETE" => DELETE,
        _ => return Ok(Ended { command: SCHEMA, ..Ended::default() }),
    };
    Ok(Ended { command, count: Some(db.changes()), failed: false })
}

/// Sends rows while they are made; how many.
fn stream(
    prepared: &mut Statement<'_>,
    answer: &mut Answer<'_>,
    translated: &Translated,
) -> Result<u64, Fault> {
    let mut names = Vec::new();
    let mut kinds = Vec::new();
    for (at, column) in prepared.columns().iter().enumerate() {
        let kind = column.decl_type().and_then(Kind::named);
        let kind = kind.or_else(|| translated.casts.get(at).cloned().flatten());
        names.push(name(column.name(), column.decl_type().is_some()));
        kinds.push(kind);
    }
    let mut rows = prepared.raw_query();
    let (mut known, mut count, mut tokens) = (None, 0, Vec::new());
    while let Some(row) = rows.next()? {
        let kinds = match &known {
            Some(kinds) => kinds,
            None => known.insert(described(Some(row), answer, &names, &kinds)?),
        };
        count += 1;
        tokens.clear();
        tokens.push(ROW);
        for (at, kind) in kinds.iter().enumerate() {
            kind.write(row.get_ref(at)?, &mut tokens).map_err(Halt::from)?;
        }
        answer.put(&tokens);
        answer.flow()?;
    }
    if known.is_none() {
        described(None, answer, &names, &kinds)?;
    }
    Ok(count)
}

/// Tells what columns there are; those of which nothing is known are of the first value's type.
fn described(
    first: Option<&Row<'_>>,
    answer: &mut Answer<'_>,
    names: &[String],
    kinds: &[Option<Kind>],
) -> Result<Vec<Kind>, Fault> {
    let mut known = Vec::new();
    for (at, kind) in kinds.iter().enumerate() {
        known.push(match (kind, first) {
            (Some(kind), _) => kind.clone(),
            (None, Some(row)) => Kind::of(row.get_ref(at)?),
            (None, None) => Kind::Whole(4),
        });
    }
    let described: Vec<Vec<u8>> = known.iter().map(Kind::info).collect();
    let pairs: Vec<_> = names.iter().zip(&described).map(|(name, kind)| (name, kind.as_slice())).collect();
    answer.put(&columns(&pairs));
    Ok(known)
}

/// SQLite names a column without a name by its text.
fn name(name: &str, is_plain: bool) -> String {
    let is_name = is_plain
        || name.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if is_name { name.to_owned() } else { String::new() }
}
