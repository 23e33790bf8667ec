//! `fleet deploy`: on this machine, and over ssh.

mod apply;
mod bad_input;
mod calls;
mod locks;
mod ssh;

use crate::schema::{faults, schema};
use crate::support::{Home, json};
use purlin_testkit::{Binary, Output};
use serde_json::Value;
use std::path::Path;

/// The smallest legal files, as they are promised.
const ESTATE: &str = r#"# estate.toml
purlin = 1
[hosts."web01.lon"]
address = "127.0.0.1"
transport = "local"
site = "lon"
roles = ["web"]
environment = "prod"
"#;

const DEPLOY: &str = r#"# deploy.toml
purlin = 1
name = "map"
select = "role=web"
rollout = { canary = 1, batches = ["25%", "rest"], by = "site", rollback = "run" }
[vars]
root = "out"
[[step]]
name = "conf"
kind = "file"
path = "{{ root }}/{{ host }}.conf"
content = "v1\n"
[[gate]]                        # optional
checks = "checks.toml"
during = "60s"
after = "batch"
"#;

const CHECKS: &str = r#"purlin = 1
[[check]]
name = "app"
kind = "plugin"
on = "monitor"
select = "role=web"
argv = ["sh", "-c", "true"]
interval = "2s"
timeout = "2s"
"#;

/// A home with the files of one host that is this machine.
fn home(deploy: &str) -> Home {
    let home = Home::new();
    home.write("up/here/estate.toml", ESTATE);
    home.write("up/here/checks.toml", CHECKS);
    // The checks are watched for a shorter time, and all else is as promised.
    home.write("up/here/deploy.toml", &deploy.replace("during = \"60s\"", "during = \"2s\""));
    std::fs::create_dir(home.work().join("out")).unwrap();
    home
}

/// `fleet deploy` with these words, and what it leaves on hosts below the home.
fn deploy(home: &Home, words: &str) -> Binary {
    home.fleet(&format!("deploy {words}")).env("FLEET_EVIDENCE_DIR", home.path("evidence")).env("USER", "kim")
}

fn plan(home: &Home) -> Binary {
    deploy(home, "plan -i estate.toml -f deploy.toml --out plan.json --json")
}

/// What a document says, which must be as its schema has it.
#[track_caller]
fn document(home: &Home, name: &str, output: &Output) -> Value {
    let (schema, document) = (schema(home, name), json(output));
    assert_eq!(faults(&schema, &schema, &document, name), Vec::<String>::new(), "{document:#}");
    document
}

/// The events, each as its schema has it.
#[track_caller]
fn events(home: &Home, output: &Output) -> Vec<Value> {
    let schema = schema(home, "deploy-event");
    let lines = output.stdout.lines().map(|line| serde_json::from_str(line).expect(line));
    let lines: Vec<Value> = lines.collect();
    for line in &lines {
        assert_eq!(faults(&schema, &schema, line, "deploy-event"), Vec::<String>::new(), "{line}");
    }
    lines
}

/// What every step has found, in order.
fn findings(plan: &Value) -> Vec<&str> {
    let hosts = plan["hosts"].as_array().unwrap();
    let found = hosts.iter().flat_map(|host| host["findings"].as_array().unwrap());
    found.map(|found| found["finding"].as_str().unwrap()).collect()
}

/// The run of some events.
#[track_caller]
fn run_of(events: &[Value]) -> String {
    events[0]["run"].as_str().unwrap().to_owned()
}

/// Everything that was written below a folder.
fn everything(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else if entry.file_type().unwrap().is_file() {
                all.extend(std::fs::read(entry.path()).unwrap());
            }
        }
    }
    assert!(!all.is_empty());
    all
}
