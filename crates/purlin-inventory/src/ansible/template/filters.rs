//! Ansible's filters, beside those of Jinja, and those that Python computes differently.

use super::guard::{filter, over, selecting, sound};
use super::{format, lists, operators, python, regexes, text};
use minijinja::filters as jinja;
use minijinja::value::{Kwargs, Rest, Tuple, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind};

/// Adds what Ansible has and the engine has not, and takes out what Ansible has not.
pub(super) fn install(env: &mut Environment<'static>) {
    for name in ["safe", "escape", "e", "lines", "chain", "pprint", "indent", "attr"] {
        env.remove_filter(name);
    }
    operators::install(env);
    of_texts(env);
    of_lists(env);
    env.add_filter("ternary", lists::ternary);
    over(env, "dict2items", lists::dict2items);
    over(env, "items2dict", lists::items2dict);
    filter(env, "combine", lists::combine);
    filter(env, "bool", truth);
    filter(env, "int", int);
    filter(env, "float", float);
    filter(env, "abs", jinja::abs);
    filter(env, "round", round);
    env.add_filter("mandatory", mandatory);
    filter(env, "to_json", to_json);
    filter(env, "to_nice_json", to_nice_json);
    filter(env, "from_json", from_json);
}

fn of_texts(env: &mut Environment<'static>) {
    filter(env, "string", text::string);
    filter(env, "lower", text::lower);
    filter(env, "upper", text::upper);
    filter(env, "capitalize", text::capitalize);
    filter(env, "title", text::title);
    filter(env, "trim", text::trim);
    filter(env, "replace", text::replace);
    filter(env, "split", |text: &str, separator: Option<&str>, most: Option<i64>| {
        text::split(text, separator, most)
    });
    over(env, "join", text::join);
    filter(env, "format", |text: &str, values: Rest<Value>| {
        format::percent(text, &Value::from(Tuple::from(values.to_vec())))
    });
    filter(env, "regex_replace", regexes::replace);
    filter(env, "regex_search", regexes::search);
    filter(env, "regex_findall", regexes::find_all);
    filter(env, "regex_escape", regexes::escape);
    filter(env, "basename", text::basename);
    filter(env, "dirname", text::dirname);
    filter(env, "splitext", text::splitext);
    filter(env, "quote", text::quote);
}

fn of_lists(env: &mut Environment<'static>) {
    over(env, "unique", lists::unique);
    over(env, "union", lists::union);
    over(env, "intersect", lists::intersect);
    over(env, "difference", lists::difference);
    over(env, "symmetric_difference", lists::symmetric_difference);
    over(env, "flatten", lists::flatten);
    over(env, "list", lists::list);
    over(env, "first", |value: &Value| jinja::first(value).and_then(sound));
    over(env, "last", jinja::last);
    over(env, "length", jinja::length);
    over(env, "count", jinja::length);
    over(env, "reverse", jinja::reverse);
    over(env, "sum", jinja::sum);
    over(env, "items", jinja::items);
    over(env, "dictsort", jinja::dictsort);
    over(env, "batch", jinja::batch);
    over(env, "slice", jinja::slice);
    over(env, "zip", jinja::zip);
    filter(env, "map", jinja::map);
    selecting(env, "select", jinja::select, 1);
    selecting(env, "reject", jinja::reject, 1);
    selecting(env, "selectattr", jinja::selectattr, 2);
    selecting(env, "rejectattr", jinja::rejectattr, 2);
    over(env, "groupby", jinja::groupby);
}

/// Ansible's idea of truth: some words and numbers are true, everything else is false.
fn truth(value: &Value) -> Result<Value, Error> {
    if value.kind() == ValueKind::Bool {
        return Ok(value.clone());
    }
    let text = python::to_text(value)?.to_lowercase();
    Ok(Value::from(["1", "1.0", "true", "yes", "on", "y", "t"].contains(&text.as_str())))
}

