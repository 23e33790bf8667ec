//! What ansible-core 2.19.14 made of the same files.

use super::run;
use crate::ansible::fixtures::{batch, document, groups, inventory};
use crate::{Batch, InventoryBuilder, Value};

const HOSTS: &str = r#"{"web": {"w1": {"env": "prod", "os": "debian", "site": "ams", "n": 1, "num0": 0, "f": 1.5, "t": true, "empty": "",
    "lst": ["a", "b-c", "", 3], "dd": {"k": "v", "z": 2, "e": ""}, "weird": "a-b.c d", "emptyl": [], "nn": null}}, "solo": {}}"#;

/// The groups that a file adds to one host, and the faults.
fn added(config: &str) -> (Vec<String>, Vec<String>) {
    let config = document(config);
    let mut added = Batch::new("c.yml");
    run(&config, &inventory(HOSTS), &mut added);
    let faults = added.diagnostics().iter().map(ToString::to_string).collect();
    let names = added.group_names.texts().iter().map(ToString::to_string);
    (names.collect(), faults)
}

fn keyed(entry: &str) -> Vec<String> {
    let (names, faults) = added(&format!(r#"{{"plugin": "constructed", "keyed_groups": [{entry}]}}"#));
    assert!(faults.is_empty(), "{entry}: {faults:?}");
    names
}

#[test]
fn groups_and_variables_follow_from_variables() {
    let hosts = r#"{"web": {"w1": {"env": "prod", "os": "debian", "site": "ams", "n": 1},
        "w2": {"env": "stage", "os": "debian", "site": "lon", "n": 2}}, "db": {"d1": {"env": "prod", "os": "rhel", "site": "ams", "n": 3}}}"#;
    let config = document(
        r#"{"plugin": "ansible.builtin.constructed", "strict": false, "groups": {"prod": "env == 'prod'",
        "debprod": "os == 'debian' and env == 'prod'", "webs": "'web' in group_names", "big": "n | int > 1", "never": "missing_var == 1"},
        "compose": {"fqdn": "inventory_hostname ~ '.' ~ site ~ '.example.net'", "double": "n * 2", "listy": "[site, env]"}}"#,
    );
    let mut builder = InventoryBuilder::new();
    builder.merge(batch(hosts));
    let mut added = Batch::new("02.yml");
    run(&config, &builder.clone().build().unwrap(), &mut added);
    assert!(added.diagnostics().is_empty(), "{}", added.diagnostics());
    builder.merge(added);
    let estate = builder.build().unwrap();
    assert_eq!(
        groups(&estate),
        ["web: w1 w2", "db: d1", "prod: w1 d1", "debprod: w1", "webs: w1 w2", "big: w2 d1"]
    );
    let host = estate.host("w2").unwrap();
    assert_eq!(host.var("fqdn").unwrap().value, Value::Unsafe("w2.lon.example.net".into()));
    assert_eq!(host.var("double").unwrap().value, Value::Int(4));
    let listy: Vec<_> =
        host.var("listy").unwrap().value.as_list().unwrap().iter().map(|item| item.value.clone()).collect();
    assert_eq!(listy, [Value::from("lon"), Value::from("stage")]);
    assert_eq!(estate.place(host.var("double").unwrap().origin).file, "02.yml");
}

#[test]
fn a_strict_file_tells_where_the_expression_is() {
    let config = document(
        r#"{"plugin": "ansible.builtin.constructed", "strict": true, "groups": {"bad": "nosuch == 1"}}"#,
    );
    let mut added = Batch::new("02.yml");
    run(&config, &inventory(HOSTS), &mut added);
    let faults = added.diagnostics().to_string();
    assert!(faults.starts_with("02.yml:5:1: error[bad-expression]: "), "{faults}");
    assert!(faults.contains("host w1 is in group bad: 'nosuch' is undefined"), "{faults}");
}

