//! Whole numbers that every reader of JSON can take.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// Up to here a double-precision number, which many readers make of every number, is exact (RFC 8259, section 6).
const EXACT: u64 = 1 << 53;

/// A whole number: in JSON a number where every reader takes it exactly, else a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Integer(i128);

impl Serialize for Integer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match i64::try_from(self.0) {
            Ok(number) if number.unsigned_abs() <= EXACT => serializer.serialize_i64(number),
            _ => serializer.collect_str(&self.0),
        }
    }
}

impl JsonSchema for Integer {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Integer".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["integer", "string"] })
    }
}

impl fmt::Display for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<i64> for Integer {
    fn from(number: i64) -> Self {
        Self(number.into())
    }
}

impl From<u64> for Integer {
    fn from(number: u64) -> Self {
        Self(number.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_double_does_not_hold_is_a_text() {
        let json = |number: Integer| serde_json::to_string(&number).unwrap();
        assert_eq!(json(Integer::from(1_u64 << 53)), "9007199254740992");
        assert_eq!(json(Integer::from((1_u64 << 53) + 1)), "\"9007199254740993\"");
        assert_eq!(json(Integer::from(-(1_i64 << 53))), "-9007199254740992");
        assert_eq!(json(Integer::from(i64::MIN)), "\"-9223372036854775808\"");
        assert_eq!(json(Integer::from(u64::MAX)), "\"18446744073709551615\"");
    }
}
