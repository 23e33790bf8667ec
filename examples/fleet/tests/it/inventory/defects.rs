//! What goes wrong in silence with other tools: here it is told, or does not happen.

use super::home;
use crate::support::{Home, good, refused};

/// Runs it, and wants these texts on standard error beside a fine answer.
#[track_caller]
fn warned(home: &Home, words: &str, texts: &[&str]) -> String {
    let output = home.fleet(words).run().unwrap();
    assert_eq!(output.code(), Some(0), "{output:?}");
    for text in texts {
        assert_eq!(output.stderr.matches(text).count(), 1, "{text:?} in: {}", output.stderr);
    }
    output.stdout
}

#[test]
fn one_reader_alone_tells_what_is_wrong_with_a_file() {
    let home = home();
    for (name, text, fault) in [
        ("open.yml", "all:\n  hosts: [\n", "open.yml:2:10: error[yaml-syntax]"),
        ("tab.yml", "all:\n\thosts:\n", "tab.yml:2:2: error[yaml-tab]"),
        ("odd", "all:\n  hosts:\n    h1:\n   h2:\n", "odd:4:4: error[yaml-syntax]"),
        ("half.json", "{\"all\": ", "half.json:1:9: error[json-syntax]"),
        ("open.ini", "[all\n", "open.ini:1:1: error["),
        ("open.toml", "[all]\nhosts = [\n", "open.toml:2:10: error[toml-syntax]"),
    ] {
        home.write(&format!("up/here/{name}"), text);
        let output = refused(&home.fleet(&format!("inventory list -i {name}")), 2, &[fault]);
        assert_eq!(output.stderr.matches("error[").count(), 1, "{}", output.stderr);
    }
}

#[test]
fn a_broken_source_leaves_no_other_one_alone() {
    let home = home();
    home.write("up/here/broken.yml", "- a\n");
    home.write("up/here/both/good.ini", "w1\n");
    home.write("up/here/both/broken.ini", "w2 novalue\n");
    for (sources, place) in
        [("-i hosts.ini -i broken.yml", "broken.yml:1:"), ("-i both", "both/broken.ini:1:4: error[")]
    {
        for words in ["list", "hosts", "export --to native"] {
            refused(&home.fleet(&format!("inventory {words} {sources}")), 2, &[place]);
        }
    }
}

#[test]
fn values_that_became_something_else_are_told() {
    let home = home();
    home.write("up/here/odd.ini", "[web]\nw1 n=1.10\n[web:vars]\na=FALSE\n");
    home.write("up/here/group_vars/web.yml", "mode: 0755\nat: 12:30\n1: a\ntrue: b\n");
    let told = [
        "odd.ini:2:4: warning[coerced-version]: n is the number 1.1, and 1.10 is lost",
        "odd.ini:4:3: warning[ini-boolean]: a is the text FALSE",
        "group_vars/web.yml:1:7: warning[coerced-octal]: mode is the number 493",
        "group_vars/web.yml:2:5: warning[coerced-sexagesimal]: at is the number 750",
        "group_vars/web.yml:4:1: warning[duplicate-key]: the keys \"1\" and \"true\"",
    ];
    warned(&home, "inventory lint -i odd.ini", &told);
}

#[test]
fn files_and_names_that_are_passed_over_are_told() {
    let home = home();
    home.write("up/here/same.yml", "web:\n  hosts:\n    web:\n    w2:\n");
    home.write("up/here/group_vars/web.yml", "x: 1\n");
    home.write("up/here/group_vars/web/a.yml", "y: 1\n");
    home.write("up/here/group_vars/wbe.yml", "z: 1\n");
    let told = [
        "group_vars/web.yml: warning[ignored-vars-file]",
        "group_vars/wbe.yml: warning[unused-vars-file]: there is no group named wbe",
        "same.yml:2:3: warning[host-and-group]: web is a host and a group",
    ];
    warned(&home, "inventory lint -i same.yml", &told);
    let selected = home.fleet("inventory hosts -i same.yml --select");
    refused(&selected.clone().arg("web"), 2, &["error[ambiguous-name]", "@web", "name=web"]);
    assert_eq!(good(&selected.arg("@web")).stdout, "web\nw2\n");
}

#[test]
fn a_range_that_makes_no_host_is_an_error() {
    let home = home();
    home.write("up/here/backwards.ini", "w1\nh[5:1]\n");
    refused(&home.fleet("inventory hosts -i backwards.ini"), 2, &["backwards.ini:2:"]);
}

#[test]
fn patterns_that_mean_something_else_are_told_and_selectors_of_the_kind_are_refused() {
    let home = home();
    let pattern = |pattern: &str, told: &str| {
        warned(&home, &format!("inventory hosts -i hosts.ini -- {pattern}"), &[told])
    };
    assert_eq!(pattern("web[0-1]", "warning[pattern-slice]"), "web1\nweb2\n");
    assert_eq!(pattern("web[99]", "warning[unmatched-pattern]"), "");
    assert_eq!(pattern("web!db", "warning[pattern-joined]: web!db is read as one name"), "");
    assert_eq!(pattern("nosuch", "warning[unmatched-pattern]"), "");
    assert_eq!(pattern("~[", "warning[pattern-selects-all]").lines().count(), 4);
    for (selector, fault) in [
        ("web[99]", "selector:1:1: error[unknown-name]"),
        ("web!db", "selector:1:4: error[malformed-selector]"),
        ("wbe", "did you mean web?"),
        ("~[", "selector:1:2: error[malformed-selector]"),
        ("web&", "selector:1:5: error[malformed-selector]"),
    ] {
        refused(&home.fleet("inventory hosts -i hosts.ini --select").arg(selector), 2, &[fault]);
    }
}

#[test]
fn the_name_of_a_group_decides_nothing_in_a_native_estate() {
    let home = home();
    for (one, two) in [("a", "z"), ("z", "a")] {
        let text = format!(
            "purlin = 1\n[role.{one}.vars]\nport = 1\n[role.{two}.vars]\nport = 2\n[hosts.h1]\nroles = ['{one}', '{two}']\n"
        );
        home.write("up/here/two.toml", &text);
        let told = ["error[", "two.toml:3:8", "two.toml:5:8"];
        refused(&home.fleet("inventory list -i two.toml"), 2, &told);
    }
}
