//! From our values to the driver's.

mod places;

use crate::decode::calendar::{raw_date, raw_datetime, raw_moment, raw_time};
use purlin_core::{Error, ErrorKind, Outcome, Result};
use purlin_db::{Decimal, Dialect, Value};
use std::borrow::Cow;
use tiberius::numeric::Numeric;
use tiberius::{ColumnData, IntoSql, Uuid};

/// A value in the driver's form.
#[derive(Debug)]
pub(crate) struct Bound<'a>(ColumnData<'a>);

impl<'a> IntoSql<'a> for Bound<'a> {
    fn into_sql(self) -> ColumnData<'a> {
        self.0
    }
}

/// All of a statement's, or why they cannot be sent.
pub(crate) fn bound<'v>(sql: &str, values: &'v [Value]) -> Result<Vec<Bound<'v>>> {
    let most = Dialect::MSSQL.max_parameters;
    if values.len() > most {
        return Err(invalid(format!("{} parameters: a statement has at most {most}", values.len())));
    }
    // The server would take them, and use them for nothing.
    let places = places::highest(sql);
    if values.len() > places {
        return Err(invalid(format!("{} parameters; the statement has places for {places}", values.len())));
    }
    let bound = values.iter().enumerate();
    bound.map(|(at, value)| data(value).map(Bound).ok_or_else(|| unfit(at, value))).collect()
}

fn data(value: &Value) -> Option<ColumnData<'_>> {
    Some(match value {
        // It becomes any type but the binary ones, as it is or by a CAST.
        Value::Null => ColumnData::String(None),
        Value::Bool(value) => ColumnData::Bit(Some(*value)),
        Value::I64(value) => ColumnData::I64(Some(*value)),
        Value::U64(value) => whole(*value),
        Value::F32(value) if value.is_finite() => ColumnData::F32(Some(*value)),
        Value::F64(value) if value.is_finite() => ColumnData::F64(Some(*value)),
        Value::Decimal(value) => decimal(*value),
        Value::BigDecimal(text) | Value::Text(text) | Value::Json(text) => text_data(text),
        Value::Other { text, .. } => text_data(text),
        Value::Bytes(bytes) => ColumnData::Binary(Some(Cow::Borrowed(bytes))),
        Value::Date(date) => ColumnData::Date(Some(raw_date(*date)?)),
        Value::Time(time) => ColumnData::Time(Some(raw_time(*time)?)),
        Value::DateTime(moment) => ColumnData::DateTime2(Some(raw_datetime(*moment)?)),
        Value::DateTimeTz(moment) => ColumnData::DateTimeOffset(Some(raw_moment(*moment)?)),
        Value::Uuid(bytes) => ColumnData::Guid(Some(Uuid::from_bytes(*bytes))),
        _ => return None,
    })
}

/// As `nvarchar`, which holds all of Unicode.
fn text_data(text: &str) -> ColumnData<'_> {
    ColumnData::String(Some(Cow::Borrowed(text)))
}

fn whole(value: u64) -> ColumnData<'static> {
    match i64::try_from(value) {
        Ok(value) => ColumnData::I64(Some(value)),
        Err(_) => ColumnData::Numeric(Some(Numeric::new_with_scale(value.into(), 0))),
    }
}

fn decimal(value: Decimal) -> ColumnData<'static> {
    let number = Numeric::new_with_scale(value.mantissa(), value.scale());
    if number.precision() > Decimal::MAX_DIGITS {
        // The driver counts the nought before the point as a digit.
        return ColumnData::String(Some(Cow::Owned(value.to_string())));
    }
    ColumnData::Numeric(Some(number))
}

fn unfit(at: usize, value: &Value) -> Error {
    invalid(format!("parameter {}: SQL Server has no {} like that", at + 1, value.as_ref().kind()))
}

pub(crate) fn invalid(message: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Invalid, message).with_operation("db.query").with_outcome(Outcome::NotSent)
}
