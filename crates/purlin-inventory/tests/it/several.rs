//! Several sources and several files that speak of the same hosts, groups and layers.

use crate::support::{block_on, faults};
use purlin_core::{Cx, Diagnostics, Severity, Timestamp};
use purlin_inventory::{
    AnsibleOptions, Batch, Explanation, Facts, HashBehaviour, Inventory, InventoryBuilder, Loader, Located,
    Map, native,
};
use std::path::Path;
use std::time::Duration;

/// Sources in TOML, the later ones stronger.
fn builder(texts: &[&str]) -> InventoryBuilder {
    let mut builder = InventoryBuilder::new();
    for (text, name) in texts.iter().zip(["a.toml", "b.toml", "c.toml"]) {
        builder.merge(native::read_toml(name, &format!("purlin = 1\n{text}")));
    }
    builder
}

fn estate(texts: &[&str]) -> Inventory {
    builder(texts).build().unwrap()
}

fn told(texts: &[&str]) -> String {
    let error = builder(texts).build().unwrap_err();
    error.detail::<Diagnostics>().unwrap().to_string()
}

fn value(estate: &Inventory, key: &str) -> String {
    estate.explain("h1", key).unwrap().value.to_string()
}

/// What everybody said, with a star for who won.
fn said(explained: &Explanation) -> Vec<String> {
    let said = explained.contributions.iter();
    said.map(|said| {
        format!("{}{} {} {}", if said.won { "*" } else { "" }, said.layer, said.value, said.place)
    })
    .collect()
}

