//! Files of checks: what they make, and every fault of one pass.

use purlin_core::{Cx, Diagnostics};
use purlin_health::config::{CheckFile, CheckKinds, Placed};
use purlin_health::fake::FakeCheck;
use purlin_health::{Cadence, Check, CheckOutcome, CheckSpec, Evidence, Needs, Status};
use purlin_health::{CheckSet, Monitor, MonitorSettings, State};
use purlin_inventory::{Host, Inventory};
use std::sync::Arc;
use std::time::Duration;

const ESTATE: &str =
    "[web]\nweb01 ansible_host=127.0.0.1 port=1 role=web\nweb02 ansible_host=127.0.0.2\n[db]\ndb01\n";

async fn estate() -> (tempfile::TempDir, Inventory) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hosts.ini");
    std::fs::write(&file, ESTATE).unwrap();
    let estate = Inventory::load(&Cx::background(), [file.display().to_string()]).await.unwrap();
    (folder, estate)
}

/// Reads a text as `checks.toml`, over the estate.
async fn read(text: &str) -> (CheckSet, Vec<String>) {
    let (_folder, estate) = estate().await;
    let mut faults = Diagnostics::new();
    let set = match CheckFile::read("checks.toml", text, &CheckKinds::standard(), &mut faults) {
        Some(file) => file.checks(&estate, &mut faults),
        None => CheckSet::new(),
    };
    let told = faults.iter().map(|fault| fault.to_string().lines().collect::<Vec<_>>().join(" / ")).collect();
    (set, told)
}

#[tokio::test]
async fn a_check_runs_for_each_host_and_hangs_on_the_same_host() {
    let text = r#"
purlin = 1
[[check]]
name = "ssh"
kind = "tcp"
select = "web"
address = "{{ address }}:22"
[[check]]
name = "app"
kind = "plugin"
on = "monitor"
select = "web"
argv = ["sh", "-c", "test -n \"$1\"", "--", "{{ host }}"]
interval = "10s"
timeout = "2s"
confirm = { failures = 3, over = "45s" }
parents = ["ssh", "gateway"]
thresholds.time = { warning = "1", critical = "@5:10" }
[[check]]
name = "gateway"
kind = "tcp"
address = "127.0.0.1:1"
reference = true
[[check]]
name = "backup"
kind = "passive"
ttl = "1d"
[[publish]]
kind = "command"
argv = ["cat"]
"#;
    let (set, told) = read(text).await;
    assert_eq!(told, Vec::<String>::new());
    let ids: Vec<_> = set.iter().map(|check| check.id().as_str()).collect();
    assert_eq!(ids, ["web01/ssh", "web02/ssh", "web01/app", "web02/app", "gateway", "backup"]);
    let app = set.iter().find(|check| check.id().as_str() == "web01/app").unwrap();
    let needs = Needs::all([Needs::check("web01/ssh"), Needs::check("gateway")]);
    assert_eq!(app.hangs_on(), Some(&needs));
    assert_eq!((app.about().kind.as_str(), app.about().id.as_str()), ("host", "web01"));
}

#[tokio::test]
async fn every_fault_is_told_at_once_and_where_it_stands() {
    let text = r#"purlin = 2
[[check]]
name = "a/b"
kind = "tpc"
[[check]]
name = "slow"
kind = "tcp"
address = "x:1"
interval = "1s"
timeout = "2s"
[[check]]
name = "far"
kind = "tcp"
address = "{{ broken"
on = "target"
selct = "web"
parents = ["nobody"]
thresholds.time = { warning = "20:10" }
[[check]]
name = "ring"
kind = "tcp"
address = "x:1"
parents = ["gnir"]
[[check]]
name = "gnir"
kind = "tcp"
address = "x:1"
parents = ["ring"]
[[check]]
kind = "passive"
[[publish]]
kind = "comand"
"#;
    let (_, told) = read(text).await;
    for expected in [
        "checks.toml:1:10: error[bad-value]: purlin: 2 is not from 1 to 1",
        "checks.toml:3:8: error[bad-value]: check.name: \"a/b\" is no name of a check",
        "checks.toml:4:8: error[bad-value]: check.kind: there is no kind \"tpc\" of checks / ",
        "checks.toml:10:11: error[bad-value]: check.timeout: the timeout 2s must be",
        "checks.toml:14:11: error[bad-value]: check.address: ",
        "checks.toml:15:6: error[bad-value]: check.on: a check on the target is one that is run, for the hosts of `select`",
        "checks.toml:16:1: error[unknown-key]: unknown key \"selct\" in [check] / ",
        "checks.toml:18:31: error[bad-value]: check.thresholds.time.warning: the range 20:10 ends before it begins",
        "error[missing-key]: \"check.name\" is missing",
        "error[missing-key]: \"check.ttl\" is missing",
        "checks.toml:32:8: error[bad-value]: publish.kind: unknown value \"comand\" / ",
        "error[needs-cycle]",
    ] {
        assert!(told.iter().any(|fault| fault.contains(expected)), "no {expected} in\n{}", told.join("\n"));
    }
}

