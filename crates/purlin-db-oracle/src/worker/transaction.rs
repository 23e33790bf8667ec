//! Transactions: Oracle has no BEGIN, and each statement opens one.

use super::Worker;
use purlin_core::Result;
use purlin_db::{Dialect, TxOptions};

impl Worker {
    /// Begins a transaction: from here on the thread does not commit by itself.
    pub(crate) fn begin(&mut self, options: &TxOptions) -> Result<()> {
        let statements = Dialect::ORACLE.begin_statements(options)?;
        for statement in statements {
            self.drive(|connection| connection.execute(&statement, &[]).map(drop))?;
        }
        self.begun = true;
        Ok(())
    }

    pub(crate) fn commit(&mut self) -> Result<()> {
        self.drive(oracledb::Connection::commit)?;
        self.begun = false;
        Ok(())
    }

    pub(crate) fn roll_back(&mut self) -> Result<()> {
        self.drive(oracledb::Connection::rollback)?;
        self.begun = false;
        Ok(())
    }

    /// A statement that is no query has gone well. Outside of a transaction it is committed, by a round trip of its
    /// own: the driver cannot ask for both at once.
    pub(super) fn after_change(&mut self, sql: &str, is_ddl: bool) -> Result<()> {
        let ends = ends_transaction(sql, is_ddl);
        match (self.begun, ends) {
            (true, true) => self.begun = false,
            (false, false) if !is_ddl => self.drive(oracledb::Connection::commit)?,
            _ => {}
        }
        Ok(())
    }

    /// A query was read. One that locks rows would hold them.
    pub(super) fn after_query(&mut self, sql: &str) -> Result<()> {
        if !self.begun && locks(sql) {
            self.drive(oracledb::Connection::commit)?;
        }
        Ok(())
    }
}

/// Whether a statement commits or rolls back, by its first words. What happens within PL/SQL is not seen.
fn ends_transaction(sql: &str, is_ddl: bool) -> bool {
    let words = first_words(sql);
    let [first, second, third] = [0, 1, 2].map(|at| words.get(at).map_or("", String::as_str));
    match first {
        "commit" => true,
        "rollback" => second != "to" && third != "to",
        // The session's or the server's settings: no DDL.
        "alter" => is_ddl && !matches!(second, "session" | "system"),
        _ => is_ddl,
    }
}

/// The first three words, in lower case, behind comments.
fn first_words(sql: &str) -> Vec<String> {
    let mut rest = sql.trim_start();
    loop {
        rest = match (rest.strip_prefix("--"), rest.strip_prefix("/*")) {
            (Some(comment), _) => comment.split_once('\n').map_or("", |(_, rest)| rest),
            (_, Some(comment)) => comment.split_once("*/").map_or("", |(_, rest)| rest),
            _ => break,
        }
        .trim_start();
    }
    let words = rest.split(|letter: char| !letter.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    words.take(3).map(str::to_ascii_lowercase).collect()
}

/// Whether it may be a `SELECT … FOR UPDATE`. Where the words stand in a text instead, a commit too many is asked for.
fn locks(sql: &str) -> bool {
    let lower = sql.to_ascii_lowercase();
    let mut words = lower.split_ascii_whitespace();
    let mut before = "";
    words.any(|word| {
        let found = before.ends_with("for") && word.starts_with("update");
        before = word;
        found
    })
}

#[cfg(test)]
mod tests {
    use super::{ends_transaction, locks};

    #[test]
    fn what_ends_a_transaction_is_known_by_its_first_words() {
        for sql in ["COMMIT", "-- a\ncommit work", "/* b */ Rollback", "rollback work"] {
            assert!(ends_transaction(sql, false), "{sql}");
        }
        for sql in ["CREATE TABLE t (n NUMBER)", "alter table t add (m number)", "TRUNCATE TABLE t"] {
            assert!(ends_transaction(sql, true), "{sql}");
        }
        for sql in ["rollback to savepoint a", "ROLLBACK WORK TO a", "savepoint a", "update t set n = 1"] {
            assert!(!ends_transaction(sql, false), "{sql}");
        }
        assert!(!ends_transaction("ALTER SESSION SET current_schema = app", true));
    }

    #[test]
    fn a_query_that_locks_is_known() {
        assert!(locks("SELECT n FROM t FOR UPDATE") && locks("select n from t\nfor\tupdate nowait"));
        assert!(!locks("SELECT n FROM t") && !locks("SELECT update_for FROM t"));
    }
}
