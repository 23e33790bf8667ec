//! Input that cannot be: told with its place, within bounds of memory and processor time.

use super::home;
use crate::support::{Home, good, refused};
use purlin_testkit::Binary;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;

/// Every command that reads an inventory.
const READERS: [&str; 5] = ["list", "hosts", "lint", "explain web1 x", "export --to native"];

/// The command within the limits: 1 GiB of address space, 5 s of processor time.
fn limited(home: &Home, words: &str) -> Binary {
    home.fleet(words).address_space(1 << 30).cpu_seconds(5)
}

/// Every command that reads an inventory refuses it: exit code 2, nothing on standard output, these texts.
#[track_caller]
fn bad(home: &Home, source: &str, texts: &[&str]) {
    for words in READERS {
        let command = limited(home, &format!("inventory {words} -i {source} --timeout 3s"));
        refused(&command, 2, texts);
    }
}

pub(super) fn script(home: &Home, name: &str, text: &str) {
    let path = home.write(&format!("up/here/{name}"), &format!("#!/bin/sh\n{text}\n"));
    fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
}

/// Files of these bytes, each refused with its place.
#[track_caller]
fn all_bad(cases: &[(&str, &[u8], &str)]) {
    let home = home();
    for (name, bytes, place) in cases {
        fs::write(home.work().join(name), bytes).unwrap();
        bad(&home, name, &[place]);
    }
}

#[test]
fn files_that_are_malformed_are_refused_with_their_places() {
    all_bad(&[
        ("section.ini", b"[web]\nw1\n[web:nosuch]\n", "section.ini:3:"),
        ("host.ini", b"w1\nw2 novalue\n", "host.ini:2:"),
        ("list.yml", b"- a\n- b\n", "list.yml:1:"),
        ("syntax.toml", b"[all]\nhosts = [\n", "syntax.toml:"),
        ("syntax.json", b"{\"all\": {\"hosts\": ", "syntax.json:1:"),
        (
            "native.toml",
            b"purlin = 1\n[hosts.w1]\nsite = 1\nsiet = 'x'\n",
            "native.toml:4:8: error[unknown-key]",
        ),
        ("native.yml", b"purlin: 1\nhosts: [\n", "native.yml:2:"),
    ]);
}

#[test]
fn circles_are_refused_with_their_places() {
    all_bad(&[
        ("circle.ini", b"[a:children]\nb\n[b:children]\na\n", "circle.ini:4:1: error[group-circle]"),
        ("circle.yml", b"a:\n  children:\n    b:\n      children:\n        a:\n", "circle.yml:5:"),
        ("circle.json", b"{\"a\": {\"children\": {\"b\": {\"children\": {\"a\": {}}}}}}", "circle.json:1:"),
    ]);
}

