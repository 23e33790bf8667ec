//! Methods of Python's texts, lists and maps that expressions call.

use super::{
    format, lists,
    python::{PyDict, PyList},
    text,
};
use minijinja::value::{Kwargs, Value, ValueKind, from_args};
use minijinja::{Error, ErrorKind, State};

/// What Python's texts can do.
const OF_TEXTS: &str = " capitalize casefold center count encode endswith expandtabs find format format_map index isalnum \
    isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper join ljust lower \
    lstrip maketrans partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split \
    splitlines startswith strip swapcase title translate upper zfill ";
const OF_MAPS: &str = " clear copy fromkeys get items keys pop popitem setdefault update values ";
const OF_LISTS: &str = " append clear copy count extend index insert pop remove reverse sort ";
const OF_NUMBERS: &str =
    " as_integer_ratio bit_count bit_length conjugate from_bytes fromhex hex is_integer to_bytes ";

/// What a value has no method for is not defined, as in Ansible; a method that only Python has is an error.
pub(super) fn call(
    _: &mut State<'_, '_>,
    value: &Value,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    if value.is_undefined() || args.iter().any(Value::is_undefined) {
        return Ok(Value::UNDEFINED);
    }
    let result = match (value.kind(), value.as_str()) {
        (ValueKind::Map, _) => of_map(value, method, args)?,
        (_, Some(text)) => of_text(text, method, args)?,
        (ValueKind::Seq | ValueKind::Iterable, _) => of_list(value, method, args)?,
        _ => None,
    };
    match result {
        Some(result) => Ok(result),
        None if has(value, method) || value.kind() == ValueKind::Plain || method.starts_with('_') => {
            let message = format!("{} has no method named {method} here", value.kind());
            Err(Error::new(ErrorKind::UnknownMethod, message))
        }
        None => Ok(Value::UNDEFINED),
    }
}

/// Whether Python's values of this kind have the method.
pub(super) fn has(value: &Value, method: &str) -> bool {
    let known = match value.kind() {
        ValueKind::Map if value.downcast_object_ref::<PyDict>().is_some() => OF_MAPS,
        ValueKind::String => OF_TEXTS,
        ValueKind::Seq | ValueKind::Iterable => OF_LISTS,
        ValueKind::Number | ValueKind::Bool => OF_NUMBERS,
        _ => "",
    };
    known.contains(&format!(" {method} "))
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
        "copy" => Ok(Some(map.clone())),
        _ => Ok(None),
    }
}

fn of_list(list: &Value, method: &str, args: &[Value]) -> Result<Option<Value>, Error> {
    match method {
        "index" => {
            let (wanted,): (&Value,) = from_args(args)?;
            match lists::items(list)?.iter().position(|item| item == wanted) {
                Some(index) => Ok(Some(Value::from(index))),
                None => Err(Error::new(ErrorKind::InvalidOperation, "the list has no such item")),
            }
        }
        "copy" => Ok(Some(list.clone())),
        _ => Ok(None),
    }
}

