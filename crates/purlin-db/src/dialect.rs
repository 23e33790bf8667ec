//! What is different between the engines' languages, as data.

mod status;

pub use status::{Status, StatusQuery};

use crate::{ErrorTable, Isolation, Vendor};

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
#[derive(Debug)]
#[non_exhaustive]
pub struct Dialect {
    /// The engine's name in messages and spans (`db.system.name` of OpenTelemetry), such as `postgresql`.
    pub name: &'static str,
    /// The vendor whose rules it follows; the server may turn out to be a relative of it.
    pub vendor: Vendor,
    /// How names are quoted.
    pub quote: Quote,
    /// How parameters are written.
    pub placeholder: Placeholder,
    /// The most parameters of one statement.
    pub max_parameters: usize,
    /// The isolation levels that it has; others are refused, never replaced.
    pub isolation: &'static [Isolation],
    /// The questions for a server's role and lag.
    pub status: &'static [StatusQuery],
    /// How savepoints are written; used where the server has [`Capability::Savepoints`](crate::Capability).
    pub savepoints: SavepointSyntax,
    /// What its error codes mean.
    pub errors: fn() -> &'static ErrorTable,
}

impl Dialect {
    /// The language of an engine like the standard: `"name"`, `?`, 999 parameters, no isolation levels, no errors known.
    pub const fn new(name: &'static str, vendor: Vendor) -> Self {
        Self {
            name,
            vendor,
            quote: Quote::Double,
            placeholder: Placeholder::Question,
            max_parameters: 999,
            isolation: &[],
            status: &[],
            savepoints: SavepointSyntax::STANDARD,
            errors: ErrorTable::none,
        }
    }
}
