//! The suite over the sources of purlin-core, and over one that gets everything wrong.

mod careless;
mod harnesses;

use crate::again::{again, alone, part};
use careless::Careless;
use harnesses::{CommandSecrets, EnvSecrets, FileSecrets, LiteralSecrets, SECRET};
use purlin_testkit::Canary;
use purlin_testkit::suites::{Report, SecretHarness, secret_source};

fn run(harness: &dyn SecretHarness) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(secret_source(harness))
}

fn assert_golden(name: &str, harness: &dyn SecretHarness) {
    let file = format!("{}/tests/golden/secret_source.{name}.txt", env!("CARGO_MANIFEST_DIR"));
    run(harness).assert_golden(file);
}

#[test]
fn a_file_conforms() {
    alone(|| assert_golden("file", &FileSecrets::new()));
}

#[test]
fn a_command_conforms() {
    alone(|| assert_golden("command", &CommandSecrets::new()));
}

#[test]
fn a_secret_itself_conforms() {
    alone(|| assert_golden("literal", &LiteralSecrets));
}

/// The environment of a process is set where it starts.
#[test]
fn the_environment_conforms() {
    if part().is_some() {
        return assert_golden("env", &EnvSecrets);
    }
    let output = again("env").env(SECRET, Canary::new().expose()).run().unwrap();
    assert!(output.status.success(), "{}\n{}", output.stdout, output.stderr);
}

fn failures(harness: &dyn SecretHarness) -> (Vec<String>, String) {
    let failures = run(harness).failures();
    let names = failures.iter().filter_map(|line| line.split(": ").next()).map(str::to_owned).collect();
    (names, failures.join("\n"))
}

#[test]
fn every_case_can_fail() {
    alone(|| {
        let (failed, complaints) = failures(&Careless::in_everything());
        let expected = [
            "yields_the_secret_each_time",
            "serves_several_callers_at_once",
            "takes_up_a_rotated_secret",
            "names_itself_when_broken",
            "ends_at_the_deadline_of_the_call",
            "ends_when_the_call_is_cancelled",
            "never_shows_the_secret",
            "leaves_nothing_behind",
        ];
        assert_eq!(failed, expected, "{complaints}");
    });
}

#[test]
fn what_is_shown_or_left_behind_is_seen_where_all_else_is_right() {
    alone(|| {
        let (failed, complaints) = failures(&Careless::in_silence());
        assert_eq!(failed, ["never_shows_the_secret", "leaves_nothing_behind"], "{complaints}");
        assert!(complaints.contains("-> /dev/null"), "{complaints}");
    });
}
