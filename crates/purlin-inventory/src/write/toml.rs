//! Values and keys in TOML.

use super::Faults;
use crate::native::looks_secret;
use crate::{Located, SecretValue, Value};
use purlin_core::WrittenRef;
use std::fmt::Write;

/// Writes a key of a table: bare where it can be.
pub(super) fn key(name: &str, out: &mut String) {
    let bare = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if !name.is_empty() && name.chars().all(bare) { out.push_str(name) } else { text(name, out) }
}

/// Writes a text as a basic string.
pub(super) fn text(value: &str, out: &mut String) {
    out.push('"');
    for letter in value.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter if letter.is_control() => _ = write!(out, "\\u{:04X}", u32::from(letter)),
            letter => out.push(letter),
        }
    }
    out.push('"');
}

/// Writes a list of texts.
pub(super) fn texts<'a>(values: impl Iterator<Item = &'a str>, out: &mut String) {
    out.push('[');
    for (index, value) in values.enumerate() {
        out.push_str(if index == 0 { "" } else { ", " });
        text(value, out);
    }
    out.push(']');
}

/// Writes a value in one line; what TOML cannot hold is a fault, and something is written in its place.
pub(super) fn value(name: &str, said: &Located, faults: &mut Faults<'_>, out: &mut String) {
    match &said.value {
        Value::Bool(truth) => _ = write!(out, "{truth}"),
        Value::Int(number) => _ = write!(out, "{number}"),
        Value::Float(number) if number.is_finite() => _ = write!(out, "{number:?}"),
        Value::Float(number) if number.is_nan() => out.push_str("nan"),
        Value::Float(number) => out.push_str(if *number > 0.0 { "inf" } else { "-inf" }),
        Value::Text(said) | Value::Unsafe(said) => text(said, out),
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                value(name, item, faults, out);
            }
            out.push(']');
        }
        Value::Map(map) => {
            if looks_secret(map) {
                let message = format!("{name:?} has a table that the native format takes for a secret");
                faults.push("not-native", said, message, "give the table a second key");
            }
            out.push_str(if map.is_empty() { "{" } else { "{ " });
            for (index, (inner, said)) in map.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                key(inner, out);
                out.push_str(" = ");
                value(name, said, faults, out);
            }
            out.push_str(if map.is_empty() { "}" } else { " }" });
        }
        Value::Secret(secret) => reference(name, said, secret, faults, out),
        Value::Null => {
            let message = format!("{name:?} is null, which TOML cannot say");
            faults.push("not-native", said, message, "leave the variable out, or give it a value");
        }
        Value::BigInt(_) => {
            let message = format!("{name:?} is beyond the whole numbers of TOML");
            faults.push("not-native", said, message, "write it in quotes");
        }
    }
}

fn reference(name: &str, said: &Located, secret: &SecretValue, faults: &mut Faults<'_>, out: &mut String) {
    let written = match secret {
        SecretValue::Reference(reference) => reference.written(),
        _ => None,
    };
    match written {
        Some(WrittenRef::Env(name)) => {
            out.push_str("{ env = ");
            text(name, out);
        }
        Some(WrittenRef::File(path)) => {
            out.push_str("{ file = ");
            text(&path.to_string_lossy(), out);
        }
        Some(WrittenRef::Command(argv)) => {
            out.push_str("{ command = ");
            texts(argv.iter().map(String::as_str), out);
        }
        _ => {
            let message =
                format!("{name:?} is a secret; the native format refers to secrets and never holds them");
            let help =
                "keep it in a file or a safe and refer to it: { file = … }, { env = … }, { command = [..] }";
            return faults.push("secret-value", said, message, help);
        }
    }
    out.push_str(" }");
}
