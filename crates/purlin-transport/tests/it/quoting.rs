//! The quoting function, read back by the shells themselves.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use purlin_testkit::require_program;
use purlin_transport::quote;
use std::path::PathBuf;
use std::process::Command;

/// Many words through one shell: each comes back as it was.
fn comes_back(shell: &[&str], program: &PathBuf, words: &[String]) {
    let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
    let line = format!("printf '%s\\0' {}", quoted.join(" "));
    let output = Command::new(program).args(shell).args(["-c", &line]).output().unwrap();
    assert!(output.status.success(), "{line:?}: {output:?}");
    let expected: Vec<u8> = words.iter().flat_map(|word| [word.as_bytes(), b"\0"].concat()).collect();
    assert_eq!(output.stdout, expected, "{line:?}");
}

fn through(shell: &[&str], program: &str) {
    let Some(program) = require_program(program) else { return };
    let odd = [
        "", "'", "''", "\\", "\\'", "a b", "$HOME", "`id`", "$(id)", "\n", "\t", "*", "~", "!!", "#", "-n",
        "a=b", "\u{1}", "é", "{a,b}", "\r\n", "if", "'\\''", "\"", "%s", ";", "&&", "\u{7f}",
    ];
    comes_back(shell, &program, &odd.map(str::to_owned));
    let mut runner = TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
    let words = prop::collection::vec("[^\0]{0,40}", 1..20);
    runner
        .run(&words, |words| {
            comes_back(shell, &program, &words);
            Ok(())
        })
        .unwrap();
}

#[test]
fn dash_reads_every_word_as_it_was() {
    through(&[], "dash");
}

#[test]
fn bash_reads_every_word_as_it_was() {
    through(&["--norc", "--noprofile"], "bash");
}

#[test]
fn busybox_reads_every_word_as_it_was() {
    through(&["sh"], "busybox");
}
