//! The text format: what a type's output function writes.

use super::{broken, numeric, textual};
use crate::types::Kind;
use purlin_core::Result;
use purlin_db::{Date, DateTime, Time, ValueRef};
use std::str::FromStr;

/// What is not written as expected comes as [`ValueRef::Other`]: the user may have changed how the session writes.
pub(super) fn decode<'r>(kind: Kind, name: &'r str, bytes: &'r [u8]) -> Result<ValueRef<'r>> {
    if kind == Kind::Text {
        return Ok(textual(bytes));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| broken(name, bytes))?;
    let value = match kind {
        Kind::Bool => match text {
            "t" => Some(ValueRef::Bool(true)),
            "f" => Some(ValueRef::Bool(false)),
            _ => None,
        },
        Kind::Int2 | Kind::Int4 | Kind::Int8 | Kind::Uint4 => number(text, ValueRef::I64),
        Kind::Uint8 => number(text, ValueRef::U64),
        Kind::Float4 => number(text, ValueRef::F32),
        Kind::Float8 => number(text, ValueRef::F64),
        Kind::Numeric => Some(numeric::text(text)),
        Kind::Date => date(text).map(ValueRef::Date),
        Kind::Time => time(text).map(ValueRef::Time),
        Kind::Timestamp => timestamp(text).map(ValueRef::DateTime),
        Kind::TimestampTz => timestamptz(text),
        Kind::Uuid => uuid(text).map(ValueRef::Uuid),
        Kind::Json | Kind::Jsonb => Some(ValueRef::Json(text.into())),
        _ => None,
    };
    Ok(value.unwrap_or_else(|| ValueRef::Other { type_name: name.into(), text: text.into() }))
}

fn number<'r, T: FromStr>(text: &str, made: fn(T) -> ValueRef<'r>) -> Option<ValueRef<'r>> {
    text.parse().ok().map(made)
}

/// The year is that of the calendar, where 0 is 1 BC.
fn date(text: &str) -> Option<Date> {
    let (text, before) = text.strip_suffix(" BC").map_or((text, false), |text| (text, true));
    let mut parts = text.split('-');
    let year: i32 = digits(parts.next()?)?;
    let (month, day) = (digits(parts.next()?)?, digits(parts.next()?)?);
    let year = if before { 1 - year } else { year };
    parts.next().is_none().then(|| Date::new(year, month, day)).flatten()
}

fn digits<T: FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn time(text: &str) -> Option<Time> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = clock.split(':');
    let mut seconds = 0_i64;
    for limit in [24, 59, 60] {
        let part: i64 = digits(parts.next()?).filter(|part| *part <= limit)?;
        seconds = seconds * 60 + part;
    }
    if parts.next().is_some() || fraction.len() > 9 {
        return None;
    }
    let nanos: i64 = if fraction.is_empty() { 0 } else { digits(&format!("{fraction:0<9}"))? };
    Some(Time::from_nanos(seconds * 1_000_000_000 + nanos))
}

fn timestamp(text: &str) -> Option<DateTime> {
    let (text, era) = text.strip_suffix(" BC").map_or((text, ""), |text| (text, " BC"));
    let (day, clock) = text.split_once(' ')?;
    DateTime::new(date(&format!("{day}{era}"))?, time(clock)?)
}

fn timestamptz<'r>(text: &str) -> Option<ValueRef<'r>> {
    let (bare, era) = text.strip_suffix(" BC").map_or((text, ""), |text| (text, " BC"));
    let (day, clock) = bare.split_once(' ')?;
    let (clock, zone) = clock.split_at(clock.find(['+', '-'])?);
    let offset = offset(zone)?;
    let local = timestamp(&format!("{day} {clock}{era}"))?;
    local.at_offset(offset).map(ValueRef::DateTimeTz)
}

/// Seconds east of UTC, from `+HH`, `+HH:MM` or `+HH:MM:SS`.
fn offset(zone: &str) -> Option<i32> {
    let size = zone.get(1..)?;
    let mut seconds = 0;
    for (part, unit) in size.split(':').zip([3600, 60, 1]) {
        seconds += digits::<i32>(part).filter(|part| *part < 60)? * unit;
    }
    Some(if zone.starts_with('-') { -seconds } else { seconds })
}

fn uuid(text: &str) -> Option<[u8; 16]> {
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b'-').collect();
    unhex(&digits)?.try_into().ok()
}

fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => Some(value(*high)? << 4 | value(*low)?),
        _ => None,
    });
    pairs.collect()
}

/// `\x` and hexadecimal digits, which the session asks for; or the older form, which begins otherwise.
pub(super) fn bytea(text: &[u8]) -> Option<Vec<u8>> {
    match text.strip_prefix(b"\\x") {
        Some(digits) => unhex(digits),
        None => unescape(text),
    }
}

/// Bytes as they are, with `\\` for a backslash and `\ooo` for what cannot be seen.
fn unescape(mut text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    while let Some((first, rest)) = text.split_first() {
        text = rest;
        match (first, rest) {
            (b'\\', [b'\\', rest @ ..]) => {
                bytes.push(b'\\');
                text = rest;
            }
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', rest @ ..]) => {
                bytes.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                text = rest;
            }
            (b'\\', _) => return None,
            (byte, _) => bytes.push(*byte),
        }
    }
    Some(bytes)
}
