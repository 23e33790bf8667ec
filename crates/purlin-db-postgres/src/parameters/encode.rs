//! The binary forms, without I/O.

use crate::decode::days_from_civil;
use crate::types::Kind;
use purlin_db::{Date, DateTime, DateTimeTz, Decimal, Time, Value};

/// Seconds from 1970-01-01 to 2000-01-01, from which the server counts.
const EPOCH_SECONDS: i64 = 946_684_800;
const DAY_MICROS: i64 = 86_400_000_000;
/// The number of the type of money, which has no kind of its own.
const MONEY: u32 = 790;

/// How a value is sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Null,
    Bytes(Vec<u8>),
    /// The server has to read it first.
    Text(String),
    /// It does not fit: what it is.
    Mismatch(&'static str),
}

/// Nothing is lost on the way, but for nanoseconds: the server has microseconds.
pub(crate) fn encode(kind: Kind, oid: u32, value: &Value) -> Form {
    match (kind, value) {
        (_, Value::Null) => Form::Null,
        (Kind::Text | Kind::Label, value) => {
            text(value).map_or(Form::Mismatch("bytes"), |text| bytes(text.into_bytes()))
        }
        (Kind::Json, Value::Text(text) | Value::Json(text)) => bytes(text.as_bytes().to_vec()),
        (Kind::Jsonb, Value::Text(text) | Value::Json(text)) => bytes([&[1], text.as_bytes()].concat()),
        (_, Value::Text(text) | Value::Json(text) | Value::Other { text, .. } | Value::BigDecimal(text)) => {
            Form::Text(text.clone())
        }
        (_, Value::Bool(value)) => only(kind == Kind::Bool, "a boolean", || vec![u8::from(*value)]),
        (_, Value::I64(number)) => integer(kind, oid, i128::from(*number)),
        (_, Value::U64(number)) => integer(kind, oid, i128::from(*number)),
        (_, Value::F32(number)) => float(kind, oid, f64::from(*number), number.to_string()),
        (_, Value::F64(number)) => float(kind, oid, *number, number.to_string()),
        (_, Value::Decimal(number)) => decimal(kind, oid, *number),
        (_, Value::Bytes(value)) => only(kind == Kind::Bytea, "bytes", || value.clone()),
        (_, Value::Uuid(value)) => only(kind == Kind::Uuid, "a uuid", || value.to_vec()),
        (_, Value::Date(day)) => date(kind, *day),
        (_, Value::Time(time)) => self::time(kind, *time),
        (_, Value::DateTime(moment)) => match kind {
            // The session's zone is UTC.
            Kind::Timestamp | Kind::TimestampTz => micros(local(*moment)),
            _ => Form::Mismatch("a timestamp"),
        },
        (_, Value::DateTimeTz(moment)) => match kind {
            Kind::Timestamp | Kind::TimestampTz => micros(utc(*moment)),
            _ => Form::Mismatch("a timestamp with time zone"),
        },
        _ => Form::Mismatch("a value of this kind"),
    }
}

fn bytes(value: impl Into<Vec<u8>>) -> Form {
    Form::Bytes(value.into())
}

fn only(fits: bool, what: &'static str, made: impl FnOnce() -> Vec<u8>) -> Form {
    if fits { Form::Bytes(made()) } else { Form::Mismatch(what) }
}

fn micros(value: Option<i64>) -> Form {
    value.map_or(Form::Mismatch("a moment this far away"), |value| bytes(value.to_be_bytes()))
}

fn integer(kind: Kind, oid: u32, number: i128) -> Form {
    let sized = match kind {
        Kind::Int2 => i16::try_from(number).ok().map(|it| it.to_be_bytes().to_vec()),
        Kind::Int4 => i32::try_from(number).ok().map(|it| it.to_be_bytes().to_vec()),
        Kind::Int8 => i64::try_from(number).ok().map(|it| it.to_be_bytes().to_vec()),
        Kind::Uint4 => u32::try_from(number).ok().map(|it| it.to_be_bytes().to_vec()),
        Kind::Uint8 => u64::try_from(number).ok().map(|it| it.to_be_bytes().to_vec()),
        // Beyond that, a number is not what it was.
        Kind::Float4 => exact(number, 24).map(|it| (it as f32).to_be_bytes().to_vec()),
        Kind::Float8 => exact(number, 53).map(|it| (it as f64).to_be_bytes().to_vec()),
        Kind::Numeric => Decimal::new(number, 0).map(numeric),
        _ if oid == MONEY => return Form::Text(number.to_string()),
        _ => return Form::Mismatch("an integer"),
    };
    sized.map_or(Form::Mismatch("an integer of this size"), Form::Bytes)
}

