//! One honest way to reach databases.

mod connector;
mod dialect;
mod drivers;
mod fault;
mod row;
mod server;
mod session;
mod sql;
mod statement;
mod target;
mod transaction;
mod value;

pub use connector::{CancelHandle, Connection, Connector};
pub use dialect::{
    Backslash, Brackets, Clause, Compound, Dialect, Feature, Lexis, LockCall, LockSyntax, LockWait,
    NameLimit, NameRules, Placeholder, Quote, SavepointSyntax, ScriptPart, ScriptRules, Status, StatusQuery,
    TransactionSyntax,
};
pub use drivers::{Driver, Drivers};
pub use fault::{DbDetail, ErrorClass, ErrorRow, ErrorTable, Vendor};
pub use row::{Column, ColumnKey, Columns, OwnedRow, Row, RowCursor};
pub use server::{Capabilities, Capability, ServerInfo, ServerVersion};
pub use session::{Begin, Execute, Executed, Limits, Query, Rows, Session, SessionState, Transaction};
pub use sql::{Parameters, Sql};
pub use statement::{Protocol, Statement};
pub use target::Target;
pub use transaction::{Access, Isolation, TxOptions};
pub use value::{Date, DateTime, DateTimeTz, Decimal, FromValue, Mismatch, Time, Value, ValueRef};
