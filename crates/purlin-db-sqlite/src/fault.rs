//! SQLite's result codes in portable words.

use purlin_core::{Endpoint, Error, ErrorKind, Outcome};
use purlin_db::{DbDetail, Dialect, ErrorClass, ErrorTable, Vendor};
use rusqlite::Error as Raw;

/// `SQLITE_ABORT_ROLLBACK`: the transaction was rolled back under a statement.
const ABORT_ROLLBACK: i32 = 516;
const ERROR: i32 = 1;
const IOERR: i32 = 10;
const CANTOPEN: i32 = 14;

/// When an error came up: the code 1 means "not understood" while a statement is prepared only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Open,
    Prepare,
    Step,
}

/// What an error needs to know about its connection.
#[derive(Debug)]
pub(crate) struct Faults {
    pub(crate) endpoint: Endpoint,
    /// The caller's own meanings of codes.
    pub(crate) own: ErrorTable,
    pub(crate) dialect: &'static Dialect,
}

impl Faults {
    /// The portable form of rusqlite's error.
    pub(crate) fn told(&self, raw: Raw, stage: Stage) -> Error {
        let (code, message) = match raw {
            Raw::SqliteFailure(code, message) => {
                (code.extended_code, message.unwrap_or_else(|| code.to_string()))
            }
            Raw::SqlInputError { error, msg, offset, .. } if offset >= 0 => {
                (error.extended_code, format!("{msg} (at byte {offset} of the statement)"))
            }
            Raw::SqlInputError { error, msg, .. } => (error.extended_code, msg),
            Raw::MultipleStatement => {
                let hint = "several statements in one text; send them with Protocol::Text";
                return invalid(hint).with_endpoint(self.endpoint.clone());
            }
            other => return invalid(other.to_string()).with_endpoint(self.endpoint.clone()),
        };
        self.coded(code, message, stage)
    }

    /// The error of a result code.
    pub(crate) fn coded(&self, code: i32, message: impl Into<String>, stage: Stage) -> Error {
        let class = self.class(code, stage);
        // "Other" would make a full disk a fault of the statement.
        let kind = match (class, code & 0xff) {
            (ErrorClass::Other, 7 | 13 | CANTOPEN) => ErrorKind::Unavailable,
            (ErrorClass::Other, 11) => ErrorKind::Protocol,
            (ErrorClass::Other, 21) => ErrorKind::Internal,
            _ => class.kind(),
        };
        let outcome = if code & 0xff == IOERR { Outcome::Maybe } else { Outcome::Sent };
        let detail = DbDetail::new(class, Vendor::Sqlite).code(i64::from(code));
        Error::new(kind, message.into())
            .with_detail(detail)
            .with_endpoint(self.endpoint.clone())
            .with_outcome(outcome)
    }

    /// The refusal of a statement whose transaction is no more.
    pub(crate) fn rolled_back(&self) -> Error {
        let message =
            "the transaction is over: SQLite rolled it back after an error, or a statement ended it";
        self.coded(ABORT_ROLLBACK, message, Stage::Step)
    }

    /// The end of a statement that was asked to stop.
    pub(crate) fn stopped(&self) -> Error {
        self.coded(9, "the statement was interrupted", Stage::Step)
    }

    fn class(&self, code: i32, stage: Stage) -> ErrorClass {
        let look_up = |code: i32| {
            let code = Some(i64::from(code));
            let own = self.own.class(Vendor::Sqlite, code, None);
            own.or_else(|| (self.dialect.errors)().class(Vendor::Sqlite, code, None))
        };
        match (code, stage) {
            (ERROR, Stage::Step) => {
                self.own.class(Vendor::Sqlite, Some(1), None).unwrap_or(ErrorClass::Other)
            }
            // A file that cannot be opened later on is a journal or an attached database: the session goes on.
            (code, Stage::Prepare | Stage::Step) if code & 0xff == CANTOPEN => ErrorClass::Other,
            _ => look_up(code)
                .or_else(|| usual(code))
                .or_else(|| look_up(code & 0xff))
                .unwrap_or(ErrorClass::Other),
        }
    }
}

/// By <https://www.sqlite.org/rescode.html>; extended codes hold their primary code in the low byte.
fn usual(code: i32) -> Option<ErrorClass> {
    Some(match code {
        2067 | 1555 | 2579 => ErrorClass::Unique,
        787 => ErrorClass::ForeignKey,
        1299 => ErrorClass::NotNull,
        275 => ErrorClass::Check,
        3091 => ErrorClass::Data,
        // A snapshot that grew old, and a transaction that was rolled back: only the whole of it can be run again.
        517 | ABORT_ROLLBACK => ErrorClass::Serialization,
        _ => match code & 0xff {
            ERROR => ErrorClass::Syntax,
            3 | 23 => ErrorClass::PermissionDenied,
            5 | 6 | 15 => ErrorClass::LockTimeout,
            8 => ErrorClass::NotWritable,
            9 => ErrorClass::Cancelled,
            IOERR => ErrorClass::ConnectionLost,
            CANTOPEN => ErrorClass::NoSuchDatabase,
            18 | 20 | 25 => ErrorClass::Data,
            _ => return None,
        },
    })
}

/// A refusal before SQLite was asked.
pub(crate) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, message.into()).with_outcome(Outcome::NotSent)
}
