//! Values that became something else than was written.

use super::{Said, Texts, Visited, visit};
use crate::{Inventory, Located, Origin, Value};
use purlin_core::{Diagnostic, Diagnostics};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Last words of keys whose values are words even where they look like booleans: the country code of Norway.
const WORDY: [&str; 9] =
    ["country", "lang", "language", "locale", "region", "currency", "code", "mode", "answer"];
/// Words in keys of versions.
const VERSIONS: [&str; 4] = ["version", "release", "ver", "tag"];

pub(super) fn traps(inventory: &Inventory, said: &[Said<'_>], texts: &Texts<'_>, found: &mut Diagnostics) {
    // Where a variable is text elsewhere, a boolean of that name is suspicious.
    let mut texty: HashSet<Arc<str>> = HashSet::new();
    let mut candidates: Vec<(Origin, Candidate)> = Vec::new();
    visit(said, |visited| {
        if matches!(&visited.value.value, Value::Text(text) if !is_truth(text)) {
            texty.insert(visited.way.clone());
        }
        let may_be_trap = match &visited.value.value {
            Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => true,
            Value::List(items) => is_literal(visited.value.origin, items),
            _ => false,
        };
        if may_be_trap && visited.value.origin.line() > 0 {
            candidates.push((visited.value.origin, Candidate::of(visited)));
        }
    });
    candidates.sort_by_key(|(origin, _)| *origin);
    for of_file in candidates.chunk_by(|(one, _), (other, _)| one.file == other.file) {
        let Some((first, _)) = of_file.first() else { continue };
        let file = inventory.place(*first).file;
        let is_ini = inventory.0.ini_files.contains(&first.file.0) || file.to_lowercase().ends_with(".ini");
        let needs_text = of_file.iter().any(|(_, candidate)| candidate.needs_text());
        let text = needs_text.then(|| texts(&file)).flatten().unwrap_or_default();
        let lines: HashMap<u32, &str> = (1..).zip(text.lines()).collect();
        for (origin, candidate) in of_file {
            let line = lines.get(&origin.line()).copied().unwrap_or_default();
            if let Some(warning) = candidate.trap(line, *origin, is_ini, &texty) {
                found.push(warning.place(inventory.place(*origin)));
            }
        }
    }
}

/// A value that may have become something else.
struct Candidate {
    way: Arc<str>,
    key: String,
    value: Value,
    /// Whether the other items of its list are texts.
    among_texts: bool,
}

impl Candidate {
    fn of(visited: &Visited<'_>) -> Self {
        let others = visited.siblings.iter().filter(|item| !matches!(item.value, Value::Bool(_)));
        let mut others = others.peekable();
        let among_texts = others.peek().is_some() && others.all(|item| matches!(item.value, Value::Text(_)));
        let (way, key) = (visited.way.clone(), visited.key.to_lowercase());
        Self { way, key, value: visited.value.value.clone(), among_texts }
    }

    fn trap(
        &self,
        line: &str,
        origin: Origin,
        is_ini: bool,
        texty: &HashSet<Arc<str>>,
    ) -> Option<Diagnostic> {
        let warning = |code: &'static str, message: String, help: String| {
            Some(Diagnostic::warning(code, format!("{} {message}", self.way)).help(help))
        };
        if let Value::Text(text) = &self.value {
            if is_ini && text.contains(" #") && self.is_bare_setting(line) {
                let message =
                    "holds what looks like a comment: behind values of a :vars section there is none";
                let help = "put the comment on a line of its own, or the value in quotes";
                return warning("ini-comment", message.to_owned(), help.to_owned());
            }
            let word = ["true", "false"].into_iter().find(|word| text.eq_ignore_ascii_case(word))?;
            let python = if word == "true" { "True" } else { "False" };
            let help = format!("write {python} for the boolean");
            return is_ini
                .then(|| warning("ini-boolean", format!("is the text {text}, not a boolean"), help))
                .flatten();
        }
        let written = written(line, origin.column(), &self.key)?;
        let quoted = |text: &str| match is_ini {
            // The shell's quotes are gone before the value is looked at.
            true => format!(
                "where the text is meant, write \"'{text}'\" on a host's line, \"{text}\" in a :vars section"
            ),
            false => format!("write \"{text}\" where the text is meant"),
        };
        match &self.value {
            Value::Bool(truth) if ["yes", "no", "on", "off"].contains(&written.to_lowercase().as_str()) => {
                let wordy = self.key.rsplit('_').next().is_some_and(|word| WORDY.contains(&word));
                let is_suspicious = wordy || self.among_texts || texty.contains(&self.way);
                let message = format!("is the boolean {truth}, since YAML 1.1 reads {written} so");
                is_suspicious.then(|| warning("coerced-boolean", message, quoted(written))).flatten()
            }
            Value::List(_) if is_ini && !written.starts_with(['[', '(']) => {
                let help = "put it in brackets; for the text, put it in quotes, and those in quotes on a host's line";
                warning("coerced-list", "is a list, since a comma makes one".to_owned(), help.to_owned())
            }
            Value::Int(number) if is_octal(written) => {
                let message = format!("is the number {number}: the zero in {written} makes it octal");
                warning("coerced-octal", message, quoted(written))
            }
            Value::Int(_) | Value::Float(_) if is_sexagesimal(written) => {
                let shown = shown(&self.value);
                let message = format!("is the number {shown}, since YAML 1.1 reads {written} in base 60");
                warning("coerced-sexagesimal", message, quoted(written))
            }
            Value::Int(_) | Value::Float(_) if is_odd_number(written, is_ini) => {
                let message = format!("is the number {}, since {written} is read as one", shown(&self.value));
                warning("coerced-number", message, quoted(written))
            }
            Value::Float(number) if self.looks_like_version(written) => {
                let message = format!("is the number {number}, and {written} is lost");
                warning("coerced-version", message, quoted(written))
            }
            _ => None,
        }
    }

    /// Whether the line of the file decides.
    fn needs_text(&self) -> bool {
        !matches!(&self.value, Value::Text(text) if !text.contains(" #"))
    }

    /// Whether a line is a setting of this key whose value is not in quotes: `key = value`.
    fn is_bare_setting(&self, line: &str) -> bool {
        let Some((key, value)) = line.split_once('=') else { return false };
        key.trim().to_lowercase() == self.key && !value.trim_start().starts_with(['"', '\''])
    }

    /// Digits, a dot, and digits of which the last is a zero that the number has not: `1.10`.
    fn looks_like_version(&self, written: &str) -> bool {
        let Some((whole, fraction)) = written.split_once('.') else { return false };
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let named = self.key.split(['_', '-']).any(|word| VERSIONS.contains(&word));
        digits(whole)
            && digits(fraction)
            && fraction.len() > 1
            && fraction.ends_with('0')
            && (named || whole != "0")
    }
}

