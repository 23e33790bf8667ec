//! Groups, and groups within groups.

use super::{at, document, slapd};
use crate::support::{Home, good};
use serde_json::Value;

fn names(list: &Value) -> Vec<&str> {
    let mut names: Vec<_> = list.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    names
}

#[test]
fn the_groups_of_somebody_and_those_that_these_are_in() {
    let Some(slapd) = slapd() else { return };
    let home = Home::new();
    let ask = |words: &[&str]| {
        document(&home, at(&home, &slapd, &[&["groups-of"], words].concat()), "ldap-groups-of")
    };
    let direct = ask(&["u000001"]);
    assert!(names(&direct["groups"]).contains(&"loop-a") && direct["nested"] == false, "{direct}");
    assert!(!names(&direct["groups"]).contains(&"loop-b"), "{direct}");
    let nested = ask(&["u000001", "--nested"]);
    // The two are in each other, and each is told once.
    assert_eq!(
        names(&nested["groups"]).iter().filter(|name| name.starts_with("loop-")).count(),
        2,
        "{nested}"
    );
    assert!(good(&at(&home, &slapd, &["groups-of", "u000001"])).stdout.contains("GROUP"));
    assert_eq!(good(&at(&home, &slapd, &["groups-of", "locked"])).stdout, "locked is in no group\n");
}

#[test]
fn the_members_of_a_group_and_of_those_within_it() {
    let Some(slapd) = slapd() else { return };
    let home = Home::new();
    let ask = |words: &[&str]| {
        document(&home, at(&home, &slapd, &[&["members-of"], words].concat()), "ldap-members-of")
    };
    let direct = ask(&["nest-0"]);
    assert_eq!(names(&direct["groups"]), ["nest-0.0", "nest-0.1", "nest-0.2", "nest-0.3"]);
    assert_eq!(direct["people"].as_array().unwrap().len(), 0);
    let nested = ask(&["nest-0", "--nested"]);
    assert_eq!(nested["groups"].as_array().unwrap().len(), 340);
    assert!(!nested["people"].as_array().unwrap().is_empty());
    let by_name = ask(&["px-0000"]);
    assert_eq!(by_name["people"].as_array().unwrap().len(), 20);
    let page = good(&at(&home, &slapd, &["members-of", "loop-a", "--nested"])).stdout;
    assert!(page.contains("u000001") && page.contains("groups within it\n"), "{page}");
}
