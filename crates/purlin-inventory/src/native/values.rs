//! Values of variables: as the document has them, with secrets recognised.

use crate::typed::parts::{Faults, wrong};
use crate::{Located, Map, SecretValue, Value};
use purlin_core::SecretRef;
use std::sync::Arc;

/// The forms of a secret reference.
const FORMS: [&str; 3] = ["env", "file", "command"];

/// A variable's value. A table of exactly one key, which is `env`, `file` or `command`, refers to a secret. Documents
/// bound their own depth, so this ends.
pub(super) fn variable(value: &Located, faults: &mut Faults) -> Located {
    let inner = match &value.value {
        Value::Map(map) => match secret(value, map, faults) {
            Some(secret) => secret,
            None => map.iter().map(|(key, value)| (key, variable(value, faults))).collect::<Map>().into(),
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

fn secret(value: &Located, map: &Map, faults: &mut Faults) -> Option<Value> {
    let (form, said) = map.iter().next().filter(|_| looks_secret(map))?;
    let text = said.value.as_str().filter(|text| !text.is_empty());
    let reference = match form {
        "env" => text.map(SecretRef::env),
        "file" => text.map(SecretRef::file),
        _ => {
            let words = said.value.as_list().unwrap_or_default();
            let words: Option<Vec<&str>> = words.iter().map(|word| word.value.as_str()).collect();
            words
                .filter(|words| words.first().is_some_and(|program| !program.is_empty()))
                .map(SecretRef::command)
        }
    };
    if reference.is_none() {
        let help = "{ env = \"NAME\" }, { file = \"PATH\" } or { command = [\"PROGRAM\", …] }; \
                    a plain table needs a second key";
        wrong(
            faults,
            value,
            format!("{form:?} alone in a table refers to a secret, but not like this"),
            help,
        );
    }
    Some(
        reference.map_or(Value::Null, |reference| Value::Secret(Arc::new(SecretValue::Reference(reference)))),
    )
}
