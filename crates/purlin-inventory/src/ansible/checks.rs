//! No input makes a reader panic, hang or forget its bounds.

use super::json_inventory::ScriptInventory;
use super::options::{AnsibleOptions, GroupNames, Limits};
use super::range::{self, Ranges};
use super::{detect, ini, toml_inventory, yaml_inventory};
use crate::{FileId, Located, Map, Origin, Value};
use proptest::prelude::*;

fn options() -> AnsibleOptions {
    AnsibleOptions::new().group_names(GroupNames::Replace)
}

/// Text of the pieces that the formats are made of.
fn text() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "[",
        "]",
        "web",
        "db",
        ":children",
        ":vars",
        "\n",
        " ",
        "=",
        "'",
        "\"",
        "\\",
        "#",
        ";",
        "h",
        "1",
        "[1:3]",
        ":22",
        "a:c",
        ":",
        "::1",
        "- ",
        "{",
        "}",
        ",",
        "all",
        "hosts",
        "vars",
        "\t",
        "ü",
        "\u{2028}",
        "\r",
        "|",
        "---",
        "-",
        ".",
    ];
    let piece = prop_oneof![9 => proptest::sample::select(PIECES).prop_map(str::to_owned), 1 => "\\PC{0,3}"];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let key = prop_oneof![
            proptest::sample::select(
                &["hosts", "vars", "children", "_meta", "hostvars", "web", "h1", "__ansible_unsafe"][..]
            )
            .prop_map(str::to_owned),
            text(),
        ];
        let located = inner.prop_map(|value| Located::new(value, Origin::new(FileId(0), 1, 1)));
        prop_oneof![
            proptest::collection::vec(located.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((key, located), 0..6)
                .prop_map(|entries| Value::from(Map::from_iter(entries))),
        ]
    })
}

proptest! {
    #[test]
    fn no_text_breaks_the_ini_reader(text in text()) {
        ini::read(&text, "hosts", &options(), &Limits::new().hosts(1000));
    }

    #[test]
    fn no_bytes_break_any_reader(bytes in proptest::collection::vec(any::<u8>(), 0..60), text in text()) {
        for name in ["hosts", "hosts.yml", "hosts.json", "hosts.toml", "hosts.ini"] {
            for bytes in [bytes.clone(), text.clone().into_bytes()] {
                detect::batch(bytes, name, None, &options(), &Limits::new().hosts(1000));
            }
        }
    }

    #[test]
    fn no_document_breaks_what_reads_it(value in value()) {
        let root = Located::new(value, Origin::new(FileId(0), 1, 1));
        let (options, limits) = (options(), Limits::new().hosts(1000));
        if let Value::Map(map) = &root.value {
            yaml_inventory::read(map, Default::default(), "hosts.yml", &options, &limits);
            toml_inventory::read(map, "hosts.toml", &options, &limits);
        }
        ScriptInventory::read(&root, "inv.sh", &options, &limits).0.finish();
    }

    #[test]
    fn as_many_names_are_made_as_are_counted(text in text(), left in 0u64..200) {
        let (name, _) = range::split_port(&text, Ranges::Allowed);
        let (mut rest, mut made) = (left, 0);
        let result = range::expand(name, &mut rest, &mut |_| made += 1);
        prop_assert_eq!(made, left - rest);
        prop_assert!(result.is_ok() || made == 0);
    }
}

#[test]
fn ports_are_split_off_names_and_addresses_only() {
    let split = |text| {
        let (name, port) = range::split_port(text, Ranges::Allowed);
        (name, port.and_then(|port| port.as_i64()))
    };
    assert_eq!(split("h1:22"), ("h1", Some(22)));
    assert_eq!(split("h1:0"), ("h1", None));
    assert_eq!(split("[2001:db8::1]:22"), ("2001:db8::1", Some(22)));
    assert_eq!(split("[fe80::[1:f]]:22"), ("fe80::[1:f]", Some(22)));
    assert_eq!(split("2001:db8::2"), ("2001:db8::2", None));
    assert_eq!(split("w[1:2].x:8022"), ("w[1:2].x", Some(8022)));
    assert_eq!(split("o[:2]:22"), ("o[:2]:22", None));
    assert_eq!(split("h_:22"), ("h_:22", None));
    assert_eq!(split("-h:22"), ("-h:22", None));
    assert_eq!(range::split_port("n[1:2]:22", Ranges::Refused), ("n[1:2]:22", None));
}

#[test]
fn ranges_are_those_of_ansible() {
    let expand = |text: &str| {
        let (mut names, mut left) = (Vec::new(), 1000);
        range::expand(text, &mut left, &mut |name| names.push(name.to_owned())).map(|()| names)
    };
    assert_eq!(expand("p[01:03].x").unwrap(), ["p01.x", "p02.x", "p03.x"]);
    assert_eq!(expand("m[y:B]").unwrap(), ["my", "mz", "mA", "mB"]);
    assert_eq!(expand("s[1:10:4]").unwrap(), ["s1", "s5", "s9"]);
    assert_eq!(expand("r[1:2]u[a:b]").unwrap(), ["r1ua", "r1ub", "r2ua", "r2ub"]);
    assert_eq!(expand("n[-1:1]").unwrap(), ["n-1", "n0", "n1"]);
    assert_eq!(expand("d[5:1:-1]").unwrap(), ["d5", "d4", "d3"]);
    for wrong in ["h[1:]", "h[5:1]", "h[d:a]", "h[1:2:0]", "h[1-2]", "h[01:9]", "h[1:2", "h[a:3]", "h[1:2]|"]
    {
        assert!(expand(wrong).is_err(), "{wrong}");
    }
    assert_eq!(expand("rack[1:2]-n[3:1]").unwrap_err().offset, 10 + 1);
}