#[test]
fn ranges_without_bounds_are_refused_with_their_places() {
    all_bad(&[
        ("range.ini", b"w1\nn[1:999999999]\n", "range.ini:2:2: error[too-many-hosts]"),
        ("range.yml", b"all:\n  hosts:\n    n[1:999999999]:\n", "range.yml:3:"),
        ("range.toml", b"purlin = 1\n[groups.g]\nhosts = ['n[1-999999999]']\n", "range.toml:3:"),
        ("backwards.ini", b"n[5:1]\n", "backwards.ini:1:"),
    ]);
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_places() {
    let binary: Vec<u8> = (0..=255).cycle().take(4096).collect();
    all_bad(&[
        ("bytes.ini", b"w1\nw\xff2\n", "bytes.ini:2:2: error[not-text]"),
        ("bytes.yml", b"all:\n  hosts:\n    w\xff:\n", "bytes.yml:3:6: error[not-text]"),
        ("bytes.json", b"{\"all\": \"\xc3\"}", "bytes.json:1:10: error[not-text]"),
        ("bytes.toml", b"purlin = 1\nx = '\xff'\n", "bytes.toml:2:6: error[not-text]"),
        ("binary", &binary, "binary:2:"),
    ]);
}

#[test]
fn deep_nesting_is_refused_and_never_followed() {
    let home = home();
    let depth = 10_000;
    home.write(
        "up/here/deep.yml",
        &format!("all:\n  vars:\n    x: {}{}\n", "[".repeat(depth), "]".repeat(depth)),
    );
    bad(&home, "deep.yml", &["deep.yml:3:", "error[too-deep]"]);
    home.write("up/here/deep.json", &format!("{}1{}", "{\"all\":".repeat(depth), "}".repeat(depth)));
    bad(&home, "deep.json", &["deep.json:1:", "error[too-deep]"]);
    let toml = format!("[all.vars]\nx = {}{}\n", "[".repeat(depth), "]".repeat(depth));
    home.write("up/here/deep.toml", &toml);
    bad(&home, "deep.toml", &["deep.toml:2:"]);
    home.write(
        "up/here/native.toml",
        &format!("purlin = 1\n[vars]\nx = {}{}\n", "[".repeat(depth), "]".repeat(depth)),
    );
    bad(&home, "native.toml", &["native.toml:3:"]);
    let parentheses = format!("{}web{}", "(".repeat(depth), ")".repeat(depth));
    let select = limited(&home, "inventory hosts -i hosts.ini --select").arg(parentheses);
    refused(&select, 2, &["selector:1:", "error["]);
}

#[test]
fn ten_thousand_groups_below_each_other_are_answered_within_the_limits() {
    let home = home();
    let mut text = String::new();
    for level in 0..10_000 {
        text += &format!("[g{level}]\nh{level}\n[g{level}:children]\ng{}\n", level + 1);
    }
    home.write("up/here/nested.ini", &(text + "[g10000]\nlast\n[g5000:vars]\nx=1\n"));
    for (words, told) in [
        ("list --host last", "\"x\": 1"),
        ("hosts", "h9999"),
        ("lint", ""),
        ("explain last x", "group \"g5000\""),
    ] {
        let output = good(&limited(&home, &format!("inventory {words} -i nested.ini")));
        assert!(output.stdout.contains(told), "{words}: {output:?}");
    }
}

#[test]
fn nested_groups_that_all_say_the_same_variable_are_answered_within_the_limits() {
    let home = home();
    let (mut ini, mut toml) = (String::new(), "purlin = 1\n".to_owned());
    for level in 0..5_000 {
        let next = level + 1;
        ini += &format!("[g{level}]\nh{level}\n[g{level}:children]\ng{next}\n[g{level}:vars]\nx={level}\n");
        toml += &format!(
            "[groups.g{level}]\nhosts = [\"h{level}\"]\nchildren = [\"g{next}\"]\nvars.x = {level}\n"
        );
        toml += &format!("[hosts.h{level}]\n");
    }
    home.write("up/here/nested.ini", &(ini + "[g5000]\nlast\n"));
    home.write("up/here/nested.toml", &(toml + "[groups.g5000]\nhosts = [\"last\"]\n[hosts.last]\n"));
    for source in ["nested.ini", "nested.toml"] {
        for (words, told) in [
            ("list --host last", "\"x\": 4999"),
            ("list", "\"x\": 2500"),
            ("hosts", "h4999"),
            ("lint", ""),
            ("explain last x", "group \"g4999\""),
        ] {
            let output = good(&limited(&home, &format!("inventory {words} -i {source}")));
            assert!(output.stdout.contains(told), "{words} {source}");
        }
    }
}

#[test]
fn large_native_files_are_read_within_the_limits() {
    let home = home();
    let lines = |line: &dyn Fn(u32) -> String| (0..60_000).map(line).collect::<String>();
    let map = format!("purlin = 1\n[hosts.h1.vars.map]\n{}", lines(&|number| format!("k{number} = 1\n")));
    let layers = lines(&|number| format!("site.s{number}.vars.x = 1\n"));
    let rules =
        format!("purlin = 1\n[merge]\n{}[hosts.h1]\n", lines(&|number| format!("k{number} = \"deep\"\n")));
    home.write("up/here/map.toml", &map);
    home.write("up/here/rules.toml", &rules);
    home.write("up/here/layers.toml", &format!("purlin = 1\nhosts.h1 = {{}}\n{layers}"));
    for name in ["map.toml", "rules.toml", "layers.toml"] {
        let output = limited(&home, &format!("inventory hosts -i {name}")).run().unwrap();
        assert_eq!((output.code(), output.stdout.as_str()), (Some(0), "h1\n"), "{name}");
    }
    let names: String = (0..5_000).map(|number| format!("\"host{number}.example\",")).collect();
    let hosts = (0..10_000).map(|number| format!("[hosts.\"node{number}.example\"]\n")).collect::<String>();
    home.write("up/here/names.toml", &format!("purlin = 1\n[groups.g]\nhosts = [{names}]\n{hosts}"));
    refused(
        &limited(&home, "inventory hosts -i names.toml"),
        2,
        &["did you mean", "and 4900 more such faults"],
    );
}

#[test]
fn aliases_that_multiply_are_refused() {
    let home = home();
    let mut text = "all:\n  vars:\n    v0: &v0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let below = format!("*v{}, ", level - 1).repeat(10);
        text += &format!("    v{level}: &v{level} [{}]\n", below.trim_end_matches(", "));
    }
    home.write("up/here/laughs.yml", &text);
    bad(&home, "laughs.yml", &["laughs.yml:", "error["]);
}

