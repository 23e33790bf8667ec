//! SQL Server for [`purlin_db`], on the protocol of [`tiberius`]; dialling, TLS, cancelling and the order of answers are
//! purlin's own.
//!
//! ```
//! use purlin_core::{Cx, ErrorKind};
//! use purlin_db::{Drivers, Session, Target};
//! use purlin_db_mssql::Mssql;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! // Nobody listens there.
//! let target: Target = "mssql://app@127.0.0.1:1/map?application_intent=read_only".parse()?;
//!
//! let connector = Drivers::new().with(Mssql::new()).connector(&target)?;
//! let endpoint = &connector.endpoints()[0];
//! let error = Session::connect(&Cx::background(), &*connector, endpoint).await.unwrap_err();
//! assert_eq!((error.kind(), error.operation()), (ErrorKind::Refused, Some("tcp.connect")));
//! # Ok::<(), purlin_core::Error>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it was run against
//! **No SQL Server.** None can be had from a package registry. The conformance suite and most tests run against a server
//! of our own that speaks TDS and evaluates T-SQL by SQLite, in the clear, with TLS in TDS 7 and with TLS around TDS 8; what
//! it says was written from Microsoft's documents (MS-TDS, MC-SQLR). Microsoft's `mssql-mock-tds` 0.3.0 is asked as well:
//! login, values, errors, attention, redirects, strict TLS. Whoever has a server runs the same suite with
//! `PURLIN_TEST_MSSQL_URL`; nobody has yet. Never run at all: Azure SQL, availability groups, clusters over several
//! networks, Windows.
//!
//! # Connecting
//! One deadline bounds everything from the name to the login: the question to the SQL Server Browser, which is asked
//! again after a second, all addresses of a name (one after the other, or at once with `multi_subnet_failover`), TLS, the
//! login, and where the server sends the session on, the same again, three times at most. A session keeps the endpoint
//! that it was asked for. Log-ins are by name and password; Windows, Kerberos and Entra are refused as
//! [`Unsupported`](purlin_core::ErrorKind::Unsupported).
//!
//! # TLS
//! By [`purlin_tls`], never by the driver: verified, for the name that the server is reached by, against the system's
//! roots and the authorities of [`TlsSettings`](purlin_core::TlsSettings), all of whose settings count except the
//! application protocol, which TDS 8 gives. Nothing of the login leaves before that. A server without TLS is refused. Of
//! weaker ways there is only `danger_no_tls`; one that encrypts the login alone is not offered.
//!
//! # Statements
//! Without parameters a statement travels as a batch, which may be several; with them, or where that is asked for, by
//! `sp_executesql`, whose plans the server keeps. Each statement of a batch that tells a count or has rows is a result.
//! The first error of an answer counts, whatever follows it, and is told when the answer has been read. Its number decides
//! the class; [`ServerMessage`] keeps state, severity, procedure and line.
//!
//! # Values
//! Exact, `money` too, of which the driver makes doubles; only within a `sql_variant` money is one. `xml` and users' own
//! types (`geography`, `hierarchyid`) come as [`Other`](purlin_db::Value::Other). A lone surrogate in `nvarchar` becomes
//! U+FFFD.
//!
//! # Parameters
//! Text is sent as `nvarchar`, and so is NULL: it fits every type but the binary ones, for which write
//! `CAST(@P1 AS varbinary(max))`. A parameter that the statement has no place for is refused, since the server would pass
//! over it. What the server has not, such as a NaN, a span or the year 10000, is
//! [`Invalid`](purlin_core::ErrorKind::Invalid) and not sent. Nanoseconds are cut to hundreds.
//!
//! # Deadlines, dropped futures, transactions
//! A statement is cancelled on its own connection, by an attention that is written while its answer is awaited, never
//! within a request. Nothing else is written before the server's word that it has seen it, which may come with the answer
//! or after it; and the session then asks for a random word before it goes on. Transactions and savepoints are T-SQL, and
//! a `BEGIN` counts once `@@TRANCOUNT` says so. Whether one is open is known from what the server tells, so that one that
//! `XACT_ABORT`, a deadlock or a trigger has ended takes no further statement.

mod browser;
mod cancel;
mod channel;
mod connection;
mod connector;
mod cursor;
mod decode;
mod dial;
mod fault;
mod parameters;
mod prelogin;
mod settings;
mod wire;

pub use connector::{Mssql, MssqlConnector};
pub use wire::{ServerMessage, Wire};

/// The raw driver's connection, which [`Session::native`](purlin_db::Session::native) lends.
///
/// Its own `cancel_query`, `begin_transaction` and `save_transaction` are not to be used: the first can give a statement
/// the answer of another one, the second tells a BEGIN that was refused as done, the third cuts names in half.
pub type Client = tiberius::Client<Wire>;
