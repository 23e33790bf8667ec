//! One honest way to reach databases: any engine, one set of answers.
//!
//! A [`Session`] asks one database; whose it is (MySQL, MariaDB, PostgreSQL, SQLite, and later SQL Server and Oracle)
//! is a driver's business, each in a crate of its own. What it answers can be trusted:
//!
//! - Each wait ends, at the deadline of its [`Cx`](purlin_core::Cx) or after a documented [limit](Limits); the
//!   statement is cancelled on the server then.
//! - No answer is that of another statement: a session whose call was dropped or cut off is proven clean or refused.
//! - A transaction that is dropped is rolled back before anything else happens. A commit whose answer was lost says so.
//! - Errors name the operation, the address, the [class](ErrorClass) in the same words for every vendor, and whether
//!   the statement can have taken effect.
//! - No type of a server makes a row fail: see [`Value`].
//!
//! ```
//! use purlin_core::{Cx, Outcome};
//! use purlin_db::fake::{FakeDatabase, Reply};
//! use purlin_db::{DbDetail, ErrorClass};
//! use std::time::Duration;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
//! // A real one comes from a driver's crate; this one is scripted.
//! let db = FakeDatabase::new();
//! db.on("select name from hosts", Reply::rows(["name"], [["web01"], ["web02"]]))
//!     .on("insert into hosts values (?)", Reply::changed(1))
//!     .on("insert into hosts values ('web01')", Reply::refused(ErrorClass::Unique, "there is a web01"));
//!
//! let cx = Cx::background().with_timeout(Duration::from_secs(30));
//! let mut session = db.session(&cx).await?;
//!
//! // Rows come one by one, and are lent until the next one.
//! let mut rows = session.query(&cx, "select name from hosts").await?;
//! while let Some(row) = rows.next().await? {
//!     let name: purlin_db::Value = row.get("name")?;
//!     println!("{name:?}");
//! }
//! drop(rows);
//!
//! // What is not committed is undone.
//! let mut transaction = session.begin(&cx).await?;
//! transaction.execute(&cx, "insert into hosts values (?)").bind("web03").await?;
//! transaction.commit(&cx).await?;
//!
//! // A refusal has a class, whoever made the server.
//! let error = session.execute(&cx, "insert into hosts values ('web01')").await.unwrap_err();
//! assert_eq!(DbDetail::class_of(&error), Some(ErrorClass::Unique));
//! assert_eq!(error.outcome(), Outcome::Sent);
//! # Ok::<(), purlin_core::Error>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Whoever writes a driver implements [`Connector`] and [`Connection`], thinly: the session around them keeps the rules.
//! Whoever tests what is built on databases has [`fake`].

mod connector;
mod database;
pub mod dialect;
mod drivers;
mod failover;
pub mod fake;
mod fault;
mod listener;
mod pool;
pub mod refusal;
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
pub use dialect::Dialect;
pub use drivers::{Driver, Drivers};
pub use failover::AddressCauses;
pub use fault::{DbDetail, ErrorClass, ErrorRow, ErrorTable, Vendor};
pub use listener::{Listener, ListenerFault, ListenerStep};
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
