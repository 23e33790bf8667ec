//! Hosts, groups and whose value wins.

use proptest::prelude::*;
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

#[test]
fn ten_thousand_groups_below_each_other_with_a_host_in_each() {
    const DEPTH: usize = 10_000;
    let mut batch = Batch::new("cmdb");
    let groups: Vec<_> = (0..DEPTH).map(|level| batch.group(&format!("g{level}"))).collect();
    for (level, group) in groups.iter().enumerate() {
        let host = batch.host(&format!("h{level}"));
        batch.add_host(*group, host);
        if let Some(child) = groups.get(level + 1) {
            batch.add_child(*group, *child);
        }
        if level % 1_000 == 0 {
            batch.set_group_var(*group, "above", i64::try_from(level).unwrap());
        }
    }
    let estate = built(batch);
    for (level, host) in estate.hosts().enumerate() {
        let above = host.var("above").and_then(|value| value.value.as_i64());
        assert_eq!(above, i64::try_from(level / 1_000 * 1_000).ok(), "{host:?}");
    }
    let deepest = estate.host("h9999").unwrap();
    let depths: Vec<u32> = deepest.all_groups().map(|group| group.depth()).collect();
    assert!(depths.iter().copied().eq(0..=10_000), "{depths:?}");
}

proptest! {
    #[test]
    fn the_last_of_all_groups_that_says_something_is_heard(
        edges in proptest::collection::vec((0usize..12, 0usize..12), 0..30),
        says in proptest::collection::vec(any::<bool>(), 12),
        of in proptest::collection::vec(0usize..12, 1..4),
    ) {
        let mut batch = Batch::new("cmdb");
        let groups: Vec<_> = (0..12).map(|number| batch.group(&format!("g{number}"))).collect();
        for (one, other) in edges.into_iter().filter(|(one, other)| one != other) {
            batch.add_child(groups[one.min(other)], groups[one.max(other)]);
        }
        for (number, group) in groups.iter().enumerate().filter(|(number, _)| says[*number]) {
            batch.set_group_var(*group, "x", format!("g{number}"));
        }
        let host = batch.host("h");
        of.iter().for_each(|number| batch.add_host(groups[*number], host));
        let estate = built(batch);
        let host = estate.host("h").unwrap();
        let last = host.all_groups().filter(|group| group.vars().len() > 0).last().map(|group| group.name());
        prop_assert_eq!(host.var("x").and_then(|value| value.value.as_str()), last);
    }
}

#[test]
#[should_panic(expected = "the host is of another batch")]
fn a_host_of_another_batch_is_not_taken_up() {
    let (mut batch, mut other) = (Batch::new("one"), Batch::new("other"));
    let group = batch.group("web");
    batch.add_host(group, other.host("h1"));
}

#[test]
#[should_panic(expected = "the id of a host is of another inventory")]
fn an_id_of_another_inventory_is_no_host() {
    let mut batch = Batch::new("one");
    batch.host("h1");
    let mut builder = InventoryBuilder::new();
    builder.merge(batch);
    let large = builder.build().unwrap();
    let id = large.host("h1").unwrap().id();
    InventoryBuilder::new().build().unwrap().host_of(id);
}
