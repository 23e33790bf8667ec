//! Hosts, groups and whose value wins.

use purlin_inventory::{Batch, Inventory, InventoryBuilder};

fn built(batch: Batch) -> Inventory {
    let mut builder = InventoryBuilder::new();
    builder.merge(batch);
    builder.build().unwrap()
}

#[test]
fn a_deeper_group_beats_a_higher_one_and_the_host_beats_all() {
    let mut batch = Batch::new("test");
    let (prod, web, host) = (batch.group("prod"), batch.group("web"), batch.host("w1"));
    batch.add_child(prod, web);
    batch.add_host(web, host);
    batch.set_group_var(prod, "a", "prod");
    batch.set_group_var(web, "a", "web");
    batch.set_group_var(prod, "b", "prod");
    batch.set_host_var(host, "b", "host");
    let estate = built(batch);
    let var = |key: &str| estate.host("w1").unwrap().var(key).unwrap().value.as_str().unwrap().to_owned();
    assert_eq!((var("a"), var("b")), ("web".to_owned(), "host".to_owned()));
}

#[test]
fn a_host_without_a_group_is_ungrouped_and_only_then() {
    let mut batch = Batch::new("test");
    let (web, grouped) = (batch.group("web"), batch.host("w1"));
    batch.add_host(web, grouped);
    batch.host("lonely");
    let estate = built(batch);
    let names: Vec<_> =
        estate.group("ungrouped").unwrap().hosts().map(|host| host.name().to_owned()).collect();
    assert_eq!(names, ["lonely"]);
    assert_eq!(estate.group("all").unwrap().hosts().len(), 2);
}

#[test]
fn a_circle_is_named_whole() {
    let mut batch = Batch::new("test");
    let (a, b, c) = (batch.group("a"), batch.group("b"), batch.group("c"));
    batch.add_child(a, b);
    batch.add_child(b, c);
    batch.add_child(c, b);
    let mut builder = InventoryBuilder::new();
    builder.merge(batch);
    let error = builder.build().unwrap_err();
    assert!(error.message().contains("a group is below itself: b > c > b"), "{error}");
}
