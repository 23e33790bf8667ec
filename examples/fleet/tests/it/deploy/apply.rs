//! From the plan to the end, on this machine.

use super::{DEPLOY, deploy, document, events, everything, findings, home, plan, run_of};
use crate::support::{good, json, refused};
use purlin_testkit::Canary;
use serde_json::Value;
use std::fs;

#[test]
fn the_smallest_files_are_planned_applied_and_need_nothing_afterwards() {
    let home = home(DEPLOY);
    let output = good(&plan(&home));
    let made = document(&home, "deploy-plan", &output);
    assert_eq!((findings(&made), &made["changes"]), (vec!["change"], &true.into()));
    assert!(!home.path("up/here/out/web01.lon.conf").exists(), "a plan changes nothing");

    let output = good(&deploy(&home, "apply plan.json --yes --json"));
    let told = events(&home, &output);
    assert_eq!(told.first().map(|event| event["type"].clone()), Some("opened".into()));
    assert_eq!(told.last().map(|event| event["detail"]["ending"].clone()), Some("succeeded".into()));
    assert_eq!(fs::read_to_string(home.path("up/here/out/web01.lon.conf")).unwrap(), "v1\n");

    let run = run_of(&told);
    refused(&deploy(&home, "apply plan.json --yes --json"), 2, &["is spent", &run]);
    // Another state folder knows nothing of it; the host does.
    let elsewhere = deploy(&home, "apply plan.json --yes --json").env("FLEET_STATE_DIR", home.path("other"));
    refused(&elsewhere, 2, &["is spent", &run]);
    refused(&deploy(&home, "apply plan.json --dry-run"), 2, &["is spent", &run]);

    let again = document(&home, "deploy-plan", &good(&plan(&home)));
    assert_eq!((findings(&again), &again["changes"]), (vec!["no_change"], &false.into()));
    assert_eq!(again["hosts"][0]["release"], "map");
    let status = document(&home, "deploy-status", &good(&deploy(&home, "status --json")));
    assert_eq!((&status["run"], &status["state"]), (&run.as_str().into(), &"succeeded".into()));
    assert_eq!(status["hosts"][0]["release"], "map");
}

#[test]
fn the_promised_file_is_planned_byte_for_byte() {
    let home = home(DEPLOY);
    home.write("up/here/deploy.toml", DEPLOY);
    let made = document(&home, "deploy-plan", &good(&plan(&home)));
    assert_eq!((findings(&made), &made["batches"]), (vec!["change"], &serde_json::json!([["web01.lon"]])));
    let page = good(&deploy(&home, "plan -i estate.toml -f deploy.toml --runbook")).stdout;
    assert!(page.starts_with("# map\n") && page.contains("then the gate checks.toml must pass"), "{page}");
}

#[test]
fn nothing_happens_without_a_yes() {
    let home = home(DEPLOY);
    good(&plan(&home));
    refused(&deploy(&home, "apply plan.json"), 2, &["nobody can be asked"]);
    good(&deploy(&home, "apply plan.json --dry-run --json"));
    home.fleet_toml("[context.prod]\nprotected = true");
    refused(&deploy(&home, "apply plan.json --context prod --yes"), 2, &["--yes=prod"]);
    assert!(!home.path("up/here/out/web01.lon.conf").exists());
    refused(&deploy(&home, "status"), 2, &["nothing was deployed yet"]);
    good(&deploy(&home, "apply plan.json --context prod --yes=prod --json"));
}

#[test]
fn a_host_that_changed_since_the_plan_is_told_and_stops_the_run() {
    let home = home(DEPLOY);
    good(&plan(&home));
    home.write("up/here/out/web01.lon.conf", "somebody's\n");
    let output = deploy(&home, "apply plan.json --dry-run --json").run().unwrap();
    assert_eq!(output.code(), Some(1), "{output:?}");
    assert!(output.stderr.contains("error[drift]") && output.stderr.contains("web01.lon"), "{output:?}");
    let output = deploy(&home, "apply plan.json --yes --json").run().unwrap();
    assert_eq!(output.code(), Some(1), "{output:?}");
    assert_eq!(fs::read_to_string(home.path("up/here/out/web01.lon.conf")).unwrap(), "somebody's\n");
}

