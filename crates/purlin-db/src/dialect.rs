//! What is different between the engines' languages, as data.

mod capabilities;
mod engines;
mod lexis;
mod locks;
mod names;
mod script;
mod status;
mod transactions;

pub use capabilities::Feature;
pub use lexis::{Backslash, Brackets, Lexis};
pub use locks::{LockCall, LockSyntax, LockWait};
pub use names::{NameLimit, NameRules};
pub use script::{Compound, ScriptPart, ScriptRules};
pub use status::{Status, StatusQuery};
pub use transactions::{Clause, TransactionSyntax};

use crate::{DbDetail, ErrorClass, ErrorTable, Isolation, Vendor};
use purlin_core::{Error, Outcome, RetryHint};
use std::borrow::Cow;

/// How an engine writes the place of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Placeholder {
    /// `?`, in order: MySQL, SQLite.
    Question,
    /// `$1`: PostgreSQL.
    Dollar,
    /// `@P1`: SQL Server.
    AtP,
    /// `:1`: Oracle.
    Colon,
}

impl Placeholder {
    /// Whether one number can stand in several places, so that a name used twice is bound once. Oracle numbers its
    /// placeholders and still takes a value for each place (in SQL; in PL/SQL for each name), so there each place has
    /// a number of its own.
    pub const fn is_reusable(self) -> bool {
        matches!(self, Self::Dollar | Self::AtP)
    }
}

/// How an engine quotes a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Quote {
    /// `"name"`, as the standard has it.
    Double,
    /// `` `name` ``: MySQL, MariaDB.
    Backtick,
    /// `[name]`: SQL Server.
    Bracket,
}

/// How an engine writes savepoints; `{}` stands for the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SavepointSyntax {
    /// Opens one.
    pub open: &'static str,
    /// Undoes what came after it; the savepoint itself stays.
    pub roll_back: &'static str,
    /// Forgets it and keeps what came after it; none where the engine has no such statement and needs none.
    pub release: Option<&'static str>,
}

impl SavepointSyntax {
    /// SQL's standard: MySQL, PostgreSQL, SQLite.
    pub const STANDARD: Self = Self {
        open: "SAVEPOINT {}",
        roll_back: "ROLLBACK TO SAVEPOINT {}",
        release: Some("RELEASE SAVEPOINT {}"),
    };
    /// SQL Server, which has no release.
    pub const T_SQL: Self =
        Self { open: "SAVE TRANSACTION {}", roll_back: "ROLLBACK TRANSACTION {}", release: None };
    /// Oracle, which has no release.
    pub const ORACLE: Self = Self { release: None, ..Self::STANDARD };
}

/// An engine's language, as data: one constant an engine, and one that a third party's driver can build for its own.
///
/// ```
/// use purlin_db::dialect::Placeholder;
/// use purlin_db::{Dialect, Vendor};
///
/// static FOODB: Dialect = {
///     let mut dialect = Dialect::new("foodb", Vendor::Other);
///     dialect.placeholder = Placeholder::Dollar;
///     dialect.lexis.dollar_quotes = true;
///     dialect
/// };
/// assert_eq!(FOODB.quote_name("order")?, "\"order\"");
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Dialect {
    /// The engine's name in messages and spans (`db.system.name` of OpenTelemetry), such as `postgresql`.
    pub name: &'static str,
    /// The vendor whose rules it follows; the server may turn out to be a relative of it.
    pub vendor: Vendor,
    /// How names are written, and which it takes.
    pub names: NameRules,
    /// How parameters are written.
    pub placeholder: Placeholder,
    /// The most parameters of one statement.
    pub max_parameters: usize,
    /// Where strings, names and comments begin and end.
    pub lexis: Lexis,
    /// How the statements of a script are kept apart.
    pub script: ScriptRules,
    /// The isolation levels that it has; others are refused, never replaced.
    pub isolation: &'static [Isolation],
    /// How a transaction begins.
    pub transactions: TransactionSyntax,
    /// How savepoints are written; used where the server has [`Capability::Savepoints`](crate::Capability).
    pub savepoints: SavepointSyntax,
    /// Whether nothing of a transaction can last after one of its statements has failed, short of going back to a
    /// savepoint, as in PostgreSQL. Elsewhere a statement that fails undoes itself.
    pub failure_undoes_transaction: bool,
    /// Locks by name that live as long as the session; none where the engine has none.
    pub locks: Option<LockSyntax>,
    /// The questions for a server's role and lag.
    pub status: &'static [StatusQuery],
    /// A statement that any login may run, that reads no table and answers one row.
    pub ping: &'static str,
    /// What the engine can do, by vendor and version; the driver may take away from it and add to it.
    pub features: &'static [Feature],
    /// What its error codes mean.
    pub errors: &'static ErrorTable,
}