#[test]
fn keyed_groups_are_named_as_ansible_names_them() {
    let cases = [
        (r#"{"key": "env"}"#, "_prod"),
        (r#"{"key": "env", "prefix": "e"}"#, "e_prod"),
        (r#"{"key": "lst", "prefix": "l"}"#, "l_a l_b_c l_ l_3"),
        (r#"{"key": "dd", "prefix": "d"}"#, "d_k_v d_z_2 d_e_"),
        (r#"{"key": "empty", "prefix": "em", "default_value": "none"}"#, "em_none"),
        (r#"{"key": "empty", "prefix": "em2", "trailing_separator": false}"#, ""),
        (r#"{"key": "dd", "prefix": "dt", "trailing_separator": false}"#, "dt_k_v dt_z_2 dt_e"),
        (r#"{"key": "dd", "prefix": "ddv", "default_value": "xx"}"#, "ddv_k_v ddv_z_2 ddv_e_xx"),
        (r#"{"key": "lst", "prefix": "ldv", "default_value": "xx"}"#, "ldv_a ldv_b_c ldv_xx ldv_3"),
        (r#"{"key": "weird", "prefix": "w"}"#, "w_a_b_c_d"),
        (r#"{"key": "num0", "prefix": "p"}"#, ""),
        (r#"{"key": "nn", "prefix": "p"}"#, ""),
        (r#"{"key": "nn", "prefix": "p", "default_value": "q"}"#, "p_q"),
        (r#"{"key": "num0", "prefix": "p", "default_value": "q"}"#, ""),
        (r#"{"key": "emptyl", "prefix": "p", "default_value": "q"}"#, ""),
        (r#"{"key": "nosuch", "prefix": "no"}"#, ""),
        (r#"{"key": "site", "prefix": "", "separator": ""}"#, "ams"),
        (r#"{"key": "os ~ '-' ~ site", "separator": ""}"#, "debian_ams"),
        (r#"{"key": "[1, 2.5]", "prefix": "p"}"#, "p_1 p_2_5"),
        (r#"{"key": "[[1]]", "prefix": "p"}"#, "p__1_"),
        (r#"{"key": "[none, true]", "prefix": "p"}"#, "p_None p_True"),
        (
            r#"{"key": "[none, 0, '', false, []]", "prefix": "p", "default_value": "q"}"#,
            "p_q p_0 p_False p___",
        ),
        (r#"{"key": "{1: none, 2: 0, 3: ''}", "prefix": "p", "trailing_separator": false}"#, "p_1 p_2_0 p_3"),
        (r#"{"key": "env", "prefix": 5}"#, "__prod"),
        (r#"{"key": "env", "prefix": null}"#, "None_prod"),
        (r#"{"key": "'a b'", "prefix": "c-", "separator": 7}"#, "c_7a_b"),
        (r#"{"key": "group_names", "prefix": "g"}"#, "g_web"),
        (r#"{"key": "env", "parent_group": "a-b"}"#, "_prod a_b"),
        (
            r#"{"key": "os", "prefix": "{{ site }}", "parent_group": "{{ env }}_par"}"#,
            "___site____debian prod_par",
        ),
        (r#"{"key": "env", "parent_group": "{{ nosuch }}"}"#, ""),
        (r#"{"key": "env", "parent_group": ""}"#, "_prod"),
        (r#"{"key": "env", "parent_group": "{{ empty }}"}"#, "_prod"),
        (r#"{"key": 7, "prefix": "p"}"#, ""),
    ];
    for (entry, expected) in cases {
        assert_eq!(keyed(entry).join(" "), expected, "{entry}");
    }
}

#[test]
fn the_leading_separator_can_be_left_out() {
    let config = r#"{"leading_separator": "no", "keyed_groups": [{"key": "env"}, {"key": "{1: 2}"}, {"key": "[5]"}, {"key": "env", "prefix": "p"}]}"#;
    assert_eq!(added(config), (vec!["prod".into(), "__2".into(), "_".into(), "p_prod".into()], Vec::new()));
}

#[test]
fn conditions_are_booleans() {
    let config = r#"{"groups": {"a": true, "b": false, "c": "yes", "d": "{{ true }}", "web-x": "t", "e": "'x'", "f": "n", "g": "lst", "h": 1,
        "i": "none", "sp ace": "inventory_hostname is match('w')"}}"#;
    assert_eq!(added(config).0, ["a", "d", "web_x", "sp_ace"]);
}

#[test]
fn what_is_wrong_is_told_where_it_is() {
    let cases = [
        (r#"{"groups": ["a"]}"#, "'groups' is a map"),
        (r#"{"compose": ["a"]}"#, "'compose' is a map"),
        (r#"{"keyed_groups": {"key": "env"}}"#, "'keyed_groups' is a list"),
        (r#"{"keyed_groups": ["env"]}"#, "is a map with a key"),
        (r#"{"keyed_groups": [{"key": "n"}]}"#, "not by a number"),
        (r#"{"keyed_groups": [{"key": "t"}]}"#, "not by a boolean"),
        (
            r#"{"keyed_groups": [{"key": "env", "default_value": "b", "trailing_separator": true}]}"#,
            "exclude each other",
        ),
        (r#"{"keyed_groups": [{"key": "env", "parent_group": 5}]}"#, "'parent_group' is a text"),
        (r#"{"keyed_groups": [{"key": "env", "separator": "", "parent_group": "prod"}]}"#, "its own parent"),
        (r#"{"strict": true, "keyed_groups": [{"key": "nosuch"}]}"#, "'nosuch' is undefined"),
        (r#"{"strict": true, "keyed_groups": [{"key": "empty"}]}"#, "its value is empty"),
        (r#"{"strict": true, "keyed_groups": [{"key": "num0"}]}"#, "its value is empty"),
        (r#"{"strict": true, "keyed_groups": [{"prefix": "p"}]}"#, "the entry has no key"),
        (r#"{"strict": "yes", "compose": {"a": "nosuch"}}"#, "'nosuch' is undefined"),
        (r#"{"strict": true, "compose": {"a": 5}}"#, "an expression is a text"),
        (r#"{"strict": true, "groups": {"a": "n"}}"#, "a condition is a boolean"),
        (r#"{"strict": true, "groups": {"a": "n =="}}"#, "error[bad-expression]"),
        (r#"{"groups": {"a": "n =="}}"#, "warning[bad-expression]"),
        (r#"{"compose": {"a": "env | zork"}}"#, "zork"),
        (r#"{"keyed_group": []}"#, "did you mean 'keyed_groups'?"),
        (r#"["a"]"#, "a map of options"),
    ];
    for (config, expected) in cases {
        let (_, faults) = added(config);
        assert_eq!(faults.len(), 1, "{config}: {faults:?}");
        assert!(faults[0].contains(expected) && faults[0].starts_with("c.yml:"), "{config}: {faults:?}");
    }
}

#[test]
fn a_lenient_file_passes_over_what_ansible_passes_over() {
    let config = r#"{"strict": false, "compose": {"x": "nosuch", "y": "n + 'a'", "z": 5}, "groups": {"a": "nosuch == 1"}}"#;
    assert_eq!(added(config), (Vec::new(), Vec::new()));
}
