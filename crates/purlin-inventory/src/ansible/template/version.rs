//! The test `version`: `'1.10' is version('1.9', '>')`.

use super::python::to_text;
use minijinja::value::{Kwargs, Value};
use minijinja::{Error, ErrorKind};
use std::cmp::Ordering;

fn failed(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

pub(super) fn is_version(
    value: &Value,
    other: &Value,
    operator: Option<String>,
    strict: Option<bool>,
    kwargs: Kwargs,
) -> Result<bool, Error> {
    let operator = kwargs.get::<Option<String>>("operator")?.or(operator);
    let strict = kwargs.get::<Option<bool>>("strict")?.or(strict);
    let kind = kwargs.get::<Option<String>>("version_type")?;
    kwargs.assert_all_used()?;
    if strict.is_some() && kind.is_some() {
        return Err(failed("a version is compared by 'strict' or by 'version_type', not by both"));
    }
    if !value.is_true() || !other.is_true() {
        return Err(failed("a version to be compared is empty"));
    }
    let (one, other) = (to_text(value)?, to_text(other)?);
    let order = match kind.as_deref() {
        Some("strict") => strictly(&one, &other)?,
        None if strict == Some(true) => strictly(&one, &other)?,
        None | Some("loose") => loosely(&one, &other)?,
        Some(kind @ ("semver" | "semantic" | "pep440")) => {
            return Err(Error::new(ErrorKind::UnknownTest, format!("version with version_type={kind}")));
        }
        Some(kind) => return Err(failed(format!("there is no kind of version named '{kind}'"))),
    };
    match operator.as_deref().unwrap_or("eq") {
        "==" | "=" | "eq" => Ok(order.is_eq()),
        "!=" | "<>" | "ne" => Ok(order.is_ne()),
        "<" | "lt" => Ok(order.is_lt()),
        "<=" | "le" => Ok(order.is_le()),
        ">" | "gt" => Ok(order.is_gt()),
        ">=" | "ge" => Ok(order.is_ge()),
        other => Err(failed(format!("versions are not compared by '{other}'"))),
    }
}

/// Numbers by their size, words by their letters; a number beside a word is no order.
fn loosely(one: &str, other: &str) -> Result<Ordering, Error> {
    let (one, other) = (parts(one), parts(other));
    for (one, other) in one.iter().zip(&other) {
        let order = match (is_number(one), is_number(other)) {
            (true, true) => numbers(one, other),
            (false, false) => one.cmp(other),
            _ => return Err(failed(format!("versions with '{one}' and '{other}' have no order"))),
        };
        if order.is_ne() {
            return Ok(order);
        }
    }
    Ok(one.len().cmp(&other.len()))
}

fn is_number(part: &str) -> bool {
    part.bytes().all(|digit| digit.is_ascii_digit())
}

fn numbers(one: &str, other: &str) -> Ordering {
    let (one, other) = (one.trim_start_matches('0'), other.trim_start_matches('0'));
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

/// Runs of digits, of small letters and of what is neither; dots only part them.
fn parts(text: &str) -> Vec<&str> {
    let class = |letter: char| match letter {
        '0'..='9' => 0,
        'a'..='z' => 1,
        '.' => 2,
        _ => 3,
    };
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|letter| class(letter) != class(first)).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        if first != '.' {
            parts.push(part);
        }
        rest = after;
    }
    parts
}

/// Two or three numbers, and perhaps `a` or `b` with a number for what comes before them.
fn strictly(one: &str, other: &str) -> Result<Ordering, Error> {
    let read = |text: &str| -> Option<Vec<String>> {
        let pattern = r"\A([0-9]+)\.([0-9]+)(?:\.([0-9]+))?(?:([ab])([0-9]+))?\n?\z";
        let found = regex::Regex::new(pattern).ok()?.captures(text)?;
        let group = |index: usize| found.get(index).map_or("", |found| found.as_str());
        Some((1..=5).map(|index| group(index).to_owned()).collect())
    };
    let wrong = |text: &str| failed(format!("'{text}' is no strict version"));
    let (a, b) = (read(one).ok_or_else(|| wrong(one))?, read(other).ok_or_else(|| wrong(other))?);
    let part = |version: &'_ [String], index: usize| version.get(index).cloned().unwrap_or_default();
    let number = |index: usize| numbers(&part(&a, index), &part(&b, index));
    // A version with no letter comes after those with one.
    let letter = |version: &[String]| Some(part(version, 3)).filter(|letter| !letter.is_empty());
    let letters = match (letter(&a), letter(&b)) {
        (Some(one), Some(other)) => one.cmp(&other),
        (one, other) => other.is_some().cmp(&one.is_some()),
    };
    Ok(number(0).then(number(1)).then(number(2)).then(letters).then(number(4)))
}
