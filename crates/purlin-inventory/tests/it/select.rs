//! The native selector.

use proptest::prelude::*;
use purlin_core::{Diagnostics, ErrorKind, SecretRef};
use purlin_inventory::{Batch, HostSet, Inventory, InventoryBuilder, Located, Map, SecretValue, Value};
use std::sync::Arc;

fn list(batch: &Batch, items: &[&str]) -> Value {
    items.iter().map(|item| Located::new(*item, batch.source())).collect::<Vec<_>>().into()
}

/// Six hosts in two sites, with values of every kind.
fn estate() -> Inventory {
    let mut batch = Batch::new("test");
    let hosts = [
        ("web01.lon", "lon", &["web", "edge"][..], 64),
        ("web02.lon", "lon", &["web"], 32),
        ("web03.ams", "ams", &["web"], 8),
        ("db-1.lon", "lon", &["db"], 128),
        ("db-2.ams", "ams", &["db", "edge"], 128),
    ];
    let (prod, front) = (batch.group("prod"), batch.group("front"));
    let lon = batch.group("london");
    batch.set_group_var(prod, "environment", "prod");
    batch.set_group_var(lon, "mask", "10.1");
    for (name, site, roles, memory) in hosts {
        let host = batch.host(name);
        batch.set_host_var(host, "site", site);
        let roles = list(&batch, roles);
        batch.set_host_var(host, "roles", roles);
        batch.set_host_var(host, "mem_gb", memory);
        if site == "lon" {
            batch.add_host(lon, host);
        }
        if name.starts_with("web") {
            batch.add_host(front, host);
        }
        if name != "web03.ams" {
            batch.add_host(prod, host);
        }
    }
    let lab = batch.host("lab");
    batch.set_host_var(lab, "environment", "lab");
    batch.set_host_var(lab, "version", "1.10");
    batch.set_host_var(lab, "enabled", true);
    batch.set_host_var(lab, "owner", Value::Null);
    batch.set_host_var(lab, "load", 0.5);
    let kernel = Located::new("6.1.0-31", batch.source());
    batch.set_host_var(lab, "facts", Map::from_iter([("kernel", kernel)]));
    let secret = Arc::new(SecretValue::Reference(SecretRef::env("TOKEN")));
    batch.set_host_var(lab, "token", Value::Secret(secret));
    let mut builder = InventoryBuilder::new();
    builder.merge(batch);
    builder.build().unwrap()
}

fn names(set: &HostSet) -> Vec<&str> {
    set.names().collect()
}

