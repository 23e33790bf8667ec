//! From a server's value to a portable one, when it is asked for.

mod number;
mod temporal;

use crate::column::Kind;
use mysql_async::Value;
use purlin_core::{Error, ErrorKind, Outcome, Result};
use purlin_db::ValueRef;

/// The value of a column. Nothing is copied but what cannot be lent.
#[inline]
pub(crate) fn value(kind: Kind, value: &Value) -> Result<ValueRef<'_>> {
    let read = match value {
        Value::NULL => Some(ValueRef::Null),
        Value::Bytes(bytes) => of_bytes(kind, bytes),
        Value::Int(number) => Some(ValueRef::I64(*number)),
        Value::UInt(number) => Some(number::unsigned(*number)),
        Value::Float(number) => Some(ValueRef::F32(*number)),
        Value::Double(number) => Some(ValueRef::F64(*number)),
        Value::Date(year, month, day, hour, minute, second, micros) => {
            let clock = [*hour, *minute, *second];
            Some(temporal::of_parts(kind, (*year, *month, *day), clock, *micros))
        }
        Value::Time(negative, days, hours, minutes, seconds, micros) => {
            temporal::of_span(*negative, *days, [*hours, *minutes, *seconds], *micros)
        }
    };
    match read {
        Some(read) => Ok(read),
        None => Err(broken(kind)),
    }
}

#[cold]
fn broken(kind: Kind) -> Error {
    Error::new(ErrorKind::Protocol, format!("the server sent what is no value of its type ({kind:?})"))
        .with_outcome(Outcome::Sent)
}

/// The text protocol sends all of them as text, the binary protocol those without a form of their own.
#[inline]
fn of_bytes(kind: Kind, bytes: &[u8]) -> Option<ValueRef<'_>> {
    match kind {
        Kind::Decimal => {
            if let Some(decimal) = number::short_decimal(bytes) {
                return Some(ValueRef::Decimal(decimal));
            }
        }
        Kind::Bytes => return Some(ValueRef::Bytes(bytes)),
        Kind::Bits => return number::bits(bytes),
        _ => {}
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return matches!(kind, Kind::Text | Kind::Json).then_some(ValueRef::Bytes(bytes));
    };
    match kind {
        Kind::Text => Some(ValueRef::Text(text)),
        Kind::Json => Some(ValueRef::Json(text.into())),
        Kind::Integer => number::integer(text),
        Kind::Single => text.parse().ok().map(ValueRef::F32),
        Kind::Double => text.parse().ok().map(ValueRef::F64),
        Kind::Decimal => number::decimal(text),
        Kind::Time => temporal::span(text),
        Kind::Date | Kind::DateTime(_) | Kind::Timestamp(_) => temporal::moment(kind, text),
        Kind::Bytes | Kind::Bits => None,
    }
}

#[cfg(test)]
mod tests;
