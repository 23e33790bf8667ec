//! SQLite for [purlin-db](purlin_db): a file, or memory, with the same sessions, values and error classes as the
//! large engines. SQLite itself is built in; nothing has to be installed.
//!
//! ```
//! use purlin_core::Cx;
//! use purlin_db::{Connector, Session, Value};
//! use purlin_db_sqlite::{Settings, SqliteConnector};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
//! let cx = Cx::background();
//! let connector = SqliteConnector::new(Settings::memory())?;
//! let mut session = Session::connect(&cx, &connector, &connector.endpoints()[0]).await?;
//! session.execute(&cx, "CREATE TABLE host (name TEXT UNIQUE, site TEXT)").await?;
//!
//! let mut transaction = session.begin(&cx).await?;
//! transaction.execute(&cx, "INSERT INTO host VALUES (?1, ?2)").bind("web01").bind("lon").await?;
//! transaction.commit(&cx).await?;
//!
//! let row = session.query(&cx, "SELECT name FROM host WHERE site = ?1").bind("lon").one().await?;
//! assert_eq!(row.values(), [Value::Text("web01".to_owned())]);
//! session.close(&cx).await?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where
//! `sqlite:PATH` (relative or absolute) and `sqlite::memory:`, with options; or [`Settings`] without a
//! URL. A file that is not there is an error unless `mode=rwc` says that it is to be made: a typing error in a path
//! shall not give an empty database. A database in memory belongs to one connection; a pool wants
//! `sqlite::memory:?shared=NAME`.
//!
//! SQLite's locks cannot be trusted on network file systems; [`network_file_system`] tells whether a path is on one.
//!
//! # Options of a URL
//! After `?`, with what counts without them:
//!
//! | option | values |
//! |---|---|
//! | `mode` | `ro`, `rw` (default: a file that is not there is an error), `rwc` (creates it) |
//! | `busy_timeout` | how long to wait for a lock, such as `500ms` or `5s` (default) |
//! | `journal` | `wal`, `delete`; default: as the file has it |
//! | `synchronous` | `off`, `normal`, `full` (SQLite's default), `extra` |
//! | `foreign_keys` | `on` (default), `off` |
//! | `immutable` | `1`: nobody changes the file while it is open; `0` (default) |
//! | `shared` | `sqlite::memory:?shared=NAME`: one database for all connections of the process with that name |
//!
//! # Values
//! SQLite stores NULL, INTEGER, REAL, TEXT and BLOB, whatever a column is declared as, and what is stored counts. A
//! declared type adds to it only where the value has exactly its form:
//!
//! | declared | stored | comes as |
//! |---|---|---|
//! | `BOOLEAN`, `BOOL` | 0, 1 | `Bool` |
//! | `DATE` | text `2026-11-22` | `Date` |
//! | `TIME` | text `13:30:00`, with up to nine digits of a fraction | `Time` |
//! | `DATETIME`, `TIMESTAMP` | text `2026-11-22 13:30:00` or with `T`, with a fraction | `DateTime` |
//! | the same | the same with `Z` or `+01:00` | `DateTimeTz` |
//! | `UUID` | text of 36 characters, a blob of 16 bytes | `Uuid` |
//! | `JSON` | text | `Json` |
//! | any | INTEGER, REAL, TEXT, BLOB | `I64`, `F64`, `Text`, `Bytes` |
//!
//! Text that is not UTF-8 comes as `Bytes`. Exact decimals want a TEXT column: SQLite turns them into REAL in one that
//! is declared DECIMAL.
//!
//! Parameters: `Bool` as 0 or 1, decimals, dates, times and UUIDs as text in the forms above (a moment with a zone in
//! UTC, `+00:00`, so that text sorts as time does). What SQLite would change is `Invalid` before it is sent: unsigned
//! numbers beyond 63 bits, NaN, years outside 0 to 9999, a parameter without a value.
//!
//! # Transactions
//! SQLite has one level, `Serializable`; others are `Unsupported`. A transaction takes the write lock when it begins
//! (`BEGIN IMMEDIATE`), so that it waits there and does not fail at its first write; where nothing can be written, and
//! with `read_only()`, it begins `DEFERRED`, and `query_only` holds a reading one to it until it ends. Some errors make
//! SQLite roll the whole transaction back; statements after that are refused with class
//! [`Serialization`](purlin_db::ErrorClass), and never run outside of it.
//!
//! # How it runs
//! Each connection has a thread. Rows come from it in batches, and the next batch is made while this one is read. A
//! call that reaches its deadline, or whose future is dropped, interrupts its statement; waiting for a lock ends the
//! same way. Each answer bears the number of its call, so a session can be used again at once. Rows that are left
//! early end their statement; what it wrote stays, and later statements of the same text are not run. The key of an
//! inserted row is that of the last insert into a table with a rowid.
//!
//! [`native`](purlin_db::Connection::native) gives [`Native`]; its [`call`](Native::call) lends
//! [`rusqlite::Connection`].

mod batch;
mod bind;
mod connection;
mod cursor;
mod desk;
mod driver;
mod fault;
mod mount;
mod native;
mod open;
mod settings;
mod steer;
mod text;
mod worker;

pub use connection::SqliteConnector;
pub use driver::Sqlite;
pub use mount::network_file_system;
pub use native::Native;
pub use rusqlite;
pub use settings::{ForeignKeys, Journal, Mode, Settings, Synchronous};
