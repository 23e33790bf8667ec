//! Filters that make text of text.

use super::python::to_text;
use super::scope::limit_error;
use minijinja::value::{Kwargs, Rest, Value};
use minijinja::{Error, ErrorKind};
use regex::{Regex, RegexBuilder};

pub(super) fn string(value: &Value) -> Result<Value, Error> {
    match value.as_str() {
        Some(_) => Ok(value.clone()),
        None => to_text(value).map(Value::from),
    }
}

pub(super) fn lower(value: &Value) -> Result<String, Error> {
    Ok(to_text(value)?.to_lowercase())
}

pub(super) fn upper(value: &Value) -> Result<String, Error> {
    Ok(to_text(value)?.to_uppercase())
}

pub(super) fn capitalize(value: &Value) -> Result<String, Error> {
    let text = to_text(value)?;
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    Ok(first + &letters.as_str().to_lowercase())
}

pub(super) fn trim(value: &Value, letters: Option<String>) -> Result<String, Error> {
    let text = to_text(value)?;
    Ok(match letters {
        Some(letters) => text.trim_matches(|letter| letters.contains(letter)).to_owned(),
        None => text.trim().to_owned(),
    })
}

pub(super) fn replace(
    value: &Value,
    from: &Value,
    to: &Value,
    count: Option<usize>,
) -> Result<String, Error> {
    let (text, from, to) = (to_text(value)?, to_text(from)?, to_text(to)?);
    bounded(text.len().saturating_mul(to.len().max(1)))?;
    Ok(match count {
        Some(count) => text.replacen(&from, &to, count),
        None => text.replace(&from, &to),
    })
}

pub(super) fn split(text: &str, separator: Option<&str>, most: Option<i64>) -> Result<Value, Error> {
    let most = most.and_then(|most| usize::try_from(most).ok());
    let parts: Vec<Value> = match (separator, most) {
        (None, None) => text.split_whitespace().map(Value::from).collect(),
        (None, Some(_)) => {
            let message = "split with a count needs a separator here";
            return Err(Error::new(ErrorKind::UnknownMethod, message));
        }
        (Some(""), _) => return Err(Error::new(ErrorKind::InvalidOperation, "empty separator")),
        (Some(separator), None) => text.split(separator).map(Value::from).collect(),
        (Some(separator), Some(most)) => {
            text.splitn(most.saturating_add(1), separator).map(Value::from).collect()
        }
    };
    Ok(super::python::PyList::value(parts))
}

pub(super) fn join(value: &Value, separator: Option<String>, kwargs: Kwargs) -> Result<String, Error> {
    let separator = match kwargs.get::<Option<String>>("d")? {
        Some(named) => named,
        None => separator.unwrap_or_default(),
    };
    let attribute: Option<Value> = kwargs.get("attribute")?;
    kwargs.assert_all_used()?;
    let mut text = String::new();
    for (index, item) in value.try_iter()?.enumerate() {
        if index > 0 {
            text.push_str(&separator);
        }
        let item = match &attribute {
            Some(attribute) => item.get_item(attribute)?,
            None => item,
        };
        text.push_str(&to_text(&item)?);
        bounded(text.len())?;
    }
    Ok(text)
}

pub(super) fn regex_replace(
    value: &Value,
    pattern: String,
    replacement: Option<String>,
    kwargs: Kwargs,
) -> Result<String, Error> {
    let text = to_text(value)?;
    let named: Option<String> = kwargs.get("replacement")?;
    let count: Option<usize> = kwargs.get("count")?;
    let pattern = compile(&pattern, &kwargs)?;
    kwargs.assert_all_used()?;
    let replacement = groups(&named.or(replacement).unwrap_or_default());
    let result = pattern.replacen(&text, count.unwrap_or(0), &*replacement).into_owned();
    bounded(result.len())?;
    Ok(result)
}

