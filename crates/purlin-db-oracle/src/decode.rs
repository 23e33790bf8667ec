//! From the driver's values to ours.

mod json;

use oracledb::{
    JsonValue, Metadata, OracleIntervalDS, OracleIntervalYM, OracleNumber, OracleTimestamp, Row, Vector,
};
use purlin_core::{Error, ErrorKind, Outcome, Result};
use purlin_db::{Column, Columns, Date, DateTime, Decimal, Time, Value};

/// How the values of a column are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// With digits behind the point by its declaration, or not.
    Number {
        is_fraction: bool,
    },
    Float,
    Double,
    Bool,
    Text,
    Bytes,
    Timestamp,
    IntervalDs,
    IntervalYm,
    Json,
    Vector,
    /// The driver's value is not looked at.
    Unread,
}

/// The columns of an answer, and how each is read.
pub(crate) fn columns(all: &[Metadata]) -> (Columns, Vec<Kind>) {
    let named = all.iter().map(|column| Column::new(column.name(), type_name(column)));
    (Columns::new(named), all.iter().map(kind).collect())
}

/// `DB_TYPE_TIMESTAMP_TZ` is `timestamp with time zone`.
fn type_name(column: &Metadata) -> String {
    let name = column.db_type().name();
    let name = match name.strip_prefix("DB_TYPE_").unwrap_or(name) {
        "VARCHAR" => "varchar2",
        "NVARCHAR" => "nvarchar2",
        "TIMESTAMP_TZ" => "timestamp with time zone",
        "TIMESTAMP_LTZ" => "timestamp with local time zone",
        "INTERVAL_DS" => "interval day to second",
        "INTERVAL_YM" => "interval year to month",
        "LONG_RAW" => "long raw",
        "LONG_NVARCHAR" => "long nvarchar",
        other => return other.to_ascii_lowercase(),
    };
    name.to_owned()
}

fn kind(column: &Metadata) -> Kind {
    let name = column.db_type().name();
    match name.strip_prefix("DB_TYPE_").unwrap_or(name) {
        "NUMBER" | "BINARY_INTEGER" => Kind::Number { is_fraction: column.scale() > 0 },
        "BINARY_FLOAT" => Kind::Float,
        "BINARY_DOUBLE" => Kind::Double,
        "BOOLEAN" => Kind::Bool,
        "CHAR" | "NCHAR" | "VARCHAR" | "NVARCHAR" | "LONG" | "LONG_NVARCHAR" | "ROWID" | "UROWID" => {
            Kind::Text
        }
        "RAW" | "LONG_RAW" => Kind::Bytes,
        "DATE" | "TIMESTAMP" | "TIMESTAMP_TZ" | "TIMESTAMP_LTZ" => Kind::Timestamp,
        "INTERVAL_DS" => Kind::IntervalDs,
        "INTERVAL_YM" => Kind::IntervalYm,
        "JSON" => Kind::Json,
        "VECTOR" => Kind::Vector,
        _ => Kind::Unread,
    }
}

/// The value of a column, which the row gives away.
pub(crate) fn value(row: &mut Row, index: usize, kind: Kind) -> Result<Value> {
    let wrong = |error: oracledb::Error| wrong(index, &error.to_string());
    Ok(match kind {
        Kind::Number { is_fraction } => match row.take::<Option<OracleNumber>>(index).map_err(wrong)? {
            Some(number) => of_number(&number.to_string(), is_fraction),
            None => Value::Null,
        },
        Kind::Float => row.take::<Option<f32>>(index).map_err(wrong)?.map_or(Value::Null, Value::F32),
        Kind::Double => row.take::<Option<f64>>(index).map_err(wrong)?.map_or(Value::Null, Value::F64),
        Kind::Bool => row.take::<Option<bool>>(index).map_err(wrong)?.map_or(Value::Null, Value::Bool),
        Kind::Text => row.take::<Option<String>>(index).map_err(wrong)?.map_or(Value::Null, Value::Text),
        Kind::Bytes => row.take::<Option<Vec<u8>>>(index).map_err(wrong)?.map_or(Value::Null, Value::Bytes),
        Kind::Timestamp => match row.take::<Option<OracleTimestamp>>(index).map_err(wrong)? {
            Some(moment) => of_timestamp(&moment, zoned(row, index)),
            None => Value::Null,
        },
        Kind::IntervalDs => match row.take::<Option<OracleIntervalDS>>(index).map_err(wrong)? {
            Some(span) => of_interval(&span),
            None => Value::Null,
        },
        Kind::IntervalYm => match row.take::<Option<OracleIntervalYM>>(index).map_err(wrong)? {
            Some(span) => other("interval year to month", months(&span)),
            None => Value::Null,
        },
        Kind::Json => match row.take::<Option<JsonValue>>(index).map_err(wrong)? {
            Some(json) => Value::Json(json::text(&json)),
            None => Value::Null,
        },
        Kind::Vector => match row.take::<Option<Vector>>(index).map_err(wrong)? {
            Some(vector) => other("vector", json::text(&JsonValue::Vector(vector))),
            None => Value::Null,
        },
        Kind::Unread => {
            let name = row.columns().get(index).map(type_name).unwrap_or_default();
            Value::Other { type_name: name.into(), text: UNREAD.to_owned() }
        }
    })
}

