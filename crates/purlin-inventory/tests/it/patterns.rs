//! Patterns against what Ansible said.

use proptest::prelude::*;
use purlin_core::ErrorKind;
use purlin_inventory::{Batch, Inventory, InventoryBuilder};
use serde_json::Value;

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect()
}

/// The inventory as Ansible has it in memory.
fn estate(recorded: &Value) -> Inventory {
    let mut batch = Batch::new("recorded");
    for host in strings(&recorded["hosts"]) {
        batch.host(host);
    }
    for group in recorded["groups"].as_array().unwrap() {
        batch.group(group["name"].as_str().unwrap());
    }
    for recorded in recorded["groups"].as_array().unwrap() {
        let group = batch.group(recorded["name"].as_str().unwrap());
        for host in strings(&recorded["hosts"]) {
            let host = batch.host(host);
            batch.add_host(group, host);
        }
        for child in strings(&recorded["children"]) {
            let child = batch.group(child);
            batch.add_child(group, child);
        }
    }
    let mut builder = InventoryBuilder::new();
    builder.merge(batch);
    builder.build().unwrap()
}

fn names(estate: &Inventory, pattern: &str, limit: Option<&str>) -> Vec<String> {
    let found = estate.pattern(pattern, limit).unwrap_or_else(|error| panic!("{pattern} {limit:?}: {error}"));
    assert_eq!(found.names().count(), found.len());
    found.names().map(str::to_owned).collect()
}

fn recorded() -> Vec<Value> {
    serde_json::from_str(include_str!("../data/patterns.json")).unwrap()
}

#[test]
fn patterns_find_what_ansible_finds_in_its_order() {
    let mut wrong = Vec::new();
    for recorded in recorded() {
        let estate = estate(&recorded);
        for asked in recorded["asked"].as_array().unwrap() {
            let (pattern, limit) = (asked[0].as_str().unwrap(), asked[1].as_str());
            let found = estate.pattern(pattern, limit);
            let found = found.map(|found| found.names().map(str::to_owned).collect::<Vec<_>>());
            let same = match (&found, &asked[2]) {
                (Err(_), Value::String(_)) => true,
                (Ok(found), Value::Array(_)) => *found == strings(&asked[2]),
                _ => false,
            };
            if !same {
                wrong.push(format!("{pattern:?} {limit:?}: {found:?} and not {}", asked[2]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn small() -> Inventory {
    let mut batch = Batch::new("test");
    for (group, host) in
        [("web", "w1"), ("web", "w2"), ("db", "d1"), ("db", "d2"), ("lon", "w2"), ("lon", "d2")]
    {
        let (group, host) = (batch.group(group), batch.host(host));
        batch.add_host(group, host);
    }
    let mut builder = InventoryBuilder::new();
    builder.merge(batch);
    builder.build().unwrap()
}

#[test]
fn what_nothing_matches_is_told() {
    let estate = small();
    let found = estate.pattern("web:wbe:&lno", None).unwrap();
    assert!(found.is_empty());
    assert_eq!(found.unmatched(), ["wbe", "lno"]);
    let found = estate.pattern("web:~(", None).unwrap();
    assert_eq!((found.len(), found.unmatched()), (0, &["~(".to_owned()][..]));
    assert_eq!(estate.pattern("web:~(", Some("all")).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(estate.pattern("web[2]", Some("all")).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(estate.pattern("web:!", None).unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn what_only_pythons_expressions_can_is_an_error_that_names_it() {
    let error = small().pattern("all:!~web(?!01)", None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(error.message(), "\"~web(?!01)\" needs look-ahead, which is not supported");
}

#[test]
fn the_implicit_local_host_has_a_name_and_no_id() {
    let estate = small();
    let found = estate.pattern("d1:localhost:w1", None).unwrap();
    assert!(found.names().eq(["d1", "localhost", "w1"]));
    assert_eq!((found.ids().len(), found.len(), found.implicit()), (2, 3, Some("localhost")));
    assert_eq!(found.set().len(), 2);
    assert_eq!(names(&estate, "127.0.0.1", Some("web")), ["127.0.0.1"]);
    assert_eq!(names(&estate, "127.0.0.1:localhost", None), ["127.0.0.1"]);
}

#[test]
fn limits_come_from_files() {
    let estate = small();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        format!("@{}", path.display())
    };
    let lines = file("lines", b"w2\n  d*  \n\nweb:db\n");
    assert_eq!(names(&estate, "all", Some(&lines)), ["w2", "d1", "d2"]);
    assert_eq!(names(&estate, "all", Some(&format!("{lines},!d1"))), ["w2", "d2"]);
    assert_eq!(names(&estate, "web", Some(&file("empty", b""))), ["w1", "w2"]);
    let kind = |limit: &str| estate.pattern("all", Some(limit)).unwrap_err().kind();
    assert_eq!(kind(&file("bytes", b"\xff")), ErrorKind::Invalid);
    assert_eq!(kind(&format!("@{}", folder.path().display())), ErrorKind::Invalid);
    assert_eq!(kind("@/nowhere/limit"), ErrorKind::NotFound);
}

#[test]
fn groups_far_below_come_as_they_were_made_children() {
    let mut batch = Batch::new("test");
    let top = batch.group("top");
    for name in ["c", "a", "b"] {
        let group = batch.group(name);
        batch.add_child(top, group);
        for below in ["2", "1"] {
            let child = batch.group(&format!("{name}{below}"));
            batch.add_child(group, child);
            let host = batch.host(&format!("h{name}{below}"));
            batch.add_host(child, host);
        }
        let host = batch.host(&format!("h{name}"));
        batch.add_host(group, host);
    }
    let mut builder = InventoryBuilder::new();
    builder.merge(batch);
    let estate = builder.build().unwrap();
    let order = ["hc", "ha", "hb", "hc2", "hc1", "ha2", "ha1", "hb2", "hb1"];
    assert_eq!(names(&estate, "top", None), order);
    assert_eq!(names(&estate, "all", None), order);
}

proptest! {
    #[test]
    fn no_pattern_breaks_the_reader(pattern in "[a-dw0-9:,&!~*?.\\[\\](){}\\\\+|^$ -]{0,30}", limit in "[a-dw0-9:,&!~*\\[\\]]{0,10}") {
        let estate = small();
        if let Ok(found) = estate.pattern(&pattern, None) {
            prop_assert_eq!(found.names().count(), found.len());
        }
        let limited = estate.pattern(&pattern, Some(&limit));
        if let (Ok(all), Ok(limited)) = (estate.pattern(&pattern, None), limited) {
            prop_assert!(limited.ids().iter().all(|id| all.ids().contains(id)));
        }
    }

    #[test]
    fn not_even_any_text(pattern in "\\PC{0,40}") {
        let _ = small().pattern(&pattern, None);
    }
}