#[test]
fn each_form_selects_what_it_says() {
    let estate = estate();
    let cases: [(&str, &[&str]); 55] = [
        ("all", &["web01.lon", "web02.lon", "web03.ams", "db-1.lon", "db-2.ams", "lab"]),
        ("lab", &["lab"]),
        ("front", &["web01.lon", "web02.lon", "web03.ams"]),
        ("@front", &["web01.lon", "web02.lon", "web03.ams"]),
        ("@lon*", &["web01.lon", "web02.lon", "db-1.lon"]),
        ("web*", &["web01.lon", "web02.lon", "web03.ams"]),
        ("db-?.lon", &["db-1.lon"]),
        ("web0[1,3].*", &["web01.lon", "web03.ams"]),
        ("web0[1-2].*", &["web01.lon", "web02.lon"]),
        ("web0[!1].*", &["web02.lon", "web03.ams"]),
        ("web[01-02].lon", &["web01.lon", "web02.lon"]),
        ("web[01-02/2,02].lon", &["web01.lon", "web02.lon"]),
        ("db-1.lon - lab", &["db-1.lon"]),
        ("mem_gb=\"64\"", &["web01.lon"]),
        ("front & london", &["web01.lon", "web02.lon"]),
        ("front&london", &["web01.lon", "web02.lon"]),
        ("front - london", &["web03.ams"]),
        ("lab | front - london", &["web03.ams", "lab"]),
        ("lab | front & london - web01.lon", &["web02.lon", "lab"]),
        ("(lab | front) - london", &["web03.ams", "lab"]),
        ("all - (front | lab)", &["db-1.lon", "db-2.ams"]),
        ("(all)-(front)", &["db-1.lon", "db-2.ams", "lab"]),
        ("all - front - london", &["db-2.ams", "lab"]),
        ("site=lon", &["web01.lon", "web02.lon", "db-1.lon"]),
        ("site = \"lon\"", &["web01.lon", "web02.lon", "db-1.lon"]),
        ("site='lon' & role=db", &["db-1.lon"]),
        ("site!=lon", &["web03.ams", "db-2.ams"]),
        ("role=edge", &["web01.lon", "db-2.ams"]),
        ("roles=edge", &["web01.lon", "db-2.ams"]),
        ("role!=web", &["db-1.lon", "db-2.ams"]),
        ("environment=prod", &["web01.lon", "web02.lon", "db-1.lon", "db-2.ams"]),
        ("environment!=prod", &["lab"]),
        ("mem_gb>=64", &["web01.lon", "db-1.lon", "db-2.ams"]),
        ("mem_gb>64", &["db-1.lon", "db-2.ams"]),
        ("mem_gb < 9.5", &["web03.ams"]),
        ("mem_gb<=-1", &[]),
        ("mem_gb=64.0", &["web01.lon"]),
        ("all - site=\"nowhere\" - lab", &["web01.lon", "web02.lon", "web03.ams", "db-1.lon", "db-2.ams"]),
        ("site!='lo*'", &["web01.lon", "web02.lon", "web03.ams", "db-1.lon", "db-2.ams"]),
        ("front - role=db", &["web01.lon", "web02.lon", "web03.ams"]),
        ("front - mem_gb=77", &["web01.lon", "web02.lon", "web03.ams"]),
        ("role=nobody", &[]),
        ("version=1.10", &["lab"]),
        ("version=1.1", &[]),
        ("version>=1.05", &["lab"]),
        ("load<1", &["lab"]),
        ("enabled=true", &["lab"]),
        ("owner=null", &["lab"]),
        ("facts.kernel ~ \"^6\\.\"", &["lab"]),
        ("site ~ ^l", &["web01.lon", "web02.lon", "db-1.lon"]),
        ("role ~ 'd.e'", &["web01.lon", "db-2.ams"]),
        ("name=lab | name ~ 'ams$'", &["web03.ams", "db-2.ams", "lab"]),
        ("one_per(site)", &["web01.lon", "web03.ams"]),
        ("role=db & one_per(site)", &["db-1.lon", "db-2.ams"]),
        ("front - one_per(site)", &["web02.lon"]),
    ];
    for (selector, expected) in cases {
        let set = estate.select(selector).unwrap_or_else(|error| panic!("{selector}: {error}"));
        assert_eq!(names(&set), expected, "{selector}");
    }
}

