//! Keys of maps and members of sets, as Python compares them.

use super::super::number::json_float;
use crate::Value;
use std::collections::HashSet;

/// Whether Python can take it as a key; lists made of tuples cannot be told from lists any more, and are not.
pub(super) fn is_key(value: &Value) -> bool {
    !matches!(value, Value::List(_) | Value::Map(_))
}

/// Keys that are equal in Python give the same text.
pub(super) fn sameness(key: &Value) -> Option<String> {
    Some(match key {
        Value::Bool(truth) => format!("n{}", u8::from(*truth)),
        Value::Int(number) => format!("n{number}"),
        Value::BigInt(digits) => format!("n{digits}"),
        Value::Float(number) if number.is_finite() && number.fract() == 0.0 => {
            format!("n{:.0}", number + 0.0)
        }
        Value::Float(number) => format!("n{number}"),
        Value::Text(text) => format!("t{text}"),
        Value::Unsafe(text) => format!("b{text}"),
        Value::Null => "none".to_owned(),
        _ => return None,
    })
}

/// The key as JSON writes it.
pub(super) fn shown(key: &Value) -> Option<String> {
    Some(match key {
        Value::Null => "null".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::BigInt(digits) => digits.to_string(),
        Value::Float(number) => json_float(*number),
        Value::Text(text) | Value::Unsafe(text) => text.to_string(),
        _ => return None,
    })
}

/// Equal members are one.
pub(super) fn distinct(items: Vec<Value>) -> Vec<Value> {
    let mut seen = HashSet::new();
    items.into_iter().filter(|item| sameness(item).is_none_or(|key| seen.insert(key))).collect()
}
