//! Values for people and documents, without secrets.

use crate::{Located, Value};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use std::fmt;

/// A value as it may be shown: secrets are `***`. It prints as JSON in one line and serialises as itself, but whole
/// numbers beyond 2^53 and numbers that are not finite become texts, because few readers of JSON keep them.
#[derive(Clone)]
pub struct Shown(Value);

impl Shown {
    pub(crate) fn new(value: &Located) -> Self {
        Self(value.value.clone())
    }
}

const EXACT: std::ops::RangeInclusive<i64> = -(1 << 53)..=1 << 53;

struct Inner<'a>(&'a Value);

impl Serialize for Inner<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(truth) => serializer.serialize_bool(*truth),
            Value::Int(number) if EXACT.contains(number) => serializer.serialize_i64(*number),
            Value::Int(number) => serializer.collect_str(number),
            Value::Float(number) if number.is_finite() => serializer.serialize_f64(*number),
            Value::Float(number) => serializer.collect_str(number),
            Value::Text(text) | Value::Unsafe(text) | Value::BigInt(text) => serializer.serialize_str(text),
            Value::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(&Inner(&item.value)))?;
                list.end()
            }
            Value::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                entries.iter().try_for_each(|(key, value)| map.serialize_entry(key, &Inner(&value.value)))?;
                map.end()
            }
            Value::Secret(_) => serializer.serialize_str("***"),
        }
    }
}

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Inner(&self.0).serialize(serializer)
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
