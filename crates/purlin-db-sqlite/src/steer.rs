//! What the declared type of a column adds to the five storage classes of SQLite.

use crate::text;
use purlin_db::ValueRef;

/// A declared type with a meaning of its own. What is stored counts: a value that has not exactly the type's form
/// comes as what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Steer {
    Plain,
    Bool,
    Date,
    Time,
    DateTime,
    Uuid,
    Json,
}

impl Steer {
    /// From a declared type in lower case, such as `varchar(20)`; empty for an expression.
    pub(crate) fn of(declared: &str) -> Self {
        let name = declared.split_once('(').map_or(declared, |(name, _)| name).trim();
        match name {
            "bool" | "boolean" => Self::Bool,
            "date" => Self::Date,
            "time" => Self::Time,
            "datetime" | "timestamp" | "timestamptz" => Self::DateTime,
            "uuid" => Self::Uuid,
            "json" => Self::Json,
            _ => Self::Plain,
        }
    }

    pub(crate) fn integer<'r>(self, number: i64) -> ValueRef<'r> {
        match (self, number) {
            (Self::Bool, 0 | 1) => ValueRef::Bool(number == 1),
            _ => ValueRef::I64(number),
        }
    }

    #[inline]
    pub(crate) fn text(self, text: &str) -> ValueRef<'_> {
        let steered = match self {
            Self::Plain | Self::Bool => return ValueRef::Text(text),
            Self::Date => text::date(text).map(ValueRef::Date),
            Self::Time => text::time(text).map(ValueRef::Time),
            Self::DateTime => text::moment(text),
            Self::Uuid => text::uuid(text).map(ValueRef::Uuid),
            Self::Json => Some(ValueRef::Json(text.into())),
        };
        steered.unwrap_or(ValueRef::Text(text))
    }

    pub(crate) fn bytes(self, bytes: &[u8]) -> ValueRef<'_> {
        match (self, <[u8; 16]>::try_from(bytes)) {
            (Self::Uuid, Ok(uuid)) => ValueRef::Uuid(uuid),
            _ => ValueRef::Bytes(bytes),
        }
    }
}
