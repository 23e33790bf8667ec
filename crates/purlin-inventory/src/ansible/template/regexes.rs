//! Filters and tests with regular expressions of Python's `re`.

use super::python::{PyList, to_text};
use super::text::bounded;
use minijinja::value::{Kwargs, Rest, Value};
use minijinja::{Error, ErrorKind};
use regex::{Captures, Regex, RegexBuilder};

pub(super) fn replace(
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
    let mut result = String::new();
    let mut last = 0;
    for found in matches(&pattern, &text).take(count.filter(|count| *count > 0).unwrap_or(usize::MAX)) {
        let Some(whole) = found.get(0) else { continue };
        result.push_str(text.get(last..whole.start()).unwrap_or_default());
        found.expand(&replacement, &mut result);
        last = whole.end();
        bounded(result.len())?;
    }
    result.push_str(text.get(last..).unwrap_or_default());
    bounded(result.len())?;
    Ok(result)
}

/// All matches. As in Python an empty one may follow another at once.
fn matches<'a>(pattern: &'a Regex, text: &'a str) -> impl Iterator<Item = Captures<'a>> {
    let mut from = Some(0);
    std::iter::from_fn(move || {
        let found = pattern.captures_at(text, from?)?;
        let whole = found.get(0)?;
        from = match whole.is_empty() {
            false => Some(whole.end()),
            true => text.get(whole.end()..)?.chars().next().map(|next| whole.end() + next.len_utf8()),
        };
        Some(found)
    })
}

/// All matches: each whole, or its only group, or a list of its groups.
pub(super) fn find_all(value: &Value, pattern: String, kwargs: Kwargs) -> Result<Value, Error> {
    let text = to_text(value)?;
    let pattern = compile(&pattern, &kwargs)?;
    kwargs.assert_all_used()?;
    let mut all = Vec::new();
    for found in matches(&pattern, &text) {
        let part = |part: Option<regex::Match<'_>>| Value::from(part.map_or("", |part| part.as_str()));
        all.push(match found.len() {
            1 | 2 => part(found.get(found.len() - 1)),
            groups => PyList::value((1..groups).map(|group| part(found.get(group))).collect()),
        });
        bounded(all.len().saturating_mul(64))?;
    }
    Ok(PyList::value(all))
}

pub(super) fn search(
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
    Ok(PyList::value(parts))
}

pub(super) fn escape(text: String) -> String {
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
