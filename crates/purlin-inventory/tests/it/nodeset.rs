//! Sets of names against what ClusterShell said.

use proptest::prelude::*;
use purlin_core::ErrorKind;
use purlin_inventory::NodeSet;
use serde_json::Value;
use std::collections::BTreeSet;

fn nodes(text: &str) -> NodeSet {
    NodeSet::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap()
}

fn sorted<T: Into<String>>(names: impl IntoIterator<Item = T>) -> Vec<String> {
    let mut names: Vec<String> = names.into_iter().map(Into::into).collect();
    names.sort();
    names
}

fn recorded() -> Value {
    serde_json::from_str(include_str!("../data/clustershell.json")).unwrap()
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect()
}

/// With one dimension text and order are ClusterShell's too; with several, it picks boxes by size and we by number.
fn same(ours: &NodeSet, theirs: &Value, what: &str) {
    let (fold, names) = (text(theirs, "fold"), strings(&theirs["names"]));
    let numbers =
        |name: &str| name.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).count();
    let several = names.iter().any(|name| numbers(name) > 1);
    if several {
        assert_eq!(sorted(ours), sorted(names.iter().copied()), "{what}");
        assert_eq!(*ours, nodes(fold), "{what}");
    } else {
        assert_eq!(ours.to_string(), fold, "{what}");
        assert_eq!(ours.iter().collect::<Vec<_>>(), names, "{what}");
    }
    assert_eq!(ours.count(), names.len() as u128, "{what}");
}

#[test]
fn texts_mean_what_clustershell_makes_of_them() {
    let recorded = recorded();
    for case in recorded["texts"].as_array().unwrap() {
        let what = text(case, "text");
        match case["error"].as_bool() {
            Some(true) => assert!(NodeSet::parse(what).is_err(), "{what} is accepted"),
            _ => same(&nodes(what), case, what),
        }
    }
}

#[test]
fn operations_and_splits_are_those_of_clustershell() {
    for case in recorded()["operations"].as_array().unwrap() {
        let (one, two) = (nodes(text(case, "one")), nodes(text(case, "two")));
        let what = format!("{one} and {two}");
        same(&one.union(&two).unwrap(), &case["union"], &what);
        same(&one.intersection(&two).unwrap(), &case["intersection"], &what);
        same(&one.difference(&two).unwrap(), &case["difference"], &what);
        same(&one.xor(&two).unwrap(), &case["xor"], &what);
        let parts = one.split(usize::try_from(case["parts"].as_u64().unwrap()).unwrap()).unwrap();
        if case["dimensions"] == 1 {
            assert_eq!(
                parts.iter().map(ToString::to_string).collect::<Vec<_>>(),
                strings(&case["split"]),
                "{what}"
            );
        }
        let sizes: Vec<u128> = parts.iter().map(NodeSet::count).collect();
        let theirs: Vec<u128> = strings(&case["split"]).into_iter().map(|part| nodes(part).count()).collect();
        assert_eq!(sizes, theirs, "{what}");
        assert!(parts.iter().flat_map(NodeSet::iter).eq(one.iter()), "{what}");
    }
}

#[test]
fn a_billion_names_stay_folded() {
    let many = nodes("n[1-999999999]");
    assert_eq!(many.count(), 999_999_999);
    assert_eq!(many.difference(&nodes("n[2-999999998]")).unwrap().to_string(), "n[1,999999999]");
    assert!(many.contains("n31415926") && !many.contains("n031415926") && !many.contains("n0"));
    assert!(many.iter().take(3).eq(["n1", "n2", "n3"]));
    let halves = many.split(2).unwrap();
    assert_eq!(halves[0].to_string(), "n[1-500000000]");
    let square = nodes("r[1-100000]n[1-100000]").difference(&nodes("r777n[5-9]")).unwrap();
    assert_eq!(square.count(), 10_000_000_000 - 5);
    assert_eq!(square.to_string(), "r[1-776,778-100000]n[1-100000],r777n[1-4,10-100000]");
    let thirds = square.split(3).unwrap();
    assert_eq!(thirds.iter().map(NodeSet::count).sum::<u128>(), square.count());
    assert_eq!(thirds[0].union(&thirds[1]).unwrap().union(&thirds[2]).unwrap(), square);
    let cube = nodes(&"n[1-999999999]x".repeat(4));
    assert_eq!(cube.count(), 999_999_999_u128.pow(4));
    let thirds = cube.split(3).unwrap();
    assert!(thirds.iter().all(|third| third.count() == cube.count() / 3));
}

