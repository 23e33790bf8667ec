//! `deploy.toml`, and plans for people.

use purlin_core::{Cx, Diagnostics};
use purlin_deploy::config::{DeployFile, StepKinds};
use purlin_deploy::{Amount, Deployer, Deployment, Ending, Holder, MemoryJournal};
use purlin_health::config::CheckKinds;
use purlin_inventory::Inventory;
use purlin_transport::{Local, Transport};
use std::path::Path;
use std::sync::Arc;

const ESTATE: &str = r#"
purlin = 1
[hosts."web01.lon"]
address = "127.0.0.1"
transport = "local"
site = "lon"
roles = ["web"]
owner = "map team"
contacts = [{ name = "Map desk", phone = "+44 20 7946 0000" }]
[hosts."web02.lon"]
transport = "local"
site = "lon"
roles = ["web"]
[hosts."web01.lee"]
transport = "local"
site = "lee"
roles = ["web"]
"#;

const DEPLOY: &str = r#"
purlin = 1
name = "map 42"
select = "role=web"
rollout = { canary = { per = "site", count = 1 }, batches = ["50%", "rest"], by = "site", max_unavailable = 2 }
source = { revision = "r4711", committed_at = "2026-11-22T09:30:00Z" }
evidence = "ROOT/evidence"
[vars]
root = "ROOT"
port = 8080
[[step]]
name = "conf"
kind = "file"
path = "{{ root }}/{{ host }}.conf"
content = "port = {{ port }} at {{ site }}\n"
mode = "0640"
[[step]]
name = "reload"
kind = "command"
argv = ["sh", "-c", "echo reload >> \"$1\"", "sh", "{{ root }}/{{ host }}.log"]
always = "it reads its file anew"
undo = ["true"]
on_change = ["conf"]
[[gate]]
name = "files"
checks = "checks.toml"
during = "100ms"
"#;

const CHECKS: &str = r#"
purlin = 1
[[check]]
name = "conf"
kind = "plugin"
select = "role=web"
argv = ["sh", "-c", "echo fine"]
interval = "2s"
timeout = "1900ms"
"#;

async fn estate(folder: &Path) -> Inventory {
    let file = folder.join("estate.toml");
    std::fs::write(&file, ESTATE).unwrap();
    Inventory::load(&Cx::background(), [file.to_str().unwrap()]).await.unwrap()
}

fn here(_: &purlin_inventory::TransportKind) -> purlin_core::Result<Arc<dyn Transport>> {
    Ok(Arc::new(Local::new()))
}

/// What a text says over the estate, or its faults.
async fn deployment(folder: &Path, text: &str) -> Result<Deployment, Vec<String>> {
    let mut faults = Diagnostics::new();
    let name = folder.join("deploy.toml").display().to_string();
    let file = DeployFile::read(&name, text, &StepKinds::standard(), &mut faults);
    let estate = estate(folder).await;
    let made = file.and_then(|file| file.deployment(&estate, &here, &CheckKinds::standard(), &mut faults));
    let told = faults.iter().map(|fault| fault.to_string().replace(&format!("{}/", folder.display()), ""));
    made.ok_or_else(|| told.collect())
}

#[tokio::test]
async fn a_file_is_deployed_and_planning_anew_finds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let cx = Cx::background();
    std::fs::write(folder.path().join("checks.toml"), CHECKS).unwrap();
    let text = DEPLOY.replace("ROOT", folder.path().to_str().unwrap());
    let deployment = deployment(folder.path(), &text).await.unwrap();
    assert_eq!(deployment.rollout.max_unavailable, Some(Amount::Count(2)));
    let deployer = Deployer::new(Arc::new(MemoryJournal::new()), Holder::new("kim", "desk"));
    let plan = deployer.plan(&cx, &deployment).await.unwrap();
    let batches: Vec<Vec<&str>> =
        plan.batches.iter().map(|batch| batch.iter().map(|host| host.as_str()).collect()).collect();
    assert_eq!(batches, [vec!["web01.lon", "web01.lee"], vec!["web02.lon"]]);
    assert_eq!(plan.origin.revision.as_deref(), Some("r4711"));

    let page = plan.runbook();
    for told in [
        "# map 42",
        "Map desk, +44 20 7946 0000",
        "owner: map team",
        "(canary)",
        "+port = 8080 at lon",
        "the gate files must pass",
    ] {
        assert!(page.contains(told), "{told:?} is not in\n{page}");
    }

    let report = deployer.apply(&cx, &deployment, &plan).await.unwrap();
    assert_eq!(report.ending, Some(Ending::Succeeded), "{report:?}");
    let content = std::fs::read_to_string(folder.path().join("web01.lee.conf")).unwrap();
    assert_eq!(content, "port = 8080 at lee\n");
    let again = deployer.plan(&cx, &deployment).await.unwrap();
    assert!(
        again.hosts.iter().all(|host| host.findings.iter().all(|found| found.finding == "no_change")),
        "{again:?}"
    );
    // What runs only on a change does not run where there is none.
    let report = deployer.apply(&cx, &deployment, &again).await.unwrap();
    assert_eq!(report.ending, Some(Ending::Succeeded), "{report:?}");
    assert_eq!(std::fs::read_to_string(folder.path().join("web01.lon.log")).unwrap(), "reload\n");
}

#[tokio::test]
async fn every_fault_of_a_file_is_told_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let text = "purlin = 1\nname = \"map\"\nselect = \"role=web\"\nrolout = {}\n\
                rollout = { canary = 0, batches = [\"125%\"], rollback = \"rnu\" }\n\
                [[step]]\nname = \"conf\"\nkind = \"fiel\"\n\
                [[step]]\nname = \"reload\"\nkind = \"command\"\nargv = [\"true\"]\n\
                [[gate]]\nduring = \"60s\"\n";
    let told = deployment(folder.path(), text).await.unwrap_err();
    let all = [
        "deploy.toml:4:1: error[unknown-key]: unknown key \"rolout\"",
        "deploy.toml:5:22: error[bad-value]: rollout.canary: 0 is not from 1",
        "is no amount of hosts",
        "did you mean \"run\"?",
        "there is no kind \"fiel\" of steps\n  help: did you mean \"file\"?",
        "a command says when it runs, in one way",
        "\"gate.checks\" is missing",
    ];
    for fault in all {
        assert!(told.iter().any(|told| told.contains(fault)), "{fault} is not told:\n{}", told.join("\n"));
    }
}

#[tokio::test]
async fn a_gate_without_checks_and_a_selector_without_hosts_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let text = DEPLOY.replace("role=web", "role=db");
    let told = deployment(folder.path(), &text).await.unwrap_err().join("\n");
    assert!(told.contains("deploy.toml:4:10: error[nobody-selected]: no host is role=db"), "{told}");
    assert!(told.contains("error[no-checks]"), "{told}");
    std::fs::write(folder.path().join("checks.toml"), "purlin = 1\n").unwrap();
    let told = deployment(folder.path(), DEPLOY).await.unwrap_err().join("\n");
    assert!(told.contains("would let everything pass"), "{told}");
}