fn int(value: &Value, default: Option<Value>, base: Option<u32>, kwargs: Kwargs) -> Result<Value, Error> {
    let named: Option<Value> = kwargs.get("default")?;
    let base = kwargs.get::<Option<u32>>("base")?.or(base).unwrap_or(10);
    kwargs.assert_all_used()?;
    let number = match value.kind() {
        ValueKind::Number if value.is_integer() => return Ok(value.clone()),
        ValueKind::Bool => Some(i128::from(value.is_true())),
        ValueKind::Number => match f64::try_from(value.clone())? {
            number if number.is_infinite() => {
                let message = "what is infinite is no whole number";
                return Err(Error::new(ErrorKind::InvalidOperation, message));
            }
            number => truncated(number),
        },
        ValueKind::String => value.as_str().and_then(|text| parse_int(text.trim(), base)),
        _ => None,
    };
    Ok(number.map_or_else(|| default.or(named).unwrap_or_else(|| Value::from(0)), Value::from))
}

/// As Python's `int()` reads a text; base 0 is what the text itself says.
fn parse_int(text: &str, base: u32) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (if text.starts_with('-') { "-" } else { "" }, digits),
        None => ("", text),
    };
    let lower = digits.to_ascii_lowercase();
    let prefixed = [("0b", 2), ("0o", 8), ("0x", 16)]
        .into_iter()
        .find_map(|(prefix, own)| Some((lower.strip_prefix(prefix)?, own)))
        .filter(|(_, own)| base == 0 || base == *own);
    let (digits, base) = match prefixed {
        // A single underscore may also follow the prefix.
        Some((digits, own)) => (digits.strip_prefix('_').unwrap_or(digits), own),
        None if base == 0 => (lower.as_str(), 10),
        None => (lower.as_str(), base),
    };
    if !(2..=36).contains(&base) || digits.starts_with(['-', '+']) {
        return None;
    }
    let is_split = digits.split('_').any(str::is_empty);
    let whole = i128::from_str_radix(&format!("{sign}{}", digits.replace('_', "")), base).ok();
    let whole = whole.filter(|_| !is_split);
    whole.or_else(|| text.parse().ok().and_then(truncated))
}

#[expect(clippy::cast_possible_truncation, reason = "it is within the range")]
pub(super) fn truncated(number: f64) -> Option<i128> {
    (number.abs() < 1e38).then(|| number.trunc() as i128)
}

fn float(value: &Value, default: Option<f64>) -> f64 {
    let number = match value.as_str() {
        Some(text) => text.trim().parse().ok(),
        None => f64::try_from(value.clone()).ok(),
    };
    number.or(default).unwrap_or_default()
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
    json(&mut out, value, None, 0)?;
    Ok(out)
}

/// With a line for each value, and keys in the order of their letters.
fn to_nice_json(value: &Value, indent: Option<usize>, kwargs: Kwargs) -> Result<String, Error> {
    let indent = kwargs.get::<Option<usize>>("indent")?.or(indent).unwrap_or(4);
    kwargs.assert_all_used()?;
    text::bounded(indent)?;
    let mut out = String::new();
    json(&mut out, value, Some(indent), 0)?;
    Ok(out)
}

/// A line break before a value of this depth, where there is one, else what stands in its place.
fn line(out: &mut String, indent: Option<usize>, depth: usize, otherwise: &str) -> Result<(), Error> {
    let Some(indent) = indent else {
        out.push_str(otherwise);
        return Ok(());
    };
    text::bounded(out.len().saturating_add(indent.saturating_mul(depth)))?;
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent * depth));
    Ok(())
}

fn json(out: &mut String, value: &Value, indent: Option<usize>, depth: usize) -> Result<(), Error> {
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
            let items = lists::items(value)?;
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                line(out, indent, depth + 1, if index == 0 { "" } else { " " })?;
                json(out, item, indent, depth + 1)?;
            }
            if !items.is_empty() {
                line(out, indent, depth, "")?;
            }
            out.push(']');
        }
        ValueKind::Map => {
            let mut entries = Vec::new();
            for (key, value) in lists::entries(value)? {
                entries.push((python::to_text(&key)?, value));
            }
            if indent.is_some() {
                entries.sort_by(|(one, _), (other, _)| one.cmp(other));
            }
            out.push('{');
            for (index, (key, item)) in entries.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                line(out, indent, depth + 1, if index == 0 { "" } else { " " })?;
                json_text(out, key);
                out.push_str(": ");
                json(out, item, indent, depth + 1)?;
            }
            if !entries.is_empty() {
                line(out, indent, depth, "")?;
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