/// Millions of values within the memory that there is. Those of YAML and JSON are counted too, but take long in a build that is not
/// optimised: see the aliases above.
#[test]
fn files_of_millions_of_values_are_refused() {
    let home = home();
    let cases = [
        ("list.ini", "h a=[", "1,", "1]\n"),
        ("map.ini", "h a={1:[", "[],", "1]}\n"),
        ("tables.toml", "[all.vars]\na = [", "{},", "1]\n"),
        ("list.toml", "[all.vars]\na = [", "1,", "1]\n"),
        ("native.toml", "purlin = 1\n[vars]\na = [", "[],", "1]\n"),
    ];
    for (name, start, middle, end) in cases {
        let text = [start, &middle.repeat(3_500_000), end].concat();
        home.write(&format!("up/here/{name}"), &text);
        let hosts = home.fleet(&format!("inventory hosts -i {name}")).address_space(1 << 30);
        refused(&hosts, 2, &[&format!("{name}:"), "error[too-many-values]"]);
    }
    let hosts: String = (0..800_000).map(|number| format!("h{number} = {{}}\n")).collect();
    home.write("up/here/hosts.toml", &format!("[all.hosts]\n{hosts}"));
    refused(&limited(&home, "inventory hosts -i hosts.toml"), 2, &["hosts.toml:", "error[too-many-values]"]);
}

#[test]
fn one_line_of_a_gibibyte_is_not_read() {
    let home = home();
    for name in ["line.ini", "line.yml", "line.json", "line.toml"] {
        File::create(home.work().join(name)).unwrap().set_len(1 << 30).unwrap();
        bad(&home, name, &[&format!("{name}:1:1: error[")]);
    }
}

#[test]
fn scripts_that_fail_are_refused_with_what_they_said() {
    let home = home();
    script(&home, "fails.sh", "echo no such cloud >&2; exit 3");
    bad(&home, "fails.sh", &["fails.sh: error[", "exit status: 3", "no such cloud"]);
    script(&home, "garbage.sh", "echo hello");
    bad(&home, "garbage.sh", &["garbage.sh --list:1:1: error["]);
    script(&home, "half.sh", "printf '{\"web\": {\"hosts\": [\"a\"'");
    bad(&home, "half.sh", &["half.sh --list:1:", "error["]);
}

/// Every command that reads an inventory ends this script by itself, within so much time.
fn ended(name: &str, text: &str, timeout: &str, why: &str) {
    let home = home();
    script(&home, name, text);
    for words in READERS {
        let command = limited(&home, &format!("inventory {words} -i {name} --timeout {timeout}"));
        refused(&command, 2, &[&format!("{name}: error["), why]);
    }
}

#[test]
fn a_script_that_hangs_is_ended_and_refused() {
    ended("hangs.sh", "sleep 600", "500ms", "did not end within");
}

