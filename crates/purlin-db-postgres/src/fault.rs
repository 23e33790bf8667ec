//! From sqlx's errors to ours.

use purlin_core::{Error, ErrorKind, Outcome};
use purlin_db::{DbDetail, Dialect, ErrorClass, ErrorTable, Vendor, refusal};
use sqlx::postgres::{PgDatabaseError, PgSeverity};
use std::io;

/// The function of the server that refuses a plan whose columns have changed (`plancache.c`). Its SQLSTATE is shared
/// with everything that is not supported.
const REVALIDATION: &str = "RevalidateCachedQuery";

/// What codes mean at one target.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meanings(pub(crate) ErrorTable);

impl Meanings {
    /// A failure of a call on an open connection.
    pub(crate) fn of_call(&self, error: sqlx::Error) -> Error {
        match error {
            sqlx::Error::Io(error) => lost(error),
            error => self.of_answer(error, true),
        }
    }

    /// A failure to connect; `is_name` where the host has to be resolved.
    pub(crate) fn of_connect(&self, error: sqlx::Error, is_name: bool) -> Error {
        let error = match error {
            sqlx::Error::Io(error) if is_name && is_unresolved(&error) => {
                Error::new(ErrorKind::Unresolved, "the name has no address")
                    .with_operation("dns.resolve")
                    .with_source(error)
            }
            sqlx::Error::Io(error) => of_dial(error),
            sqlx::Error::Tls(error) => {
                Error::new(ErrorKind::Tls, error.to_string()).with_operation("tls.handshake")
            }
            error => self.of_answer(error, false).with_operation(refusal::LOGIN),
        };
        error.with_outcome(Outcome::NotSent)
    }

    fn of_answer(&self, error: sqlx::Error, in_session: bool) -> Error {
        match error {
            sqlx::Error::Database(error) => match error.try_downcast_ref::<PgDatabaseError>() {
                Some(error) => self.of_server(error, in_session),
                None => Error::new(ErrorKind::Internal, error.to_string()),
            },
            sqlx::Error::Encode(error) => {
                Error::new(ErrorKind::Invalid, error.to_string()).with_outcome(Outcome::NotSent)
            }
            error @ sqlx::Error::Protocol(_) => {
                Error::new(ErrorKind::Protocol, "sqlx did not understand the server")
                    .with_outcome(Outcome::Maybe)
                    .with_source(error)
            }
            sqlx::Error::Configuration(error) => {
                Error::new(ErrorKind::Invalid, error.to_string()).with_outcome(Outcome::NotSent)
            }
            error => {
                Error::new(ErrorKind::Internal, "sqlx failed").with_outcome(Outcome::Maybe).with_source(error)
            }
        }
    }

    fn of_server(&self, error: &PgDatabaseError, in_session: bool) -> Error {
        let (state, message) = (error.code(), error.message().to_owned());
        let told = Dialect::POSTGRES.error(
            Vendor::Postgres,
            None,
            Some(state),
            message,
            error.constraint(),
            &self.0,
        );
        if is_stale(error) {
            return of_class(ErrorClass::Serialization, &told)
                .with_note("the tables have changed since it was prepared; the next try prepares it anew");
        }
        let fatal = matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic);
        let ends = DbDetail::class_of(&told).is_some_and(ErrorClass::ends_session);
        let told = match (fatal && in_session, ends) {
            // The server hangs up after it, whatever it is.
            (true, false) => of_class(ErrorClass::ConnectionLost, &told).with_outcome(Outcome::Maybe),
            (true, true) => told.with_outcome(Outcome::Maybe),
            (false, _) => told,
        };
        match error.hint() {
            Some(hint) => told.with_note(hint.to_owned()),
            None => told,
        }
    }
}

/// The same message under another class.
pub(crate) fn of_class(class: ErrorClass, told: &Error) -> Error {
    let mut detail = told.detail().cloned().unwrap_or_else(|| DbDetail::new(class, Vendor::Postgres));
    detail.class = class;
    Error::new(class.kind(), told.message().to_owned()).with_outcome(Outcome::Sent).with_detail(detail)
}

/// Whether a prepared statement is of no more use, because tables have changed or it is not there any more.
pub(crate) fn is_stale_statement(error: &sqlx::Error) -> bool {
    let error = error.as_database_error().and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
    error.is_some_and(|error| is_stale(error) || error.code() == "26000")
}

/// Whether the server has refused the statement's own plan, or does not know it any more, and so has done nothing of it.
/// From within a function the same is told with where it was: much may have been done by then.
pub(crate) fn is_refused_plan(error: &sqlx::Error) -> bool {
    let of_server = error.as_database_error().and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
    is_stale_statement(error) && of_server.is_some_and(|error| error.r#where().is_none())
}

/// A type of which sqlx cannot read what the catalogue says of it, which it does while it prepares a statement.
pub(crate) fn unread_type(error: &sqlx::Error) -> Option<&'static str> {
    match error {
        sqlx::Error::ColumnDecode { index, .. } if index.contains("typtype") => Some("a multirange"),
        sqlx::Error::ColumnDecode { index, .. } if index.contains("typcategory") => {
            Some("a type of the catalogue's own, such as pg_node_tree")
        }
        _ => None,
    }
}

fn is_stale(error: &PgDatabaseError) -> bool {
    error.code() == "0A000" && error.routine() == Some(REVALIDATION)
}

fn lost(error: io::Error) -> Error {
    let error = purlin_tls::stream_error("db.read", error);
    match error.kind() {
        ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::Refused => {
            error.with_detail(DbDetail::new(ErrorClass::ConnectionLost, Vendor::Postgres))
        }
        _ => error,
    }
}

fn of_dial(error: io::Error) -> Error {
    use io::ErrorKind as K;
    match error.kind() {
        K::ConnectionRefused
        | K::HostUnreachable
        | K::NetworkUnreachable
        | K::NotFound
        | K::PermissionDenied
        | K::AddrNotAvailable => Error::io("tcp.connect", error),
        K::InvalidData => purlin_tls::stream_error("tls.handshake", error),
        _ => purlin_tls::stream_error(refusal::LOGIN, error),
    }
}

/// The resolver's failures have no number of the system and no kind that can be named.
fn is_unresolved(error: &io::Error) -> bool {
    use io::ErrorKind as K;
    let named = [
        K::UnexpectedEof,
        K::InvalidData,
        K::InvalidInput,
        K::ConnectionReset,
        K::ConnectionAborted,
        K::BrokenPipe,
        K::TimedOut,
        K::WriteZero,
        K::Other,
    ];
    error.raw_os_error().is_none() && !named.contains(&error.kind())
}
