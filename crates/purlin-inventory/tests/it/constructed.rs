//! Constructed inventories in files. What is expected was checked with ansible-core 2.19.14.

use crate::support::{block_on, faults, json_of};
use purlin_core::{Cx, Result};
use purlin_inventory::{Inventory, Loader};
use serde_json::json;
use std::path::Path;

fn load(sources: &[&str]) -> Result<Inventory> {
    let loader = sources.iter().fold(Loader::new(), |loader, source| loader.source(*source));
    block_on(loader.load(&Cx::background())).map(|loaded| loaded.inventory)
}

/// Hosts of a lenient file with these `compose` entries.
fn composed(folder: &Path, compose: &str) -> Result<Inventory> {
    let (hosts, file) = (folder.join("hosts.ini"), folder.join("c.yml"));
    std::fs::write(&hosts, "w1 n=1 name=web lst='[1,2]'\n").unwrap();
    std::fs::write(&file, format!("plugin: constructed\ncompose:\n{compose}")).unwrap();
    load(&[hosts.to_str().unwrap(), file.to_str().unwrap()])
}

#[test]
fn hosts_know_their_source_and_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = std::path::absolute(folder.path()).unwrap();
    std::fs::create_dir_all(path.join("d/sub")).unwrap();
    std::fs::write(path.join("d/a"), "h1\n").unwrap();
    std::fs::write(path.join("d/sub/b"), "h2\nh1\n").unwrap();
    let file = path.join("z.yml");
    std::fs::write(&file, "plugin: constructed\ncompose: {f: inventory_file, d: inventory_dir}\n").unwrap();
    let roundabout = path.join("d/../d");
    let estate = load(&[roundabout.to_str().unwrap(), "h3,", file.to_str().unwrap()]).unwrap();
    let var = |host: &str, name: &str| json_of(&estate.host(host).unwrap().var(name).unwrap().value);
    let unsafe_path = |path: std::path::PathBuf| json!({ "__ansible_unsafe": path.to_str().unwrap() });
    assert_eq!(var("h1", "f"), unsafe_path(path.join("d/a")));
    assert_eq!(var("h1", "d"), unsafe_path(path.join("d")));
    assert_eq!(var("h2", "f"), unsafe_path(path.join("d/sub/b")));
    assert_eq!(var("h2", "d"), unsafe_path(path.join("d/sub")));
    assert_eq!(var("h3", "f"), json!("h3,"));
    assert_eq!(var("h3", "d"), json!({ "__ansible_unsafe": "None" }));
}

#[test]
fn a_lenient_file_passes_over_what_ansible_passes_over() {
    let folder = tempfile::tempdir().unwrap();
    let compose = "  a: name > 10\n  b: nosuch.split('-')\n  c: n.split('-')\n  d: n in name\n  e: none < 1\n  \
        f: nosuch | unique | length\n  g: \"[3, 'a'] | sort\"\n  ok: nosuch.a.b | default(n)\n";
    let estate = composed(folder.path(), compose).unwrap();
    let host = estate.host("w1").unwrap();
    for name in ["a", "b", "c", "d", "e", "f", "g"] {
        assert!(host.var(name).is_none(), "{name}");
    }
    assert_eq!(json_of(&host.var("ok").unwrap().value), json!(1));
}

#[test]
fn a_lenient_file_tells_what_only_we_cannot_do() {
    let cases = [
        "name | upper(1)",
        "name.encode()",
        "name | ipaddr",
        "name | regex_search('(?=w)')",
        "lst.count(1)",
        "name | hash('sha1')",
        "name is version('1', version_type='semver')",
    ];
    for expression in cases {
        let folder = tempfile::tempdir().unwrap();
        let result = composed(folder.path(), &format!("  x: {}\n", json!(expression)));
        let faults = faults(&result.err().unwrap_or_else(|| panic!("{expression}")));
        assert_eq!(faults[0].code, "bad-expression", "{expression}");
        assert_eq!(faults[0].place.as_ref().and_then(|place| place.line), Some(3), "{expression}");
    }
}
