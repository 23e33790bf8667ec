//! Literals of INI values as Ansible reads them.

use super::read;
use crate::{FileId, Origin, Value};
use proptest::prelude::*;

fn literal(text: &str) -> Option<Value> {
    read(text, Origin::new(FileId(0), 3, 5), &mut { usize::MAX })
}

#[derive(serde::Deserialize)]
struct Case {
    /// What stands behind `key=` in a section of variables.
    text: String,
    /// What Ansible makes of it; none where it fails.
    json: Option<String>,
}

/// Ansible prints these as Python does; nobody means them.
const OTHERWISE: [&str; 1] = ["1+2j"];

#[test]
fn ansible_reads_the_same() {
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("../../../tests/data/ansible-literals.json")).unwrap();
    let mut failures = Vec::new();
    for Case { text, json } in cases {
        if OTHERWISE.contains(&&*text) {
            assert_eq!(literal(&text), None);
            continue;
        }
        // Ansible strips the line before.
        let stripped = text.trim();
        let ours = literal(stripped).unwrap_or_else(|| stripped.into()).to_json().unwrap();
        if json.as_ref().is_some_and(|theirs| *theirs != ours) {
            failures.push(format!("{text:?}\n  ours   {ours}\n  theirs {json:?}"));
        }
    }
    assert!(failures.is_empty(), "{} differ:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn lines_are_as_in_python() {
    let taken = [
        ("(1\n)", "1"),
        ("[1,\n2]", "[1,2]"),
        ("1\n", "1"),
        ("\n1", "1"),
        ("1\n\n", "1"),
        ("1\n # c", "1"),
        ("# c\n1", "1"),
        ("( # c\n1)", "1"),
        ("('a'\n'b')", "\"ab\""),
        ("\\\n1", "1"),
        ("'''a\nb'''", "\"a\\nb\""),
        ("'a\\\nb'", "\"ab\""),
        ("1\u{c}", "1"),
        ("'\ttab'", "\"\\ttab\""),
    ];
    for (text, json) in taken {
        assert_eq!(literal(text).map(|value| value.to_json().unwrap()).as_deref(), Some(json), "{text:?}");
    }
    for text in [
        "1\n2",
        "'a'\n'b'",
        "'a\nb'",
        "1\\\n",
        "  1\n  ",
        "\u{a0}1",
        "\u{feff}1",
        "1;",
        "\n 1",
        "lambda:1",
        "'\0'",
    ] {
        assert_eq!(literal(text), None, "{text:?}");
    }
}

#[test]
fn items_say_where_the_literal_was() {
    let list = literal("[1, [2]]").unwrap();
    assert!(list.as_list().unwrap().iter().all(|item| (item.origin.line(), item.origin.column()) == (3, 5)));
}

#[test]
fn nesting_and_length_have_bounds() {
    for opening in ["[", "(", "{1:", "-("] {
        assert_eq!(literal(&opening.repeat(10_000)), None);
    }
    let deepest = format!("{}{}", "[".repeat(128), "]".repeat(128));
    assert_eq!(literal(&deepest).unwrap().to_json().unwrap(), deepest);
    assert_eq!(literal(&format!("[{deepest}]")), None);
    assert!(literal(&"1".repeat(4300)).is_some());
    assert_eq!(literal(&"1".repeat(4301)), None);
    let long = format!("[{}]", "1,".repeat(1 << 19));
    assert_eq!(literal(&long).unwrap().as_list().unwrap().len(), 1 << 19);
    let map: String = (0..50_000).map(|key| format!("{key}:1,")).collect();
    assert_eq!(literal(&format!("{{{map}}}")).unwrap().as_map().unwrap().len(), 50_000);
}

fn python_like() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
        ",",
        ":",
        "'",
        "\"",
        "'''",
        "\\",
        "\\x",
        "\\u00e9",
        "\\N{DASH}",
        "b'",
        "r\"",
        "u",
        "f'",
        "1",
        "0",
        "_",
        ".",
        "e",
        "+",
        "-",
        "0x",
        "0b",
        "True",
        "None",
        "set()",
        "...",
        "j",
        " ",
        "\n",
        "#",
        "é",
        "\t",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_text_panics(text in python_like()) {
        if let Some(value) = literal(&text) {
            let _ = value.to_json();
        }
    }

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        let _ = literal(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn a_whole_number_reads_back(number: i128) {
        let printed = literal(&number.to_string()).unwrap().to_json().unwrap();
        prop_assert_eq!(printed, number.to_string());
    }
}

#[test]
fn values_in_lists_and_maps_are_counted() {
    let mut left = 5;
    let mut read = |text: &str| (super::read(text, Origin::file(FileId(0)), &mut left).is_some(), left);
    assert_eq!(read("1"), (true, 5));
    assert_eq!(read("[1, [2]]"), (true, 2));
    assert_eq!(read("{'a': 1}"), (true, 0));
    assert_eq!(read("[1]"), (false, 0));
    assert_eq!(read("2"), (true, 0));
}