#[test]
fn faults_name_line_and_column_and_help() {
    let cases = [
        ("", "selector:1:1: a name or a comparison is missing at the end", None),
        ("front &", "selector:1:8: a name or a comparison is missing at the end", None),
        ("front & | lab", "selector:1:9: a name or a comparison is missing before `|`", None),
        ("front lab", "selector:1:7: an operator is missing before \"lab\"", Some("write `&` for both")),
        ("front, lab", "selector:1:6: an operator is missing before `,`", Some("write `|` for any of both")),
        ("(front", "selector:1:1: this parenthesis is not closed", None),
        ("front)", "selector:1:6: a closing parenthesis without an opening one", None),
        ("frnt", "selector:1:1: no host and no group is called \"frnt\"", Some("did you mean front?")),
        ("lab |\n  @frnt", "selector:2:3: no group is called \"frnt\"", Some("did you mean @front?")),
        ("front:lab", "selector:1:1: no host and no group is called \"front:lab\"", Some("unite by `:`")),
        ("front:&london", "selector:1:1: no host and no group is called \"front:\"", Some("unite by `:`")),
        ("lab | stie=lon", "selector:1:7: no host has a variable \"stie\"", Some("did you mean site?")),
        ("facts.kernl=6", "selector:1:1: no host has a variable \"facts.kernl\"", None),
        ("site=", "selector:1:6: a value is missing at the end", None),
        ("site==lon", "selector:1:6: a value is missing before `=`", None),
        (
            "\"lab\"",
            "selector:1:1: a text in quotes is only a value: something is missing before it",
            Some("name="),
        ),
        ("site=\"lon", "selector:1:6: this quote is not closed", None),
        ("!lab", "selector:1:1: `!` means nothing here", Some("all - x")),
        ("site ~ [", "selector:1:8: this bracket is not closed", None),
        ("site ~ \"(\"", "selector:1:8: \"(\" is no regular expression: unclosed group", None),
        (
            "web[01-09].lon",
            "selector:1:1: no host and no group is called \"web03.lon\"",
            Some("did you mean web"),
        ),
        ("web[3-1].lon", "selector:1:1: \"web[3-1].lon\": \"3-1\" runs backwards", None),
        (
            "web0[13]*",
            "selector:1:1: brackets with numbers of several digits do not go with * and ?",
            Some("write either"),
        ),
        ("web[01]x[ab]", "selector:1:9: brackets with numbers beside brackets with letters", None),
        ("web[01-20]*", "selector:1:1: brackets with numbers of several digits do not go with * and ?", None),
        ("sampel(3)", "selector:1:1: there is no function \"sampel\"", Some("did you mean sample(…)?")),
        ("sample(0)", "selector:1:8: \"0\" is no share of hosts", None),
        ("sample(101%)", "selector:1:8: \"101%\" is no share of hosts", None),
        ("one_per(stie)", "selector:1:9: no host has a variable \"stie\"", Some("did you mean site?")),
        ("token=x", "selector:1:1: \"token\" of \"lab\" is a secret, which is not compared", None),
        ("one_per(token)", "selector:1:9: \"token\" of \"lab\" is a secret, which is not compared", None),
        ("address=lab", "selector:1:1: no host has a variable \"address\"", Some("typed parts")),
        ("facts!=x", "selector:1:1: \"facts\" of \"lab\" is a map, which is not compared", Some("facts.KEY")),
    ];
    refused(&cases);
}

#[test]
fn what_would_silently_select_more_is_refused() {
    refused(&[
        ("x*", "selector:1:1: no host is called like \"x*\"", None),
        ("all - wbe*", "selector:1:7: no host is called like \"wbe*\"", Some("names that begin with web")),
        ("all - wbe0[ab]", "selector:1:7: no host is called like \"wbe0[ab]\"", None),
        ("all - @fornt*", "selector:1:7: no group is called like \"fornt*\"", Some("begin with front")),
        ("all - role=wbe", "selector:1:12: no host has \"wbe\" as its role", Some("did you mean web?")),
        (
            "all - (lab | role=web & site=lno)",
            "selector:1:30: no host has \"lno\" as its site",
            Some("mean lon?"),
        ),
        ("site!=lno", "selector:1:7: no host has \"lno\" as its site", Some("did you mean lon?")),
        ("all - name=lap", "selector:1:12: no host has \"lap\" as its name", Some("did you mean lab?")),
        ("site!=lo*", "selector:1:7: values have no wildcards, as in \"lo*\"", Some("`~`")),
        ("site=lo?", "selector:1:6: values have no wildcards, as in \"lo?\"", Some("`~`")),
        (
            "all - mem_gb>lots",
            "selector:1:7: \"mem_gb\" of \"web01.lon\" is a number that has no order with \"lots\", and so for 4 other hosts",
            Some("mend it at test"),
        ),
    ]);
}

