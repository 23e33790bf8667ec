//! What a database's failure means, whoever made the database.

pub(crate) mod codes;
mod table;
#[cfg(test)]
mod tests;

pub use table::{ErrorRow, ErrorTable};

use purlin_core::{Error, ErrorKind, Outcome};
use serde::Serialize;
use std::fmt;

/// Who made a server; the first half of the key of an error code. MySQL and MariaDB number some errors apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Vendor {
    /// Oracle's MySQL and what is built on it, such as Percona Server.
    MySql,
    /// MariaDB.
    MariaDb,
    /// PostgreSQL.
    Postgres,
    /// SQLite.
    Sqlite,
    /// Microsoft SQL Server and what speaks its protocol.
    SqlServer,
    /// Oracle Database.
    Oracle,
    /// An engine that purlin does not know, and the in-memory fake.
    Other,
}

/// What a database refused, in the same words for every vendor. [`Error::detail`] gives it with its [`DbDetail`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorClass {
    /// A row with this key is there already.
    Unique,
    /// The row refers to one that is not there, or is referred to.
    ForeignKey,
    /// NULL where none may be.
    NotNull,
    /// A CHECK said no.
    Check,
    /// Two transactions were in each other's way, and this one was chosen to end: run the whole of it again.
    Serialization,
    /// A lock was not had in time.
    LockTimeout,
    /// The statement was cancelled or ran into the server's own limit.
    Cancelled,
    /// The login, or its password, is not accepted.
    LoginDenied,
    /// The login may not do this.
    PermissionDenied,
    /// There is no database of this name.
    NoSuchDatabase,
    /// The server has no room for another session.
    TooManyConnections,
    /// The server starts, stops or recovers.
    Starting,
    /// A replica or a read-only server was asked to write. MySQL and MariaDB have one number (1290) for all that an
    /// option of the server forbids: a file outside of `secure_file_priv` is refused with it as well, and told as this.
    NotWritable,
    /// The connection broke.
    ConnectionLost,
    /// The statement is not understood, or names something that is not there.
    Syntax,
    /// A value does not fit its column or expression: too long, out of range, not a number, division by zero.
    Data,
    /// The server has no disk, memory or locks left.
    Resources,
    /// Anything else.
    Other,
}

impl ErrorClass {
    /// As it is written in JSON, such as `lock_timeout`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unique => "unique",
            Self::ForeignKey => "foreign_key",
            Self::NotNull => "not_null",
            Self::Check => "check",
            Self::Serialization => "serialization",
            Self::LockTimeout => "lock_timeout",
            Self::Cancelled => "cancelled",
            Self::LoginDenied => "login_denied",
            Self::PermissionDenied => "permission_denied",
            Self::NoSuchDatabase => "no_such_database",
            Self::TooManyConnections => "too_many_connections",
            Self::Starting => "starting",
            Self::NotWritable => "not_writable",
            Self::ConnectionLost => "connection_lost",
            Self::Syntax => "syntax",
            Self::Data => "data",
            Self::Resources => "resources",
            Self::Other => "other",
        }
    }

    /// The kind of [`Error`] that carries it.
    pub fn kind(self) -> ErrorKind {
        match self {
            Self::Unique | Self::ForeignKey | Self::Serialization | Self::LockTimeout => ErrorKind::Conflict,
            Self::NotNull | Self::Check | Self::Syntax | Self::Data | Self::Other => ErrorKind::Invalid,
            Self::Cancelled => ErrorKind::Cancelled,
            Self::LoginDenied => ErrorKind::Unauthenticated,
            Self::PermissionDenied | Self::NotWritable => ErrorKind::Denied,
            Self::NoSuchDatabase => ErrorKind::NotFound,
            Self::TooManyConnections => ErrorKind::RateLimited,
            Self::Starting | Self::ConnectionLost | Self::Resources => ErrorKind::Unavailable,
        }
    }

    /// Whether the same thing may go well a little later, or at another server. It says nothing about whether doing
    /// it twice is harmless: that is [`DbDetail::is_retry_safe`]. A full disk is not transient: somebody has to act.
    pub fn is_transient(self) -> bool {
        matches!(
            self,
            Self::Serialization
                | Self::LockTimeout
                | Self::TooManyConnections
                | Self::Starting
                | Self::NotWritable
                | Self::ConnectionLost
        )
    }

    /// Whether the server ends a session with this error, so that what became of the statement is in doubt. What only
    /// keeps a session from beginning does not: within one, the same codes are clear refusals of a statement (`USE` of
    /// a database that is not there, `SELECT … INTO OUTFILE` without the right to, a quota).
    pub fn ends_session(self) -> bool {
        matches!(self, Self::Starting | Self::ConnectionLost)
    }
}

impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a database said, beside the [`Error`] that carries it: `error.detail::<DbDetail>()`. The address stands in
/// [`Error::endpoint`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DbDetail {
    /// What it means.
    pub class: ErrorClass,
    /// Who says so.
    pub vendor: Vendor,
    /// The vendor's number; PostgreSQL has none.
    pub code: Option<i64>,
    /// The five characters of SQL's standard, where the server sends them.
    pub sqlstate: Option<String>,
    /// The constraint that said no, where the server names it apart from the message.
    pub constraint: Option<String>,
    /// Whether the server has undone and ended the whole transaction, not the statement alone: the session stands
    /// outside of any transaction now, and what follows would commit by itself. PostgreSQL never does that: there the
    /// transaction has failed and waits for its rollback.
    pub undid_transaction: bool,
}

impl DbDetail {
    /// A detail of that class.
    pub fn new(class: ErrorClass, vendor: Vendor) -> Self {
        Self { class, vendor, code: None, sqlstate: None, constraint: None, undid_transaction: false }
    }

    /// With the vendor's number.
    pub fn code(mut self, code: i64) -> Self {
        self.code = Some(code);
        self
    }

    /// With the SQLSTATE.
    pub fn sqlstate(mut self, sqlstate: impl Into<String>) -> Self {
        self.sqlstate = Some(sqlstate.into());
        self
    }

    /// With the name of the constraint.
    pub fn constraint(mut self, constraint: impl Into<String>) -> Self {
        self.constraint = Some(constraint.into());
        self
    }

    /// Of an error that undid the whole transaction.
    pub fn undoing_transaction(mut self) -> Self {
        self.undid_transaction = true;
        self
    }

    /// Whether it may go well another time: the first of two questions. See [`ErrorClass::is_transient`].
    pub fn is_transient(&self) -> bool {
        self.class.is_transient()
    }

    /// Whether the same work can be done from its beginning without being done twice: the second question, which says
    /// nothing about whether it will go better. The work is the transaction, rolled back, or the single statement
    /// outside of one; several statements in one call are not one work, since the first may stay.
    ///
    /// The outcome is the error's, [`Error::outcome`]: what was never sent is safe, what is in doubt never. Where the
    /// server answered, its refusal is safe to follow, except where the answer itself leaves it open: a session that
    /// broke or was ended, a cancellation (an engine without transactions keeps what it had done), and codes that
    /// nobody knows.
    pub fn is_retry_safe(&self, outcome: Outcome) -> bool {
        use ErrorClass as Class;
        match outcome {
            Outcome::NotSent => true,
            Outcome::Sent => {
                let open = [Class::ConnectionLost, Class::Starting, Class::Cancelled, Class::Other];
                !open.contains(&self.class)
            }
            _ => false,
        }
    }

    /// The class of an error, where a database gave it.
    pub fn class_of(error: &Error) -> Option<ErrorClass> {
        error.detail::<Self>().map(|detail| detail.class)
    }
}