fn write(home: &Path, name: &str, text: &str) {
    let path = home.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn load(home: &Path, sources: &[&str]) -> purlin_core::Result<Inventory> {
    let loader =
        sources.iter().fold(Loader::new(), |loader, name| loader.source(home.join(name).to_str().unwrap()));
    block_on(loader.load(&Cx::background())).map(|loaded| loaded.inventory)
}

#[test]
fn ansibles_hash_behaviour_leaves_native_rules_alone() {
    let text = "purlin = 1\nmerge.x = \"append\"\ndefaults.vars = { x = [1], m = { a = 1 } }\n\
                [hosts.h1.vars]\nx = [2]\nm = { b = 1 }\n";
    let home = tempfile::tempdir().unwrap();
    write(home.path(), "estate.toml", text);
    for behaviour in [HashBehaviour::Replace, HashBehaviour::Merge] {
        let loader = Loader::new().source(home.path().join("estate.toml").to_str().unwrap());
        let loader = loader.ansible(AnsibleOptions::new().hash_behaviour(behaviour));
        let estate = block_on(loader.load(&Cx::background())).unwrap().inventory;
        assert_eq!(value(&estate, "x"), "[1,2]", "{behaviour:?}");
        assert_eq!(value(&estate, "m"), r#"{"b":1}"#, "{behaviour:?}");
    }
}

#[test]
fn what_a_later_source_replaces_is_explained() {
    let estate = estate(&[
        "hosts.h1 = { roles = [\"web\"], vars.a = 1 }\nrole.web.vars.b = 1\ngroups.g = { hosts = [\"h1\"], vars.c = 1 }\n",
        "hosts.h1.vars.a = 2\nrole.web.vars.b = 2\ngroups.g.vars.c = 2\n",
    ]);
    for (key, voice) in [("a", "host"), ("b", "role \"web\""), ("c", "group \"g\"")] {
        let explained = estate.explain("h1", key).unwrap();
        let said = said(&explained);
        assert!(said[0].starts_with(&format!("{voice} 1 a.toml:")), "{said:?}");
        assert!(said[1].starts_with(&format!("*{voice} 2 b.toml:")), "{said:?}");
        assert_eq!((said.len(), &*explained.rule), (2, "a later source is stronger"));
    }
}

#[test]
fn several_files_are_merged_by_the_rule_of_the_key() {
    let estate = estate(&[
        "merge = { l = \"append\", u = \"unique\", d = \"deep\", r = \"remove\" }\ndefaults.vars = { r = [1, 2, 3, 4] }\n\
         role.web.vars = { l = [1], u = [1, 1], d = { a = 1, b = 1 }, r = [1] }\nhosts.h1 = { roles = [\"web\"] }\n",
        "role.web.vars = { l = [2], u = [1, 2], d = { b = 2 }, r = [2] }\nhosts.h1.vars = { l = [3], r = [3] }\n",
        "hosts.h1.vars = { l = [4] }\n",
    ]);
    assert_eq!(value(&estate, "l"), "[1,2,3,4]");
    assert_eq!(value(&estate, "u"), "[1,2]");
    assert_eq!(value(&estate, "d"), r#"{"a":1,"b":2}"#);
    assert_eq!(value(&estate, "r"), "[4]");
    let explained = estate.explain("h1", "l").unwrap();
    let layers: Vec<_> =
        said(&explained).iter().map(|said| said.rsplit_once(' ').unwrap().0.to_owned()).collect();
    assert_eq!(layers, ["*role \"web\" [1]", "*role \"web\" [2]", "*host [3]", "*host [4]"]);
}

#[test]
fn files_of_one_folder_are_equals_and_must_not_contradict_each_other() {
    let home = tempfile::tempdir().unwrap();
    write(
        home.path(),
        "e/a.toml",
        "purlin = 1\nmerge = { l = \"append\", d = \"deep\" }\nrole.web.vars = { x = 1, l = [1], d = { k = 1, s = 1 } }\n\
         hosts.h1 = { roles = [\"web\"], site = \"lon\" }\n",
    );
    let second = "purlin: 1\nrole: {web: {vars: {l: [2], d: {s: 1, t: 2}}}}\nhosts: {h1: {vars: {y: 1}}}\n";
    write(home.path(), "e/b.yml", second);
    let good = load(home.path(), &["e"]).unwrap();
    assert_eq!(value(&good, "l"), "[1,2]");
    assert_eq!(value(&good, "d"), r#"{"k":1,"s":1,"t":2}"#);
    let bad = second
        .replace("l: [2]", "l: [2], x: 2")
        .replace("s: 1,", "s: 9,")
        .replace("vars: {y", "site: leeds, vars: {y");
    write(home.path(), "e/b.yml", &bad);
    let all = faults(&load(home.path(), &["e"]).unwrap_err());
    for what in ["x of role \"web\"", "d.s of role \"web\"", "site of \"h1\""] {
        let fault =
            all.iter().find(|fault| fault.message.starts_with(what)).unwrap_or_else(|| panic!("{all:?}"));
        assert_eq!(fault.code, "said-twice");
        assert!(fault.place.as_ref().unwrap().file.ends_with("b.yml"), "{fault}");
        assert!(fault.related[0].place.file.ends_with("a.toml"), "{fault}");
    }
    assert_eq!(all.len(), 3, "{all:?}");
    // As sources of their own the later one is stronger.
    let two = load(home.path(), &["e/a.toml", "e/b.yml"]).unwrap();
    assert_eq!((value(&two, "x"), value(&two, "site")), ("2".to_owned(), r#""leeds""#.to_owned()));
}

#[test]
fn files_beside_ansibles_inventories_are_explained_one_by_one() {
    let home = tempfile::tempdir().unwrap();
    write(home.path(), "p1/hosts", "[parent:children]\nchild\n[child]\nh1 x=1\n");
    write(home.path(), "p2/hosts", "h1 x=2\n");
    write(home.path(), "p1/group_vars/child.yml", "v: child\n");
    write(home.path(), "p2/group_vars/parent.yml", "v: parent\n");
    write(home.path(), "p1/group_vars/child/a.yml", "w: 1\n");
    write(home.path(), "p1/group_vars/child/b.yml", "w: 2\nv: child\n");
    write(home.path(), "p1/host_vars/h1.yml", "z: 1\n");
    write(home.path(), "p2/host_vars/h1.yml", "z: 2\n");
    let estate = load(home.path(), &["p1/hosts", "p2/hosts"]).unwrap();
    let explained = |key| estate.explain("h1", key).unwrap();
    let values =
        |key| explained(key).contributions.iter().map(|said| said.value.to_string()).collect::<Vec<_>>();
    assert_eq!(values("v"), ["\"child\"", "\"parent\""]);
    assert!(
        explained("v").rule.ends_with("files beside a later source are stronger"),
        "{}",
        explained("v").rule
    );
    assert_eq!(
        (values("w"), explained("w").rule),
        (vec!["1".into(), "2".into()], "a later file is stronger".into())
    );
    assert_eq!(
        (values("x"), explained("x").rule),
        (vec!["1".into(), "2".into()], "a later source is stronger".into())
    );
    assert_eq!(values("z"), ["1", "2"]);
    assert_eq!(explained("z").rule, "files beside a later source are stronger");
}

#[test]
fn maps_of_several_sources_are_merged_where_ansible_is_told_so() {
    let home = tempfile::tempdir().unwrap();
    write(home.path(), "a.yml", "all: {hosts: {h1: {m: {a: 1, b: 1}}}}\n");
    write(home.path(), "b.yml", "all: {hosts: {h1: {m: {b: 2}}}}\n");
    for (behaviour, expected, won) in
        [(HashBehaviour::Replace, r#"{"b":2}"#, 1), (HashBehaviour::Merge, r#"{"a":1,"b":2}"#, 2)]
    {
        let loader = Loader::new().source(home.path().join("a.yml").to_str().unwrap());
        let loader = loader.source(home.path().join("b.yml").to_str().unwrap());
        let loader = loader.ansible(AnsibleOptions::new().hash_behaviour(behaviour));
        let estate = block_on(loader.load(&Cx::background())).unwrap().inventory;
        let explained = estate.explain("h1", "m").unwrap();
        assert_eq!(explained.value.to_string(), expected);
        assert_eq!(explained.contributions.len(), 2);
        assert_eq!(explained.contributions.iter().filter(|said| said.won).count(), won);
    }
}

#[test]
fn a_layer_of_no_declared_dimension_is_an_error_and_any_file_may_declare() {
    let declared = "precedence = [\"rack\", \"site\", \"host\"]\nhosts.h1.roles = [\"web\"]\n";
    let error = told(&[declared, "role.web.vars.x = 1\n"]);
    assert!(
        error.starts_with(
            "b.toml:2:6: error[no-dimension]: the declared precedence has no dimension \"role\""
        ),
        "{error}"
    );
    assert!(error.contains("a.toml:2:14: the precedence is declared here"), "{error}");
    assert!(!error.contains("did you mean"), "{error}");
    let uses = "rack.r1.vars.pdu = 7\nhosts.h1.rack = \"r1\"\n";
    for texts in [[declared, uses], [uses, declared]] {
        assert_eq!(value(&estate(&texts), "pdu"), "7");
    }
    let error = told(&["rack.r1.vars.pdu = 7\nhosts.h1.rack = \"r1\"\n"]);
    assert!(
        error.contains("a.toml:2:1: error[unknown-key]: unknown key \"rack\" in an inventory"),
        "{error}"
    );
    assert!(
        error.contains("a.toml:3:17: error[unknown-key]: unknown key \"rack\" in host \"h1\""),
        "{error}"
    );
    let error = told(&[declared, "merge.rack = \"append\"\n"]);
    assert!(error.contains("b.toml:2:14: error[bad-value]: \"rack\" cannot be merged"), "{error}");
}

#[test]
fn what_two_equals_take_out_is_taken_out_by_both() {
    let estate = estate(&[
        "merge.x = \"remove\"\ndefaults.vars.x = [1, 2, 3]\nrole.a.vars.x = [1]\nrole.b.vars.x = [2]\n\
                           hosts.h1.roles = [\"a\", \"b\"]\n",
    ]);
    assert_eq!(value(&estate, "x"), "[3]");
}

#[test]
fn a_unique_list_has_each_item_once_though_one_voice_says_it() {
    let estate = estate(&[
        "merge = { x = \"unique\", y = \"unique\" }\ndefaults.vars.x = [1, 1, 2]\nhosts.h1.vars.y = [3, 3]\n",
    ]);
    assert_eq!((value(&estate, "x"), value(&estate, "y")), ("[1,2]".to_owned(), "[3]".to_owned()));
}

#[test]
fn faults_of_all_kinds_are_told_in_one_pass_and_nothing_follows_from_them() {
    let error = told(&[
        "groups.a.children = [\"b\"]\ngroups.b.children = [\"a\"]\ngroups.c.select = \"rol=web\"\n\
                        site.lon.environment = \"prod\"\nenvironment.prod.site = \"lon\"\nsite.nobody.vars.x = 1\nhosts.h1 = {}\n",
    ]);
    for code in ["group-circle", "dimension-circle", "group-selector"] {
        assert!(error.contains(&format!("error[{code}]")), "{code}: {error}");
    }
    assert!(!error.contains("unused-layer"), "{error}");
}

#[test]
fn faults_beyond_the_first_hundred_are_counted() {
    let names: String = (0..250).map(|number| format!("\"x{number}\",")).collect();
    let error = builder(&[&format!("groups.g.hosts = [{names}]\nhosts.h1 = {{}}\n")]).build().unwrap_err();
    let all = faults(&error);
    assert_eq!(all.len(), 101);
    assert_eq!(all[100].message, "and 150 more such faults");
    let layers: String = (0..250).map(|number| format!("site.s{number}.vars.x = 1\n")).collect();
    let (_, warnings) = builder(&[&format!("{layers}hosts.h1 = {{}}\n")]).finish().unwrap();
    let last = warnings.iter().last().unwrap();
    assert_eq!(
        (warnings.len(), &*last.message, last.severity),
        (101, "and 150 more such faults", Severity::Warning)
    );
}

#[test]
fn the_third_host_of_an_alias_is_told_too() {
    let error =
        told(&["hosts.h1.aliases = [\"www\"]\nhosts.h2.aliases = [\"www\"]\nhosts.h3.aliases = [\"www\"]\n"]);
    for host in ["h2", "h3"] {
        assert!(
            error.contains(&format!("the alias \"www\" of {host:?} belongs to \"h1\" already")),
            "{error}"
        );
    }
}

#[test]
fn a_file_is_native_when_its_document_says_so() {
    for text in [
        " purlin = 1\n",
        "'purlin' = 1\n",
        "\"purlin\" = 1\nhosts = [\n",
        "hosts = {}\npurlin=1\n",
        "{purlin: 1, hosts: {h1: {}}}\n",
        "{\"hosts\": {},\n \"purlin\": 1}\n",
        "--- \n\"purlin\": 1\n",
        "hosts: {}\n'purlin': 1\n",
        "a = '''\n[x]\n'''\npurlin = 1\n",
    ] {
        assert!(native::is_native(text), "{text:?}");
    }
    for text in [
        "purlin:\n  hosts:\n    h1:\n",
        "purlin: {hosts: {h1: }}\n",
        "purlin:\n",
        "[purlin]\nx = 1\n",
        "[web]\npurlin\npurlin=1\n",
        "a = '''\npurlin = 1\n'''\n",
        "all:\n  vars:\n    note: |\n      purlin: 1\n",
        "\"purlin: 1\"\n",
    ] {
        assert!(!native::is_native(text), "{text:?}");
    }
    let home = tempfile::tempdir().unwrap();
    write(home.path(), "group.yml", "purlin:\n  hosts:\n    h1:\n");
    let estate = load(home.path(), &["group.yml"]).unwrap();
    assert_eq!(estate.group("purlin").unwrap().hosts().len(), 1);
    write(home.path(), "flow", "{purlin: 1, hosts: {h1: {vars: {x: 1}}}}\n");
    write(home.path(), "indented", " purlin = 1\n hosts.h1.vars.x = 1\n");
    for name in ["flow", "indented"] {
        assert_eq!(value(&load(home.path(), &[name]).unwrap(), "x"), "1", "{name}");
    }
}

#[test]
fn a_mistyped_reference_to_a_secret_is_no_text() {
    for (written, key) in
        [("{ env = \"A\", fil = \"x\" }", "fil"), ("{ comand = \"x\", file = \"y\" }", "comand")]
    {
        let error = told(&[&format!("hosts.h1.vars.x = {written}\n")]);
        assert!(
            error.contains(&format!("{key:?} does not belong to it")) && error.contains("a.toml:2:19"),
            "{error}"
        );
    }
    let estate = estate(&["hosts.h1.vars.x = { file = \"/var/log\", level = \"info\" }\n"]);
    assert_eq!(value(&estate, "x"), r#"{"file":"/var/log","level":"info"}"#);
}

#[test]
fn a_dispute_of_nested_groups_is_found_however_deep() {
    let nested: String = (0..300)
        .map(|level| format!("groups.g{level} = {{ children = [\"g{}\"], vars.x = {level} }}\n", level + 1))
        .collect();
    let last = "groups.g300.hosts = [\"h1\"]\nhosts.h1 = {}\n";
    let beside = |x: u32| format!("groups.side = {{ hosts = [\"h1\"], vars.x = {x} }}\n");
    let error = told(&[&format!("{nested}{last}{}", beside(7))]);
    assert!(
        error.contains("group \"side\" and group \"g299\" say different values of \"x\" for \"h1\""),
        "{error}"
    );
    assert_eq!(value(&estate(&[&format!("{nested}{last}{}", beside(299))]), "x"), "299");
    assert_eq!(
        value(
            &estate(&[&format!("{nested}{last}{}", beside(7).replace("h1", "h2") + "hosts.h2 = {}\n")]),
            "x"
        ),
        "299"
    );
}

#[test]
fn facts_stand_beside_what_is_intended_and_the_newest_count() {
    let observed = |seconds: u64, os: &str| {
        let mut batch = Batch::new("facts");
        let at = Timestamp::UNIX_EPOCH.saturating_add(Duration::from_secs(seconds));
        let values: Map = [("os", Located::new(os, batch.source()))].into_iter().collect();
        let host = batch.host("h1");
        batch.set_facts(host, Facts::new(at, values));
        batch
    };
    let mut builder = builder(&["hosts.h1.vars.os = \"intended\"\n"]);
    for batch in [observed(20, "new"), observed(10, "old")] {
        builder.merge(batch);
    }
    let estate = builder.build().unwrap();
    let host = estate.host("h1").unwrap();
    assert_eq!(host.var("os").unwrap().value.as_str(), Some("intended"));
    let facts = host.facts().unwrap();
    assert_eq!(facts.get("os").unwrap().value.as_str(), Some("new"));
    assert_eq!(estate.place(facts.get("os").unwrap().origin).to_string(), "facts");
    let later = Timestamp::UNIX_EPOCH.saturating_add(Duration::from_secs(80));
    assert_eq!(facts.age(later), Duration::from_secs(60));
}
