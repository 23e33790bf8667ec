//! How a transaction begins.

use super::Dialect;
use crate::{Access, Isolation, TxOptions, refusal};
use purlin_core::{Error, ErrorKind, Outcome, Result};
use std::borrow::Cow;

/// What a property of a transaction adds to its beginning and end; `{}` stands for the isolation level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct Clause {
    /// A statement before the one that begins it.
    pub before: Option<&'static str>,
    /// Words behind the one that begins it.
    pub within: Option<&'static str>,
    /// Instead of the statement that begins it.
    pub instead: Option<&'static str>,
    /// A statement after its end, where the session would keep the property.
    pub after: Option<&'static str>,
}

impl Clause {
    /// Nothing to say: the engine has the property always.
    pub const fn implied() -> Self {
        Self { before: None, within: None, instead: None, after: None }
    }

    /// By words behind the statement that begins the transaction.
    pub const fn within(words: &'static str) -> Self {
        Self { within: Some(words), ..Self::implied() }
    }

    /// By a statement before it.
    pub const fn before(statement: &'static str) -> Self {
        Self { before: Some(statement), ..Self::implied() }
    }

    /// By another statement in its place.
    pub const fn instead(statement: &'static str) -> Self {
        Self { instead: Some(statement), ..Self::implied() }
    }

    /// With a statement after the transaction's end that takes the property off the session.
    pub const fn undone_by(self, statement: &'static str) -> Self {
        Self { after: Some(statement), ..self }
    }
}

/// How a transaction begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct TransactionSyntax {
    /// The statement; empty where a transaction begins with its first statement, as in Oracle.
    pub begin: &'static str,
    /// How a level of [`Dialect::isolation`] is asked for.
    pub isolation: Clause,
    /// What the engine calls snapshot isolation: PostgreSQL's REPEATABLE READ is nothing else.
    pub snapshot: &'static str,
    /// How reading only is asked for; none where no server holds a transaction to it.
    pub read_only: Option<Clause>,
    /// How writing is asked for.
    pub read_write: Clause,
    /// Whether a read-only transaction can have a level of its own; not in Oracle.
    pub read_only_takes_level: bool,
}

impl TransactionSyntax {
    /// A transaction without options.
    pub const fn new(begin: &'static str) -> Self {
        Self {
            begin,
            isolation: Clause::implied(),
            snapshot: "SNAPSHOT",
            read_only: None,
            read_write: Clause::implied(),
            read_only_takes_level: true,
        }
    }
}

impl Dialect {
    /// The statements that begin such a transaction, in order; none where the first statement begins it (Oracle: the
    /// driver has to keep from committing by itself).
    ///
    /// Where one of several fails, the session is not to be used for anything else: MySQL's `SET TRANSACTION` waits
    /// for the next transaction. SQLite's read-only transaction makes the whole session read-only until
    /// [`end_statements`](Self::end_statements).
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for an isolation level or access mode that the engine does not have, naming both.
    /// PostgreSQL's READ UNCOMMITTED counts as one: the server takes the words and gives READ COMMITTED.
    pub fn begin_statements(&self, options: &TxOptions) -> Result<Vec<Cow<'static, str>>> {
        let clauses = self.clauses(options)?;
        let mut statements = Vec::new();
        let mut begin = Cow::Borrowed(self.transactions.begin);
        let mut words = Vec::new();
        for (clause, level) in &clauses {
            statements.extend(clause.before.map(|text| filled(text, level)));
            words.extend(clause.within.map(|text| filled(text, level)));
            begin = clause.instead.map_or(begin, |text| filled(text, level));
        }
        if !words.is_empty() {
            begin = format!("{begin} {}", words.join(", ")).into();
        }
        if !begin.is_empty() {
            statements.push(begin);
        }
        Ok(statements)
    }

    /// The statements that take off the session what the transaction's beginning has left on it, after commit or
    /// rollback: SQL Server's level, SQLite's read-only mode.
    ///
    /// # Errors
    /// As [`begin_statements`](Self::begin_statements).
    pub fn end_statements(&self, options: &TxOptions) -> Result<Vec<&'static str>> {
        Ok(self.clauses(options)?.into_iter().filter_map(|(clause, _)| clause.after).collect())
    }

    fn clauses(&self, options: &TxOptions) -> Result<Vec<(Clause, &'static str)>> {
        let syntax = &self.transactions;
        let mut clauses = Vec::new();
        if let Some(level) = options.isolation {
            if !self.isolation.contains(&level) {
                return Err(refusal::isolation(self, level));
            }
            let words = if level == Isolation::Snapshot { syntax.snapshot } else { level.as_sql() };
            clauses.push((syntax.isolation, words));
        }
        match options.access {
            None => {}
            Some(Access::ReadWrite) => clauses.push((syntax.read_write, "")),
            Some(Access::ReadOnly) => {
                let clause = syntax.read_only.ok_or_else(|| self.lacks("read-only transactions"))?;
                if !syntax.read_only_takes_level && options.isolation.is_some() {
                    return Err(self.lacks("isolation levels for read-only transactions"));
                }
                clauses.push((clause, ""));
            }
        }
        Ok(clauses)
    }

    fn lacks(&self, what: &str) -> Error {
        Error::new(ErrorKind::Unsupported, format!("{} has no {what}", self.name))
            .with_operation("db.begin")
            .with_outcome(Outcome::NotSent)
    }
}

fn filled(template: &'static str, level: &str) -> Cow<'static, str> {
    if template.contains("{}") { template.replace("{}", level).into() } else { template.into() }
}