#[test]
fn a_set_that_cannot_be_counted_is_none() {
    let error = NodeSet::parse(&"n[1-999999999]x".repeat(16)).unwrap_err();
    assert_eq!(error.message(), "node set:1:1: more names than can be counted: 2^128");
    // Each of the two can be counted.
    let half = "n[0-99999999999999999]".repeat(2) + "[0-9999][a]";
    assert!(NodeSet::parse(&half).is_err());
    let most = |first: &str| nodes(&format!("{first}{}x[0-99]", "n[0-999999999999999999]".repeat(2)));
    let (one, two) = (most("a[0-1]"), most("a[2-3]"));
    let error = one.union(&two).unwrap_err();
    assert_eq!(error.message(), "more names than can be counted: 2^128");
    assert!(one.difference(&two).is_ok());
}

#[test]
fn faults_name_their_column() {
    let cases = [
        ("web[1-", "node set:1:4: this bracket is not closed"),
        ("a,[1-2]]", "node set:1:8: a closing bracket without an opening one"),
        ("a,n[1[2]]", "node set:1:6: a bracket within brackets"),
        ("a,,b", "node set:1:3: a name is missing here"),
        ("a,b!", "node set:1:5: a name is missing at the end"),
        ("ü[3-1]", "node set:1:3: \"3-1\" runs backwards"),
        ("n[1, 01-100]", "node set:1:6: \"01-100\" pads its two numbers to different lengths"),
        ("n[1-9/0]", "node set:1:3: \"1-9/0\" has a step of 0"),
        ("n[1-9,x]", "node set:1:7: \"x\" is no range of numbers"),
        (
            "n[1-999999999/2]",
            "node set:1:3: \"1-999999999/2\" is more than 1000000 numbers, torn apart by its step",
        ),
        (
            "n[1-999999999]5",
            "node set:1:2: more than 1000000 numbers, torn apart by the digits behind the bracket",
        ),
        ("n[1-99999999999999999999]", "node set:1:3: a number of more than 18 digits in brackets"),
        ("@web", "node set:1:1: groups mean something in an inventory only, and a node set has none"),
        ("web*", "node set:1:4: wildcards mean something in an inventory only, and a node set has none"),
        ("n1 n2", "node set:1:3: white space within a name"),
        ("n[1-2]5[3-4]", "node set:1:2: two brackets with nothing but digits between them"),
    ];
    for (text, message) in cases {
        let error = NodeSet::parse(text).unwrap_err();
        assert_eq!(error.message(), message, "{text}");
    }
    assert!(nodes("a").split(0).is_err() && nodes("a").split(usize::MAX).is_err());
}

#[test]
fn sets_of_several_dimensions_that_fall_to_pieces_are_refused() {
    // Each row of a grid gets a name of its own, so that no two rows are alike any more.
    let grid = nodes("r[0-6000/2]n[0-6000/2]");
    let own: NodeSet = (0..6000).map(|row| format!("r{row}n{}", 10_000 + row)).collect();
    let error = grid.union(&own).unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Invalid, "the sets fall into more than 4000000 pieces")
    );
    let text = format!("a,{grid},{own}");
    let error = NodeSet::parse(&text).unwrap_err();
    assert!(error.message().contains("fall into more than 4000000 pieces"), "{error}");
    assert_eq!(grid.intersection(&own).unwrap(), NodeSet::new());
}

#[test]
fn names_are_taken_as_they_are() {
    let odd: NodeSet = ["a,b", "x[1-2]", "\0", "n\0", "n1", "@g", ""].into_iter().collect();
    assert_eq!(odd.count(), 7);
    assert!(odd.contains("x[1-2]") && odd.contains("\0") && odd.contains("n\0") && odd.contains(""));
    assert!(!odd.contains("n2") && !odd.contains("x1"));
    assert_eq!(sorted(&odd), sorted(["a,b", "x[1-2]", "\0", "n\0", "n1", "@g", ""]));
}

fn name() -> impl Strategy<Value = String> {
    // Regular expressions as strategies are read anew for each value, which takes most of the time.
    let number = prop_oneof![
        (0u32..15).prop_map(|n| n.to_string()),
        (0u32..120, 1usize..4).prop_map(|(n, width)| format!("{n:0width$}"))
    ];
    let shape = proptest::sample::select(&["n", "r", "web-", "x.", ""]);
    let part = (shape, number).prop_map(|(shape, number)| shape.to_owned() + &number);
    prop_oneof![
        3 => part.clone(),
        2 => (part.clone(), part.clone()).prop_map(|(one, two)| format!("{one}c{two}")),
        1 => (part.clone(), part.clone(), part).prop_map(|(one, two, three)| format!("{one}c{two}d{three}.z")),
        1 => proptest::sample::select(&["a", "b", "ab", "c-", "ü"]).prop_map(str::to_owned),
        1 => (0u64.., 17usize..22).prop_map(|(n, width)| format!("{n:0width$}")),
    ]
}