fn exact(number: i128, bits: u32) -> Option<i64> {
    i64::try_from(number).ok().filter(|_| number.unsigned_abs() <= 1 << bits)
}

#[expect(clippy::cast_possible_truncation, reason = "the server rounds a literal for a real in the same way")]
fn float(kind: Kind, oid: u32, number: f64, text: String) -> Form {
    match kind {
        Kind::Float8 => bytes(number.to_be_bytes()),
        Kind::Float4 if number.is_finite() && (number as f32).is_infinite() => {
            Form::Mismatch("a floating-point number of this size")
        }
        Kind::Float4 => bytes((number as f32).to_be_bytes()),
        Kind::Numeric => Form::Text(text),
        _ if oid == MONEY => Form::Text(text),
        _ => Form::Mismatch("a floating-point number"),
    }
}

fn decimal(kind: Kind, oid: u32, number: Decimal) -> Form {
    match kind {
        Kind::Numeric => bytes(numeric(number)),
        Kind::Float4 | Kind::Float8 => Form::Text(number.to_string()),
        _ if oid == MONEY => Form::Text(number.to_string()),
        _ if number.scale() == 0 => integer(kind, oid, number.mantissa()),
        _ => Form::Mismatch("a decimal"),
    }
}

/// Digits of base 10,000, the weight of the first, the sign, the digits behind the point.
fn numeric(number: Decimal) -> Vec<u8> {
    let text = number.to_string();
    let (whole, fraction) =
        text.trim_start_matches('-').split_once('.').unwrap_or((text.trim_start_matches('-'), ""));
    let padded = format!("{}{whole}", "0".repeat((4 - whole.len() % 4) % 4));
    let behind = format!("{fraction}{}", "0".repeat((4 - fraction.len() % 4) % 4));
    let groups = |text: &str| -> Vec<u16> {
        let group = |digits: &[u8]| digits.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
        text.as_bytes().chunks(4).map(group).collect()
    };
    let (whole, behind) = (groups(&padded), groups(&behind));
    let mut weight = i16::try_from(whole.len()).unwrap_or(i16::MAX) - 1;
    let mut digits: Vec<u16> = whole.into_iter().chain(behind).collect();
    while digits.first() == Some(&0) {
        digits.remove(0);
        weight -= 1;
    }
    while digits.last() == Some(&0) {
        digits.pop();
    }
    if digits.is_empty() {
        weight = 0;
    }
    let sign: u16 = if number.mantissa() < 0 { 0x4000 } else { 0 };
    let count = u16::try_from(digits.len()).unwrap_or(u16::MAX);
    let head = [count, weight.cast_unsigned(), sign, u16::from(number.scale())];
    head.into_iter().chain(digits).flat_map(u16::to_be_bytes).collect()
}

fn date(kind: Kind, day: Date) -> Form {
    let days = days_from_civil(day);
    match kind {
        Kind::Date => {
            let days = i32::try_from(days).ok();
            days.map_or(Form::Mismatch("a day this far away"), |days| bytes(days.to_be_bytes()))
        }
        Kind::Timestamp | Kind::TimestampTz => micros(days.checked_mul(DAY_MICROS)),
        _ => Form::Mismatch("a date"),
    }
}

fn time(kind: Kind, time: Time) -> Form {
    let micros = time.nanos().div_euclid(1000);
    match kind {
        Kind::Time if (0..=DAY_MICROS).contains(&micros) => bytes(micros.to_be_bytes()),
        Kind::Time => Form::Mismatch("a span that is no time of day"),
        Kind::Interval => bytes([&micros.to_be_bytes()[..], &[0; 8]].concat()),
        _ => Form::Mismatch("a time"),
    }
}

fn local(moment: DateTime) -> Option<i64> {
    let micros = moment.time().nanos().div_euclid(1000);
    days_from_civil(moment.date()).checked_mul(DAY_MICROS)?.checked_add(micros)
}

fn utc(moment: DateTimeTz) -> Option<i64> {
    let (seconds, nanos) = (moment.timestamp().unix_seconds(), moment.timestamp().subsec_nanos());
    let micros = (seconds - EPOCH_SECONDS).checked_mul(1_000_000)?;
    micros.checked_add(i64::from(nanos / 1000))
}

/// What a number or a text is as text; none for what has no one form.
fn text(value: &Value) -> Option<String> {
    Some(match value {
        Value::Text(text) | Value::Json(text) | Value::BigDecimal(text) | Value::Other { text, .. } => {
            text.clone()
        }
        Value::Bool(value) => value.to_string(),
        Value::I64(value) => value.to_string(),
        Value::U64(value) => value.to_string(),
        Value::F32(value) => value.to_string(),
        Value::F64(value) => value.to_string(),
        Value::Decimal(value) => value.to_string(),
        Value::Uuid(_) => value.to_string(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