#[tokio::test]
async fn what_only_an_inventory_shows_has_the_place_of_its_check() {
    let text = r#"purlin = 1
[[check]]
name = "port"
kind = "tcp"
select = "web"
address = "{{ address }}:{{ port }}"
[[check]]
name = "none"
kind = "tcp"
select = "role=mail"
address = "x:1"
[[check]]
name = "db"
kind = "tcp"
select = "db"
address = "x:1"
parents = ["port"]
"#;
    let (set, told) = read(text).await;
    let ids: Vec<_> = set.iter().map(|check| check.id().as_str()).collect();
    assert_eq!(ids, ["web01/port"]);
    for expected in [
        "checks.toml:3:1: error[check]: the check \"port\": ",
        "web02",
        "checks.toml:8:1: warning[nobody-selected]: the check \"none\": no host is role=mail",
        "checks.toml:13:1: error[check]: the check \"db\": its parent \"port\" does not run on db01",
    ] {
        assert!(told.iter().any(|fault| fault.contains(expected)), "no {expected} in\n{}", told.join("\n"));
    }
    assert_eq!(told.len(), 3, "{}", told.join("\n"));
}

/// The smallest file that the tool's documents promise.
#[tokio::test]
async fn the_smallest_file_runs_and_tells() {
    let (folder, estate) = estate().await;
    let (up, told) = (folder.path().join("up"), folder.path().join("told.jsonl"));
    let text = format!(
        r#"purlin = 1
[[check]]
name = "app"
kind = "plugin"
on = "monitor"
select = "role=web"
argv = ["sh", "-c", "test -e {up} || exit 2"]
interval = "1s"
timeout = "500ms"
confirm = {{ failures = 2, over = "1s" }}
[[publish]]
kind = "command"
argv = ["sh", "-c", "cat >> {told}"]
"#,
        up = up.display(),
        told = told.display()
    );
    let mut faults = Diagnostics::new();
    let file = CheckFile::read("checks.toml", text, &CheckKinds::standard(), &mut faults).unwrap();
    let checks = file.checks(&estate, &mut faults);
    assert!(faults.is_empty(), "{faults:?}");
    let settings = file.publish(MonitorSettings::new(Cadence::every(Duration::from_secs(1)))).unwrap();
    let cx = Cx::background().with_timeout(Duration::from_secs(60));
    let monitor = Monitor::start(&cx, checks, settings).await.unwrap();
    let state = || monitor.get("web01/app").map(|app| app.state);
    while state() != Some(State::Down) {
        cx.sleep(Duration::from_millis(20)).await.unwrap();
    }
    std::fs::write(&up, "").unwrap();
    while state() != Some(State::Up) {
        cx.sleep(Duration::from_millis(20)).await.unwrap();
    }
    monitor.shutdown(&cx).await.unwrap();
    let told = std::fs::read_to_string(told).unwrap();
    let states: Vec<_> = told
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .map(|line| (line["id"].clone(), line["host"].clone(), line["state"].clone()))
        .collect();
    let one = |state: &str| ("web01/app".into(), "web01".into(), state.into());
    assert_eq!(states, [one("down"), one("up")]);
}

const ON_TARGET: &str = r#"purlin = 1
[[check]]
name = "load"
kind = "plugin"
on = "target"
select = "web"
argv = ["check_load", "{{ host }}"]
parents = ["gateway"]
[[check]]
name = "queue"
kind = "plugin"
on = "target"
select = "role=web"
argv = ["check_queue"]
[[check]]
name = "gateway"
kind = "tcp"
address = "127.0.0.1:1"
"#;

#[tokio::test]
async fn checks_on_the_target_hang_on_the_way_to_it() {
    let (_folder, estate) = estate().await;
    let mut faults = Diagnostics::new();
    let file = CheckFile::read("checks.toml", ON_TARGET, &CheckKinds::standard(), &mut faults).unwrap();
    let fine = || FakeCheck::new(|| CheckOutcome::Answered(Evidence::new(Status::Ok, "fine")));
    let places = |host: Host<'_>, check: Arc<dyn Check>| {
        // What a transport does: it asks the host's shell what the check would ask here.
        let question = check.on_target().unwrap().question();
        assert!(question.args.get(1).is_none_or(|word| word == host.name()));
        Ok(Placed::new(fine(), CheckSpec::new(format!("{}/transport", host.name()), fine())))
    };
    let set = file.checks_with(&estate, &places, &mut faults);
    assert!(faults.is_empty(), "{faults:?}");
    let needs: Vec<_> = set
        .iter()
        .map(|check| {
            let needs = format!("{:?}", check.hangs_on());
            let hangs = ["web01/transport", "web02/transport"].into_iter().find(|way| needs.contains(way));
            (check.id().to_string(), check.about().id.to_string(), hangs)
        })
        .collect();
    let row = |id: &str, subject: &str, hangs| (id.to_owned(), subject.to_owned(), hangs);
    let (one, two) = (Some("web01/transport"), Some("web02/transport"));
    assert_eq!(
        needs,
        [
            row("web01/load", "web01", one),
            row("web02/load", "web02", two),
            row("web01/queue", "web01", one),
            row("gateway", "gateway", None),
            row("web01/transport", "web01", None),
            row("web02/transport", "web02", None),
        ]
    );
}

#[tokio::test]
async fn without_a_way_to_hosts_a_check_on_the_target_is_a_fault() {
    let (set, told) = read(ON_TARGET).await;
    assert_eq!(set.len(), 1);
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(
        told[0].contains("checks.toml:3:1: error[check]")
            && told[0].contains("nobody says how hosts are reached"),
        "{told:?}"
    );
}