fn some_names() -> impl Strategy<Value = BTreeSet<String>> {
    proptest::collection::btree_set(name(), 0..40)
}

fn folded(names: &BTreeSet<String>) -> NodeSet {
    names.iter().map(String::as_str).collect()
}

proptest! {
    #[test]
    fn what_is_folded_and_read_again_is_the_same(names in some_names()) {
        let set = folded(&names);
        prop_assert_eq!(set.count(), names.len() as u128);
        prop_assert_eq!(sorted(&set), sorted(names.iter().cloned()));
        prop_assert!(names.iter().all(|name| set.contains(name)));
        let again = nodes(&set.to_string());
        prop_assert_eq!(&again, &set);
        prop_assert_eq!(again.to_string(), set.to_string());
    }

    #[test]
    fn operations_are_those_of_sets_of_names(one in some_names(), two in some_names(), parts in 1usize..7) {
        let (a, b) = (folded(&one), folded(&two));
        let owned = |names: Vec<&String>| names.into_iter().cloned().collect::<BTreeSet<String>>();
        prop_assert_eq!(&a.union(&b).unwrap(), &folded(&owned(one.union(&two).collect())));
        prop_assert_eq!(&a.intersection(&b).unwrap(), &folded(&owned(one.intersection(&two).collect())));
        prop_assert_eq!(&a.difference(&b).unwrap(), &folded(&owned(one.difference(&two).collect())));
        prop_assert_eq!(&a.xor(&b).unwrap(), &folded(&owned(one.symmetric_difference(&two).collect())));
        let split = a.split(parts).unwrap();
        prop_assert_eq!(split.len(), parts.min(one.len()));
        prop_assert!(split.iter().flat_map(NodeSet::iter).eq(a.iter()));
    }

    #[test]
    fn sets_of_many_runs_are_put_together_alike(
        one in proptest::collection::btree_set(0u32..600, 0..300),
        two in proptest::collection::btree_set(0u32..600, 0..300),
        spread in proptest::sample::select(&[1u32, 1, 1_000_000]),
    ) {
        let set = |numbers: &BTreeSet<u32>| -> NodeSet { numbers.iter().map(|n| format!("n{}", n * spread)).collect() };
        let owned = |numbers: Vec<&u32>| set(&numbers.into_iter().copied().collect());
        let (a, b) = (set(&one), set(&two));
        prop_assert_eq!(a.union(&b).unwrap(), owned(one.union(&two).collect()));
        prop_assert_eq!(a.intersection(&b).unwrap(), owned(one.intersection(&two).collect()));
        prop_assert_eq!(a.difference(&b).unwrap(), owned(one.difference(&two).collect()));
        prop_assert_eq!(a.xor(&b).unwrap(), owned(one.symmetric_difference(&two).collect()));
    }

    #[test]
    fn operators_in_text_are_the_operations(one in some_names(), two in some_names(), three in some_names()) {
        let sets = [folded(&one), folded(&two), folded(&three)];
        prop_assume!(sets.iter().all(|set| !set.is_empty()));
        // The comma within folded text is an operator too, so each side is one operand here.
        let only = |set: &NodeSet| set.iter().next().unwrap();
        let (b, c) = (only(&sets[1]), only(&sets[2]));
        let single = |name: &String| NodeSet::from_iter([name.clone()]);
        let expected = sets[0].difference(&single(&b)).unwrap().xor(&single(&c)).unwrap();
        prop_assert_eq!(nodes(&format!("{}!{b}^{c}", sets[0])), expected);
        let expected = sets[0].xor(&single(&b)).unwrap().xor(&single(&c)).unwrap().intersection(&single(&c)).unwrap();
        prop_assert_eq!(nodes(&format!("{}^{b}^{c}&{c}", sets[0])), expected);
    }

    #[test]
    fn no_text_breaks_the_reader(text in "[a-c0-9,!&^/\\[\\]\\- \\x00ü@*]{0,40}") {
        if let Ok(set) = NodeSet::parse(&text) {
            let again = NodeSet::parse(&set.to_string()).unwrap();
            prop_assert_eq!(&again, &set);
            prop_assert_eq!(set.iter().take(1000).count() as u128, set.count().min(1000));
        }
    }

    #[test]
    fn not_even_any_text(text in "\\PC{0,60}") {
        let _ = NodeSet::parse(&text);
    }
}
