//! Expressions and what ansible-core 2.19.14 makes of them, in `tests/data/ansible-expressions.json`.

use super::{Engine, FaultKind, at, vars};
use crate::Value;

#[derive(serde::Deserialize)]
struct Recorded {
    text: String,
    /// Missing where Ansible fails; null where the value is null.
    #[serde(default, deserialize_with = "present")]
    json: Option<serde_json::Value>,
}

fn present<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<serde_json::Value>, D::Error> {
    serde::Deserialize::deserialize(from).map(Some)
}

/// What we do not have, and say so.
const TOLD: &[&str] = &[
    "lst.count('b')",
    "lst.append(1)",
    "'abc' | hash('sha256')",
    "'abc' | md5",
    "'abc' | sha1",
    "'abc' | b64encode",
    "'YWJj' | b64decode",
    "'1.2.3-alpha.1' is version('1.2.3', '<', version_type='semver')",
    "'1.2.3a1' is version('1.2.3', '<', version_type='pep440')",
    "'abc'.upper(1)",
    "'abc' | upper(1)",
    "n.bit_length()",
    "site.swapcase()",
    "f.is_integer()",
    "f.hex()",
    "'abc'.center(7)",
    "'abc'.ljust(5)",
    r"'a\nb'.splitlines()",
    "'x' is version",
    "'abc' is startingwith 'a'",
];

/// What is answered otherwise, because nobody will miss it: a test of what is not defined is an error at once, and an `if`
/// without `else` can be given a default.
const OTHERWISE: &[&str] = &["nosuch is mapping | default(4)", "(1 if false) | default(7)"];

/// A value as the recorded ones are written: a text that is not trusted begins with `!`.
fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(truth) => (*truth).into(),
        Value::Int(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Text(text) => (&**text).into(),
        Value::Unsafe(text) => format!("!{text}").into(),
        Value::List(items) => items.iter().map(|item| json(&item.value)).collect(),
        Value::Map(map) => map.iter().map(|(key, item)| (key.to_owned(), json(&item.value))).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn expressions_have_the_values_that_were_recorded() {
    let recorded: Vec<Recorded> =
        serde_json::from_str(include_str!("../../../../tests/data/ansible-expressions.json")).unwrap();
    assert!(recorded.len() > 200);
    let mut wrong = Vec::new();
    for Recorded { text, json: expected } in recorded {
        let engine = Engine::new();
        let found = engine.expression(&text).and_then(|expression| expression.evaluate(&vars(), at()));
        let is_right = match &found {
            Ok(value) => expected == Some(json(&value.value)) && !TOLD.contains(&&*text),
            Err(fault) if fault.kind == FaultKind::Unknown => TOLD.contains(&&*text),
            Err(fault) => expected.is_none() && fault.is_ansibles(),
        };
        let is_right = is_right != OTHERWISE.contains(&&*text);
        if !is_right {
            wrong.push(format!("{text}\n    {expected:?}\n    {:?}", found.map(|found| json(&found.value))));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
