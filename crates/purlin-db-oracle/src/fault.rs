//! From the server's, the listener's and the driver's errors to ours.

use oracledb::ErrorKind as Driver;
use purlin_core::{Error, ErrorKind, Outcome};
use purlin_db::{DbDetail, Dialect, ErrorClass, ErrorTable, Vendor, refusal};
use std::sync::{Mutex, PoisonError};

/// ORA-01017: user name or password.
const WRONG_PASSWORD: i64 = 1017;
/// ORA-28040: none of the authentication protocols that client and server allow is the same.
const NO_PROTOCOL: i64 = 28040;

/// What the server said, beside the [`DbDetail`]: `error.detail::<OracleError>()`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OracleError {
    /// The number of `ORA-00942`.
    pub code: u32,
    /// Where in the statement, in characters from 0, where the server says so; 0 may also mean that it does not.
    pub offset: usize,
    /// The whole message, with the lines of those errors that it came from.
    pub message: String,
}

/// What error numbers mean at one target.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meanings(ErrorTable);

impl Meanings {
    pub(crate) fn new(own: ErrorTable) -> Self {
        Self(own)
    }

    /// A call on an open connection has failed. What the relay has seen counts first: the driver only knows that its
    /// line is dead.
    pub(crate) fn of_call(&self, error: &oracledb::Error, line: &Line) -> Error {
        match error.kind() {
            Driver::DbError(told) => self.of_server(told),
            Driver::WrongNumPositionalBinds(wanted, given) => refusal::parameter_count(*wanted, *given),
            Driver::ParseError(..) => {
                let message = "a comment or a quoted text in the statement has no end";
                Error::new(ErrorKind::Invalid, message).with_outcome(Outcome::NotSent)
            }
            Driver::DeadConnection
            | Driver::StreamOperation
            | Driver::NotConnected
            | Driver::UnableToRecover => {
                line.fault().unwrap_or_else(|| lost("the connection to the server is gone"))
            }
            Driver::UnsupportedDbType(kind) => {
                let message = format!("the driver cannot read a value of type {}", kind.name());
                Error::new(ErrorKind::Unsupported, message).with_outcome(Outcome::Maybe)
            }
            _ => line
                .fault()
                .unwrap_or_else(|| Error::new(ErrorKind::Protocol, told(error)).with_outcome(Outcome::Maybe)),
        }
    }

    /// A login has failed.
    pub(crate) fn of_login(&self, error: &oracledb::Error, line: &Line) -> Error {
        at_login(self.of_call(error, line))
    }

    /// The server refuses a statement or a login.
    fn of_server(&self, told: &oracledb::DbError) -> Error {
        let detail = OracleError {
            code: u32::try_from(told.code()).unwrap_or(u32::MAX),
            offset: told.offset(),
            message: told.message().to_owned(),
        };
        let error = self.of_code(detail.code.into(), detail.message.clone());
        let ends = DbDetail::class_of(&error).is_some_and(ErrorClass::ends_session);
        let error = if ends { error.with_outcome(Outcome::Maybe) } else { error };
        let error = match (i64::from(detail.code), detail.offset) {
            (WRONG_PASSWORD, _) => error.with_note(
                "or the account has no verifier of 12c: password_versions of dba_users says; \
                 the thin driver knows no older one",
            ),
            (NO_PROTOCOL, _) => error.with_note("the thin driver knows no verifier older than that of 12c"),
            (_, 0) => error,
            (_, offset) => error.with_note(format!("at character {} of the statement", offset + 1)),
        };
        error.with_detail(detail)
    }

    /// The error of a number, whoever said it.
    pub(crate) fn of_code(&self, code: i64, message: String) -> Error {
        Dialect::ORACLE.error(Vendor::Oracle, Some(code), None, message, None, &self.0)
    }
}

/// What fails before there is a session.
pub(crate) fn at_login(error: Error) -> Error {
    let error = error.with_outcome(Outcome::NotSent);
    if error.operation().is_none() { error.with_operation(refusal::LOGIN) } else { error }
}

/// The driver's words, with those of the cause.
fn told(error: &oracledb::Error) -> String {
    format!("the driver: {error}")
}

/// A connection that is gone.
pub(crate) fn lost(message: &'static str) -> Error {
    Error::new(ErrorKind::Unavailable, message)
        .with_outcome(Outcome::Maybe)
        .with_detail(DbDetail::new(ErrorClass::ConnectionLost, Vendor::Oracle))
}

/// The driver has panicked: its connection is of no more use.
pub(crate) fn panicked(text: &str) -> Error {
    Error::new(ErrorKind::Protocol, format!("Oracle's driver failed within: {text}"))
        .with_outcome(Outcome::Maybe)
}

pub(crate) fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Invalid, message).with_outcome(Outcome::NotSent)
}

/// What is known of the line to the server: why it broke.
#[derive(Debug, Default)]
pub(crate) struct Line {
    fault: Mutex<Option<Error>>,
}

impl Line {
    /// The first fault counts.
    pub(crate) fn broke(&self, error: Error) {
        let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        fault.get_or_insert(error);
    }

    pub(crate) fn fault(&self) -> Option<Error> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
