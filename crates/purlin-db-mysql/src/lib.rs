//! MySQL and MariaDB for `purlin-db`, on [`mysql_async`].
//!
//! ```
//! use purlin_core::{Cx, ErrorKind, SecretRef};
//! use purlin_db::{Driver, Session, Target};
//! use purlin_db_mysql::MySql;
//! use std::sync::Arc;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let mut target = Target::new("mariadb");
//! target.user = Some("app".to_owned());
//! target.hosts = vec![("127.0.0.1".to_owned(), Some(1))];
//! target.password = Some(Arc::new(SecretRef::literal("s3cret".to_owned())));
//!
//! let connector = MySql::new().connector(&target)?;
//! // Nobody listens on port 1, and that is what is told.
//! let session = Session::connect(&Cx::background(), &*connector, &connector.endpoints()[0]).await;
//! assert_eq!(session.unwrap_err().kind(), ErrorKind::Refused);
//! # Ok::<(), purlin_core::Error>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Options of a URL
//!
//! | option | values | what it does |
//! |---|---|---|
//! | `tls` | `on` (the default), `off` | `off` sends all in the clear; a server without TLS is refused otherwise. A Unix socket has none |
//!
//! # Trust
//!
//! The authorities are those of the [settings](purlin_core::TlsSettings) alone, read at the connector's first connect;
//! those that the raw driver bundles are switched off. `danger_accept_any_name` is refused, because the raw driver
//! cannot do it; name the certificate's name in `server_name`. A password leaves in the clear (as PAM wants it) over
//! verified TLS only. Without TLS a server that asks for a full `caching_sha2_password` login can be played by whoever
//! sits on the path, which is one more reason for it.
//!
//! # Sessions
//!
//! Each is set to utf8mb4, `time_zone = '+00:00'`, `autocommit = 1`, and to the server's `sql_mode` with
//! `STRICT_ALL_TABLES`. Who changes the time zone by SQL changes what a TIMESTAMP is read as. `LOAD DATA LOCAL` ends the
//! session. DDL commits.
//!
//! A host with several addresses is dialled first and connected to afterwards, at the address that answered: the raw
//! driver takes no stream. The server counts one aborted connection then.
//!
//! # Values
//!
//! | column | value |
//! |---|---|
//! | integers, YEAR, BIT | `I64`; `U64` beyond it. BOOLEAN is TINYINT |
//! | DECIMAL | `Decimal` to 38 digits, `BigDecimal` beyond |
//! | FLOAT, DOUBLE | `F32`, `F64` |
//! | DATE, DATETIME, TIME | `Date`, `DateTime`, `Time` (a signed span); zero dates are `Other` |
//! | TIMESTAMP | `DateTimeTz` in UTC |
//! | texts, ENUM, SET; MariaDB's JSON, UUID, INET | `Text`; `Bytes` where it is not UTF-8 |
//! | JSON of MySQL | `Json` |
//! | binary texts, BLOB, GEOMETRY (with the number of its reference system), VECTOR | `Bytes` |
//!
//! A FLOAT comes with six digits in the text protocol, which statements without parameters use: the server rounds
//! 16777215 to 16777200 there. [`Protocol::Prepared`](purlin_db::Protocol::Prepared), or DOUBLE, brings it whole.
//!
//! A `Decimal` that is bound travels as text, as in every driver of this protocol: exact where it is stored, but
//! compared with a column as a double-precision number; write `CAST(? AS DECIMAL(65,30))` there. What is finer than
//! microseconds is cut off. [`native`](purlin_db::Connection::native) gives [`mysql_async::Conn`].

mod call;
mod cancel;
mod column;
mod connection;
mod connector;
mod cursor;
mod decode;
mod encode;
mod fault;
mod line;
mod size;
mod statements;

pub use connector::{MySql, MySqlConnector};
pub use mysql_async;