/// In place of a value of a type that the driver hands out by reference only. Where the server says that it is the same
/// as in the row before, the driver forgets it, so that NULL cannot be told from a value.
const UNREAD: &str = "(not read)";

fn other(type_name: &'static str, text: String) -> Value {
    Value::Other { type_name: type_name.into(), text }
}

/// Whether a column's moments are of one place on the time line.
fn zoned(row: &Row, index: usize) -> bool {
    row.columns().get(index).is_some_and(|column| {
        [oracledb::DB_TYPE_TIMESTAMP_TZ, oracledb::DB_TYPE_TIMESTAMP_LTZ].contains(&column.db_type())
    })
}

/// A whole number where it is one and the column may hold any; else the exact decimal.
fn of_number(text: &str, is_fraction: bool) -> Value {
    if let (false, Ok(whole)) = (is_fraction, text.parse()) {
        return Value::I64(whole);
    }
    match text.parse::<Decimal>() {
        Ok(number) => Value::Decimal(number),
        Err(_) => Value::BigDecimal(text.to_owned()),
    }
}

/// The driver gives moments with a zone in UTC, and the session's zone is UTC as well.
fn of_timestamp(moment: &OracleTimestamp, is_zoned: bool) -> Value {
    let date = Date::new(moment.year().into(), moment.month(), moment.day());
    let time = Time::of_day(moment.hour(), moment.minute(), moment.second(), moment.nanoseconds());
    let shown = date.zip(time).and_then(|(date, time)| DateTime::new(date, time));
    let told = match (shown, is_zoned) {
        (Some(shown), true) => shown.in_utc().map(Value::DateTimeTz),
        (Some(shown), false) => Some(Value::DateTime(shown)),
        (None, _) => None,
    };
    told.unwrap_or_else(|| other("timestamp", moment.to_string()))
}

fn of_interval(span: &OracleIntervalDS) -> Value {
    let hours = i64::from(span.days()).checked_mul(24).map(|hours| hours + i64::from(span.hours()));
    let seconds =
        hours.map(|hours| hours * 3600 + i64::from(span.minutes()) * 60 + i64::from(span.seconds()));
    let nanos = seconds.and_then(|seconds| seconds.checked_mul(1_000_000_000));
    match nanos.and_then(|nanos| nanos.checked_add(span.nanoseconds().into())) {
        Some(nanos) => Value::Time(Time::from_nanos(nanos)),
        None => other("interval day to second", span.to_string()),
    }
}

/// As Oracle writes it: `+01-02`.
fn months(span: &OracleIntervalYM) -> String {
    let sign = if span.years() < 0 || span.months() < 0 { '-' } else { '+' };
    format!("{sign}{:02}-{:02}", span.years().unsigned_abs(), span.months().unsigned_abs())
}

fn wrong(index: usize, why: &str) -> Error {
    Error::new(ErrorKind::Protocol, format!("column {index}: {why}")).with_outcome(Outcome::Maybe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact() {
        assert_eq!(of_number("42", false), Value::I64(42));
        assert_eq!(of_number("42", true), Value::Decimal(42.into()));
        assert_eq!(of_number("9223372036854775808", false), decimal("9223372036854775808"));
        assert_eq!(of_number("-0.5", false), decimal("-0.5"));
        let long = format!("1{}", "0".repeat(125));
        assert_eq!(of_number(&long, false), Value::BigDecimal(long));
    }

    fn decimal(text: &str) -> Value {
        Value::Decimal(text.parse().unwrap())
    }

    #[test]
    fn moments_and_spans() {
        let moment = OracleTimestamp::new_timestamp(2026, 11, 22, 13, 30, 0, 5);
        assert_eq!(of_timestamp(&moment, false).to_string(), "2026-11-22 13:30:00.000000005");
        assert!(matches!(of_timestamp(&moment, true), Value::DateTimeTz(_)));
        // No such day: the text, and never another day.
        let odd = OracleTimestamp::new_timestamp(2026, 2, 30, 0, 0, 0, 0);
        assert!(matches!(of_timestamp(&odd, false), Value::Other { .. }));
        let span = OracleIntervalDS::new(-1, -2, 0, 0, -5);
        assert_eq!(of_interval(&span), Value::Time(Time::from_nanos(-26 * 3_600_000_000_000 - 5)));
        assert!(matches!(of_interval(&OracleIntervalDS::new(i32::MAX, 0, 0, 0, 0)), Value::Other { .. }));
        assert_eq!(months(&OracleIntervalYM::new(-1, -2)), "-01-02");
        assert_eq!(months(&OracleIntervalYM::new(12, 0)), "+12-00");
    }
}
