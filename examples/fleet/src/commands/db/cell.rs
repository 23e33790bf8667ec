//! A value as machines get it.

use crate::output::Integer;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use purlin::db::ValueRef;
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;
use std::fmt;

/// A value. Whole numbers beyond 2^53, exact decimals, and what is no finite number are texts; bytes are base64; moments
/// are RFC 3339 in UTC; days, times, and moments without a zone are ISO 8601; JSON is its text.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Cell<'v> {
    Null,
    Truth(bool),
    Integer(Integer),
    Single(f32),
    Double(f64),
    Text(Cow<'v, str>),
}

impl<'v> Cell<'v> {
    pub(super) fn new(value: &'v ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Bool(truth) => Self::Truth(*truth),
            ValueRef::I64(number) => Self::Integer((*number).into()),
            ValueRef::U64(number) => Self::Integer((*number).into()),
            ValueRef::F32(number) if number.is_finite() => Self::Single(*number),
            ValueRef::F64(number) if number.is_finite() => Self::Double(*number),
            ValueRef::Text(text) => Self::Text(Cow::Borrowed(text)),
            ValueRef::Json(text) | ValueRef::BigDecimal(text) => Self::Text(Cow::Borrowed(text)),
            ValueRef::Other { text, .. } => Self::Text(Cow::Borrowed(text)),
            ValueRef::Bytes(bytes) => Self::Text(STANDARD.encode(bytes).into()),
            ValueRef::DateTime(moment) => Self::Text(format!("{}T{}", moment.date(), moment.time()).into()),
            ValueRef::DateTimeTz(moment) => Self::Text(moment.timestamp().to_string().into()),
            other => Self::Text(other.to_string().into()),
        }
    }

    /// As a field of CSV (RFC 4180): NULL is empty, and an empty text is `""`.
    pub(super) fn csv(&self) -> Cow<'_, str> {
        match self {
            Self::Null => Cow::Borrowed(""),
            Self::Text(text) => quoted(text),
            other => other.to_string().into(),
        }
    }
}

impl fmt::Display for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Truth(truth) => truth.fmt(f),
            Self::Integer(number) => number.fmt(f),
            Self::Single(number) => number.fmt(f),
            Self::Double(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// A field of CSV, in quotes where it needs them.
pub(super) fn quoted(text: &str) -> Cow<'_, str> {
    let special = [',', '"', '\r', '\n'];
    // One by one: a search for a single letter is far faster than one for several.
    let plain = !text.is_empty() && !special.iter().any(|letter| text.contains(*letter));
    if plain { Cow::Borrowed(text) } else { format!("\"{}\"", text.replace('"', "\"\"")).into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use purlin::db::{Date, DateTime, DateTimeTz, Decimal, Time};

    fn json(value: &ValueRef<'_>) -> String {
        serde_json::to_string(&Cell::new(value)).unwrap()
    }

    #[test]
    fn nothing_is_lost_on_the_way_to_json() {
        assert_eq!(json(&ValueRef::Null), "null");
        assert_eq!(json(&ValueRef::I64(9_007_199_254_740_993)), "\"9007199254740993\"");
        assert_eq!(json(&ValueRef::U64(7)), "7");
        assert_eq!(json(&ValueRef::F32(0.1)), "0.1");
        assert_eq!(json(&ValueRef::F64(f64::NAN)), "\"NaN\"");
        assert_eq!(json(&ValueRef::F64(f64::NEG_INFINITY)), "\"-inf\"");
        let price: Decimal = "19.90".parse().unwrap();
        assert_eq!(json(&ValueRef::Decimal(price)), "\"19.90\"");
        assert_eq!(json(&ValueRef::Bytes(&[0, 255, 16])), "\"AP8Q\"");
        let day = Date::new(2026, 11, 22).unwrap();
        let noon = DateTime::new(day, Time::of_day(12, 0, 0, 500_000_000).unwrap()).unwrap();
        assert_eq!(json(&ValueRef::DateTime(noon)), "\"2026-11-22T12:00:00.500\"");
        let moment: DateTimeTz = noon.at_offset(3600).unwrap();
        assert_eq!(json(&ValueRef::DateTimeTz(moment)), "\"2026-11-22T11:00:00.500Z\"");
    }

    #[test]
    fn a_field_of_csv_is_quoted_where_it_must_be() {
        let csv = |value: ValueRef<'_>| Cell::new(&value).csv().into_owned();
        assert_eq!(csv(ValueRef::Null), "");
        assert_eq!(csv(ValueRef::Text("")), "\"\"");
        assert_eq!(csv(ValueRef::Text("plain")), "plain");
        assert_eq!(csv(ValueRef::Text("a,\"b\"\nc")), "\"a,\"\"b\"\"\nc\"");
        assert_eq!(csv(ValueRef::F64(1.5)), "1.5");
    }
}
