//! YAML in both dialects: Ansible's and the native one.

use super::{Dialect, read_all};
use crate::{FileId, Located, SecretValue, Value};
use proptest::prelude::*;
use purlin_core::Diagnostics;

const FILE: FileId = FileId(0);

fn read(text: &str, name: &str, file: FileId, dialect: Dialect) -> Result<Located, Diagnostics> {
    read_all(text, name, file, dialect).map(|read| read.value)
}

#[derive(serde::Deserialize)]
struct Case {
    name: String,
    text: String,
    /// What Ansible prints, on one line with sorted keys.
    json: Option<String>,
    error: Option<String>,
}

/// What we do otherwise: a value where Ansible has none, or the other way round.
const OTHERWISE: &[(&str, Result<&str, &str>)] = &[
    // Python's sets have no order.
    ("set-tag", Ok(r#"{"a":["b","c"],"b":["x","y"]}"#)),
    // Ansible reads these and then cannot print them.
    ("binary", Ok(r#"{"a":"hello"}"#)),
    ("binary-block", Ok(r#"{"a":"hello"}"#)),
    ("binary-bad", Ok(r#"{"a":""}"#)),
    ("keys-date", Ok(r#"{"m":{"2024-01-02":"a"}}"#)),
    ("keys-datetime", Ok(r#"{"m":{"2024-01-02T03:04:05+00:00":"a"}}"#)),
    // What a file of variables may be is not the concern of YAML.
    ("scalar-root", Ok(r#""hello""#)),
    ("list-root", Ok(r#"["a"]"#)),
    // The parser follows YAML 1.2 here.
    ("nel", Err("1:7: error[yaml-syntax]")),
    ("surrogate-escape", Ok("{\"a\":\"\u{1f600}\"}")),
    ("flow-colon-end", Ok(r#"{"a":{"b":null}}"#)),
    ("flow-dash", Err("1:5: error[yaml-syntax]")),
    ("comment-unseparated", Err("1:7: error[yaml-syntax]")),
];

fn ours(text: &str) -> Result<String, String> {
    match read(text, "h1.yml", FILE, Dialect::Ansible) {
        Ok(root) if root.value == Value::Null => Ok("{}".to_owned()),
        Ok(root) => root.value.to_json_with_vaults().map_err(|error| error.to_string()),
        Err(faults) => Err(faults.to_string()),
    }
}

#[test]
fn ansible_reads_the_same() {
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("../../../tests/data/ansible-yaml.json")).unwrap();
    let mut failures = Vec::new();
    for Case { name, text, json, error } in cases {
        let ours = ours(&text);
        let agrees = match (&ours, OTHERWISE.iter().find(|(other, _)| *other == name), &json) {
            (Ok(ours), Some((_, Ok(expected))), _) => ours == expected && json.as_deref() != Some(expected),
            (Err(ours), Some((_, Err(expected))), Some(_)) => ours.contains(expected),
            (Ok(ours), None, Some(theirs)) => ours == theirs,
            (Err(ours), None, None) => ours.starts_with("h1.yml:"),
            _ => false,
        };
        if !agrees {
            failures.push(format!("{name} {text:?}\n  ours   {ours:?}\n  theirs {json:?} {error:?}"));
        }
    }
    assert!(failures.is_empty(), "{} differ:\n{}", failures.len(), failures.join("\n"));
}

fn faults(text: &str, dialect: Dialect) -> String {
    read(text, "f.yml", FILE, dialect).expect_err(text).to_string()
}

#[test]
fn faults_name_their_places_and_a_way_out() {
    let cases = [
        (
            "a: {{ b }}\n",
            "f.yml:1:5: error[yaml-key]: a map cannot be a key\n  help: a value that begins with a template",
        ),
        ("a: {{ b }}/c\n", "must be quoted: key: \"{{ name }}\""),
        (
            "a: 1\nb: one: two\n",
            "f.yml:2:7: error[yaml-syntax]: mapping values are not allowed in this context\n  help: a text with a colon",
        ),
        ("a:\n\tb: 1\n", "f.yml:2:2: error[yaml-tab]"),
        (
            "a: 1\n\t# c\nb: 2\n",
            "f.yml:2:1: error[yaml-tab]: a tab indents this line\n  help: YAML is indented with spaces only",
        ),
        ("a: *.example.com\n", "f.yml:1:4: error[yaml-alias]: no anchor &.example.com"),
        (
            "a: @b\n",
            "f.yml:1:4: error[yaml-syntax]: unexpected character: `@'\n  help: a text that begins with @",
        ),
        ("a: \"C:\\path\"\n", "in double quotes a backslash begins an escape"),
        ("a: 'b' c\n", "quote the whole text"),
        ("all:\n  hosts:\n    h1: {a: 1\n", "f.yml:3:9: error[yaml-syntax]: unclosed bracket '{'"),
        ("a: [1\nb: 2\n", "f.yml:2:2: error[yaml-syntax]"),
        ("---\na: 1\n---\nb: 2\n", "f.yml:3:1: error[yaml-documents]: a second document begins here"),
        (
            "a: !foo x\nb: !bar y\n",
            "f.yml:1:9: error[yaml-tag]: the tag !foo is not known\n  help: quote the value if it is a text\nf.yml:2:9: error[yaml-tag]",
        ),
        ("a: 2024-13-45\n", "f.yml:1:4: error[yaml-scalar]: month must be in 1..12"),
        (
            "a: &x 1\nb: &x 2\n",
            "f.yml:2:4: error[yaml-anchor]: the anchor &x is there already\n  f.yml:1:4: the first is here",
        ),
        ("a: &x {b: *x}\n", "f.yml:1:11: error[yaml-alias]: this alias is inside of what it names"),
        ("%FOO\n---\na: 1\n", "f.yml:1:1: error[yaml-directive]: the directive %FOO is not known"),
        (
            "a: {<<: 1}\n",
            "f.yml:1:9: error[yaml-merge]: expected a map or a list of maps to merge, found a number",
        ),
    ];
    for (text, expected) in cases {
        let said = faults(text, Dialect::Ansible);
        assert!(said.contains(expected), "{text:?}\n{said}");
    }
}

#[test]
fn equal_keys_are_a_warning_in_ansible_and_an_error_in_core() {
    let text = "a: 1\nb: 2\na: 3\n1: x\ntrue: y\n";
    let read = read_all(text, "f.yml", FILE, Dialect::Ansible).unwrap();
    assert_eq!(
        read.warnings.to_string(),
        "f.yml:3:1: warning[duplicate-key]: the key \"a\" is there twice\n  f.yml:1:1: the first is here\n  help: the last one \
         counts; remove the other\nf.yml:5:1: warning[duplicate-key]: the keys \"1\" and \"true\" are the same number\n  \
         f.yml:4:1: the first is here\n  help: the last one counts; remove the other"
    );
    assert_eq!(read.value.value.to_json().unwrap(), r#"{"1":"y","a":3,"b":2}"#);
    assert!(faults("a: 1\na: 2\n", Dialect::Core).starts_with("f.yml:2:1: error[duplicate-key]"));
    let merged = read_all("a: &a {x: 1}\nb: {<<: *a, x: 2}\n", "f.yml", FILE, Dialect::Ansible).unwrap();
    assert!(merged.warnings.is_empty(), "a merge is there to be changed: {}", merged.warnings);
}

#[test]
fn warnings_beyond_a_hundred_are_counted() {
    let read = read_all(&"a: 1\n".repeat(500), "f.yml", FILE, Dialect::Ansible).unwrap();
    assert_eq!(read.warnings.len(), 101);
    assert!(
        read.warnings.to_string().ends_with("f.yml: warning[duplicate-key]: 399 more keys are there twice")
    );
}

#[test]
fn core_is_yaml_1_2() {
    let text = "a: yes\nb: 0755\nc: 0o17\nd: 0x1f\ne: 12:30\nf: 1e3\ng: 2024-01-02\nh: 1_0\ni: .5\nj: -.inf\nk: True\nl: ~\nm: +1.\n";
    let root = read(text, "f.yml", FILE, Dialect::Core).unwrap();
    assert_eq!(
        root.value.to_json().unwrap(),
        r#"{"a":"yes","b":755,"c":15,"d":31,"e":"12:30","f":1000.0,"g":"2024-01-02","h":"1_0","i":0.5,"j":-Infinity,"k":true,"l":null,"m":1.0}"#
    );
    assert!(faults("a: {<<: {b: 1}}\n", Dialect::Core).contains("error[yaml-merge]"));
    assert!(faults("a: !vault x\n", Dialect::Core).contains("error[yaml-tag]"));
}

#[test]
fn places_count_characters() {
    let root = read("é: {日本: x}\n", "f.yml", FILE, Dialect::Ansible).unwrap();
    let inner = root.value.as_map().unwrap().get("é").unwrap();
    let leaf = inner.value.as_map().unwrap().get("日本").unwrap();
    assert_eq!((leaf.origin.line(), leaf.origin.column()), (1, 9));
}

#[test]
fn a_vault_says_its_id_and_nothing_else() {
    let root =
        read("a: !vault |\n  $ANSIBLE_VAULT;1.2;AES256;prod\n  6161\n", "f.yml", FILE, Dialect::Ansible)
            .unwrap();
    let Value::Secret(secret) = &root.value.as_map().unwrap().get("a").unwrap().value else {
        panic!("{root:?}")
    };
    assert!(matches!(&**secret, SecretValue::Vault { id: Some(id), .. } if id == "prod"));
    assert!(!format!("{root:?}").contains("6161"));
    assert!(root.value.to_json().is_err());
}

#[test]
fn nothing_grows_without_end() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let before = level - 1;
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", vec![format!("*a{before}"); 10].join(", ")));
    }
    assert!(faults(&bomb, Dialect::Ansible).contains("error[too-many-values]"));
    let mut chain = "a0: &a0 []\n".to_owned();
    for level in 1..200 {
        chain.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    assert!(faults(&chain, Dialect::Ansible).contains("error[too-deep]"));
}

#[test]
fn ten_thousand_levels_are_a_fault() {
    let opened = [
        "[".repeat(10_000),
        "{a: ".repeat(10_000),
        "{".repeat(10_000),
        "- ".repeat(10_000),
        (0..10_000).map(|level| format!("{}a:\n", " ".repeat(level))).collect(),
        "? ".repeat(10_000),
    ];
    for text in opened {
        let said = faults(&text, Dialect::Ansible);
        assert!(said.contains("error[too-deep]"), "{}: {said}", &text[..8]);
    }
    let deepest = format!("{}{}", "[".repeat(128), "]".repeat(128));
    assert!(read(&deepest, "f.yml", FILE, Dialect::Ansible).is_ok());
    assert!(faults(&format!("[{deepest}]"), Dialect::Ansible).contains("error[too-deep]"));
}

#[test]
fn a_line_may_be_a_mebibyte_long() {
    let text = format!("a: {}\n", "x".repeat(1 << 20));
    assert_eq!(ours(&text).unwrap().len(), (1 << 20) + 8);
    assert!(read(&"[1,".repeat(1 << 18), "f.yml", FILE, Dialect::Ansible).is_err());
    let list = format!("a: [{}]", "1,".repeat(1 << 19));
    assert!(read(&list, "f.yml", FILE, Dialect::Ansible).is_ok());
}

#[test]
fn ten_thousand_keys_are_told_apart() {
    let text: String = (0..10_000).map(|number| format!("key{number}: {number}\n")).collect();
    let read = read_all(&text, "f.yml", FILE, Dialect::Ansible).unwrap();
    assert_eq!(read.value.value.as_map().unwrap().len(), 10_000);
    assert!(read.warnings.is_empty());
}

/// Texts that are made of what YAML gives a meaning.
fn yaml_like() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        " ",
        "  ",
        "\n",
        "\n  ",
        "\t",
        ": ",
        ":",
        "- ",
        "-",
        "? ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "&a ",
        "*a",
        "!vault ",
        "!unsafe ",
        "!!set ",
        "!!omap ",
        "!!binary ",
        "!!int ",
        "!!float ",
        "!!timestamp ",
        "|\n",
        ">-\n",
        "\"",
        "'",
        " #",
        "---\n",
        "...\n",
        "%YAML 1.1\n",
        "\\",
        "a",
        "b: c\n",
        "é",
        "\u{85}",
        "\u{feff}",
        "\r\n",
        "<<: ",
        "~",
        "=",
        "0x",
        "0b_",
        "12:30",
        "1e3",
        "2024-01-02",
        "-.inf",
        "{{ x }}",
        "\0",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_text_panics(text in yaml_like()) {
        for dialect in [Dialect::Ansible, Dialect::Core] {
            if let Ok(read) = read_all(&text, "f.yml", FILE, dialect) {
                let _ = read.value.value.to_json();
            }
        }
    }

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        let text = String::from_utf8_lossy(&bytes);
        let _ = read_all(&text, "f.yml", FILE, Dialect::Ansible);
    }

    #[test]
    fn a_quoted_text_is_itself(text in "\\PC*") {
        let quoted = format!("a: {}\n", serde_json::to_string(&text).unwrap());
        for dialect in [Dialect::Ansible, Dialect::Core] {
            let root = read(&quoted, "f.yml", FILE, dialect).unwrap();
            prop_assert_eq!(root.value.as_map().unwrap().get("a").unwrap().value.as_str(), Some(&*text));
        }
    }

    #[test]
    fn json_of_whole_numbers_reads_back(numbers: Vec<i64>) {
        let text = serde_json::to_string(&numbers).unwrap();
        let root = read(&text, "f.yml", FILE, Dialect::Ansible).unwrap();
        prop_assert_eq!(root.value.to_json().unwrap(), text);
    }
}
