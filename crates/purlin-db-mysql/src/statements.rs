//! The prepared statements that a connection keeps.

use mysql_async::Statement;
use std::collections::HashMap;

/// How many are kept.
const KEPT: usize = 64;
/// Longer texts are prepared each time, so that the cache stays small.
const LONGEST: usize = 64 * 1024;

/// By their text, those that were used last.
#[derive(Debug, Default)]
pub(crate) struct Statements {
    kept: HashMap<Box<str>, (Statement, u64)>,
    uses: u64,
}

impl Statements {
    pub(crate) fn get(&mut self, sql: &str) -> Option<Statement> {
        let (statement, used) = self.kept.get_mut(sql)?;
        self.uses += 1;
        *used = self.uses;
        Some(statement.clone())
    }

    /// Keeps one; gives back what has to be closed on the server.
    pub(crate) fn keep(&mut self, sql: &str, statement: Statement) -> Option<Statement> {
        if sql.len() > LONGEST {
            return Some(statement);
        }
        self.uses += 1;
        let replaced = self.kept.insert(sql.into(), (statement, self.uses)).map(|(old, _)| old);
        if self.kept.len() <= KEPT {
            return replaced;
        }
        let oldest = self.kept.iter().min_by_key(|(_, (_, used))| *used).map(|(sql, _)| sql.clone())?;
        self.kept.remove(&oldest).map(|(statement, _)| statement)
    }

    /// The server knows it no more.
    pub(crate) fn forget(&mut self, sql: &str) {
        self.kept.remove(sql);
    }
}
