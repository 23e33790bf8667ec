//! The rules of the typed parts. Readers and accessors share them, so what a native file may say is what can be asked.

use crate::{Located, Map, Origin, Value};
use purlin_core::{Diagnostic, Endpoint, Place, suggest};

/// What is wrong with a typed part.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    pub(crate) origin: Origin,
}

impl Fault {
    pub(crate) fn at(self, place: Place) -> Diagnostic {
        let mut fault = Diagnostic::error(self.code, self.message).place(place);
        fault.help = self.help;
        fault
    }
}

/// The faults of one part.
pub(crate) type Faults = Vec<Fault>;

pub(crate) fn wrong(
    faults: &mut Faults,
    value: &Located,
    message: impl Into<String>,
    help: impl Into<String>,
) {
    let (message, help) = (message.into(), Some(help.into()).filter(|help: &String| !help.is_empty()));
    faults.push(Fault { code: "bad-value", message, help, origin: value.origin });
}

/// A text that is not empty, has no control characters and is no template, which would be taken for the value itself.
pub(crate) fn text<'a>(key: &str, value: &'a Located, faults: &mut Faults) -> Option<&'a str> {
    let text = written(key, value, faults)?;
    if matches!(value.value, Value::Text(_)) && (text.contains("{{") || text.contains("{%")) {
        template(key, value, faults);
        return None;
    }
    Some(text)
}

/// The fault of a template that nobody renders.
pub(crate) fn template(key: &str, value: &Located, faults: &mut Faults) {
    faults.push(Fault {
        code: "template",
        message: format!("{key} has a template in it that is not rendered here"),
        help: Some("write what it means, or give the value by a script".to_owned()),
        origin: value.origin,
    });
}

/// As [`text`], templates included.
fn written<'a>(key: &str, value: &'a Located, faults: &mut Faults) -> Option<&'a str> {
    let Some(text) = value.value.as_str() else {
        wrong(faults, value, format!("{key} is a text, not a {}", value.value.kind()), quote(value));
        return None;
    };
    if text.trim().is_empty() || text.contains(char::is_control) {
        wrong(faults, value, format!("{key} is empty or has control characters"), "");
        return None;
    }
    Some(text)
}

fn quote(value: &Located) -> &'static str {
    if matches!(value.value, Value::Int(_) | Value::Float(_) | Value::Bool(_)) {
        "write it in quotes"
    } else {
        ""
    }
}

/// A text without white space.
pub(crate) fn word<'a>(key: &str, value: &'a Located, faults: &mut Faults) -> Option<&'a str> {
    let word = text(key, value, faults)?;
    if word.contains(char::is_whitespace) {
        wrong(faults, value, format!("{key} {word:?} has white space in it"), "");
        return None;
    }
    Some(word)
}

/// A name or an address without a port.
pub(crate) fn address<'a>(value: &'a Located, faults: &mut Faults) -> Option<&'a str> {
    let address = text("address", value, faults)?;
    match check_address(address) {
        Ok(()) => Some(address),
        Err((message, help)) => {
            wrong(faults, value, message, help);
            None
        }
    }
}

/// Whether a text is a name or an address without a port; else what is wrong with it and what to do.
pub(crate) fn check_address(address: &str) -> Result<(), (String, &'static str)> {
    if Endpoint::new(address, 1).is_ok() && !address.starts_with('[') {
        return Ok(());
    }
    let help = match Endpoint::parse(address, None) {
        Ok(_) => "the port is said apart: port = 22, ansible_port=22",
        Err(_) => "a host name, or an IPv4 or IPv6 address without brackets",
    };
    Err((format!("{address:?} is no address"), help))
}

/// A port, from 1 to 65535.
pub(crate) fn port(value: &Located, faults: &mut Faults) -> Option<u16> {
    let port = value.value.as_i64().and_then(|number| u16::try_from(number).ok()).filter(|port| *port > 0);
    if port.is_none() {
        let help = if value.value.as_str().is_some() { "write it without quotes" } else { "" };
        wrong(faults, value, "a port is a whole number from 1 to 65535", help);
    }
    port
}

/// A user's name, as a command line takes it.
pub(crate) fn user<'a>(key: &str, value: &'a Located, faults: &mut Faults) -> Option<&'a str> {
    let user = word(key, value, faults)?;
    if user.starts_with('-') || user.contains(['"', '\'', ':']) {
        wrong(faults, value, format!("{key} {user:?} is no user's name"), "");
        return None;
    }
    Some(user)
}

/// A list of names, each once.
pub(crate) fn words<'a>(key: &str, value: &'a Located, faults: &mut Faults) -> Option<Vec<&'a str>> {
    let Some(items) = value.value.as_list() else {
        let help = match value.value.as_str() {
            Some(text) => format!("write it in brackets: {key} = [{text:?}]"),
            None => String::new(),
        };
        wrong(faults, value, format!("{key} is a list of names, not a {}", value.value.kind()), help);
        return None;
    };
    let before = faults.len();
    let mut words: Vec<&str> = Vec::with_capacity(items.len());
    for item in items {
        let Some(name) = word(key, item, faults) else { continue };
        if words.contains(&name) {
            wrong(faults, item, format!("{name:?} is in {key} twice"), "");
        }
        words.push(name);
    }
    (faults.len() == before).then_some(words)
}

/// A link: a scheme, `://` and a rest without white space.
pub(crate) fn link<'a>(key: &str, value: &'a Located, faults: &mut Faults) -> Option<&'a str> {
    let link = written(key, value, faults)?;
    let outside = link.split("{{").map(|part| part.split_once("}}").map_or(part, |(_, after)| after));
    let (scheme, rest) = link.split_once("://").unwrap_or_default();
    let is_scheme = scheme.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || "+.-".contains(letter));
    if !is_scheme || rest.is_empty() || outside.into_iter().any(|part| part.contains(char::is_whitespace)) {
        wrong(faults, value, format!("{key} {link:?} is no link"), "as in https://wiki.example/map");
        return None;
    }
    Some(link)
}

/// A map with these keys only; others are faults with a suggestion.
pub(crate) fn table<'a>(
    what: &str,
    value: &'a Located,
    keys: &[&str],
    faults: &mut Faults,
) -> Option<&'a Map> {
    let Some(map) = value.value.as_map() else {
        wrong(faults, value, format!("{what} is a table, not a {}", value.value.kind()), keys_of(keys));
        return None;
    };
    for (key, value) in map.iter().filter(|(key, _)| !keys.contains(key)) {
        faults.push(unknown_key(what, key, keys.iter().copied(), value.origin));
    }
    Some(map)
}

fn keys_of(keys: &[&str]) -> String {
    format!("its keys are {}", keys.join(", "))
}

/// A key that the format does not know.
pub(crate) fn unknown_key<'a>(
    what: &str,
    key: &str,
    known: impl Iterator<Item = &'a str> + Clone,
    origin: Origin,
) -> Fault {
    let help = match suggest(key, known.clone()) {
        Some(meant) => format!("did you mean {meant:?}?"),
        None => keys_of(&known.collect::<Vec<_>>()),
    };
    let message = format!("unknown key {key:?} in {what}");
    Fault { code: "unknown-key", message, help: Some(help), origin }
}
