//! Why a variable has its value.

use purlin_core::ErrorKind;
use purlin_inventory::{Batch, Explanation, HashBehaviour, Inventory, InventoryBuilder, native};

fn native_estate() -> Inventory {
    let mut builder = InventoryBuilder::new();
    let text = r#"purlin = 1
[merge]
packages = "append"
[defaults.vars]
http_port = 80
packages = ["ntp"]
[role.web.vars]
http_port = 8080
packages = ["httpd"]
[hosts."web01.lon"]
roles = ["web"]
vars.debug = true
vars.packages = ["strace"]
"#;
    builder.merge(native::read_toml("estate.toml", text));
    builder.build().unwrap()
}

/// Layers with their mark, the weakest first.
fn layers(explained: &Explanation) -> Vec<String> {
    explained
        .contributions
        .iter()
        .map(|said| format!("{}{}", if said.won { "*" } else { "" }, said.layer))
        .collect()
}

#[test]
fn it_prints_value_origin_and_everybody_who_spoke() {
    let estate = native_estate();
    assert_eq!(
        estate.explain("web01.lon", "http_port").unwrap().to_string(),
        "http_port of web01.lon is 8080\n  \
           from estate.toml:8:13\n  \
           because role \"web\" is stronger than defaults, by the declared precedence\n  \
           said, the weakest first:\n    \
             defaults    80  estate.toml:5:13\n  \
           * role \"web\"  8080  estate.toml:8:13"
    );
    assert_eq!(estate.explain("web01.lon", "debug").unwrap().rule, "only host says it");
}

