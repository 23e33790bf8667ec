//! Values as JSON and as types of Rust.

use proptest::prelude::*;
use purlin_core::{ErrorKind, Secret};
use purlin_inventory::{Batch, Located, Map, Origin, SecretValue, Value};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

fn at(line: u32, column: u32) -> Origin {
    let mut batch = Batch::new("test");
    Origin::new(batch.file("vars.yml"), line, column)
}

fn located(value: impl Into<Value>) -> Located {
    Located::new(value, at(1, 1))
}

fn map<const N: usize>(entries: [(&str, Located); N]) -> Value {
    entries.into_iter().collect::<Map>().into()
}

fn vault() -> Value {
    let envelope = "$ANSIBLE_VAULT;1.1;AES256\n6161\n".to_owned();
    Value::Secret(Arc::new(SecretValue::Vault { id: None, envelope }))
}

#[test]
fn json_is_what_ansible_prints() {
    let value = map([
        (
            "b",
            located(vec![
                located(1),
                located(1.5),
                located(1000.0),
                located(1e16),
                located(f64::NEG_INFINITY),
            ]),
        ),
        ("a", located(Value::Unsafe("{{ x }}".into()))),
        ("ä\"\\\n\u{1}", located(Value::BigInt("123456789012345678901234567890".into()))),
        ("c", located(vec![located(Value::Null), located(true), located(Map::new()), located(Vec::new())])),
    ]);
    assert_eq!(
        value.to_json().unwrap(),
        r#"{"a":{"__ansible_unsafe":"{{ x }}"},"b":[1,1.5,1000.0,1e+16,-Infinity],"c":[null,true,{},[]],"ä\"\\\n\u0001":123456789012345678901234567890}"#
    );
}

#[test]
fn serde_writes_the_same_values_in_their_order() {
    let value = located(map([
        ("b", located(Value::BigInt("123456789012345678901234567890".into()))),
        ("a", located(vec![located(Value::Unsafe("x".into())), located(Value::Null), located(2.0)])),
    ]));
    assert_eq!(
        serde_json::to_string(&value).unwrap(),
        r#"{"b":123456789012345678901234567890,"a":[{"__ansible_unsafe":"x"},null,2.0]}"#
    );
}

#[test]
fn secrets_are_refused_unless_their_envelope_is_asked_for() {
    let value = map([("users", located(vec![Located::new(vault(), at(3, 7))]))]);
    let refused = value.to_json().unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Denied);
    assert_eq!(refused.message(), "line 3, column 7: a secret is not printed");
    assert!(serde_json::to_string(&value).is_err());
    let envelope = r#"{"users":[{"__ansible_vault":"$ANSIBLE_VAULT;1.1;AES256\n6161\n"}]}"#;
    assert_eq!(value.to_json_with_vaults().unwrap(), envelope);
    let open = Value::Secret(Arc::new(SecretValue::Open(Secret::new("hunter2".to_owned()))));
    for printed in [open.to_json(), open.to_json_with_vaults()] {
        assert!(!format!("{:?}", printed.unwrap_err()).contains("hunter2"));
    }
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    name: String,
    port: u16,
    #[serde(default)]
    tags: Vec<String>,
    weight: Option<f64>,
    kind: Option<Kind>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Http,
    Tcp { banner: String },
}

#[test]
fn values_become_types() {
    let service = located(map([
        ("name", located("web")),
        ("port", located(8080)),
        ("weight", located(2)),
        ("kind", located(map([("tcp", located(map([("banner", located(Value::Unsafe("hi".into())))])))]))),
    ]));
    let expected = Service {
        name: "web".to_owned(),
        port: 8080,
        tags: Vec::new(),
        weight: Some(2.0),
        kind: Some(Kind::Tcp { banner: "hi".to_owned() }),
    };
    assert_eq!(service.get::<Service>().unwrap(), expected);
    assert_eq!(located("http").get::<Kind>().unwrap(), Kind::Http);
    assert_eq!(located(Value::Null).get::<Option<u8>>().unwrap(), None);
    assert_eq!(located(Value::BigInt(u64::MAX.to_string().into())).get::<u64>().unwrap(), u64::MAX);
    let numbers: BTreeMap<String, Vec<i64>> = located(map([("a", located(vec![located(1)]))])).get().unwrap();
    assert_eq!(numbers.get("a"), Some(&vec![1]));
}

#[test]
fn a_wrong_value_is_named_with_its_keys_and_its_place() {
    let bad = Located::new("many", at(4, 11));
    let services = Located::new(vec![located(map([("name", located("web")), ("port", bad)]))], at(2, 3));
    let root = located(map([("services", services)]));
    let error = root.get::<BTreeMap<String, Vec<Service>>>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(
        error.message(),
        "line 4, column 11: services[0].port: invalid type: string \"many\", expected u16"
    );
    let mut batch = Batch::new("test");
    batch.file("vars.yml");
    let error = root.get_from::<BTreeMap<String, Vec<Service>>>(|origin| batch.place(origin)).unwrap_err();
    assert!(error.message().starts_with("vars.yml:4:11: services[0].port: "), "{error}");
}

#[test]
fn unknown_and_missing_fields_are_at_their_places() {
    let extra = located(map([("name", located("web")), ("prot", Located::new(1, at(9, 2)))]));
    let error = extra.get::<Service>().unwrap_err();
    assert!(error.message().starts_with("line 9, column 2: unknown field `prot`"), "{error}");
    let missing = Located::new(map([("name", located("web"))]), at(5, 1));
    assert_eq!(missing.get::<Service>().unwrap_err().message(), "line 5, column 1: missing field `port`");
    assert!(located(300).get::<u8>().unwrap_err().message().starts_with("line 1, column 1: invalid value"));
}

#[test]
fn a_secret_is_not_given_out() {
    let error = Located::new(vault(), at(2, 2)).get::<String>().unwrap_err();
    assert_eq!(error.message(), "line 2, column 2: invalid type: a secret, expected a string");
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // serde_json reads others a little off, unless it is asked not to.
        any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        let items = inner.prop_map(located);
        prop_oneof![
            prop::collection::vec(items.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), items, 0..6)
                .prop_map(|map| map.into_iter().collect::<Map>().into()),
        ]
    })
}

proptest! {
    #[test]
    fn another_reader_reads_the_same(value in values()) {
        let ours: serde_json::Value = serde_json::from_str(&value.to_json().unwrap()).unwrap();
        let theirs = serde_json::to_value(&value).unwrap();
        prop_assert_eq!(&ours, &theirs);
        let back: serde_json::Value = located(value).get().unwrap();
        prop_assert_eq!(back, theirs);
    }
}
