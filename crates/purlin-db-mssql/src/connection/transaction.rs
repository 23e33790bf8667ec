//! Transactions by T-SQL. The driver's own requests tell a BEGIN that was refused as one that went well, and cut the
//! names of savepoints in half.

use super::MssqlConnection;
use purlin_core::{Error, Result};
use purlin_db::{DbDetail, Dialect, ErrorClass, ErrorTable, OwnedRow, TxOptions, Value, Vendor};

const DEPTH: &str = "SELECT @@TRANCOUNT";
const COMMIT: &str = "COMMIT TRANSACTION";
/// Harmless where there is none, and of all that are nested in each other.
const ROLLBACK: &str = "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION";

/// Begins, and looks whether there is a transaction: a batch goes on after most of its errors. Where half of it went
/// well, the session rolls back.
pub(super) async fn begin(connection: &mut MssqlConnection, options: &TxOptions) -> Result<()> {
    let statements = Dialect::MSSQL.begin_statements(options)?;
    let after = Dialect::MSSQL.end_statements(options)?;
    connection.after_transaction = after;
    let row = connection.ask(&format!("{}; {DEPTH}", statements.join("; "))).await?;
    match depth(row.as_ref()) {
        Some(1) => Ok(()),
        _ => Err(of_ours("the server has not begun a transaction, and does not say why")),
    }
}

pub(super) async fn commit(connection: &mut MssqlConnection) -> Result<()> {
    connection.ask(&ending(connection, COMMIT)).await?;
    if connection.shared.in_transaction() {
        let message = "the transaction is still open: a BEGIN TRANSACTION within it has no COMMIT of its own";
        return Err(of_ours(message));
    }
    connection.after_transaction.clear();
    Ok(())
}

pub(super) async fn roll_back(connection: &mut MssqlConnection) -> Result<()> {
    connection.ask(&ending(connection, ROLLBACK)).await?;
    connection.after_transaction.clear();
    Ok(())
}

/// With what the beginning has left on the session: it would be the level of all that follows.
fn ending(connection: &MssqlConnection, sql: &str) -> String {
    let mut batch = sql.to_owned();
    for statement in &connection.after_transaction {
        batch.push_str("; ");
        batch.push_str(statement);
    }
    batch
}

fn depth(row: Option<&OwnedRow>) -> Option<i64> {
    match row?.values().first() {
        Some(Value::I64(depth)) => Some(*depth),
        _ => None,
    }
}

/// The server has answered, and its answer is not good enough.
fn of_ours(message: &'static str) -> Error {
    let table = ErrorTable::new();
    let error = Dialect::MSSQL.error(Vendor::SqlServer, None, None, message, None, &table);
    error.with_detail(DbDetail::new(ErrorClass::Other, Vendor::SqlServer))
}