pub(super) fn regex_search(
    value: &Value,
    pattern: String,
    wanted: Rest<String>,
    kwargs: Kwargs,
) -> Result<Value, Error> {
    let text = to_text(value)?;
    let pattern = compile(&pattern, &kwargs)?;
    kwargs.assert_all_used()?;
    let Some(found) = pattern.captures(&text) else {
        return Ok(Value::from(()));
    };
    if wanted.is_empty() {
        return Ok(found.get(0).map_or_else(|| Value::from(()), |found| Value::from(found.as_str())));
    }
    let mut parts = Vec::new();
    for name in wanted.iter() {
        let number = name.strip_prefix('\\').and_then(|number| number.parse().ok());
        let named = name.strip_prefix("\\g<").and_then(|name| name.strip_suffix('>'));
        let group = match (number, named) {
            (Some(number), _) => found.get(number),
            (None, Some(named)) => found.name(named),
            _ => return Err(Error::new(ErrorKind::InvalidOperation, "unknown argument of regex_search")),
        };
        parts.push(group.map_or_else(|| Value::from(()), |group| Value::from(group.as_str())));
    }
    Ok(super::python::PyList::value(parts))
}

pub(super) fn regex_escape(text: String) -> String {
    regex::escape(&text)
}

/// A pattern of Python's `re`, with its options.
pub(super) fn compile(pattern: &str, kwargs: &Kwargs) -> Result<Regex, Error> {
    let ignore_case = kwargs.get::<Option<bool>>("ignorecase")?.unwrap_or_default();
    let multiline = kwargs.get::<Option<bool>>("multiline")?.unwrap_or_default();
    regex(pattern, ignore_case, multiline)
}

pub(super) fn regex(pattern: &str, ignore_case: bool, multiline: bool) -> Result<Regex, Error> {
    RegexBuilder::new(&pattern.replace("\\Z", "\\z"))
        .case_insensitive(ignore_case)
        .multi_line(multiline)
        .size_limit(1 << 20)
        .build()
        .map_err(|_| {
            let message = format!("the regular expression '{pattern}' is wrong, too large, or looks around");
            Error::new(ErrorKind::UnknownTest, message)
        })
}

/// Python's `\1` and `\g<name>` as the regex crate writes them.
fn groups(replacement: &str) -> String {
    let mut out = String::with_capacity(replacement.len());
    let mut rest = replacement;
    while let Some(index) = rest.find(['\\', '$']) {
        let (before, from) = rest.split_at(index);
        out.push_str(before);
        if let Some(after) = from.strip_prefix('$') {
            out.push_str("$$");
            rest = after;
            continue;
        }
        let after = from.strip_prefix('\\').unwrap_or_default();
        let digits = after.len() - after.trim_start_matches(|digit: char| digit.is_ascii_digit()).len();
        let named = after.strip_prefix("g<").and_then(|name| name.split_once('>'));
        rest = match (digits, named) {
            (0, Some((name, after))) => {
                out.push_str(&format!("${{{name}}}"));
                after
            }
            (0, None) => {
                out.push('\\');
                after.strip_prefix('\\').unwrap_or(after)
            }
            (digits, _) => {
                out.push_str(&format!("${{{}}}", &after[..digits]));
                &after[digits..]
            }
        };
    }
    out + rest
}

pub(super) fn basename(text: String) -> String {
    text.rsplit('/').next().unwrap_or_default().to_owned()
}

pub(super) fn dirname(text: String) -> String {
    match text.rsplit_once('/') {
        Some(("", _)) => "/".to_owned(),
        Some((folder, _)) => folder.trim_end_matches('/').to_owned(),
        None => String::new(),
    }
}

/// A word for a POSIX shell.
pub(super) fn quote(value: &Value) -> Result<String, Error> {
    let text = to_text(value)?;
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_@%+=:,./-".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        return Ok(text);
    }
    Ok(format!("'{}'", text.replace('\'', "'\"'\"'")))
}

/// What a filter makes is charged when it is made; this stops it before.
pub(super) fn bounded(length: usize) -> Result<(), Error> {
    match length > 4 << 20 {
        true => Err(limit_error("a text would be longer than 4 MiB")),
        false => Ok(()),
    }
}
