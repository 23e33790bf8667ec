//! What an implementor says of the database.

use super::DbKind;
use async_trait::async_trait;
use purlin_core::{Cx, Result};
use purlin_db::{Connector, ErrorClass, Session, Value};
use std::net::SocketAddr;
use std::sync::Arc;

/// A database for the suite: the way to it, its words for what the suite asks, and what it can be made to do.
///
/// Everything but the first three has a default in SQL that most engines understand, or says that it cannot be done;
/// cases that need it are then listed as not applicable.
#[async_trait]
pub trait DbSubject: Send + Sync {
    /// The implementation's name, for the report.
    fn implementation(&self) -> &str;

    /// The way to a database that belongs to the suite alone, as somebody who may do everything in it; its first
    /// endpoint is used.
    fn connector(&self) -> Arc<dyn Connector>;

    /// The type of a column that holds all that the kind's text promises, and NULL; none where the engine has none.
    fn column(&self, kind: DbKind) -> Option<String>;

    /// What is read from such a column after this was written; the same, unless said.
    fn comes_back(&self, kind: DbKind, sent: Value) -> Value {
        let _ = kind;
        sent
    }

    /// Whether answers are scripted, so that nothing is evaluated: its cases are listed as wire cases, and those that
    /// need a server's own mind do not apply.
    fn is_scripted(&self) -> bool {
        false
    }

    /// Makes the suite's tables, over leftovers of an earlier run: `purlin_ledger (tag)`, `purlin_parent (id, n)` with
    /// the rows 1 and 2, `purlin_child (id, parent, n)` with the CHECK `purlin_positive`, `purlin_triple (a, b, c)`.
    fn tables(&self) -> Vec<String> {
        let dropped = ["child", "parent", "ledger", "triple", "type", "made"];
        let dropped = dropped.iter().map(|table| format!("DROP TABLE IF EXISTS purlin_{table}"));
        let made = [
            "CREATE TABLE purlin_ledger (tag VARCHAR(200))",
            "CREATE TABLE purlin_parent (id INTEGER NOT NULL PRIMARY KEY, n INTEGER NOT NULL)",
            "CREATE TABLE purlin_child (id INTEGER NOT NULL PRIMARY KEY, parent INTEGER NOT NULL, n INTEGER, \
             CONSTRAINT purlin_positive CHECK (n > 0), \
             CONSTRAINT purlin_child_of FOREIGN KEY (parent) REFERENCES purlin_parent (id))",
            "CREATE TABLE purlin_triple (a INTEGER, b INTEGER, c VARCHAR(200))",
            "INSERT INTO purlin_parent (id, n) VALUES (1, 0), (2, 0)",
        ];
        dropped.chain(made.map(str::to_owned)).collect()
    }

    /// How an answer names a column that was written without quotes; as it was written, unless said.
    fn unquoted(&self, name: &str) -> String {
        name.to_owned()
    }

    /// A question whose answer is one row with this number.
    fn number(&self, number: i64) -> String {
        format!("SELECT {number} AS n")
    }

    /// A question whose answer is one row with 64-bit numbers that stand at these places: placeholders.
    fn echo(&self, places: &[&str]) -> String {
        let columns = places.iter().enumerate();
        let columns = columns.map(|(index, place)| format!("CAST({place} AS BIGINT) AS c{index}"));
        format!("SELECT {}", columns.collect::<Vec<_>>().join(", "))
    }

    /// A question whose answer has the rows 1 to that number, which come while they are made.
    fn numbers(&self, count: u64) -> String {
        format!(
            "WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < {count}) SELECT n FROM t"
        )
    }

    /// How many bytes a text or a blob may have that is to be called large: 16 MiB, unless said.
    fn large(&self) -> usize {
        16 << 20
    }

    /// Two questions in one text, with the answers 1 and 2, for servers with several results.
    fn two_results(&self) -> String {
        "SELECT 1; SELECT 2".to_owned()
    }

    /// Whether a statement outside of a transaction is committed by a request of its own, so that one whose answer is
    /// lost leaves nothing behind.
    fn commits_apart(&self) -> bool {
        false
    }

    /// A statement that runs until it is cancelled and gives no row before; the mark stands in it as a comment.
    fn endless(&self, mark: &str) -> Option<String> {
        let _ = mark;
        None
    }

    /// A question whose answer has a row at once and no end in any test's time. Better wide rows slowly than narrow ones
    /// fast: what is on its way at a deadline has to be read within the session's limit for cancelling.
    fn endless_rows(&self) -> Option<String> {
        None
    }

    /// A statement that the server refuses with that class. The defaults use the suite's tables.
    fn refused(&self, class: ErrorClass) -> Option<String> {
        let text = match class {
            ErrorClass::Unique => "INSERT INTO purlin_parent (id, n) VALUES (1, 0)",
            ErrorClass::ForeignKey => "INSERT INTO purlin_child (id, parent, n) VALUES (1, 77, 1)",
            ErrorClass::NotNull => "INSERT INTO purlin_child (id, parent, n) VALUES (1, NULL, 1)",
            ErrorClass::Check => "INSERT INTO purlin_child (id, parent, n) VALUES (1, 1, -1)",
            ErrorClass::Syntax => "SELEC 1",
            _ => return None,
        };
        Some(text.to_owned())
    }

    /// A statement after which the session waits for a lock for about a second at the most.
    fn impatient(&self) -> Option<String> {
        None
    }

    /// Whether two transactions that each hold a row the other wants are told apart by the server.
    fn finds_deadlocks(&self) -> bool {
        false
    }

    /// Whether a transaction of the strictest isolation that has read a row may no longer write it once another
    /// transaction has.
    fn refuses_overtaken_writes(&self) -> bool {
        false
    }

    /// Whether a transaction that is to read the same again keeps others from writing, instead of seeing a state of its
    /// own: then nobody else can commit between two of its reads, and no case tries.
    fn repeats_reads_by_locks(&self) -> bool {
        false
    }

    /// The same way with a wrong password.
    fn denied(&self) -> Option<Arc<dyn Connector>> {
        None
    }

    /// The same way to a database that is not there.
    fn nowhere(&self) -> Option<Arc<dyn Connector>> {
        None
    }

    /// Where the server listens, for those with [`through`](Self::through).
    fn address(&self) -> Option<SocketAddr> {
        None
    }

    /// The same way through a proxy at that address.
    fn through(&self, proxy: SocketAddr) -> Option<Arc<dyn Connector>> {
        let _ = proxy;
        None
    }

    /// How many rows with that tag are there for everybody to see, asked over a session that does nothing else.
    ///
    /// # Errors
    /// What hinders it, which fails the case.
    async fn kept(&self, cx: &Cx, witness: &mut Session, tag: &str) -> Result<u64> {
        let sql = format!("SELECT COUNT(*) FROM purlin_ledger WHERE tag = '{tag}'");
        witness.query(cx, sql).value().await
    }

    /// How many statements with that mark the server runs at the moment, by its process list.
    ///
    /// # Errors
    /// What hinders it, which fails the case.
    async fn running(&self, cx: &Cx, mark: &str) -> Result<Option<u64>> {
        let _ = (cx, mark);
        Ok(None)
    }

    /// How many sessions of the connectors given here the server has at the moment.
    ///
    /// # Errors
    /// What hinders it, which fails the case.
    async fn sessions(&self, cx: &Cx) -> Result<Option<u64>> {
        let _ = cx;
        Ok(None)
    }
}
