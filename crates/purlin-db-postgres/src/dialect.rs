//! PostgreSQL's language, as data.

use purlin_db::{Dialect, ErrorClass, Isolation, Placeholder, Vendor};

/// PostgreSQL's language. Read Uncommitted is not among its levels: the server takes the name and gives Read Committed
/// (PostgreSQL's documentation, section 13.2). Snapshot is its Repeatable Read.
pub static POSTGRES: Dialect = postgres();

const fn postgres() -> Dialect {
    let mut dialect = Dialect::new("postgresql", Vendor::Postgres);
    dialect.placeholder = Placeholder::Dollar;
    // A number of 16 bits in the protocol.
    dialect.max_parameters = 65_535;
    dialect.isolation =
        &[Isolation::ReadCommitted, Isolation::RepeatableRead, Isolation::Snapshot, Isolation::Serializable];
    dialect
}

/// What an SQLSTATE means (PostgreSQL's documentation, appendix A).
pub(crate) fn class_of(state: &str) -> ErrorClass {
    match state {
        "23505" | "23P01" => ErrorClass::Unique,
        "23503" | "23001" => ErrorClass::ForeignKey,
        "23502" => ErrorClass::NotNull,
        "23514" | "44000" => ErrorClass::Check,
        "40001" | "40P01" => ErrorClass::Serialization,
        "55P03" => ErrorClass::LockTimeout,
        "57014" => ErrorClass::Cancelled,
        "42501" => ErrorClass::PermissionDenied,
        "3D000" => ErrorClass::NoSuchDatabase,
        "53300" => ErrorClass::TooManyConnections,
        "57P01" | "57P02" | "57P03" => ErrorClass::Starting,
        "25006" => ErrorClass::NotWritable,
        "57P05" | "25P03" | "25P04" => ErrorClass::ConnectionLost,
        _ => match state.get(..2) {
            Some("08") => ErrorClass::ConnectionLost,
            Some("28") => ErrorClass::LoginDenied,
            Some("22") => ErrorClass::Data,
            Some("42" | "26" | "34" | "3F") => ErrorClass::Syntax,
            _ => ErrorClass::Other,
        },
    }
}