impl Dialect {
    /// MySQL, and MariaDB.
    pub const MYSQL: &'static Self = &engines::mysql::DIALECT;
    /// PostgreSQL.
    pub const POSTGRES: &'static Self = &engines::postgres::DIALECT;
    /// SQLite.
    pub const SQLITE: &'static Self = &engines::sqlite::DIALECT;
    /// SQL Server.
    pub const MSSQL: &'static Self = &engines::mssql::DIALECT;
    /// Oracle Database.
    pub const ORACLE: &'static Self = &engines::oracle::DIALECT;

    /// The language of an engine like the standard: `"name"`, `?`, 999 parameters, `BEGIN`, standard savepoints; no
    /// isolation levels, locks or features, no errors known. Change its fields for what is different.
    pub const fn new(name: &'static str, vendor: Vendor) -> Self {
        Self {
            name,
            vendor,
            names: NameRules::STANDARD,
            placeholder: Placeholder::Question,
            max_parameters: 999,
            lexis: Lexis::STANDARD,
            script: ScriptRules::STANDARD,
            isolation: &[],
            transactions: TransactionSyntax::new("BEGIN"),
            savepoints: SavepointSyntax::STANDARD,
            failure_undoes_transaction: false,
            locks: None,
            status: &[],
            ping: "SELECT 1",
            features: &[],
            errors: ErrorTable::none(),
        }
    }

    /// What an error code of that vendor means, by this dialect's table alone.
    pub fn classify(&self, vendor: Vendor, code: Option<i64>, sqlstate: Option<&str>) -> ErrorClass {
        self.errors.class(vendor, code, sqlstate).unwrap_or(ErrorClass::Other)
    }

    /// The error for a refusal that the server sent, with a [`DbDetail`]: what every driver gives.
    ///
    /// `user` is the target's own table and counts first. The kind is that of the class, the outcome
    /// [`Outcome::Sent`]. The retry hint is [`RetryHint::Safe`] only where the class is transient and the server undid
    /// the whole transaction; what is transient otherwise may be repeated if that is harmless, and the rest never. A
    /// server that refuses a login has not begun anything: whoever connects says so by [`Outcome::NotSent`].
    ///
    /// The text of the message is passed on and never looked at.
    pub fn error(
        &self,
        vendor: Vendor,
        code: Option<i64>,
        sqlstate: Option<&str>,
        message: impl Into<Cow<'static, str>>,
        constraint: Option<&str>,
        user: &ErrorTable,
    ) -> Error {
        let meaning = user.find(vendor, code, sqlstate).or_else(|| self.errors.find(vendor, code, sqlstate));
        let class = meaning.map_or(ErrorClass::Other, |meaning| meaning.class);
        let mut detail = DbDetail::new(class, vendor);
        detail.code = code;
        detail.sqlstate = sqlstate.map(str::to_owned);
        detail.constraint = constraint.map(str::to_owned);
        detail.undid_transaction = meaning.is_some_and(|meaning| meaning.undoes_transaction);
        let whole = detail.undid_transaction || self.failure_undoes_transaction;
        let error = Error::new(class.kind(), message).with_outcome(Outcome::Sent);
        let error = match hint(&detail, whole) {
            Some(hint) => error.with_retry(hint),
            None => error,
        };
        error.with_detail(detail)
    }
}

/// Where the hint that follows from kind and outcome is not the right one.
fn hint(detail: &DbDetail, whole: bool) -> Option<RetryHint> {
    let safe = detail.is_transient() && detail.is_retry_safe(Outcome::Sent) && whole;
    match (safe, detail.is_transient(), detail.class.kind().is_transient()) {
        (true, _, _) => Some(RetryHint::Safe),
        (false, true, false) => Some(RetryHint::IfIdempotent),
        (false, false, true) => Some(RetryHint::Never),
        (false, _, _) => None,
    }
}
