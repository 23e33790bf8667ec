//! Ansible's filters, beside those of Jinja, and those that Python computes differently.

use super::{lists, python, text};
use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind};

/// Adds what Ansible has and the engine has not, and takes out what Ansible has not.
pub(super) fn install(env: &mut Environment<'static>) {
    for name in ["safe", "escape", "e", "lines", "chain", "pprint", "format", "indent", "title", "attr"] {
        env.remove_filter(name);
    }
    env.add_filter("string", text::string);
    env.add_filter("lower", text::lower);
    env.add_filter("upper", text::upper);
    env.add_filter("capitalize", text::capitalize);
    env.add_filter("trim", text::trim);
    env.add_filter("replace", text::replace);
    env.add_filter("split", |text: &str, separator: Option<&str>| text::split(text, separator, None));
    env.add_filter("join", text::join);
    env.add_filter("regex_replace", text::regex_replace);
    env.add_filter("regex_search", text::regex_search);
    env.add_filter("regex_escape", text::regex_escape);
    env.add_filter("basename", text::basename);
    env.add_filter("dirname", text::dirname);
    env.add_filter("quote", text::quote);
    env.add_filter("unique", lists::unique);
    env.add_filter("union", lists::union);
    env.add_filter("intersect", lists::intersect);
    env.add_filter("difference", lists::difference);
    env.add_filter("symmetric_difference", lists::symmetric_difference);
    env.add_filter("flatten", lists::flatten);
    env.add_filter("list", lists::list);
    env.add_filter("ternary", lists::ternary);
    env.add_filter("dict2items", lists::dict2items);
    env.add_filter("items2dict", lists::items2dict);
    env.add_filter("combine", lists::combine);
    env.add_filter("bool", truth);
    env.add_filter("int", int);
    env.add_filter("float", float);
    env.add_filter("round", round);
    env.add_filter("mandatory", mandatory);
    env.add_filter("to_json", to_json);
    env.add_filter("from_json", from_json);
}

/// Ansible's idea of truth: some words and numbers are true, everything else is false.
fn truth(value: &Value) -> Result<Value, Error> {
    if value.is_none() || value.kind() == ValueKind::Bool {
        return Ok(value.clone());
    }
    let text = python::to_text(value)?.to_lowercase();
    Ok(Value::from(["1", "1.0", "true", "yes", "on", "y", "t"].contains(&text.as_str())))
}

fn int(value: &Value, default: Option<Value>, kwargs: Kwargs) -> Result<Value, Error> {
    let named: Option<Value> = kwargs.get("default")?;
    let base = kwargs.get::<Option<u32>>("base")?.unwrap_or(10);
    kwargs.assert_all_used()?;
    if value.is_undefined() {
        return Err(ErrorKind::UndefinedError.into());
    }
    let number = match value.kind() {
        ValueKind::Number if value.is_integer() => return Ok(value.clone()),
        ValueKind::Bool => Some(i128::from(value.is_true())),
        ValueKind::Number => truncated(f64::try_from(value.clone())?),
        ValueKind::String => value.as_str().and_then(|text| parse_int(text.trim(), base)),
        _ => None,
    };
    Ok(number.map_or_else(|| default.or(named).unwrap_or_else(|| Value::from(0)), Value::from))
}

fn parse_int(text: &str, base: u32) -> Option<i128> {
    if !(2..=36).contains(&base) {
        return None;
    }
    let prefix = match base {
        2 => "0b",
        8 => "0o",
        16 => "0x",
        _ => "",
    };
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let digits = digits.to_ascii_lowercase();
    let digits = digits.strip_prefix(prefix).unwrap_or(&digits);
    let whole = i128::from_str_radix(&format!("{sign}{digits}"), base).ok();
    whole.or_else(|| text.parse().ok().filter(|_| base == 10).and_then(truncated))
}

#[expect(clippy::cast_possible_truncation, reason = "it is within the range")]
fn truncated(number: f64) -> Option<i128> {
    (number.abs() < 1e38).then(|| number.trunc() as i128)
}

fn float(value: &Value, default: Option<f64>) -> Result<f64, Error> {
    if value.is_undefined() {
        return Err(ErrorKind::UndefinedError.into());
    }
    let number = match value.as_str() {
        Some(text) => text.trim().parse().ok(),
        None => f64::try_from(value.clone()).ok(),
    };
    Ok(number.or(default).unwrap_or_default())
}

fn round(value: f64, precision: Option<usize>, method: Option<String>) -> Result<f64, Error> {
    let precision = precision.unwrap_or(0).min(15);
    let power = 10f64.powi(i32::try_from(precision).unwrap_or_default());
    match method.as_deref() {
        // The digits that Python rounds to: the nearest, and of two equally near ones the even.
        None | Some("common") => Ok(format!("{value:.precision$}").parse().unwrap_or(value)),
        Some("ceil") => Ok((value * power).ceil() / power),
        Some("floor") => Ok((value * power).floor() / power),
        Some(_) => Err(Error::new(ErrorKind::InvalidOperation, "round knows common, ceil and floor")),
    }
}

fn mandatory(value: &Value) -> Result<Value, Error> {
    if value.is_undefined() {
        return Err(ErrorKind::UndefinedError.into());
    }
    Ok(value.clone())
}

fn to_json(value: &Value) -> Result<String, Error> {
    let mut out = String::new();
    json(&mut out, value, 0)?;
    Ok(out)
}

fn json(out: &mut String, value: &Value, depth: usize) -> Result<(), Error> {
    if depth > super::data::MAX_DEPTH {
        return Err(super::scope::limit_error("a value is nested deeper than 128 levels"));
    }
    text::bounded(out.len())?;
    match value.kind() {
        ValueKind::None => out.push_str("null"),
        ValueKind::Bool => out.push_str(if value.is_true() { "true" } else { "false" }),
        ValueKind::String => json_text(out, value.as_str().unwrap_or_default()),
        ValueKind::Number => out.push_str(&python::to_text(value)?),
        ValueKind::Seq | ValueKind::Iterable => {
            out.push('[');
            for (index, item) in value.try_iter()?.enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                json(out, &item, depth + 1)?;
            }
            out.push(']');
        }
        ValueKind::Map => {
            out.push('{');
            for (index, key) in value.try_iter()?.enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                json_text(out, &python::to_text(&key)?);
                out.push_str(": ");
                json(out, &value.get_item(&key)?, depth + 1)?;
            }
            out.push('}');
        }
        _ => {
            python::to_text(value)?;
        }
    }
    Ok(())
}

/// As Python writes it: nothing but ASCII.
fn json_text(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(character),
            _ => {
                let mut units = [0; 2];
                for unit in character.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.push('"');
}

fn from_json(text: String) -> Result<Value, Error> {
    let fault =
        |error: serde_json::Error| Error::new(ErrorKind::InvalidOperation, format!("no JSON: {error}"));
    let value: serde_json::Value = serde_json::from_str(&text).map_err(fault)?;
    Ok(plain(value))
}

/// serde_json reads no deeper than 128 levels.
fn plain(value: serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::from(()),
        serde_json::Value::Bool(truth) => Value::from(truth),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Value::from(number),
            (_, Some(number)) => Value::from(number),
            _ => Value::from(number.as_f64().unwrap_or(f64::NAN)),
        },
        serde_json::Value::String(text) => Value::from(text),
        serde_json::Value::Array(items) => python::PyList::value(items.into_iter().map(plain).collect()),
        serde_json::Value::Object(map) => {
            let entries = map.into_iter().map(|(key, value)| (Value::from(key), plain(value)));
            python::PyDict::value(entries.collect())
        }
    }
}
