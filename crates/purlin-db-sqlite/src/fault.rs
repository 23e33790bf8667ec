//! SQLite's result codes in portable words.

use purlin_core::{Endpoint, Error, ErrorKind, Outcome};
use purlin_db::{DbDetail, Dialect, ErrorClass, ErrorTable, Vendor};
use rusqlite::Error as Raw;

/// `SQLITE_ABORT_ROLLBACK`: the transaction was rolled back under a statement.
const ABORT_ROLLBACK: i32 = 516;
const ERROR: i32 = 1;
const IOERR: i32 = 10;
const CORRUPT: i32 = 11;
const CANTOPEN: i32 = 14;
const MISUSE: i32 = 21;

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
        let (own, number) = (&self.own, Some(i64::from(code)));
        let told = Dialect::SQLITE.error(Vendor::Sqlite, number, None, message.into(), None, own);
        let told = match self.another_class(code, stage) {
            Some(class) => {
                let detail = DbDetail::new(class, Vendor::Sqlite).code(i64::from(code));
                Error::new(kind(class, code), told.message().to_owned()).with_detail(detail)
            }
            None => told,
        };
        let outcome = if code & 0xff == IOERR { Outcome::Maybe } else { Outcome::Sent };
        told.with_endpoint(self.endpoint.clone()).with_outcome(outcome)
    }

    /// Where the stage says more than the code.
    fn another_class(&self, code: i32, stage: Stage) -> Option<ErrorClass> {
        if self.own.class(Vendor::Sqlite, Some(i64::from(code)), None).is_some() {
            return None;
        }
        match (code & 0xff, stage) {
            (ERROR, Stage::Step) if code == ERROR => Some(ErrorClass::Other),
            // A file that cannot be opened later on is a journal or an attached database: the session goes on.
            (CANTOPEN, Stage::Prepare | Stage::Step) => Some(ErrorClass::Other),
            (CORRUPT | MISUSE, _) => Some(ErrorClass::Other),
            _ => None,
        }
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
}

/// "Other" would make a broken file a fault of the statement.
fn kind(class: ErrorClass, code: i32) -> ErrorKind {
    match code & 0xff {
        CANTOPEN => ErrorKind::Unavailable,
        CORRUPT => ErrorKind::Protocol,
        MISUSE => ErrorKind::Internal,
        _ => class.kind(),
    }
}

/// A refusal before SQLite was asked.
pub(crate) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, message.into()).with_outcome(Outcome::NotSent)
}
