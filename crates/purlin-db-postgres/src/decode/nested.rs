//! Arrays and ranges, written as the server writes them.

use super::{binary, calendar, hexadecimal};
use crate::types::Kind;
use purlin_db::ValueRef;

/// Nobody writes deeper ones: the server allows six dimensions.
const MAX_DIMENSIONS: usize = 6;

struct Reader<'r>(&'r [u8]);

impl<'r> Reader<'r> {
    fn take(&mut self, count: usize) -> Option<&'r [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn int(&mut self) -> Option<i32> {
        self.take(4)?.try_into().ok().map(i32::from_be_bytes)
    }

    /// The outer one is the end of the bytes, the inner one NULL.
    fn element(&mut self) -> Option<Option<&'r [u8]>> {
        match usize::try_from(self.int()?) {
            Ok(length) => Some(Some(self.take(length)?)),
            Err(_) => Some(None),
        }
    }
}

/// `{1,NULL,"a b"}`, with `[0:2]=` before it where it does not count from 1. Its own word on its elements counts, unless
/// `like` has another.
pub(super) fn array(bytes: &[u8], like: Option<u32>) -> Option<String> {
    let mut reader = Reader(bytes);
    let count = usize::try_from(reader.int()?).ok().filter(|count| *count <= MAX_DIMENSIONS)?;
    let _has_nulls = reader.int()?;
    let own = reader.int()?.cast_unsigned();
    let oid = like.unwrap_or(own);
    let mut lengths = Vec::with_capacity(count);
    let mut bounds = String::new();
    let mut from_one = true;
    for _ in 0..count {
        let (length, lower) = (reader.int()?, reader.int()?);
        from_one &= lower == 1;
        bounds += &format!("[{lower}:{}]", i64::from(lower) + i64::from(length) - 1);
        lengths.push(usize::try_from(length).ok()?);
    }
    if lengths.is_empty() {
        return Some("{}".to_owned());
    }
    let mut text = if from_one { String::new() } else { bounds + "=" };
    dimension(&mut reader, oid, &lengths, &mut text)?;
    reader.0.is_empty().then_some(text)
}

fn dimension(reader: &mut Reader<'_>, oid: u32, lengths: &[usize], text: &mut String) -> Option<()> {
    let (length, inner) = lengths.split_first()?;
    text.push('{');
    for index in 0..*length {
        if index > 0 {
            text.push(',');
        }
        if !inner.is_empty() {
            dimension(reader, oid, inner, text)?;
            continue;
        }
        match reader.element()? {
            None => text.push_str("NULL"),
            Some(bytes) => quote(&element(Kind::of_oid(oid), name(oid), bytes)?, "{},\"\\", text),
        }
    }
    text.push('}');
    Some(())
}

/// `[1,5)`, `(,"2024-01-01 00:00:00"]`, `empty`.
pub(super) fn range(name: &str, bytes: &[u8]) -> Option<String> {
    const EMPTY: u8 = 0x01;
    const LOWER_INCLUDED: u8 = 0x02;
    const UPPER_INCLUDED: u8 = 0x04;
    const NO_LOWER: u8 = 0x08;
    const NO_UPPER: u8 = 0x10;
    let kind = match name {
        "int4range" => Kind::Int4,
        "int8range" => Kind::Int8,
        "numrange" => Kind::Numeric,
        "daterange" => Kind::Date,
        "tsrange" => Kind::Timestamp,
        "tstzrange" => Kind::TimestampTz,
        _ => return None,
    };
    let (flags, rest) = bytes.split_first()?;
    if flags & EMPTY != 0 {
        return Some("empty".to_owned());
    }
    let mut reader = Reader(rest);
    let mut text = if flags & LOWER_INCLUDED == 0 { "(" } else { "[" }.to_owned();
    if flags & NO_LOWER == 0 {
        quote(&element(kind, "", reader.element()??)?, "()[],\"\\ ", &mut text);
    }
    text.push(',');
    if flags & NO_UPPER == 0 {
        quote(&element(kind, "", reader.element()??)?, "()[],\"\\ ", &mut text);
    }
    text.push(if flags & UPPER_INCLUDED == 0 { ')' } else { ']' });
    reader.0.is_empty().then_some(text)
}

/// In quotes where the text would be read as something else without.
fn quote(value: &str, special: &str, text: &mut String) {
    let plain = !value.is_empty()
        && !value.eq_ignore_ascii_case("null")
        && !value.chars().any(|letter| special.contains(letter) || letter.is_ascii_whitespace());
    if plain {
        return text.push_str(value);
    }
    text.push('"');
    for letter in value.chars() {
        if matches!(letter, '"' | '\\') {
            text.push('\\');
        }
        text.push(letter);
    }
    text.push('"');
}

/// The name of a type whose kind does not tell all.
fn name(oid: u32) -> &'static str {
    match oid {
        650 => "cidr",
        3904 => "int4range",
        3906 => "numrange",
        3908 => "tsrange",
        3910 => "tstzrange",
        3912 => "daterange",
        3926 => "int8range",
        _ => "",
    }
}

/// A number as the server writes it, from its shortest digits: without an exponent up to so many places.
fn float(scientific: &str, places: i32) -> Option<String> {
    let special = match scientific {
        "NaN" => "NaN",
        "inf" => "Infinity",
        "-inf" => "-Infinity",
        _ => "",
    };
    if !special.is_empty() {
        return Some(special.to_owned());
    }
    let (digits, exponent) = scientific.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    if (-4..places).contains(&exponent) {
        // The same digits, which the standard library writes without an exponent.
        return None;
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    Some(format!("{digits}e{sign}{:02}", exponent.unsigned_abs()))
}

/// A value as text, as it stands within others.
fn element(kind: Kind, name: &str, bytes: &[u8]) -> Option<String> {
    let micros = |bytes: &[u8]| bytes.try_into().ok().map(i64::from_be_bytes);
    Some(match kind {
        Kind::Timestamp => calendar::stamp(micros(bytes)?, ""),
        Kind::TimestampTz => calendar::stamp(micros(bytes)?, "+00"),
        Kind::Date => calendar::day(bytes.try_into().ok().map(i32::from_be_bytes)?),
        Kind::Time => calendar::clock_text(micros(bytes)?),
        kind => match binary::decode(kind, name, bytes).ok()? {
            ValueRef::Bool(value) => if value { "t" } else { "f" }.to_owned(),
            ValueRef::I64(value) => value.to_string(),
            ValueRef::U64(value) => value.to_string(),
            ValueRef::F32(value) => float(&format!("{value:e}"), 6).unwrap_or_else(|| value.to_string()),
            ValueRef::F64(value) => float(&format!("{value:e}"), 15).unwrap_or_else(|| value.to_string()),
            ValueRef::Decimal(value) => value.to_string(),
            ValueRef::BigDecimal(text) => text.into_owned(),
            ValueRef::Text(text) => text.to_owned(),
            ValueRef::Json(text) => text.into_owned(),
            value @ ValueRef::Uuid(_) => value.to_string(),
            ValueRef::Bytes(bytes) => hexadecimal(bytes).replacen("0x", "\\x", 1),
            ValueRef::Other { text, .. } => text.into_owned(),
            _ => return None,
        },
    })
}
