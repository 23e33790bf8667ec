//! Whether a file is in the native format: its document says so, however that is written.

use crate::document::yaml;
use crate::{FileId, Value};
use toml::de::{DeTable, DeValue};

/// In which of its two forms a native file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Toml,
    Yaml,
}

/// The form of a text that has a single value, and not a table of its own, under `purlin` at its top.
pub(crate) fn form(text: &str) -> Option<Form> {
    if !text.contains("purlin") {
        return None;
    }
    // Most files say it first, and need not be read twice.
    match significant(text).next().and_then(written) {
        Some(form) => Some(form),
        None if says_toml(text) => Some(Form::Toml),
        None if says_yaml(text) => Some(Form::Yaml),
        None => None,
    }
}

fn significant(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.trim_start_matches('\u{feff}').lines();
    lines.filter(|line| {
        !matches!(line.trim_start().chars().next(), None | Some('#')) && !line.starts_with("---")
    })
}

/// What a line says that begins a document.
fn written(line: &str) -> Option<Form> {
    let (line, is_indented) = (line.trim_start(), line.starts_with(char::is_whitespace));
    let rest =
        ["purlin", "\"purlin\"", "'purlin'"].iter().find_map(|key| line.strip_prefix(key))?.trim_start();
    if rest.starts_with('=') {
        return Some(Form::Toml);
    }
    let value = rest.strip_prefix(':').filter(|_| !is_indented)?;
    let is_scalar =
        value.trim_start().starts_with(|first: char| first.is_ascii_alphanumeric() || "\"'".contains(first));
    (is_scalar && value.starts_with([' ', '\t'])).then_some(Form::Yaml)
}

/// What has faults further on is native all the same, and they are to be told.
fn says_toml(text: &str) -> bool {
    let (table, _) = DeTable::parse_recoverable(text);
    let version = table.get_ref().iter().find(|(key, _)| &**key.get_ref() == "purlin");
    version.is_some_and(|(_, value)| !matches!(value.get_ref(), DeValue::Table(_) | DeValue::Array(_)))
}

fn says_yaml(text: &str) -> bool {
    let has_key = |line: &str| {
        let line = line.trim_start_matches(['{', '?', ' ', '\t', ',']);
        line.starts_with("purlin") || line.starts_with("\"purlin\"") || line.starts_with("'purlin'")
    };
    let in_flow = || significant(text).next().is_some_and(|line| line.trim_start().starts_with('{'));
    if !text.lines().any(has_key) && !in_flow() {
        return false;
    }
    let version = |root: &Value| {
        let version = root.as_map()?.get("purlin")?;
        Some(!matches!(version.value, Value::Null | Value::Map(_) | Value::List(_)))
    };
    match yaml::read_all(text, "", FileId(0), yaml::Dialect::Core) {
        Ok(read) => version(&read.value.value).unwrap_or(false),
        Err(_) => text
            .lines()
            .any(|line| !line.starts_with(char::is_whitespace) && written(line) == Some(Form::Yaml)),
    }
}
