//! Methods of Python's texts, lists and maps that expressions call.

use super::{lists, python::PyList, text};
use minijinja::value::{Value, ValueKind, from_args};
use minijinja::{Error, ErrorKind, State};

pub(super) fn call(
    _: &mut State<'_, '_>,
    value: &Value,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    let result = match (value.kind(), value.as_str()) {
        (ValueKind::Map, _) => of_map(value, method, args)?,
        (_, Some(text)) => of_text(text, method, args)?,
        _ => None,
    };
    result.ok_or_else(|| {
        let message = format!("{} has no method named {method} here", value.kind());
        Error::new(ErrorKind::UnknownMethod, message)
    })
}

fn of_map(map: &Value, method: &str, args: &[Value]) -> Result<Option<Value>, Error> {
    let list = |items: Vec<Value>| Ok(Some(PyList::value(items)));
    match method {
        "get" => {
            let (key, default): (&Value, Option<&Value>) = from_args(args)?;
            let value = map.get_item(key)?;
            let absent = || default.cloned().unwrap_or_else(|| Value::from(()));
            Ok(Some(if value.is_undefined() { absent() } else { value }))
        }
        "keys" => list(lists::items(map)?),
        "values" => list(lists::entries(map)?.into_iter().map(|(_, value)| value).collect()),
        "items" => {
            let pairs = lists::entries(map)?.into_iter();
            list(pairs.map(|(key, value)| PyList::value(vec![key, value])).collect())
        }
        _ => Ok(None),
    }
}

fn of_text(text: &str, method: &str, args: &[Value]) -> Result<Option<Value>, Error> {
    let value = Value::from(text);
    Ok(Some(match method {
        "upper" => text::upper(&value)?.into(),
        "lower" => text::lower(&value)?.into(),
        "capitalize" => text::capitalize(&value)?.into(),
        "strip" => text::trim(&value, from_args::<(Option<String>,)>(args)?.0)?.into(),
        "lstrip" => text.trim_start_matches(letters(args)?).into(),
        "rstrip" => text.trim_end_matches(letters(args)?).into(),
        "split" => {
            let (separator, most): (Option<&str>, Option<i64>) = from_args(args)?;
            text::split(text, separator, most)?
        }
        "startswith" => text.starts_with(from_args::<(&str,)>(args)?.0).into(),
        "endswith" => text.ends_with(from_args::<(&str,)>(args)?.0).into(),
        "replace" => {
            let (from, to): (&Value, &Value) = from_args(args)?;
            text::replace(&value, from, to, None)?.into()
        }
        "isdigit" => (!text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit())).into(),
        "join" => {
            let (items,): (&Value,) = from_args(args)?;
            text::join(items, Some(text.to_owned()), std::iter::empty::<(&str, Value)>().collect())?.into()
        }
        _ => return Ok(None),
    }))
}

/// Which letters `lstrip` and `rstrip` take away.
fn letters(args: &[Value]) -> Result<impl Fn(char) -> bool, Error> {
    let (letters,): (Option<String>,) = from_args(args)?;
    Ok(move |letter: char| match &letters {
        Some(letters) => letters.contains(letter),
        None => letter.is_whitespace(),
    })
}
