//! Parameters in SQLite's five storage classes.

use crate::text;
use purlin_core::Result;
use purlin_db::{Value, refusal};
use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, Value as Owned, ValueRef as Lent};

/// A value, ready to be bound.
#[derive(Debug)]
pub(crate) struct Bound<'v>(ToSqlOutput<'v>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.clone())
    }
}

/// Puts a value into the storage class that keeps it whole.
///
/// # Errors
/// `Invalid` for what none of them keeps: unsigned numbers beyond `i64`, NaN (SQLite would make it NULL), dates that
/// SQLite's functions do not know.
pub(crate) fn bound(place: usize, value: &Value) -> Result<Bound<'_>> {
    let refuse = |why: &str| refusal::parameter(place, &format!("is {why}"));
    let date = || refuse("a date outside the years 0000 to 9999, which SQLite does not know");
    let stored = match value {
        Value::Null => ToSqlOutput::Owned(Owned::Null),
        Value::Bool(value) => integer(i64::from(*value)),
        Value::I64(value) => integer(*value),
        Value::U64(value) => match i64::try_from(*value) {
            Ok(value) => integer(value),
            Err(_) => return Err(refuse("an unsigned number beyond 63 bits, which SQLite cannot store")),
        },
        Value::F32(value) => real(f64::from(*value)).ok_or_else(|| refuse(NAN))?,
        Value::F64(value) => real(*value).ok_or_else(|| refuse(NAN))?,
        Value::Date(value) if !text::is_known(*value) => return Err(date()),
        Value::DateTime(value) if !text::is_known(value.date()) => return Err(date()),
        Value::DateTimeTz(value) => written(text::of_date_time_tz(*value).ok_or_else(date)?),
        Value::Decimal(_) | Value::Date(_) | Value::Time(_) | Value::DateTime(_) | Value::Uuid(_) => {
            written(value.to_string())
        }
        Value::Text(text) | Value::BigDecimal(text) | Value::Json(text) | Value::Other { text, .. } => {
            ToSqlOutput::Borrowed(Lent::Text(text.as_bytes()))
        }
        Value::Bytes(bytes) => ToSqlOutput::Borrowed(Lent::Blob(bytes)),
        _ => return Err(refuse("a kind of value that this driver does not know")),
    };
    Ok(Bound(stored))
}

const NAN: &str = "not a number, which SQLite would store as NULL";

fn integer(value: i64) -> ToSqlOutput<'static> {
    ToSqlOutput::Owned(Owned::Integer(value))
}

fn real(value: f64) -> Option<ToSqlOutput<'static>> {
    (!value.is_nan()).then_some(ToSqlOutput::Owned(Owned::Real(value)))
}

fn written(text: String) -> ToSqlOutput<'static> {
    ToSqlOutput::Owned(Owned::Text(text))
}
