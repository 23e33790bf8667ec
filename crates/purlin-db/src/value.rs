//! What a database holds in a column, in the same words for all engines.

mod convert;
mod decimal;
mod temporal;

pub use convert::{FromValue, Mismatch};
pub use decimal::Decimal;
pub use temporal::{Date, DateTime, DateTimeTz, Time};

use std::borrow::Cow;
use std::fmt;

/// A value that belongs to the caller: a parameter, or a column that was kept.
///
/// A type that none of the variants fits comes as [`Other`](Value::Other): no type of a server makes a row fail.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum Value {
    /// SQL's NULL.
    #[default]
    Null,
    /// A truth value. MySQL, SQLite and Oracle before 23ai have none and send numbers.
    Bool(bool),
    /// A signed whole number.
    I64(i64),
    /// An unsigned whole number beyond [`i64::MAX`]; smaller ones may come either way.
    U64(u64),
    /// A single-precision number.
    F32(f32),
    /// A double-precision number.
    F64(f64),
    /// An exact number of up to 38 digits.
    Decimal(Decimal),
    /// An exact number with more digits than [`Decimal`] holds, as the server wrote it; also `NaN` and infinities of
    /// PostgreSQL's `numeric`.
    BigDecimal(String),
    /// Text.
    Text(String),
    /// Bytes; also text that is not UTF-8.
    Bytes(Vec<u8>),
    /// A day.
    Date(Date),
    /// A time of day or a signed span, as MySQL's TIME.
    Time(Time),
    /// A day and a time without a zone.
    DateTime(DateTime),
    /// A moment, with the offset that the server told.
    DateTimeTz(DateTimeTz),
    /// A UUID, in the order in which it is written.
    Uuid([u8; 16]),
    /// A JSON text.
    Json(String),
    /// A type of the server that has no variant here, by its name and as text.
    Other {
        /// The server's name of the type.
        type_name: Cow<'static, str>,
        /// The value as text: the server's own where it sends one, else bytes as hexadecimal digits after `0x`.
        text: String,
    },
}

/// A value that a row lends until the next one: what [`Row::value`](crate::Row::value) gives. See [`Value`].
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the variants are those of Value")]
pub enum ValueRef<'r> {
    #[default]
    Null,
    Bool(bool),
    I64(i64),
    U64(u64),
    F32(f32),
    F64(f64),
    Decimal(Decimal),
    BigDecimal(Cow<'r, str>),
    Text(&'r str),
    Bytes(&'r [u8]),
    Date(Date),
    Time(Time),
    DateTime(DateTime),
    DateTimeTz(DateTimeTz),
    Uuid([u8; 16]),
    Json(Cow<'r, str>),
    Other {
        type_name: Cow<'r, str>,
        text: Cow<'r, str>,
    },
}

impl ValueRef<'_> {
    /// Whether it is NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// What messages call this kind of value, such as `text` or `timestamp with time zone`.
    pub fn kind(&self) -> &str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::I64(_) | Self::U64(_) => "integer",
            Self::F32(_) => "single-precision number",
            Self::F64(_) => "double-precision number",
            Self::Decimal(_) | Self::BigDecimal(_) => "decimal",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::Date(_) => "date",
            Self::Time(_) => "time",
            Self::DateTime(_) => "timestamp",
            Self::DateTimeTz(_) => "timestamp with time zone",
            Self::Uuid(_) => "uuid",
            Self::Json(_) => "json",
            Self::Other { type_name, .. } => type_name,
        }
    }

    /// A copy that outlives the row.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::I64(value) => Value::I64(*value),
            Self::U64(value) => Value::U64(*value),
            Self::F32(value) => Value::F32(*value),
            Self::F64(value) => Value::F64(*value),
            Self::Decimal(value) => Value::Decimal(*value),
            Self::BigDecimal(text) => Value::BigDecimal(text.to_string()),
            Self::Text(text) => Value::Text((*text).to_owned()),
            Self::Bytes(bytes) => Value::Bytes((*bytes).to_owned()),
            Self::Date(value) => Value::Date(*value),
            Self::Time(value) => Value::Time(*value),
            Self::DateTime(value) => Value::DateTime(*value),
            Self::DateTimeTz(value) => Value::DateTimeTz(*value),
            Self::Uuid(value) => Value::Uuid(*value),
            Self::Json(text) => Value::Json(text.to_string()),
            Self::Other { type_name, text } => {
                Value::Other { type_name: type_name.to_string().into(), text: text.to_string() }
            }
        }
    }
}

/// For people: NULL as `NULL`, bytes as `0x` and hexadecimal digits, days and times as ISO 8601.
impl fmt::Display for ValueRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::I64(number) => write!(f, "{number}"),
            Self::U64(number) => write!(f, "{number}"),
            Self::F32(number) => write!(f, "{number}"),
            Self::F64(number) => write!(f, "{number}"),
            Self::Decimal(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
            Self::BigDecimal(text) | Self::Json(text) | Self::Other { text, .. } => f.write_str(text),
            Self::Bytes(bytes) => {
                f.write_str("0x")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Self::Date(date) => write!(f, "{date}"),
            Self::Time(time) => write!(f, "{time}"),
            Self::DateTime(moment) => write!(f, "{moment}"),
            Self::DateTimeTz(moment) => write!(f, "{moment}"),
            Self::Uuid(uuid) => {
                for (at, byte) in uuid.iter().enumerate() {
                    let dash = if matches!(at, 4 | 6 | 8 | 10) { "-" } else { "" };
                    write!(f, "{dash}{byte:02x}")?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}

impl Value {
    /// Whether it is NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The same value, lent.
    pub fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            Self::Bool(value) => ValueRef::Bool(*value),
            Self::I64(value) => ValueRef::I64(*value),
            Self::U64(value) => ValueRef::U64(*value),
            Self::F32(value) => ValueRef::F32(*value),
            Self::F64(value) => ValueRef::F64(*value),
            Self::Decimal(value) => ValueRef::Decimal(*value),
            Self::BigDecimal(text) => ValueRef::BigDecimal(text.into()),
            Self::Text(text) => ValueRef::Text(text),
            Self::Bytes(bytes) => ValueRef::Bytes(bytes),
            Self::Date(value) => ValueRef::Date(*value),
            Self::Time(value) => ValueRef::Time(*value),
            Self::DateTime(value) => ValueRef::DateTime(*value),
            Self::DateTimeTz(value) => ValueRef::DateTimeTz(*value),
            Self::Uuid(value) => ValueRef::Uuid(*value),
            Self::Json(text) => ValueRef::Json(text.into()),
            Self::Other { type_name, text } => {
                ValueRef::Other { type_name: type_name.as_ref().into(), text: text.into() }
            }
        }
    }
}