#[test]
fn what_is_merged_wins_together_by_a_rule_with_its_place() {
    let explained = native_estate().explain("web01.lon", "packages").unwrap();
    assert_eq!(layers(&explained), ["*defaults", "*role \"web\"", "*host"]);
    assert_eq!(explained.rule, "lists are put one after the other (append, declared at estate.toml:3:12)");
    assert_eq!(explained.value.to_string(), r#"["ntp","httpd","strace"]"#);
}

#[test]
fn it_serialises_in_a_shape_of_its_own() {
    let explained = native_estate().explain("web01.lon", "http_port").unwrap();
    let document = serde_json::to_value(&explained).unwrap();
    assert_eq!(document["value"], 8080);
    assert_eq!(document["place"]["line"], 8);
    assert_eq!(document["contributions"][0]["layer"], "defaults");
    assert_eq!(document["contributions"][1]["won"], true);
}

#[test]
fn numbers_that_readers_of_json_lose_are_texts() {
    let mut batch = Batch::new("x");
    let host = batch.host("h");
    batch.set_host_var(host, "n", i64::MAX);
    batch.set_host_var(host, "f", f64::INFINITY);
    let mut builder = InventoryBuilder::new();
    builder.merge(batch);
    let estate = builder.build().unwrap();
    assert_eq!(estate.explain("h", "n").unwrap().value.to_string(), "\"9223372036854775807\"");
    assert_eq!(estate.explain("h", "f").unwrap().value.to_string(), "\"inf\"");
}

#[test]
fn what_is_not_there_is_told_with_a_suggestion() {
    let estate = native_estate();
    let error = estate.explain("web1.lon", "x").unwrap_err();
    assert_eq!((error.kind(), error.note()), (ErrorKind::NotFound, Some("did you mean \"web01.lon\"?")));
    let error = estate.explain("web01.lon", "htp_port").unwrap_err();
    assert_eq!((error.kind(), error.note()), (ErrorKind::NotFound, Some("did you mean \"http_port\"?")));
}

fn ansible_estate(builder: InventoryBuilder) -> Inventory {
    let mut batch = Batch::new("hosts.ini");
    let [prod, web, front] = ["prod", "web", "front"].map(|name| batch.group(name));
    let host = batch.host("w1");
    batch.add_child(prod, web);
    batch.add_host(web, host);
    batch.add_host(front, host);
    batch.set_group_var(prod, "a", 1);
    batch.set_group_var(web, "a", 2);
    batch.set_group_var(front, "b", 1);
    batch.set_group_var(prod, "b", 2);
    batch.set_host_var(host, "c", 1);
    batch.set_group_var(web, "c", 2);
    let source = batch.source();
    let nested = |key: &str, value: i64| -> purlin_inventory::Map {
        [(key, purlin_inventory::Located::new(value, source))].into_iter().collect()
    };
    batch.set_group_var(prod, "m", nested("x", 1));
    batch.set_group_var(web, "m", nested("y", 2));
    batch.set_host_var(host, "m", nested("z", 3));
    let mut files = Batch::new("group_vars/prod.yml");
    let prod = files.group("prod");
    files.set_group_var(prod, "a", 3);
    let mut builder = builder;
    builder.merge(batch);
    builder.merge_files(files);
    builder.build().unwrap()
}

#[test]
fn in_ansibles_profile_the_rules_are_ansibles() {
    let estate = ansible_estate(InventoryBuilder::new());
    let a = estate.explain("w1", "a").unwrap();
    assert_eq!(layers(&a), ["group \"prod\"", "group \"web\"", "*group_vars of \"prod\""]);
    assert!(a.rule.contains("files beat what the inventory says of any group"), "{}", a.rule);
    let b = estate.explain("w1", "b").unwrap();
    assert_eq!(layers(&b), ["group \"front\"", "*group \"prod\""]);
    assert!(b.rule.contains("later in the alphabet"), "{}", b.rule);
    assert_eq!(estate.explain("w1", "c").unwrap().rule, "host is stronger than group \"web\"");
    assert_eq!(estate.explain("w1", "m").unwrap().value.to_string(), r#"{"z":3}"#);
}

#[test]
fn hashes_are_merged_where_that_is_asked_for() {
    let estate = ansible_estate(InventoryBuilder::new().hash_behaviour(HashBehaviour::Merge));
    let m = estate.explain("w1", "m").unwrap();
    assert_eq!(m.value.to_string(), r#"{"x":1,"y":2,"z":3}"#);
    assert_eq!(layers(&m), ["*group \"prod\"", "*group \"web\"", "*host"]);
    assert!(m.rule.contains("hash_behaviour = merge"), "{}", m.rule);
    assert_eq!(estate.explain("w1", "a").unwrap().value.to_string(), "3");
}

#[test]
fn what_is_not_there_is_told_with_what_is_near() {
    let mut batch = Batch::new("cmdb");
    let host = batch.host("web01");
    batch.set_host_var(host, "http_port", 80);
    let mut builder = InventoryBuilder::new();
    builder.merge(batch);
    let estate = builder.build().unwrap();
    assert_eq!(estate.find_host("web01").unwrap().name(), "web01");
    let error = estate.find_host("wbe01").unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "no host \"wbe01\""));
    assert!(format!("{error:#}").contains("did you mean \"web01\"?"), "{error:#}");
    assert!(estate.explain("wbe01", "http_port").unwrap_err().to_string().contains("no host"));
    let error = estate.explain("web01", "address").unwrap_err();
    assert!(format!("{error:#}").contains("nobody says address"), "{error:#}");
}

#[test]
fn what_one_voice_takes_back_hides_nothing_of_the_weaker_ones() {
    let texts = [
        ("a.toml", "purlin = 1\nmerge.m = \"deep\"\ndefaults.vars.m = { a = 1 }\nhosts.h1.vars.m = 0\n"),
        ("b.toml", "purlin = 1\nhosts.h1.vars.m = { b = 2 }\n"),
    ];
    let mut builder = InventoryBuilder::new();
    texts.iter().for_each(|(name, text)| builder.merge(native::read_toml(name, text)));
    let explained = builder.build().unwrap().explain("h1", "m").unwrap();
    assert_eq!(explained.value.to_string(), r#"{"a":1,"b":2}"#);
    assert_eq!(layers(&explained), ["*defaults", "host", "*host"]);
}
