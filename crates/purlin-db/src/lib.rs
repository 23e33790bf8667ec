//! One honest way to reach databases.

mod connector;
mod database;
mod dialect;
mod drivers;
mod failover;
mod fault;
mod pool;
mod row;
mod server;
mod session;
mod sql;
mod statement;
mod target;
mod topology;
mod transaction;
mod value;

pub use connector::{CancelHandle, Connection, Connector};
pub use database::{AcquireRole, Connect, Database, DatabaseSettings};
pub use dialect::{Dialect, Placeholder, Quote, Status, StatusQuery};
pub use drivers::{Driver, Drivers};
pub use failover::AddressCauses;
pub use fault::{DbDetail, ErrorClass, ErrorTable, Vendor};
pub use pool::{Acquire, Borrower, Pool, PoolFault, PoolSettings, PoolStats, Pooled};
pub use row::{Column, ColumnKey, Columns, OwnedRow, Row, RowCursor};
pub use server::{Capabilities, Capability, ServerInfo, ServerVersion};
pub use session::{Begin, Execute, Executed, Limits, Query, Rows, Session, SessionState, Transaction};
pub use sql::{Parameters, Sql};
pub use statement::{Protocol, Statement};
pub use target::{OptionReader, Target};
pub use topology::{
    GaleraView, Lag, LagSource, NodeView, Position, Role, Topology, Upstream, Verdict, WantedRole,
};
pub use transaction::{Access, Isolation, TxOptions};
pub use value::{Date, DateTime, DateTimeTz, Decimal, FromValue, Mismatch, Time, Value, ValueRef};
