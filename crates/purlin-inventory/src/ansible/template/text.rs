//! Filters that make text of text.

use super::guard::sound;
use super::lists::items;
use super::python::{PyList, to_text};
use super::scope::limit_error;
use minijinja::value::{Kwargs, Value};
use minijinja::{Error, ErrorKind};

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

/// Parts of a text: by a separator, or by white space; at most so many times, where that is said and not negative.
pub(super) fn split(text: &str, separator: Option<&str>, most: Option<i64>) -> Result<Value, Error> {
    let most = most.and_then(|most| usize::try_from(most).ok());
    let parts: Vec<Value> = match (separator, most) {
        (None, None) => text.split_whitespace().map(Value::from).collect(),
        (None, Some(most)) => {
            let mut parts = Vec::new();
            let mut rest = text.trim_start();
            while !rest.is_empty() {
                let end = rest.find(char::is_whitespace).filter(|_| parts.len() < most);
                let (part, after) = rest.split_at(end.unwrap_or(rest.len()));
                parts.push(Value::from(part));
                rest = after.trim_start();
            }
            parts
        }
        (Some(""), _) => return Err(Error::new(ErrorKind::InvalidOperation, "empty separator")),
        (Some(separator), None) => text.split(separator).map(Value::from).collect(),
        (Some(separator), Some(most)) => {
            text.splitn(most.saturating_add(1), separator).map(Value::from).collect()
        }
    };
    Ok(PyList::value(parts))
}

/// The same from the end.
pub(super) fn rsplit(text: &str, separator: Option<&str>, most: Option<i64>) -> Result<Value, Error> {
    let count = most.and_then(|most| usize::try_from(most).ok());
    let mut parts: Vec<Value> = match (separator, count) {
        (_, None) => return split(text, separator, None),
        (None, Some(most)) => {
            let mut parts = Vec::new();
            let mut rest = text.trim_end();
            while !rest.is_empty() {
                let start = rest.rfind(char::is_whitespace).filter(|_| parts.len() < most);
                let from = start.map_or(0, |at| at + rest.get(at..).map_or(0, first_length));
                let (before, part) = rest.split_at(from);
                parts.push(Value::from(part));
                rest = before.trim_end();
            }
            parts
        }
        (Some(""), _) => return Err(Error::new(ErrorKind::InvalidOperation, "empty separator")),
        (Some(separator), Some(most)) => {
            text.rsplitn(most.saturating_add(1), separator).map(Value::from).collect()
        }
    };
    parts.reverse();
    Ok(PyList::value(parts))
}

fn first_length(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}

/// Jinja's: words begin after white space, hyphens and brackets.
pub(super) fn title(value: &Value) -> Result<String, Error> {
    let starts = |letter: char| letter.is_whitespace() || "-({[<".contains(letter);
    Ok(titled(&to_text(value)?, starts))
}

/// Python's `str.title`: words begin after what is no letter.
pub(super) fn title_of_letters(text: &str) -> String {
    titled(text, |letter| !letter.is_alphabetic())
}

fn titled(text: &str, parts_words: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_first = true;
    for letter in text.chars() {
        match is_first {
            true => out.extend(letter.to_uppercase()),
            false => out.extend(letter.to_lowercase()),
        }
        is_first = parts_words(letter);
    }
    out
}

pub(super) fn join(value: &Value, separator: Option<String>, kwargs: Kwargs) -> Result<Value, Error> {
    let separator = match kwargs.get::<Option<String>>("d")? {
        Some(named) => named,
        None => separator.unwrap_or_default(),
    };
    let attribute: Option<Value> = kwargs.get("attribute")?;
    kwargs.assert_all_used()?;
    let mut text = String::new();
    for (index, item) in items(value)?.into_iter().enumerate() {
        if index > 0 {
            text.push_str(&separator);
        }
        let item = match &attribute {
            Some(attribute) => sound(item.get_item(attribute)?)?,
            None => item,
        };
        if item.is_undefined() {
            return Ok(Value::UNDEFINED);
        }
        text.push_str(&to_text(&item)?);
        bounded(text.len())?;
    }
    Ok(Value::from(text))
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

/// A path without its ending, and the ending.
pub(super) fn splitext(path: &str) -> Value {
    let name = path.rfind('/').map_or(0, |at| at + 1);
    let is_inside = |at: &usize| path.get(name..*at).is_some_and(|before| before.contains(|c| c != '.'));
    let (root, ending) = match path.rfind('.').filter(is_inside) {
        Some(at) => path.split_at(at),
        None => (path, ""),
    };
    PyList::value(vec![root.into(), ending.into()])
}

/// A word for a POSIX shell; a text that is one already stays the same.
pub(super) fn quote(value: &Value) -> Result<Value, Error> {
    let text = to_text(value)?;
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_@%+=:,./-".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        return Ok(if value.as_str().is_some() { value.clone() } else { Value::from(text) });
    }
    Ok(Value::from(format!("'{}'", text.replace('\'', "'\"'\"'"))))
}

/// What a filter makes is charged when it is made; this stops it before.
pub(super) fn bounded(length: usize) -> Result<(), Error> {
    match length > 4 << 20 {
        true => Err(limit_error("a text would be longer than 4 MiB")),
        false => Ok(()),
    }
}