#[test]
fn a_failure_is_taken_back_with_exit_code_1() {
    let broken = "[[step]]\nname = \"look\"\nkind = \"command\"\nargv = [\"sh\", \"-c\", \"echo no tiles >&2; exit 3\"]\n\
                  always = \"it looks\"\neffect = \"idempotent\"\nundo = [\"true\"]\n";
    let home = home(&DEPLOY.replace("[[gate]] ", &format!("{broken}[[gate]] ")));
    good(&plan(&home));
    let output = deploy(&home, "apply plan.json --yes").run().unwrap();
    assert_eq!(output.code(), Some(1), "{output:?}");
    assert!(output.stdout.contains("rolled_back") && output.stdout.contains("no tiles"), "{output:?}");
    assert!(!home.path("up/here/out/web01.lon.conf").exists());
    let status = deploy(&home, "status --json").run().unwrap();
    assert_eq!((status.code(), &json(&status)["state"]), (Some(1), &"rolled_back".into()));

    let report = document(&home, "deploy-report", &good(&deploy(&home, "report --json")));
    assert_eq!(report["ending"], "rolled_back");
    assert_eq!((&report["steps"][0]["undone"], &report["steps"][1]["failed"]), (&1.into(), &1.into()));
    let failure = &report["failures"][0];
    assert!(failure["why"].as_str().unwrap().contains("no tiles"), "{report:#}");
    assert_eq!(failure["places"], serde_json::json!(["web01.lon look"]));
    let page = good(&deploy(&home, "report")).stdout;
    assert!(page.starts_with("# map: rolled_back\n") && page.contains("| conf | 1 | 0 | 0 | 1 |"), "{page}");
}

#[test]
fn figures_come_from_the_journal() {
    let sourced = "source = { revision = \"r1\", committed_at = \"2026-01-01T00:00:00Z\" }\n[vars]";
    let home = home(&DEPLOY.replace("[vars]", sourced));
    let stats = |home: &_| document(home, "deploy-stats", &good(&deploy(home, "stats --json")));
    assert_eq!((&stats(&home)["runs"], &stats(&home)["change_failure_rate"]), (&0.into(), &Value::Null));
    good(&plan(&home));
    home.write("up/here/out/web01.lon.conf", "somebody's\n");
    assert_eq!(deploy(&home, "apply plan.json --yes --json").run().unwrap().code(), Some(1));
    good(&plan(&home));
    good(&deploy(&home, "apply plan.json --yes --json"));
    let found = stats(&home);
    assert_eq!((&found["runs"], &found["succeeded"], &found["rehearsed"]), (&2.into(), &1.into(), &0.into()));
    assert_eq!((&found["change_failure_rate"], &found["plan_accuracy"]), (&0.5.into(), &1.0.into()));
    assert!(
        found["lead_time_s"].as_f64().unwrap() > 0.0 && found["time_to_restore_s"].is_number(),
        "{found:#}"
    );
    assert!(good(&deploy(&home, "stats")).stdout.starts_with("2 runs in "));
}

#[test]
fn a_secret_is_in_no_plan_no_state_and_no_output() {
    let canary = Canary::new();
    let secret = canary.secret();
    let steps = "[[step]]\nname = \"key\"\nkind = \"template\"\npath = \"{{ root }}/key\"\ntemplate = \"{{ key }}\\n\"\n\
                 secrets = { key = { env = \"IT\" } }\n[[step]]\nname = \"say\"\nkind = \"command\"\n\
                 argv = [\"sh\", \"-c\", \"cat out/key >&2; base64 out/key >&2; exit 1\"]\nalways = \"it fails\"\n\
                 effect = \"idempotent\"\nundo = [\"true\"]\n";
    let home = home(&DEPLOY.replace("[[gate]] ", &format!("{steps}[[gate]] ")));
    let planned = plan(&home).env("IT", secret.expose()).run().unwrap();
    assert_eq!(planned.code(), Some(0), "{planned:?}");
    let applied = deploy(&home, "apply plan.json --yes --json -vv").env("IT", secret.expose()).run().unwrap();
    assert_eq!(applied.code(), Some(1), "{applied:?}");
    assert!(applied.stdout.contains("***"), "{applied:?}");
    let status = deploy(&home, "status --json").run().unwrap();
    for output in [planned, applied, status] {
        canary.assert_absent(format!("{output:?}"));
    }
    // What is on the host is the host's own.
    canary.assert_absent(everything(&home.path(".local")));
    canary.assert_absent(fs::read(home.path("up/here/plan.json")).unwrap());
}