/// How a value was written: the word at its column, or what is behind `key=` in an INI line. None for what is quoted.
fn written<'a>(line: &'a str, column: u32, key: &str) -> Option<&'a str> {
    let start = usize::try_from(column.saturating_sub(1)).ok()?;
    let start = line.char_indices().nth(start).map_or(line.len(), |(index, _)| index);
    let rest = line.get(start..)?;
    let behind = |mark: String| {
        let index = line.to_ascii_lowercase().find(&mark)?;
        line.get(index + mark.len()..)
    };
    let rest = match () {
        () if column > 1 && !rest.to_lowercase().starts_with(key) => rest,
        () => behind(format!("{key}=")).or_else(|| behind(format!("{key} = ")))?,
    };
    let end = rest.find([' ', '\t', ',', ']', '}', '#']).unwrap_or(rest.len());
    rest.get(..end).filter(|word| !word.is_empty() && !word.starts_with(['"', '\'']))
}

/// Whether a list was written as one word, as INI values are: its items stand where it stands.
fn is_literal(origin: Origin, items: &[Located]) -> bool {
    !items.is_empty() && items.iter().all(|item| item.origin == origin)
}

fn is_truth(text: &str) -> bool {
    ["true", "false", "yes", "no", "on", "off"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

fn is_octal(written: &str) -> bool {
    let digits = written.strip_prefix(['-', '+']).unwrap_or(written);
    let rest = digits.strip_prefix('0').unwrap_or_default();
    !rest.is_empty() && rest.bytes().all(|byte| (b'0'..=b'7').contains(&byte))
}

/// Whether a text that people write as a name or a hash was read as a number: with an exponent, of another base, with
/// underscores. YAML and TOML read fewer such texts, and who writes those means them; but not a number without end.
fn is_odd_number(written: &str, is_ini: bool) -> bool {
    let digits = written.trim_start_matches(['-', '+']).to_lowercase();
    if !digits.starts_with(|letter: char| letter.is_ascii_digit() || letter == '.') {
        return false;
    }
    let exponent = digits.contains('e') && !digits.starts_with("0x");
    let is_endless = exponent && digits.parse::<f64>().is_ok_and(f64::is_infinite);
    let other_base = ["0x", "0o", "0b"].iter().any(|base| digits.starts_with(base));
    is_endless || is_ini && (exponent || other_base || digits.contains('_'))
}

/// A number, as it is told.
fn shown(value: &Value) -> String {
    match value {
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        _ => String::new(),
    }
}

fn is_sexagesimal(written: &str) -> bool {
    let parts: Vec<&str> = written.split(':').collect();
    let digits =
        |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    parts.len() > 1 && parts.iter().all(digits)
}
