//! `fleet check`, with the two files that the design names.

mod bad_input;
mod calls;
mod crash;
mod files;
mod look;
mod plugin;
mod reload;
mod target;
mod watch;

use crate::support::Home;
use purlin::core::Clock;
use purlin_testkit::{Binary, Running};
use serde_json::Value;
use std::fs;
use std::time::Duration;

/// The smallest legal estate, letter for letter.
pub(crate) const ESTATE: &str = r#"# estate.toml
purlin = 1
[hosts."web01.lon"]
address = "127.0.0.1"
transport = "local"
site = "lon"
roles = ["web"]
environment = "prod"
"#;

/// The smallest legal file of checks, letter for letter.
pub(crate) const CHECKS: &str = r#"# checks.toml
purlin = 1
[[check]]
name = "app"
kind = "plugin"
on = "monitor"                  # or "target": runs on the host through its transport
select = "role=web"
argv = ["sh", "-c", "test -e up || exit 2"]
interval = "1s"
timeout = "500ms"
confirm = { failures = 2, over = "1s" }
[[publish]]
kind = "command"
argv = ["sh", "-c", "cat >> told.jsonl"]
"#;

/// How long is waited for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// The same with more time for each run: the machine that runs tests may be busy.
fn patient() -> String {
    let checks = CHECKS.replace("interval = \"1s\"", "interval = \"1500ms\"\nsuspect_every = \"1500ms\"");
    checks.replace("timeout = \"500ms\"", "timeout = \"1500ms\"")
}

/// A home with both files in its working folder.
fn home(checks: &str) -> Home {
    let home = Home::new();
    home.write("up/here/estate.toml", ESTATE);
    home.write("up/here/checks.toml", checks);
    home
}

fn check(home: &Home, words: &str) -> Binary {
    home.fleet(&format!("check -i estate.toml -c checks.toml {words}")).deadline(PATIENCE * 3)
}

fn watch(home: &Home, words: &str) -> Running {
    check(home, &format!("--watch {words}")).spawn().unwrap()
}

/// The target goes up.
fn up(home: &Home) {
    home.write("up/here/up", "");
}

/// The target goes down.
fn down(home: &Home) {
    fs::remove_file(home.path("up/here/up")).unwrap();
}

/// What was told so far.
fn told(home: &Home) -> Vec<Value> {
    let text = fs::read_to_string(home.path("up/here/told.jsonl")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The states that were told so far.
fn told_states(home: &Home) -> Vec<String> {
    told(home).iter().map(|line| line["state"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let clock = Clock::system();
    let end = clock.now().saturating_add(PATIENCE);
    while !is_so() {
        assert!(clock.now() < end, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What `check WORDS --json` says, whatever its exit code.
fn asked(home: &Home, words: &str) -> Value {
    let output = home.fleet(&format!("check {words} --json")).run().unwrap();
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}
