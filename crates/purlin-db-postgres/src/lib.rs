//! PostgreSQL for [`purlin_db`], on bare connections of [`sqlx`]; neither its pool nor its types nor its macros.
//!
//! ```
//! use purlin_core::{Cx, ErrorKind};
//! use purlin_db::{Connector, Drivers, Session, Target};
//! use purlin_db_postgres::Postgres;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let mut target = Target::new("postgres");
//! target.user = Some("app".to_owned());
//! // Nobody listens there.
//! target.hosts.push(("127.0.0.1".to_owned(), Some(1)));
//!
//! let connector = Drivers::new().with(Postgres::new()).connector(&target)?;
//! let endpoint = &connector.endpoints()[0];
//! let error = Session::connect(&Cx::background(), &*connector, endpoint).await.unwrap_err();
//! assert_eq!((error.kind(), error.operation()), (ErrorKind::Refused, Some("tcp.connect")));
//! # Ok::<(), purlin_core::Error>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Options of a URL
//!
//! | option | values | what it does |
//! |---|---|---|
//! | `tls` | `on` (the default), `off` | `off` sends all in the clear. A Unix socket has none |
//! | `application_name` | any text; `purlin` by default | what the server shows of the session |
//! | `statement_cache` | 1 to 10000; 100 by default | how many prepared statements a session keeps |
//!
//! # Statements
//! A statement is prepared and kept in the session's cache, also where it has no parameters: its columns are known then
//! where there are no rows. Text with a semicolon before its end travels as text (the simple protocol), the way for
//! several statements, and so does what is asked to ([`Protocol::Text`](purlin_db::Protocol)). There types that users
//! have made are known by their number only (`oid 16384`), and the columns of a result without rows not at all. A
//! first use of a table asks the catalogue for its columns, as sqlx does.
//!
//! What sqlx cannot look up while it prepares (multiranges, `SELECT *` of some tables of the catalogue) travels as text;
//! with parameters it is refused as [`Unsupported`](purlin_core::ErrorKind::Unsupported), so cast it to `text` there.
//!
//! Where a table has changed since a statement on it was prepared, the server refuses the plan before it does anything.
//! Outside of a transaction the statement is then prepared anew and run again, once and unseen, also where its rows are
//! streamed. Within a transaction, which has failed by then, and where the types of its parameters have changed, the
//! refusal is told with class [`Serialization`](purlin_db::ErrorClass::Serialization); the next try prepares it anew.
//! `LISTEN` is refused, since sqlx breaks where a notification comes between statements, and so are `COPY … FROM STDIN` and `TO STDOUT`.
//!
//! [`Session::native`](purlin_db::Session::native) gives [`PgConnection`](sqlx::postgres::PgConnection). What is done
//! there is unknown here: end what was begun, and set back what was set.
//!
//! # Values
//! Infinite days and moments, and those beyond the year 9999 of `timestamptz`, come as
//! [`Other`](purlin_db::Value::Other); so do intervals, `timetz`, arrays, ranges, addresses, bits, enumerations and
//! all types that are not known, as the server writes them. Only in a statement with parameters, whose answer is
//! binary, types that are not known (and `money`) are hexadecimal digits after `0x`: cast them to `text` there. A
//! domain is its base type.
//!
//! # Parameters
//! The server says which type each parameter has, and the value is sent in it: an integer for `int2` to `int8`,
//! `numeric`, text and, where nothing is lost, `float8`; a UUID for text; NULL for any. Text is sent for any type, and so
//! is `Other`: the server reads it as it reads a literal, which takes a further round trip for types other than text and
//! JSON. What does not fit is [`Invalid`](purlin_core::ErrorKind::Invalid) and not sent. Nanoseconds are cut to
//! microseconds; a moment without a zone is one of UTC, since that is the zone of each session.
//!
//! # Deadlines and dropped futures
//! A statement is cancelled by `pg_cancel_backend` from a session beside, with the same login. After a dropped future
//! the next call stops what is under way, reads to the end of it and asks the server for a random word before anything
//! else.
//!
//! # TLS
//! Verified, for the name that the server is reached by, against the roots that are bundled with sqlx (Mozilla's, of
//! webpki-roots) and the authorities of [`TlsSettings::ca`](purlin_core::TlsSettings): *not* against the system's.
//! `ca_only`, another server name and application protocols are refused as
//! [`Unsupported`](purlin_core::ErrorKind::Unsupported), because sqlx has no way to hold them. Over a Unix socket there
//! is no TLS.
//!
//! # Environment
//! The variables of libpq (`PGHOST`, `PGPASSWORD`, …) and `~/.pgpass` have no effect. `PGOPTIONS`, and over TLS
//! `PGSSLCERT` and `PGSSLKEY`, make connecting fail as [`Invalid`](purlin_core::ErrorKind::Invalid), because sqlx would
//! take them up.

mod again;
mod cancel;
mod connection;
mod connector;
mod cursor;
mod decode;
mod fault;
mod parameters;
mod prepared;
mod settings;
mod spoken;
mod tls;
mod types;

pub use connector::{Postgres, PostgresConnector};
