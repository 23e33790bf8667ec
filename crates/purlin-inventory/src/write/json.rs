//! JSON as Python writes it with four spaces of indentation, sorted keys and letters beyond ASCII as they are.

use crate::{Map, SecretValue, Value};
use std::collections::BTreeMap;
use std::fmt::Write;

/// A document on its way.
pub(super) enum Json<'a> {
    Value(&'a Value),
    Text(&'a str),
    List(Vec<Json<'a>>),
    Map(BTreeMap<&'a str, Json<'a>>),
}

impl<'a> Json<'a> {
    pub(super) fn texts(texts: impl Iterator<Item = &'a str>) -> Self {
        Self::List(texts.map(Json::Text).collect())
    }
}

pub(super) fn print(document: &Json<'_>, out: &mut String) {
    json(document, 0, out);
}

fn json(node: &Json<'_>, depth: usize, out: &mut String) {
    match node {
        Json::Value(node) => value(node, depth, out),
        Json::Text(node) => text(node, out),
        Json::List(items) => list(items.iter(), depth, out, json),
        Json::Map(entries) => map(entries.iter().map(|(key, node)| (*key, node)), depth, out, json),
    }
}

fn value(node: &Value, depth: usize, out: &mut String) {
    match node {
        Value::Null => out.push_str("null"),
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Int(number) => _ = write!(out, "{number}"),
        Value::BigInt(digits) => out.push_str(digits),
        Value::Float(number) => float(*number, out),
        Value::Text(node) => text(node, out),
        // How Ansible's own encoder marks text that no template may be made of.
        Value::Unsafe(node) => {
            let marked = BTreeMap::from([("__ansible_unsafe", Json::Text(node))]);
            json(&Json::Map(marked), depth, out);
        }
        Value::List(items) => {
            let items: Vec<_> = items.iter().filter(|item| !is_reference(&item.value)).collect();
            list(items.into_iter(), depth, out, |item, depth, out| value(&item.value, depth, out))
        }
        Value::Map(entries) => {
            let entries = sorted(entries);
            map(entries.into_iter(), depth, out, value);
        }
        Value::Secret(secret) => match &**secret {
            SecretValue::Open(secret) => text(secret.expose(), out),
            SecretValue::OpenScalar(scalar) => value(scalar, depth, out),
            // What Ansible prints of an inline envelope even where it has the password.
            SecretValue::Opened { envelope, .. } => {
                let marked = BTreeMap::from([("__ansible_vault", Json::Text(envelope))]);
                json(&Json::Map(marked), depth, out);
            }
            // Whoever prints has refused these, or left them out.
            SecretValue::Reference(_) | SecretValue::Vault { .. } => out.push_str("null"),
        },
    }
}

/// Whether a value is a secret that only who needs it resolves: it has no place in a document.
pub(super) fn is_reference(value: &Value) -> bool {
    matches!(value, Value::Secret(secret) if matches!(**secret, SecretValue::Reference(_)))
}

/// By code points, as Python sorts.
fn sorted(map: &Map) -> Vec<(&str, &Value)> {
    let entries = map.iter().map(|(key, value)| (key, &value.value));
    let mut entries: Vec<_> = entries.filter(|(_, value)| !is_reference(value)).collect();
    entries.sort_by_key(|(key, _)| *key);
    entries
}

fn list<T>(
    items: impl ExactSizeIterator<Item = T>,
    depth: usize,
    out: &mut String,
    each: impl Fn(T, usize, &mut String),
) {
    let count = items.len();
    out.push('[');
    for (index, item) in items.enumerate() {
        line(depth + 1, index, out);
        each(item, depth + 1, out);
    }
    close(']', count, depth, out);
}

fn map<'k, T>(
    entries: impl ExactSizeIterator<Item = (&'k str, T)>,
    depth: usize,
    out: &mut String,
    each: impl Fn(T, usize, &mut String),
) {
    let count = entries.len();
    out.push('{');
    for (index, (key, item)) in entries.enumerate() {
        line(depth + 1, index, out);
        text(key, out);
        out.push_str(": ");
        each(item, depth + 1, out);
    }
    close('}', count, depth, out);
}

fn line(depth: usize, index: usize, out: &mut String) {
    out.push_str(if index == 0 { "\n" } else { ",\n" });
    out.extend(std::iter::repeat_n("    ", depth));
}

fn close(bracket: char, count: usize, depth: usize, out: &mut String) {
    if count > 0 {
        out.push('\n');
        out.extend(std::iter::repeat_n("    ", depth));
    }
    out.push(bracket);
}

fn text(node: &str, out: &mut String) {
    out.push('"');
    for letter in node.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\0'..='\u{1f}' => _ = write!(out, "\\u{:04x}", u32::from(letter)),
            letter => out.push(letter),
        }
    }
    out.push('"');
}

/// As Python's `repr`: the fewest digits that read back as the same, with an exponent below 1e-4 and from 1e16 on.
fn float(number: f64, out: &mut String) {
    if !number.is_finite() {
        let named = if number.is_nan() {
            "NaN"
        } else if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        };
        return out.push_str(named);
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = number.to_string();
        out.push_str(&plain);
        if !plain.contains('.') {
            out.push_str(".0");
        }
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        _ = write!(out, "{digits}e{sign}{:02}", exponent.abs());
    }
}

#[cfg(test)]
mod tests {
    use super::float;

    #[test]
    fn floats_are_pythons() {
        for (number, printed) in [
            (0.1, "0.1"),
            (1.0, "1.0"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (123_456_789.125, "123456789.125"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (9_007_199_254_740_993.0, "9007199254740992.0"),
            (-0.0, "-0.0"),
            (5e-324, "5e-324"),
            (1.797_693_134_862_315_7e308, "1.7976931348623157e+308"),
            (1e100, "1e+100"),
            (1.5e22, "1.5e+22"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            let mut out = String::new();
            float(number, &mut out);
            assert_eq!(out, printed);
        }
    }
}
