//! The matcher of known hosts beside OpenSSH's own.

use base64_of::key;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use purlin_testkit::require_program;
use purlin_transport::KnownHosts;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// A valid Ed25519 key that only its number tells from others.
mod base64_of {
    pub(super) fn key(number: u8) -> String {
        let letter = char::from(b'A' + number % 26);
        let point = letter.to_string().repeat(43);
        format!("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{point}")
    }
}

/// The lines that `ssh-keygen -F` finds.
fn by_openssh(keygen: &Path, file: &Path, host: &str) -> BTreeSet<u32> {
    let output = Command::new(keygen).arg("-F").arg(host).arg("-f").arg(file).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let numbers = text.lines().filter_map(|line| line.strip_prefix("# Host ")?.split("found: line ").nth(1));
    numbers.map(|rest| rest.split_whitespace().next().unwrap().parse().unwrap()).collect()
}

fn by_us(text: &str, host: &str, port: u16) -> BTreeSet<u32> {
    KnownHosts::parse("known_hosts", text).0.lines(host, port).map(|entry| entry.line()).collect()
}

fn agree(keygen: &Path, folder: &Path, text: &str) {
    let file = folder.join("known_hosts");
    std::fs::write(&file, text).unwrap();
    for (host, port) in
        [("web01.lon", 22), ("db1.lon", 22), ("web01", 2222), ("10.0.0.1", 22), ("WEB01.lon", 22)]
    {
        let written = if port == 22 { host.to_lowercase() } else { format!("[{host}]:{port}") };
        assert_eq!(by_us(text, host, port), by_openssh(keygen, &file, &written), "{written} in:\n{text}");
    }
}

fn hosts() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("web01.lon"),
        Just("db1.lon"),
        Just("*.lon"),
        Just("web0?.lon"),
        Just("!web01.lon"),
        Just("!db*"),
        Just("*"),
        Just("[web01]:2222"),
        Just("[*]:2222"),
        Just("10.0.0.1"),
        Just("10.0.*"),
        Just("WEB01.LON"),
        Just("![web01]:2222"),
        Just("?"),
        Just("web*1*"),
        Just(""),
    ];
    prop::collection::vec(part, 1..4).prop_map(|parts| parts.join(","))
}

#[test]
fn ssh_keygen_finds_the_same_lines() {
    let Some(keygen) = require_program("ssh-keygen") else { return };
    let folder = tempfile::tempdir().unwrap();
    let line = (
        prop_oneof![5 => Just(""), 1 => Just("@revoked "), 1 => Just("@cert-authority ")],
        hosts(),
        any::<u8>(),
    )
        .prop_map(|(marker, hosts, number)| format!("{marker}{hosts} {}\n", key(number)));
    let other = prop_oneof![Just("# a comment\n".to_owned()), Just("\n".to_owned())];
    let text =
        prop::collection::vec(prop_oneof![4 => line, 1 => other], 0..8).prop_map(|lines| lines.concat());
    let mut runner = TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
    runner
        .run(&text, |text| {
            agree(&keygen, folder.path(), &text);
            Ok(())
        })
        .unwrap();
}

#[test]
fn names_that_ssh_keygen_has_hashed_are_found() {
    let Some(keygen) = require_program("ssh-keygen") else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known_hosts");
    let text = format!("web01.lon,10.0.0.1 {}\n[web01]:2222 {}\ndb1.lon {}\n", key(1), key(2), key(3));
    std::fs::write(&file, text).unwrap();
    let ended = Command::new(&keygen).args(["-q", "-H", "-f"]).arg(&file).output().unwrap();
    assert!(ended.status.success(), "{ended:?}");
    let hashed = std::fs::read_to_string(&file).unwrap();
    assert!(hashed.starts_with("|1|") && !hashed.contains("web01"), "{hashed}");
    agree(&keygen, folder.path(), &hashed);
    assert_eq!(by_us(&hashed, "db1.lon", 22).len(), 1);
}
