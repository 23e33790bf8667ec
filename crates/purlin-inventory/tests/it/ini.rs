//! Ansible's INI format beyond the recorded cases: places of faults, bounds, origins.

use crate::support::{block_on, faults};
use purlin_core::{Cx, Error};
use purlin_inventory::{Inventory, Limits, Loader};

fn load(text: &str) -> Result<Inventory, Error> {
    load_all(&[text])
}

fn load_all(texts: &[&str]) -> Result<Inventory, Error> {
    let folder = tempfile::tempdir().unwrap();
    let mut loader = Loader::new();
    for (index, text) in texts.iter().enumerate() {
        let path = folder.path().join(format!("{index}.ini"));
        std::fs::write(&path, text).unwrap();
        loader = loader.source(path.to_str().unwrap());
    }
    block_on(loader.load(&Cx::background())).map(|loaded| loaded.inventory)
}

/// Line, column and code of each fault.
fn places(text: &str) -> Vec<(u32, u32, String)> {
    let place = |fault: &purlin_core::Diagnostic| {
        assert!(fault.help.is_some(), "{fault}");
        let place = fault.place.clone().unwrap();
        (place.line.unwrap(), place.column.unwrap(), fault.code.to_string())
    };
    faults(&load(text).unwrap_err()).iter().map(place).collect()
}

#[test]
fn all_faults_of_a_file_are_told_at_once_each_at_its_place() {
    let text = "[web]\nw1 x\n  w2  a='b\n[web:hostz]\nw[3:1]\nünï w[d:a]\n[no where]\nlost\n[db]\nd1:\nd[1:]\n---\n\
                [web:vars]\nno equals\n[db:children]\nweb:22\nmissing\n[gone:vars]\nx=1\n";
    let told = places(text);
    let expected = [
        (2, 4, "ini-host"),
        (3, 9, "ini-quotes"),
        (4, 2, "ini-section"),
        (7, 1, "ini-section"),
        (10, 1, "ini-host"),
        (11, 2, "host-range"),
        (12, 1, "ini-host"),
        (14, 1, "ini-vars"),
        (16, 1, "ini-child"),
        (17, 1, "undefined-group"),
        (18, 2, "undefined-group"),
    ];
    let expected: Vec<_> =
        expected.iter().map(|(line, column, code)| (*line, *column, (*code).to_owned())).collect();
    assert_eq!(told, expected);
}

#[test]
fn a_value_knows_its_line_and_column() {
    let estate = load("[g]\n  ünï\tx=one   y=\"two three\"\n[g:vars]\nz  =  four\n").unwrap();
    let place = |key: &str| {
        let place = estate.place(estate.host("ünï").unwrap().var(key).unwrap().origin);
        (place.line.unwrap(), place.column.unwrap())
    };
    assert_eq!((place("x"), place("y"), place("z")), ((2, 7), (2, 15), (4, 7)));
}

#[test]
fn ranges_are_bounded_before_anything_is_made() {
    let code = |text: &str| places(text).remove(0).2;
    assert_eq!(code("n[1:999999999]"), "too-many-hosts");
    assert_eq!(code("n[1:99999999999999999999999999]"), "too-many-hosts");
    assert_eq!(code("n[1:1000]x[1:1000]y[1:2]"), "too-many-hosts");
    assert_eq!(code(&format!("{}[1:2]", "n".repeat(1000))), "host-range");
    assert_eq!(code(&format!("n{}", "[1:1]".repeat(100))), "host-range");
    let vars: String = (0..100).map(|index| format!(" k{index}=v")).collect();
    assert_eq!(code(&format!("n[1:500000]{vars}")), "too-many-hosts");
    assert_eq!(load("n[1:100]x[1:900]").unwrap().len(), 90_000);
}

#[test]
fn the_limit_on_hosts_counts_names_and_ranges_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hosts");
    std::fs::write(&path, "a\nb[1:3]\nc\n").unwrap();
    let load = |limit: u64| {
        let loader = Loader::new().limits(Limits::new().hosts(limit)).source(path.to_str().unwrap());
        block_on(loader.load(&Cx::background()))
    };
    assert_eq!(load(5).unwrap().inventory.len(), 5);
    let error = load(4).unwrap_err();
    assert_eq!(faults(&error)[0].place.as_ref().unwrap().line, Some(3));
}

#[test]
fn a_group_of_an_earlier_source_may_be_a_child_and_one_of_a_later_may_not() {
    let (known, user) = ("[x]\nx1\n", "[p:children]\nx\n[x:vars]\nv=text\n");
    let estate = load_all(&[known, user]).unwrap();
    assert_eq!(estate.host("x1").unwrap().var("v").unwrap().value.as_str(), Some("text"));
    assert!(estate.group("p").unwrap().hosts().any(|host| host.name() == "x1"));
    let error = load_all(&[user, known]).unwrap_err();
    assert!(error.message().contains("names the group \"x\", which nothing declares"), "{error}");
}

#[test]
fn a_flood_of_faults_is_cut_with_their_number() {
    let text = "[g]\n".to_owned() + &"h1 x\n".repeat(5000);
    let error = load(&text).unwrap_err();
    assert_eq!(faults(&error).len(), 101);
    assert!(faults(&error).iter().any(|fault| fault.message.starts_with("4900 more errors")));
}

#[test]
fn ten_thousand_groups_inside_each_other_and_their_circle() {
    let mut text = String::from("[g0]\nh1\n");
    for depth in 1..=10_000 {
        text += &format!("[g{depth}:children]\ng{}\n[g{depth}:vars]\nv=d{depth}\n", depth - 1);
    }
    let estate = load(&text).unwrap();
    assert_eq!(estate.group("g0").unwrap().depth(), 10_001);
    assert_eq!(estate.host("h1").unwrap().var("v").unwrap().value.as_str(), Some("d1"));
    let error = load(&(text + "[g0:children]\ng10000\n")).unwrap_err();
    assert!(error.message().contains("a group is below itself: g0 > g10000 > g9999"), "{error}");
    assert_eq!(faults(&error)[0].place.as_ref().unwrap().line, Some(40_004));
}
