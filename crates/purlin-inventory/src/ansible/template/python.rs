//! Values print as Python prints them, and lists and maps that keep to it.

use super::data::MAX_DEPTH;
use super::scope::limit_error;
use minijinja::value::{Enumerator, Object, ObjectRepr, Value, ValueKind};
use minijinja::{Error, ErrorKind, Output};
use std::fmt::{self, Write};
use std::sync::Arc;

/// A list that prints as Python's does, also where the engine does the printing.
#[derive(Debug)]
pub(super) struct PyList(Vec<Value>);

/// A map that prints as Python's does and keeps the order of its keys.
#[derive(Debug)]
pub(super) struct PyDict(Vec<(Value, Value)>);

impl PyList {
    pub(super) fn value(items: Vec<Value>) -> Value {
        Value::from_object(Self(items))
    }
}

impl PyDict {
    pub(super) fn value(entries: Vec<(Value, Value)>) -> Value {
        Value::from_object(Self(entries))
    }
}

impl Object for PyList {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.get(key.as_usize()?).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        repr(f, &Value::from_dyn_object(self.clone()), 0).map_err(|_| fmt::Error)
    }
}

impl Object for PyDict {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.iter().map(|(key, _)| key.clone()).collect())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        repr(f, &Value::from_dyn_object(self.clone()), 0).map_err(|_| fmt::Error)
    }
}

/// What Python's `str()` gives.
pub(crate) fn to_text(value: &Value) -> Result<String, Error> {
    let mut text = String::new();
    into(&mut text, value)?;
    Ok(text)
}

/// What Python's `repr()` gives.
pub(super) fn repr_text(value: &Value) -> Result<String, Error> {
    let mut text = String::new();
    repr(&mut text, value, 0)?;
    Ok(text)
}

/// Writes what Python's `str()` gives.
pub(super) fn write(out: &mut Output, value: &Value) -> Result<(), Error> {
    into(out, value)
}

fn into(out: &mut impl Write, value: &Value) -> Result<(), Error> {
    match value.as_str() {
        Some(text) => Ok(out.write_str(text)?),
        None => repr(out, value, 0),
    }
}

fn repr(out: &mut impl Write, value: &Value, depth: usize) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(limit_error("a value is nested deeper than 128 levels"));
    }
    match value.kind() {
        ValueKind::Undefined => Err(ErrorKind::UndefinedError.into()),
        ValueKind::Invalid => Err(Error::new(ErrorKind::InvalidOperation, value.to_string())),
        ValueKind::None => Ok(out.write_str("None")?),
        ValueKind::Bool => Ok(out.write_str(if value.is_true() { "True" } else { "False" })?),
        ValueKind::Number if value.is_integer() => Ok(write!(out, "{value}")?),
        ValueKind::Number => Ok(out.write_str(&float(f64::try_from(value.clone())?))?),
        ValueKind::String => quoted(out, value.as_str().unwrap_or_default()),
        ValueKind::Seq | ValueKind::Iterable => {
            let (open, close) = if value.is_tuple() { ("(", ")") } else { ("[", "]") };
            out.write_str(open)?;
            for (index, item) in value.try_iter()?.enumerate() {
                out.write_str(if index == 0 { "" } else { ", " })?;
                repr(out, &item, depth + 1)?;
            }
            Ok(out.write_str(close)?)
        }
        ValueKind::Map => {
            out.write_str("{")?;
            for (index, key) in value.try_iter()?.enumerate() {
                out.write_str(if index == 0 { "" } else { ", " })?;
                repr(out, &key, depth + 1)?;
                out.write_str(": ")?;
                repr(out, &value.get_item(&key)?, depth + 1)?;
            }
            Ok(out.write_str("}")?)
        }
        _ => Err(Error::new(ErrorKind::InvalidOperation, "it cannot be printed")),
    }
}

/// The shortest digits that mean the number, with a fraction or an exponent, as Python prints it.
pub(super) fn float(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let size = number.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let text = format!("{number:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(("+", exponent), |rest| ("-", rest));
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    let text = format!("{number}");
    if text.contains('.') { text } else { text + ".0" }
}

/// A text in quotes: single ones, unless it has such and no double ones.
fn quoted(out: &mut impl Write, text: &str) -> Result<(), Error> {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.write_char(quote)?;
    for character in text.chars() {
        match character {
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            _ if character == quote => write!(out, "\\{character}")?,
            _ if character < ' ' || character == '\x7f' => write!(out, "\\x{:02x}", character as u32)?,
            _ => out.write_char(character)?,
        }
    }
    Ok(out.write_char(quote)?)
}
