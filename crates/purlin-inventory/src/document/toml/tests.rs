//! TOML as Ansible reads it.

use super::read;
use crate::FileId;
use proptest::prelude::*;

const FILE: FileId = FileId(0);

fn printed(text: &str) -> String {
    read(text, "f.toml", FILE).unwrap().value.to_json().unwrap()
}

fn fault(text: &str) -> String {
    read(text, "f.toml", FILE).expect_err(text).to_string()
}

#[test]
fn ansible_prints_it_so() {
    let text = "a = 1979-05-27T07:32:00Z\nb = 1979-05-27\nc = 1979-05-27T07:32:00.5-07:00\nd = 1979-05-27 07:32:00.999999999\n\
                e = 07:32:00\nf = 123456789012345678901234567890\ng = 0xDEAD_BEEF\nh = [1, \"x\", {y = 1}]\ni.j.k = true\n\
                l = 1e3\nm = -0\nn = 1_000.5\no = inf\np = 0o17\n";
    let expected = r#"{"a":"1979-05-27T07:32:00+00:00","b":"1979-05-27","c":"1979-05-27T07:32:00.500000-07:00","d":"1979-05-27T07:32:00.999999","e":"07:32:00","f":123456789012345678901234567890,"g":3735928559,"h":[1,"x",{"y":1}],"i":{"j":{"k":true}},"l":1000.0,"m":0,"n":1000.5,"o":Infinity,"p":15}"#;
    assert_eq!(printed(text), expected);
}

#[test]
fn tables_keep_their_order_and_values_their_places() {
    let root = read("[z]\nb = 1\n\na = { \"é\" = 2, x = 3 }\n[y.w]\n[[x]]\nq = [\n  4,\n]\n", "f.toml", FILE)
        .unwrap();
    let map = root.value.as_map().unwrap();
    assert_eq!(map.iter().map(|(key, _)| key).collect::<Vec<_>>(), ["z", "y", "x"]);
    let z = map.get("z").unwrap().value.as_map().unwrap();
    assert_eq!(z.iter().map(|(key, _)| key).collect::<Vec<_>>(), ["b", "a"]);
    let place = |value: &crate::Located| (value.origin.line(), value.origin.column());
    assert_eq!(place(z.get("b").unwrap()), (2, 5));
    assert_eq!(place(z.get("a").unwrap().value.as_map().unwrap().get("x").unwrap()), (4, 20));
    let q = map.get("x").unwrap().value.as_list().unwrap()[0].value.as_map().unwrap().get("q").unwrap();
    assert_eq!(place(&q.value.as_list().unwrap()[0]), (8, 3));
}

#[test]
fn all_faults_of_syntax_are_told() {
    let said = fault("a = \nb = 1\nb = 2\n[c\n");
    for place in ["f.toml:1:", "f.toml:3:1: error[duplicate-key]", "f.toml:4:"] {
        assert!(said.contains(place), "{place}: {said}");
    }
}

#[test]
fn ten_thousand_levels_are_a_fault() {
    let nested = [
        format!("a = {}", "[".repeat(10_000)),
        format!("a = {}", "{a = ".repeat(10_000)),
        format!("{}a = 1", "a.".repeat(10_000)),
        format!("[{}a]", "a.".repeat(10_000)),
    ];
    for text in nested {
        let said = fault(&text);
        assert!(said.starts_with("f.toml:1:"), "{said}");
    }
    let mixed = format!("[{}a]\n{}a = 1", "a.".repeat(70), "b.".repeat(70));
    assert!(fault(&mixed).contains("error[too-deep]"));
}

#[test]
fn each_key_of_too_many_parts_has_its_place() {
    let long = "a . \"b.c\".".repeat(50);
    let short = "k.".repeat(79);
    let text = format!("x = 1 # {long}\n{short}d = '{long}'\n[ {long}e]\n\n  {long}d = 1\n{long}d = 1\n");
    let said = fault(&text);
    let places: Vec<&str> = said.lines().filter(|line| line.contains("error[")).collect();
    assert_eq!(places.len(), 2, "the parser reads no further after such a line: {said}");
    let expected = "error[too-deep]: a key of more than 80 parts";
    assert!(places[0].starts_with(&format!("f.toml:3:3: {expected}")), "{said}");
    assert!(places[1].starts_with(&format!("f.toml:5:3: {expected}")), "{said}");
}

#[test]
fn a_line_may_be_a_mebibyte_long() {
    let list = format!("a = [{}\"é\"]", "1,".repeat(1 << 19));
    assert_eq!(printed(&list).len(), (1 << 20) + 12);
}

fn toml_like() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "b",
        ".",
        " = ",
        "\n",
        "[",
        "]",
        "[[",
        "]]",
        "{",
        "}",
        ",",
        "\"",
        "\"\"\"",
        "'",
        "\\",
        "1",
        "-",
        "0x",
        "1979-05-27",
        "T07:32",
        ":00",
        "Z",
        "+24:00",
        "inf",
        "nan",
        "true",
        "é",
        "#",
        "\t",
        "\r\n",
        "\u{feff}",
        "e9",
        "_",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_text_panics(text in toml_like()) {
        if let Ok(root) = read(&text, "f.toml", FILE) {
            let _ = root.value.to_json();
        }
    }

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        let _ = read(&String::from_utf8_lossy(&bytes), "f.toml", FILE);
    }
}

#[test]
fn what_would_take_too_much_memory_is_refused_before_it_is_parsed() {
    let refused = |text: &str| {
        let faults = read(text, "f.toml", FileId(0)).err()?;
        let fault = faults.iter().next()?.clone();
        Some((fault.code.to_string(), fault.place?.line?))
    };
    let too_many = |line: u32| Some(("too-many-values".to_owned(), line));
    let entries = |count: usize, entry: &str| entry.repeat(count);
    assert_eq!(refused(&format!("[all]\nx = [{}1]\n", entries(400_000, "{},"))), too_many(2));
    assert_eq!(refused(&format!("[all]\nx = [{}1]\n", entries(3_200_000, "1,"))), too_many(2));
    let dotted: String = (0..200_000).map(|number| format!("h{number}.a.b = 1\n")).collect();
    assert!(refused(&dotted).is_some_and(|(code, line)| code == "too-many-values" && line < 170_000));
    // As large as estates are; and texts count for nothing.
    let host = |number: usize| {
        format!("[hosts.\"w{number}.lon\"]\naddress = \"192.0.2.1\"\nsite = 'a, [b], {{c}}'\n")
    };
    let estate: String = (0..20_000).map(host).collect();
    assert_eq!(refused(&estate), None);
    assert_eq!(refused(&format!("x = '{}'\n", "{".repeat(1 << 20))), None);
}
