//! Transactions, as SQLite has them.

use super::Worker;
use crate::fault::Stage;
use purlin_core::{Error, ErrorKind, Outcome, Result};
use purlin_db::{Access, Dialect, Isolation, TxOptions, refusal};

const READONLY: i32 = 8;

impl Worker {
    /// Whether the owner of a transaction believes in one that is no more.
    pub(super) fn lost_transaction(&self) -> bool {
        self.in_transaction && self.connection.is_autocommit()
    }

    /// A transaction that may write takes the write lock at once: one that first reads and then writes could fail at
    /// its first write, without any wait, because another was faster.
    pub(crate) fn begin(&mut self, options: TxOptions) -> Result<()> {
        if let Some(level) = options.isolation.filter(|level| *level != Isolation::Serializable) {
            return Err(refusal::isolation(Dialect::SQLITE, level));
        }
        let only_reads = self.connection.is_readonly("main").unwrap_or(false);
        if only_reads && options.access == Some(Access::ReadWrite) {
            return Err(self.faults.coded(READONLY, "the database was opened for reading only", Stage::Step));
        }
        let begin = match options.access {
            Some(Access::ReadOnly) => "BEGIN DEFERRED",
            None if only_reads => "BEGIN DEFERRED",
            _ => "BEGIN IMMEDIATE",
        };
        if options.access == Some(Access::ReadOnly) && self.query_only_before.is_none() {
            self.query_only_before = Some(self.query_only()?);
            self.set_query_only(true)?;
        }
        if let Err(error) = self.batch(begin) {
            self.reset_query_only()?;
            return Err(error);
        }
        self.in_transaction = true;
        Ok(())
    }

    pub(crate) fn commit(&mut self) -> Result<()> {
        if self.lost_transaction() {
            return Err(self.faults.rolled_back());
        }
        self.batch("COMMIT")?;
        self.in_transaction = false;
        self.reset_query_only()
    }

    pub(crate) fn rollback(&mut self) -> Result<()> {
        if !self.connection.is_autocommit() {
            self.batch("ROLLBACK")?;
        }
        self.in_transaction = false;
        self.reset_query_only()
    }

    /// Has SQLite answer a number that no other statement asked for: nothing is under way any more, and what comes
    /// next is the answer to what is asked next. The desk's numbers see to the answers that were left.
    pub(crate) fn prove(&mut self, nonce: i64) -> Result<()> {
        let asked = self.connection.query_row("SELECT ?1", [nonce], |row| row.get::<_, i64>(0));
        match asked.map_err(|error| self.told(error, Stage::Step))? {
            answer if answer == nonce => Ok(()),
            _ => Err(Error::new(ErrorKind::Internal, "another statement's answer came")
                .with_outcome(Outcome::Sent)),
        }
    }

    /// Asks for the version of the schema, which SQLite reads from the file.
    pub(crate) fn ping(&mut self) -> Result<()> {
        let ask = || self.connection.query_row("PRAGMA schema_version", [], |row| row.get::<_, i64>(0));
        let asked = self.patience.ask(&self.connection, ask);
        asked.map(drop).map_err(|error| self.told(error, Stage::Step))
    }

    fn query_only(&self) -> Result<bool> {
        let asked = self.connection.pragma_query_value(None, "query_only", |row| row.get(0));
        asked.map_err(|error| self.told(error, Stage::Step))
    }

    fn set_query_only(&self, on: bool) -> Result<()> {
        let set = self.connection.pragma_update(None, "query_only", on);
        set.map_err(|error| self.told(error, Stage::Step))
    }

    fn reset_query_only(&mut self) -> Result<()> {
        if let Some(before) = self.query_only_before {
            self.set_query_only(before)?;
            self.query_only_before = None;
        }
        Ok(())
    }
}
