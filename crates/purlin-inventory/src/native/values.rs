//! Values of variables: as the document has them, with secrets recognised.

use crate::typed::parts::{Faults, wrong};
use crate::{Located, Map, SecretValue, Value};
use purlin_core::{SecretRef, suggest};
use std::sync::Arc;

/// The forms of a secret reference.
const FORMS: [&str; 3] = ["env", "file", "command"];

/// A variable's value. A table of exactly one key, which is `env`, `file` or `command`, refers to a secret; one that is
/// almost such a table is a fault, so that no mistyped reference becomes a text that is printed. Documents bound their
/// own depth, so this ends.
pub(super) fn variable(value: &Located, faults: &mut Faults) -> Located {
    let inner = match &value.value {
        Value::Map(map) => match secret(value, map, faults) {
            Some(secret) => secret,
            None => {
                let entries = map.entries().iter().map(|(key, value)| (key.clone(), variable(value, faults)));
                Map::from_unique(entries.collect()).into()
            }
        },
        Value::List(items) => items.iter().map(|item| variable(item, faults)).collect::<Vec<_>>().into(),
        _ => return value.clone(),
    };
    Located::new(inner, value.origin)
}

/// Whether a table would be read as a reference to a secret.
pub(crate) fn looks_secret(map: &Map) -> bool {
    let mut keys = map.iter();
    matches!((keys.next(), keys.next()), (Some((key, _)), None) if FORMS.contains(&key))
}

/// The help of a table that refers to no secret, though it looks so.
const HELP: &str = "{ env = \"NAME\" }, { file = \"PATH\" } or { command = [\"PROGRAM\", …] }";

fn secret(value: &Located, map: &Map, faults: &mut Faults) -> Option<Value> {
    if let Some((form, key)) = mistyped(map) {
        let message = format!("{form:?} refers to a secret, but {key:?} does not belong to it");
        wrong(faults, value, message, format!("{HELP}, and nothing else; a plain table has other keys"));
        return Some(Value::Null);
    }
    let (form, _) = map.iter().next().filter(|_| looks_secret(map))?;
    // The form is the core's.
    let empty = |said: &Located| match &said.value {
        Value::List(words) => words.first().is_none_or(|word| word.value.as_str() == Some("")),
        said => said.as_str() == Some(""),
    };
    let is_empty = map.iter().any(|(_, said)| empty(said));
    let reference = value.get::<SecretRef>().ok().filter(|_| !is_empty);
    if reference.is_none() {
        let message = format!("{form:?} alone in a table refers to a secret, but not like this");
        wrong(faults, value, message, format!("{HELP}; a plain table needs a second key"));
    }
    Some(
        reference.map_or(Value::Null, |reference| Value::Secret(Arc::new(SecretValue::Reference(reference)))),
    )
}

/// A form and a key beside it that is most likely a mistyped one.
fn mistyped(map: &Map) -> Option<(&str, &str)> {
    let (form, _) = map.iter().find(|(key, said)| FORMS.contains(key) && said.value.as_map().is_none())?;
    let others = || map.iter().filter(|(key, _)| *key != form);
    let near = |(key, said): &(&str, &Located)| {
        !FORMS.contains(key) && said.value.as_str().is_some() && suggest(key, FORMS).is_some()
    };
    let (first, _) = others().next()?;
    others().all(|entry| near(&entry)).then_some((form, first))
}