/// Each with its message and a part of its help; the message has no other.
fn refused(cases: &[(&str, &str, Option<&str>)]) {
    let estate = estate();
    for &(selector, message, help) in cases {
        let error = estate.select(selector).unwrap_err();
        assert_eq!((error.message(), error.kind()), (message, ErrorKind::Invalid), "{selector}");
        let diagnostics = error.detail::<Diagnostics>().unwrap();
        let told = diagnostics.iter().next().unwrap().help.clone().unwrap_or_default();
        assert!(
            told.contains(help.unwrap_or_default()) && (help.is_some() || !told.contains('`')),
            "{selector}: {told}"
        );
    }
}

#[test]
fn length_depth_and_terms_have_bounds() {
    let estate = estate();
    let many = vec!["lab"; 1001].join("|");
    assert!(estate.select(&many).unwrap_err().message().contains("more than 1000 names and comparisons"));
    assert_eq!(estate.select(&many[4..]).unwrap().len(), 1);
    let deep = "(".repeat(200_000);
    assert!(estate.select(&deep).unwrap_err().message().contains("a selector of more than 65536 bytes"));
    let deep = format!("{}lab{}", "(".repeat(129), ")".repeat(129));
    assert!(estate.select(&deep).unwrap_err().message().contains("nested more than 128 deep"));
    assert_eq!(estate.select(&deep[1..deep.len() - 1]).unwrap().len(), 1);
}

#[test]
fn hosts_that_are_left_out_because_of_their_type_are_told() {
    let mut batch = Batch::new("test");
    for (name, memory) in
        [("a", Value::from(64)), ("b", "64GB".into()), ("c", "48".into()), ("d", Value::Null)]
    {
        let host = batch.host(name);
        batch.set_host_var(host, "mem_gb", memory);
    }
    let mut builder = InventoryBuilder::new();
    builder.merge(batch);
    let set = builder.build().unwrap().select("mem_gb>=32").unwrap();
    assert_eq!(names(&set), ["a", "c"]);
    let told = set.warnings().to_string();
    assert_eq!(set.warnings().len(), 1, "{told}");
    let message =
        "selector:1:1: warning[not-comparable]: \"mem_gb\" of \"b\" is a text that has no order with \"32\"";
    assert!(told.starts_with(message), "{told}");
}

#[test]
fn a_host_and_a_group_of_one_name_are_told_apart() {
    let mut batch = Batch::new("test");
    let (group, member) = (batch.group("both"), batch.host("member"));
    batch.add_host(group, member);
    batch.host("both");
    let mut builder = InventoryBuilder::new();
    builder.merge(batch);
    let estate = builder.build().unwrap();
    let error = estate.select("both").unwrap_err();
    assert!(error.message().contains("\"both\" is both a host and a group"), "{error}");
    assert_eq!(names(&estate.select("@both").unwrap()), ["member"]);
    assert_eq!(names(&estate.select("name=both").unwrap()), ["both"]);
}

#[test]
fn an_empty_selection_is_a_value_that_must_be_accepted() {
    let estate = estate();
    let none = estate.select("front & lab").unwrap();
    assert!(none.is_empty());
    let error = none.non_empty().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.message(), "no host is selected by \"front & lab\"");
    assert_eq!(estate.select("lab").unwrap().non_empty().unwrap().len(), 1);
}

#[test]
fn sets_of_one_inventory_are_put_together_and_those_of_two_are_not() {
    let estate = estate();
    let set = |selector: &str| estate.select(selector).unwrap();
    let (front, london) = (set("front"), set("london"));
    assert_eq!(names(&front.union(&london).unwrap()), ["web01.lon", "web02.lon", "web03.ams", "db-1.lon"]);
    assert_eq!(names(&front.intersection(&london).unwrap()), ["web01.lon", "web02.lon"]);
    assert_eq!(names(&front.difference(&london).unwrap()), ["web03.ams"]);
    assert_eq!(names(&front.xor(&london).unwrap()), ["web03.ams", "db-1.lon"]);
    assert_eq!(front.to_string(), "web03.ams,web[01-02].lon");
    assert_eq!(HostSet::all(&estate).difference(&set("all")).unwrap(), HostSet::none(&estate));
    assert_eq!(HostSet::of(&estate, front.ids()), front);
    assert!(front.ids().all(|id| front.contains(id)));
    let other = self::estate();
    assert_eq!(front.union(&HostSet::all(&other)).unwrap_err().kind(), ErrorKind::Invalid);
    assert_ne!(HostSet::all(&estate), HostSet::all(&other));
}

