//! The schemas fit what is really printed and read.

use crate::support::{Home, good, json, refused};
use serde_json::Value;
use std::collections::BTreeSet;

/// What is wrong with a value under a schema: the keywords that schemars writes, and no others.
pub(crate) fn faults(root: &Value, schema: &Value, value: &Value, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#')).expect(reference);
        found.extend(faults(root, target, value, path));
    }
    let fits = |variant: &Value| faults(root, variant, value, path).is_empty();
    if schema["anyOf"].as_array().is_some_and(|variants| !variants.iter().any(fits)) {
        found.push(format!("{path}: fits no variant"));
    }
    if schema.get("const").is_some_and(|constant| constant != value) {
        found.push(format!("{path}: is not {}", schema["const"]));
    }
    let types: Vec<_> = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|name| is(name, value)) {
        found.push(format!("{path}: {value} is none of {types:?}"));
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(name).is_none() {
            found.push(format!("{path}: no {name}"));
        }
    }
    if let (Some(members), Some(properties)) = (value.as_object(), schema["properties"].as_object()) {
        for (name, member) in members {
            match properties.get(name) {
                Some(property) => found.extend(faults(root, property, member, &format!("{path}.{name}"))),
                None => found.push(format!("{path}.{name}: not in the schema")),
            }
        }
    }
    for element in value.as_array().into_iter().flatten() {
        found.extend(faults(root, &schema["items"], element, &format!("{path}[]")));
    }
    found
}

fn is(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("unknown type {other}"),
    }
}

/// The schema of this name.
pub(crate) fn schema(home: &Home, name: &str) -> Value {
    json(&good(&home.fleet(&format!("schema {name}"))))
}

#[test]
fn the_list_names_every_schema_and_each_is_one() {
    let home = Home::new();
    let list = json(&good(&home.fleet("schema --json")));
    let names: Vec<_> =
        list["schemas"].as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "check",
            "check-ack",
            "check-change",
            "check-downtimes",
            "check-explain",
            "check-report",
            "check-status",
            "checks",
            "config",
            "config-show",
            "copy",
            "db-cluster",
            "db-exec",
            "db-listener",
            "db-ping",
            "db-query",
            "db-role",
            "deploy-event",
            "deploy-plan",
            "deploy-report",
            "deploy-stats",
            "deploy-status",
            "deploy-told",
            "deploy-unlock",
            "facts",
            "inventory-explain",
            "inventory-hosts",
            "inventory-lint",
            "inventory-nodes",
            "ldap-authenticate",
            "ldap-check",
            "ldap-entry",
            "ldap-group",
            "ldap-groups-of",
            "ldap-host",
            "ldap-members-of",
            "ldap-netgroup",
            "ldap-user",
            "man",
            "run",
            "schema",
            "tls",
            "version"
        ]
    );
    for name in names {
        let schema = schema(&home, name);
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
        let is_list = ["inventory-hosts", "inventory-lint"].contains(&name);
        assert_eq!(schema["type"], if is_list { "array" } else { "object" }, "{name}");
        assert!(schema["description"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
    }
}

#[test]
fn documents_fit_their_schemas() {
    let home = Home::new();
    home.fleet_toml("timeout = '5s'\ndefault_context = 'lab'\n[tls]\nca = ['a.pem']\n[context.lab]");
    let commands =
        [("version", "version"), ("config-show", "config show"), ("schema", "schema"), ("man", "man pages")];
    for (name, words) in commands {
        let document = json(&good(&home.fleet(words).arg("--json")));
        let schema = schema(&home, name);
        assert_eq!(faults(&schema, &schema, &document, name), Vec::<String>::new());
        let mut broken = document.clone();
        broken["version"] = "1".into();
        assert!(!faults(&schema, &schema, &broken, name).is_empty(), "{name}: a wrong type is found");
    }
}

/// The keys that a table takes, by what it says to one that it does not know.
fn known(home: &Home, table: &str) -> BTreeSet<String> {
    home.fleet_toml(&format!("{table}\nqqqqqqqqqqqq = 1"));
    let output = refused(&home.fleet("config show"), 2, &["known keys: "]);
    let keys = output.stderr.split("known keys: ").nth(1).unwrap().lines().next().unwrap();
    keys.split(", ").map(str::to_owned).collect()
}

fn properties(schema: &Value) -> BTreeSet<String> {
    schema["properties"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn the_schema_of_the_configuration_has_the_keys_that_are_read() {
    let home = Home::new();
    let schema = schema(&home, "config");
    let of = |name: &str| properties(&schema["$defs"][name]);
    assert_eq!(known(&home, ""), properties(&schema));
    assert_eq!(known(&home, "[tls]"), of("Tls"));
    assert_eq!(known(&home, "[context.lab]"), of("Context"));
    assert_eq!(known(&home, "[context.lab.tls]"), of("Tls"));
    assert_eq!(known(&home, "[connection.map]"), of("Connection"));
    assert_eq!(known(&home, "[connection.map.tls]"), of("Tls"));
    assert_eq!(schema["additionalProperties"], false);
    assert!(!schema.to_string().contains("\"null\""), "TOML has no null");
    let words = |name: &str| -> Vec<_> {
        let words = schema["$defs"][name]["oneOf"].as_array().unwrap();
        words.iter().map(|word| word["const"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(words("ColorChoice"), ["auto", "always", "never"]);
    assert_eq!(words("LogFormat"), ["text", "json"]);
    let forms = schema["$defs"]["Secret"]["oneOf"].as_array().unwrap();
    let forms: BTreeSet<_> = forms.iter().flat_map(properties).collect();
    home.fleet_toml("[tls]\nclient_key = { q = 1, file = 'x' }");
    let output = refused(&home.fleet("config show"), 2, &["known keys: "]);
    let known = output.stderr.split("known keys: ").nth(1).unwrap().trim();
    assert_eq!(known.split(", ").map(str::to_owned).collect::<BTreeSet<_>>(), forms);
}
