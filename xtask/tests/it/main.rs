//! The built program: what its callers rely on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a helper fails the test"
)]

use std::process::{Command, Output};

fn xtask(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_wrong_command_prints_help_and_ends_with_2() {
    for (arguments, why) in [
        (&[][..], "no command given"),
        (&["tset"], "unknown command `tset`"),
        (&["test", "--quick"], "test does not know `--quick`"),
    ] {
        let output = xtask(arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
        let shown = text(&output.stderr);
        assert!(shown.starts_with(why) && shown.contains("Usage: cargo xtask COMMAND"), "{shown}");
    }
}

#[test]
fn help_is_an_answer() {
    let output = xtask(&["help"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
    let shown = text(&output.stdout);
    for command in ["test [--long] [--json]", "tidy", "bench [FILTER]"] {
        assert!(shown.contains(command), "{command} is not in {shown}");
    }
}

#[test]
fn a_reader_that_goes_away_changes_nothing() {
    let script = "{ \"$0\" help; echo $? >&2; } | true";
    let output = Command::new("sh").args(["-c", script, env!("CARGO_BIN_EXE_xtask")]).output().unwrap();
    assert_eq!(text(&output.stderr), "0\n");
}