fn of_text(text: &str, method: &str, args: &[Value]) -> Result<Option<Value>, Error> {
    let value = Value::from(text);
    Ok(Some(match method {
        "upper" | "lower" | "capitalize" | "title" | "isdigit" | "isalpha" | "isalnum" | "isupper"
        | "islower" => {
            let () = from_args(args)?;
            let all = |is: fn(char) -> bool| Value::from(!text.is_empty() && text.chars().all(is));
            let cased = |lower: bool| {
                let is_other =
                    |letter: char| if lower { letter.is_uppercase() } else { letter.is_lowercase() };
                let is_cased = |letter: char| letter.is_uppercase() || letter.is_lowercase();
                Value::from(text.chars().any(is_cased) && !text.chars().any(is_other))
            };
            match method {
                "upper" => text::upper(&value)?.into(),
                "lower" => text::lower(&value)?.into(),
                "capitalize" => text::capitalize(&value)?.into(),
                "title" => text::title_of_letters(text).into(),
                "isdigit" => all(|letter| letter.is_ascii_digit()),
                "isalpha" => all(char::is_alphabetic),
                "isalnum" => all(char::is_alphanumeric),
                "isupper" => cased(false),
                _ => cased(true),
            }
        }
        "strip" => text::trim(&value, from_args::<(Option<String>,)>(args)?.0)?.into(),
        "lstrip" => text.trim_start_matches(letters(args)?).into(),
        "rstrip" => text.trim_end_matches(letters(args)?).into(),
        "split" | "rsplit" => {
            let (separator, most, kwargs): (Option<&str>, Option<i64>, Kwargs) = from_args(args)?;
            let separator = kwargs.get::<Option<&str>>("sep")?.or(separator);
            let most = kwargs.get::<Option<i64>>("maxsplit")?.or(most);
            kwargs.assert_all_used()?;
            if method == "split" {
                text::split(text, separator, most)?
            } else {
                text::rsplit(text, separator, most)?
            }
        }
        "partition" | "rpartition" => parted(text, method, from_args::<(&str,)>(args)?.0)?,
        "startswith" => any_of(args, |part| text.starts_with(part))?.into(),
        "endswith" => any_of(args, |part| text.ends_with(part))?.into(),
        "removeprefix" => {
            let (part,): (&str,) = from_args(args)?;
            text.strip_prefix(part).unwrap_or(text).into()
        }
        "removesuffix" => {
            let (part,): (&str,) = from_args(args)?;
            text.strip_suffix(part).unwrap_or(text).into()
        }
        "replace" => {
            let (from, to, count): (&str, &str, Option<i64>) = from_args(args)?;
            let count = count.and_then(|count| usize::try_from(count).ok());
            text::replace(&value, &from.into(), &to.into(), count)?.into()
        }
        "find" | "rfind" | "index" | "rindex" => found(text, method, from_args::<(&str,)>(args)?.0)?,
        "count" => match from_args::<(&str,)>(args)?.0 {
            "" => Value::from(text.chars().count() + 1),
            part => Value::from(text.matches(part).count()),
        },
        "zfill" => zero_filled(text, from_args::<(usize,)>(args)?.0)?.into(),
        "format" => {
            let (values, kwargs): (&[Value], Kwargs) = from_args(args)?;
            let result = format::braces(text, values, &kwargs)?;
            result.into()
        }
        "join" => {
            let (items,): (&Value,) = from_args(args)?;
            if lists::items(items)?.iter().any(|item| item.as_str().is_none()) {
                return Err(Error::new(ErrorKind::InvalidOperation, "join puts nothing but texts together"));
            }
            text::join(items, Some(text.to_owned()), std::iter::empty::<(&str, Value)>().collect())?
        }
        _ => return Ok(None),
    }))
}

/// Whether one of some texts does, or the only one.
fn any_of(args: &[Value], does: impl Fn(&str) -> bool) -> Result<bool, Error> {
    let (part,): (&Value,) = from_args(args)?;
    let wrong = || Error::new(ErrorKind::InvalidOperation, "a text is needed, or a tuple of texts");
    if let Some(part) = part.as_str() {
        return Ok(does(part));
    }
    if !part.is_tuple() {
        return Err(wrong());
    }
    for part in lists::items(part)? {
        if does(part.as_str().ok_or_else(wrong)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn parted(text: &str, method: &str, separator: &str) -> Result<Value, Error> {
    if separator.is_empty() {
        return Err(Error::new(ErrorKind::InvalidOperation, "empty separator"));
    }
    let (parts, is_from_end) = match method {
        "partition" => (text.split_once(separator), false),
        _ => (text.rsplit_once(separator), true),
    };
    let parts = match (parts, is_from_end) {
        (Some((before, after)), _) => [before, separator, after],
        (None, false) => [text, "", ""],
        (None, true) => ["", "", text],
    };
    Ok(PyList::value(parts.into_iter().map(Value::from).collect()))
}

fn found(text: &str, method: &str, part: &str) -> Result<Value, Error> {
    let at = if method.starts_with('r') { text.rfind(part) } else { text.find(part) };
    match at {
        Some(at) => Ok(Value::from(text.get(..at).map_or(0, |before| before.chars().count()))),
        None if method.ends_with("find") => Ok(Value::from(-1)),
        None => Err(Error::new(ErrorKind::InvalidOperation, "the text does not have that in it")),
    }
}

fn zero_filled(text: &str, width: usize) -> Result<String, Error> {
    text::bounded(width)?;
    let (sign, digits) = text.split_at(text.len() - text.strip_prefix(['-', '+']).unwrap_or(text).len());
    let missing = width.saturating_sub(text.chars().count());
    Ok(format!("{sign}{}{digits}", "0".repeat(missing)))
}

/// Which letters `lstrip` and `rstrip` take away.
fn letters(args: &[Value]) -> Result<impl Fn(char) -> bool, Error> {
    let (letters,): (Option<String>,) = from_args(args)?;
    Ok(move |letter: char| match &letters {
        Some(letters) => letters.contains(letter),
        None => letter.is_whitespace(),
    })
}
