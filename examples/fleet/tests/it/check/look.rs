//! Looks: until it is sure, and one round.

use super::{CHECKS, asked, check, down, home, patient, told, up};
use crate::schema;
use crate::support::{good, json};
use purlin_testkit::Output;
use serde_json::{Value, json};
use std::fs;

#[track_caller]
fn ended(home: &crate::support::Home, words: &str, code: i32) -> Output {
    let output = check(home, words).run().unwrap();
    assert_eq!(output.code(), Some(code), "{output:?}");
    output
}

#[test]
fn a_target_that_is_up_is_0_and_one_that_is_down_is_1_once_it_is_sure() {
    let home = home(CHECKS);
    up(&home);
    let document = json(&good(&check(&home, "--json")));
    assert_eq!((&document["format"], &document["version"]), (&json!("fleet.check"), &json!(1)));
    assert_eq!(document["all_up"], json!(true));
    let app = &document["checks"][0];
    assert_eq!((&app["id"], &app["host"]), (&json!("web01.lon/app"), &json!("web01.lon")));
    assert_eq!((&app["status"], &app["state"]), (&json!("ok"), &json!("up")));
    assert!(app["age_s"].as_f64().is_some_and(|age| age >= 0.0), "{app}");
    assert!(app["since"].as_str().is_some_and(|since| since.ends_with('Z')), "{app}");
    let of = schema::schema(&home, "check");
    assert_eq!(schema::faults(&of, &of, &document, "check"), Vec::<String>::new());

    down(&home);
    let document = json(&ended(&home, "--json", 1));
    let app = &document["checks"][0];
    assert_eq!((&app["status"], &app["state"]), (&json!("critical"), &json!("down")));
    assert!(told(&home).is_empty(), "a look tells nobody");
    assert!(!home.path(".local/state/fleet").exists(), "and keeps nothing");
}

#[test]
fn a_single_round_runs_each_check_once_and_is_not_sure_of_a_failure() {
    let counted = patient().replace("test -e up || exit 2", "echo run >> runs; exit 2");
    let home = home(&counted);
    let document = json(&ended(&home, "--once --json", 1));
    assert_eq!(document["checks"][0]["state"], json!("suspect"));
    assert_eq!(fs::read_to_string(home.path("up/here/runs")).unwrap(), "run\n");
}

#[test]
fn people_get_a_table_with_colour_only_where_it_is_wanted() {
    let home = home(CHECKS);
    let plain = ended(&home, "", 1).stdout;
    let lines: Vec<&str> = plain.lines().collect();
    assert!(lines[0].starts_with("STATE  CHECK"), "{plain}");
    assert!(lines[1].starts_with("down   web01.lon/app"), "{plain}");
    assert_eq!(lines[2], "1 check: 1 down");
    assert!(!plain.contains('\u{1b}'), "{plain}");
    let coloured = ended(&home, "--color always", 1).stdout;
    assert!(coloured.contains("\u{1b}[1m\u{1b}[31mdown\u{1b}[0m"), "{coloured:?}");
    let refused = check(&home, "").env("NO_COLOR", "1").run().unwrap().stdout;
    assert!(!refused.contains('\u{1b}'), "{refused}");
}

#[test]
fn a_reader_that_leaves_keeps_the_exit_code() {
    let home = home(CHECKS);
    for words in ["--once", "--once --json"] {
        let output = check(&home, words).closed_stdout().run().unwrap();
        assert_eq!((output.code(), output.stderr.as_str()), (Some(1), ""), "{output:?}");
    }
}

#[test]
fn a_selector_leaves_the_checks_of_its_hosts_and_what_they_hang_on() {
    let checks = r#"purlin = 1
[[check]]
name = "app"
kind = "plugin"
select = "role=web"
argv = ["true"]
parents = ["net"]
[[check]]
name = "net"
kind = "plugin"
argv = ["true"]
[[check]]
name = "other"
kind = "plugin"
argv = ["sh", "-c", "exit 2"]
[[check]]
name = "db"
kind = "plugin"
select = "role=db"
argv = ["sh", "-c", "exit 2"]
"#;
    let home = home(checks);
    let more = format!("{}\n[hosts.\"db01.lon\"]\nroles = [\"db\"]\n", super::ESTATE);
    home.write("up/here/estate.toml", &more);
    let document = json(&good(&check(&home, "--select role=web --json")));
    let ids: Vec<&Value> = document["checks"].as_array().unwrap().iter().map(|check| &check["id"]).collect();
    assert_eq!(ids, [&json!("net"), &json!("web01.lon/app")]);
    assert_eq!(json(&ended(&home, "--json", 1))["checks"].as_array().unwrap().len(), 4);
}

#[test]
fn files_come_from_the_configuration_too() {
    let home = home(CHECKS);
    up(&home);
    home.fleet_toml("inventory = ['estate.toml']\nchecks = 'checks.toml'");
    assert_eq!(asked(&home, "")["all_up"], json!(true));
}