#[test]
fn a_script_that_floods_is_ended_and_refused() {
    ended("flood.sh", "exec yes 0123456789", "30s", "printed more than the limit");
}

#[test]
fn what_is_no_file_is_refused() {
    let home = home();
    bad(&home, "none.ini", &["none.ini: error[not-found]"]);
    bad(&home, "/dev/zero", &["/dev/zero", "error["]);
    rustix::fs::mknodat(
        rustix::fs::CWD,
        home.work().join("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o644),
        0,
    )
    .unwrap();
    bad(&home, "pipe", &["pipe", "error["]);
}

#[test]
fn what_may_not_be_read_is_refused() {
    let home = home();
    let sealed = |path: &str| {
        let path = home.work().join(path);
        fs::set_permissions(path, Permissions::from_mode(0o000)).unwrap();
    };
    home.write("up/here/sealed.ini", "w1\n");
    home.write("up/here/folder/w1.ini", "w1\n");
    home.write("up/here/inside/sealed.ini", "w1\n");
    home.write("up/here/group_vars/web.yml", "x: 1\n");
    for path in ["sealed.ini", "folder", "inside/sealed.ini", "group_vars/web.yml"] {
        sealed(path);
    }
    for (source, place) in [
        ("sealed.ini", "sealed.ini"),
        ("folder", "folder"),
        ("folder/w1.ini", "folder/w1.ini"),
        ("inside", "inside/sealed.ini"),
        ("hosts.ini", "group_vars/web.yml"),
    ] {
        for words in READERS {
            let command = limited(&home, &format!("inventory {words} -i {source}")).as_ordinary_user();
            let Some(command) = command else { return };
            refused(&command, 2, &[&format!("{place}: error[denied]: ")]);
        }
    }
    // So that the folder can be taken away.
    fs::set_permissions(home.work().join("folder"), Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn sets_of_names_that_ask_for_too_much_are_refused() {
    let home = home();
    let many = |count: usize, each: &dyn Fn(usize) -> String, between: &str| {
        (0..count).map(each).collect::<Vec<_>>().join(between)
    };
    let shapes = |index: usize| format!("{}[0-1999998/2]", "a".repeat(index + 1));
    let alternating =
        |index: usize| if index.is_multiple_of(2) { "n[0-1999998/2]&n[0-1999998]" } else { "n[5-7]" };
    let rows = many(6000, &|row| format!("r{row}n{}", 10_000 + row), ",");
    // Its text would repeat half a million numbers for each of the diagonal's.
    let long = many(3000, &|index| format!("r[0-999999]n{index}m{index}"), "!");
    let cases = [
        many(100, &shapes, ","),
        many(2000, &|index| alternating(index).to_owned(), "!"),
        format!("n[{}]", many(100, &|_| "0-1999998/2".to_owned(), ",")),
        many(100, &|index| format!("{}[1-1000000]5", "a".repeat(index + 1)), ","),
        format!("r[0-6000/2]n[0-6000/2],{rows}"),
        format!("r[0-999998/2]n[0-2999]m[0-2999]!{long}"),
        "n[0-99999999999999999]x".repeat(8),
    ];
    for text in &cases {
        let command = limited(&home, "inventory nodes count -").stdin(text.as_str());
        refused(&command, 2, &["<stdin>:1:", "error[node-set-too-large]"]);
    }
    // All sets of one call share the limit.
    let lines = many(100, &shapes, "\n");
    let command = limited(&home, "inventory nodes xor -").stdin(lines.as_str());
    refused(&command, 2, &["<stdin>:", "error[node-set-too-large]"]);
    let split = limited(&home, "inventory nodes split 50000 n[0-199998/2]");
    assert_eq!(good(&split).stdout.lines().count(), 50_000);
}

#[test]
fn every_fault_of_every_source_is_told_in_one_pass() {
    let home = home();
    home.write("up/here/one.ini", "[web:nosuch]\nw1\n");
    home.write("up/here/two.yml", "- a\n");
    let list = limited(&home, "inventory list -i one.ini -i two.yml -i none.ini");
    refused(&list, 2, &["one.ini:1:", "two.yml:1:", "none.ini: error[not-found]"]);
}