fn many() -> Inventory {
    let mut batch = Batch::new("test");
    for index in 0..1000 {
        let host = batch.host(&format!("n{index}"));
        batch.set_host_var(host, "rack", index % 10);
    }
    let mut builder = InventoryBuilder::new();
    builder.merge(batch);
    builder.build().unwrap()
}

#[test]
fn samples_are_the_same_each_time_and_the_smaller_lies_in_the_larger() {
    let estate = many();
    let set = |selector: &str| estate.select(selector).unwrap();
    // Which hosts these are is a promise: they may not change from release to release.
    assert_eq!(set("sample(5)").to_string(), SAMPLE);
    assert_eq!(
        (set("sample(10%)").len(), set("sample(0.01%)").len(), set("sample(100%)").len()),
        (100, 1, 1000)
    );
    assert_eq!(set("sample(5000)").len(), 1000);
    assert_eq!(set("sample(5) - sample(21%)").len(), 3);
    assert!(set("sample(5)").difference(&set("sample(10%)")).unwrap().is_empty());
    let picked = set("rack=3 & sample(10%)");
    assert_eq!(picked.len(), 10);
    assert!(picked.difference(&set("rack=3")).unwrap().is_empty());
    assert_eq!(set("one_per(rack)").to_string(), "n[0-9]");
    assert_eq!(set("n[500-599] & one_per(rack)").to_string(), "n[500-509]");
}

const SAMPLE: &str = "n[479,609,636,756,849]";

fn selector() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("front".to_owned()),
        Just("london".to_owned()),
        Just("site=ams".to_owned()),
        Just("lab".to_owned()),
        Just("role~d".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        (inner.clone(), prop_oneof![Just(" & "), Just(" - "), Just(" | ")], inner)
            .prop_map(|(one, operator, two)| format!("({one}{operator}{two})"))
    })
}

proptest! {
    #[test]
    fn operators_are_those_of_sets(one in selector(), two in selector(), three in selector()) {
        let estate = estate();
        let set = |selector: &str| estate.select(selector).unwrap();
        let (a, b, c) = (set(&one), set(&two), set(&three));
        prop_assert_eq!(set(&format!("{one} & {two}")), a.intersection(&b).unwrap());
        prop_assert_eq!(set(&format!("{one} - {two}")), a.difference(&b).unwrap());
        prop_assert_eq!(set(&format!("{one}|{two}")), a.union(&b).unwrap());
        prop_assert_eq!(set(&format!("{one} | {two} - {three}")), a.union(&b.difference(&c).unwrap()).unwrap());
        prop_assert_eq!(set(&format!("{one} - {two} & {three}")), a.difference(&b).unwrap().intersection(&c).unwrap());
    }

    #[test]
    fn no_selector_breaks_the_reader(text in "[a-c0-9 &|()\\-=!<>~\"'@*?,%\\[\\]./]{0,40}") {
        let _ = estate().select(&text);
    }

    #[test]
    fn not_even_any_text(text in "\\PC{0,40}") {
        let _ = estate().select(&text);
    }

    #[test]
    fn words_in_any_order_do_not_either(
        words in proptest::collection::vec(prop_oneof![
            Just("front"), Just("lab"), Just("@london"), Just("site"), Just("="), Just("!="), Just(">="), Just("~"), Just("lon"),
            Just("&"), Just("|"), Just("-"), Just("("), Just(")"), Just("one_per"), Just("sample"), Just("3"), Just("10%"),
            Just("web*"), Just("web[01-02].lon"), Just("\"lon\""),
        ], 0..12)
    ) {
        let estate = estate();
        if let Ok(set) = estate.select(&words.join(" ")) {
            prop_assert!(set.len() <= estate.len());
        }
    }
}
