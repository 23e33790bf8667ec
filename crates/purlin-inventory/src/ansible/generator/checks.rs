//! What ansible-core 2.19.14 made of the same files.

use super::run;
use crate::ansible::fixtures::{document, groups};
use crate::{Batch, Inventory, InventoryBuilder, Value};

fn made(config: &str) -> Result<Inventory, String> {
    let mut batch = Batch::new("g.yml");
    run(&document(config), &mut batch);
    if batch.diagnostics().has_errors() {
        return Err(batch.diagnostics().to_string());
    }
    let mut builder = InventoryBuilder::new();
    builder.merge(batch);
    Ok(builder.build().unwrap())
}

#[test]
fn each_combination_of_layers_is_a_host() {
    let estate = made(
        r#"{"hosts": {"name": "{{ op }}_{{ env }}", "parents": [
        {"name": "{{ op }}", "parents": [{"name": "ops"}]}, {"name": "{{ env }}", "vars": {"envname": "{{ env }}"}}]},
        "layers": {"op": ["build", "launch"], "env": ["dev", "prod"]}}"#,
    );
    let estate = estate.unwrap();
    let hosts: Vec<_> = estate.hosts().map(|host| host.name()).collect();
    assert_eq!(hosts, ["build_dev", "build_prod", "launch_dev", "launch_prod"]);
    let expected = [
        "build: build_dev build_prod",
        "ops: +build +launch",
        "dev: build_dev launch_dev",
        "prod: build_prod launch_prod",
        "launch: launch_dev launch_prod",
    ];
    let mut found = groups(&estate);
    found.sort();
    let mut expected = expected.map(str::to_owned);
    expected.sort();
    assert_eq!(found, expected);
    // What a layer says is the inventory's own text and stays so.
    assert_eq!(estate.host("build_dev").unwrap().var("envname").unwrap().value, Value::from("dev"));
}

#[test]
fn texts_are_rendered_on_the_first_level_and_the_last_host_decides() {
    let estate = made(
        r#"{"hosts": {"name": "{{ op }}-{{ n }}", "parents": [{"name": "{{ op }}-g", "vars":
        {"a": "{{ n }}", "b": "{{ n * 2 }}", "c": 5, "l": ["{{ n }}"], "lit": "x{{ op }}", "ansible_group_priority": 5}}]},
        "layers": {"op": "xy", "n": [1, 2]}}"#,
    );
    let estate = estate.unwrap();
    let host = estate.host("x-1").unwrap();
    let var = |name: &str| host.var(name).unwrap().value.clone();
    assert_eq!((var("a"), var("b"), var("c")), (Value::Int(2), Value::Int(4), Value::Int(5)));
    assert_eq!(var("lit"), Value::Unsafe("xx".into()));
    assert_eq!(var("l").as_list().unwrap()[0].value, Value::from("{{ n }}"));
    assert_eq!(estate.group("x-g").unwrap().priority(), 5);
    assert!(host.var("ansible_group_priority").is_none());
}

#[test]
fn layers_may_refer_to_each_other_and_be_empty() {
    let names =
        |config: &str| made(config).unwrap().hosts().map(|host| host.name().to_owned()).collect::<Vec<_>>();
    assert_eq!(
        names(r#"{"hosts": {"name": "h-{{ m }}"}, "layers": {"n": ["a"], "m": ["{{ n }}x"]}}"#),
        ["h-ax"]
    );
    assert_eq!(
        names(r#"{"hosts": {"name": "h-{{ n }}"}, "layers": {"n": {"a": 1, "b": 2}}}"#),
        ["h-a", "h-b"]
    );
    assert_eq!(names(r#"{"hosts": {"name": "h"}, "layers": {"n": []}}"#), Vec::<String>::new());
    assert_eq!(names(r#"{"hosts": {"name": "{{ n }} x:22"}, "layers": {"n": ["a[1:2]"]}}"#), ["a[1:2] x:22"]);
}

#[test]
fn what_is_wrong_is_told_where_it_is() {
    let large = vec!["1"; 1_001].join(",");
    let large = format!(r#"{{"hosts": {{"name": "h"}}, "layers": {{"a": [{large}], "b": [{large}]}}}}"#);
    let cases = [
        (r#"{"layers": {}}"#, "a generator file has 'hosts'"),
        (r#"{"hosts": {"name": "a"}}"#, "a generator file has 'layers'"),
        (r#"{"hosts": {"parents": []}, "layers": {}}"#, "'name' is missing"),
        (r#"{"hosts": ["a"], "layers": {}}"#, "'hosts' is a map"),
        (r#"{"hosts": {"name": "a"}, "layers": ["n"]}"#, "'layers' is a map"),
        (r#"{"hosts": {"name": "a"}, "layers": {"n": 5}}"#, "layer 'n' is a list"),
        (
            r#"{"hosts": {"name": "{{ n }}"}, "layers": {"n": [1]}}"#,
            "a host's name is a text, not the number 1",
        ),
        (r#"{"hosts": {"name": "{{ n }}"}, "layers": {"n": [""]}}"#, "a host's name is empty"),
        (r#"{"hosts": {"name": "{{ op }}"}, "layers": {}}"#, "'op' is undefined"),
        (r#"{"hosts": {"name": "a", "parents": [{"name": "a"}]}, "layers": {"n": [1]}}"#, "its own parent"),
        (
            r#"{"hosts": {"name": "a", "parents": {"name": "g"}}, "layers": {"n": [1]}}"#,
            "'parents' is a list",
        ),
        (
            r#"{"hosts": {"name": "a", "parents": [{"name": "g", "vars": [1]}]}, "layers": {"n": [1]}}"#,
            "'vars' is a map",
        ),
        (r#"{"hosts": {"name": "{{ "}, "layers": {"n": [1]}}"#, "bad-expression"),
        (large.as_str(), "more than 1,000,000 hosts"),
    ];
    for (config, expected) in cases {
        let fault = made(config).unwrap_err();
        assert!(fault.starts_with("g.yml:") && fault.contains(expected), "{config}: {fault}");
    }
}
