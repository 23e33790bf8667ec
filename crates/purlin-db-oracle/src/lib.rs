//! Oracle for [`purlin_db`], on Oracle's own [thin driver](oracledb), and a probe of the listener that needs neither driver nor account.
//!
//! ```
//! use purlin_core::{Cx, ErrorKind, SecretRef};
//! use purlin_db::{Drivers, Session, Target};
//! use purlin_db_oracle::Oracle;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! // Nobody listens there.
//! let target: Target = "oracle://app@127.0.0.1:1/map".parse()?;
//! let target = target.password(SecretRef::literal("secret".to_owned()));
//!
//! let connector = Drivers::new().with(Oracle::new()).connector(&target)?;
//! let endpoint = &connector.endpoints()[0];
//! let error = Session::connect(&Cx::background(), &*connector, endpoint).await.unwrap_err();
//! assert_eq!((error.kind(), error.operation()), (ErrorKind::Refused, Some("tcp.connect")));
//! # Ok::<(), purlin_core::Error>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it was run against
//! **No server of Oracle's.** None can be had from a package registry. The tests run against the Mirror of the Python
//! package `seerdb` 3.3.0, which strangers wrote from captures of real servers, with the fields of 12.2, 19c, 21c and
//! 23ai, in the clear and over TLS, with SQLite behind it; Oracle's driver for Python (26.1.0, thin) is the control.
//! Whoever has a server runs the suite with `PURLIN_TEST_ORACLE_URL` and `PURLIN_TEST_ORACLE_PASSWORD`; nobody has yet. Never run at
//! all: RAC, Data Guard, shared servers, wallets of Oracle's own making. The driver is a beta, and not affiliated with
//! purlin, nor is purlin with Oracle.
//!
//! # How it runs
//! The driver blocks, dials by itself, takes no deadline and no TLS settings, and panics at packets that it does not
//! expect. So each session has a thread, and the driver on it dials this process: a relay on a loopback socket, which
//! takes the one connection that bears its token. The relay dials the server, ends TLS by [`purlin_tls`], follows redirects, and
//! tells what a listener refuses by its number. What is no packet, or larger than was agreed, never reaches the driver.
//! Closing the relay ends a read of the driver at once; so a call at its deadline, a dropped future and a dropped
//! session leave no thread behind. [`OracleConnector::stats`] counts the threads; with 64 that have not come back no
//! further one is begun.
//!
//! A panic of the driver is an error of kind [`Protocol`](purlin_core::ErrorKind::Protocol), and the session is of no more use. In a session
//! it costs a descriptor and some memory, which are counted too: to take the driver apart then could end the process.
//! With `panic = "abort"` there is no such guard. Rust prints a line for each panic unless the program has called
//! [`quiet_panics`]. The variable `RSO_DEBUG_PACKETS` makes the driver print packets, passwords' keys among them, to standard output.
//!
//! # TLS
//! On unless the URL says `danger_no_tls=true`, verified, and by purlin-tls alone. Without it nobody authenticates the
//! server: the driver does not check its answer to the login. Passwords never travel in the clear either way.
//!
//! # What the thin driver cannot do
//! Each is [`Unsupported`](purlin_core::ErrorKind::Unsupported) with its cause where it can be told: servers before 12.1, native network encryption where
//! the server requires it, log-ins by Kerberos, token or certificate, `SOURCE_ROUTE`, proxies, wallets without an
//! `ewallet.pem`. An account that has only a verifier of before 12c cannot be told from a wrong password: ORA-01017 says so. LDAP naming, FAN and
//! TAF are not there. A driver over Oracle's client library has all these, and fits in here: whoever implements
//! [`Driver`](purlin_db::Driver) gives it to [`Drivers::with`](purlin_db::Drivers::with), where the later one counts for its scheme.
//!
//! # Statements
//! Parameters are `:1`, `:2`, one value for each place. A statement has one result. Outside of a transaction what is no
//! query is committed by a second round trip, and so is a `SELECT … FOR UPDATE`: if the connection breaks in between, nothing has
//! happened. A transaction that DDL or `COMMIT` in a text has ended is noticed by its words; what PL/SQL does is not seen.
//! There is no cancelling on the server: a statement at its deadline is left with its connection, and the server
//! notices when it next writes to it, or by `SQLNET.EXPIRE_TIME`.
//!
//! # Values
//! | Oracle | comes as |
//! |---|---|
//! | `NUMBER` | `I64` where it is whole, fits and has no declared scale; else `Decimal`, beyond 38 digits `BigDecimal` |
//! | `BINARY_FLOAT`, `BINARY_DOUBLE`, `BOOLEAN` | `F32`, `F64`, `Bool` |
//! | `CHAR`, `VARCHAR2`, `NCHAR`, `NVARCHAR2`, `CLOB`, `NCLOB`, `LONG`, `ROWID` | `Text`; a column of LOBs has the type `long` |
//! | `RAW`, `BLOB`, `LONG RAW` | `Bytes` |
//! | `DATE`, `TIMESTAMP` | `DateTime`, whatever the session's NLS settings |
//! | `TIMESTAMP WITH TIME ZONE`, `… WITH LOCAL TIME ZONE` | `DateTimeTz` in UTC: the driver forgets the zone |
//! | `INTERVAL DAY TO SECOND` | `Time` |
//! | `INTERVAL YEAR TO MONTH`, `VECTOR` | `Other`, as Oracle writes it |
//! | `JSON` | `Json`, its members sorted by name: the driver forgets their order |
//! | `BFILE`, objects, cursors within rows | `Other` with the text `(not read)`, NULL or not |
//!
//! An empty text is NULL. LOBs come whole within a row, up to `max_answer`; what is larger ends the session with an error and is never
//! cut: [`Native::read_lob`] streams one of any size. Parameters:
//! `Bool` as 0 or 1, `Uuid` as `RAW(16)`, a time of day as a span, `DateTimeTz` in UTC (the session's zone is set to it), NULL as
//! a `VARCHAR2`, which fits all but LOBs and objects. What the driver would panic at is [`Invalid`](purlin_core::ErrorKind::Invalid) and not sent.
//!
//! [`Session::native`](purlin_db::Session::native) gives [`Native`], which lends [`oracledb::Connection`].

mod channel;
mod connection;
mod connector;
mod cursor;
mod decode;
mod descriptor;
mod fault;
mod guarded;
mod link;
mod listener;
mod names;
mod native;
mod packet;
mod parameters;
mod relay;
mod settings;
mod threads;
mod worker;

pub use connector::{Oracle, OracleConnector};
pub use descriptor::{
    Address, AddressList, Attempt, ConnectData, DatabaseName, Description, Descriptor, Security,
};
pub use fault::OracleError;
pub use guarded::quiet_panics;
pub use listener::{ListenerAnswer, ListenerProbe, ListenerReport, ListenerStage};
pub use names::TnsNames;
pub use native::Native;
pub use oracledb;
pub use threads::ThreadStats;
