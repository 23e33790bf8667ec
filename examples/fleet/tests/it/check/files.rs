//! What the schema of the file says, and the tool's own words about it.

use super::{CHECKS, check, home};
use crate::schema;
use crate::support::{Home, refused};
use serde_json::Value;
use std::collections::BTreeSet;

const KINDS: [&str; 20] = [
    "tcp",
    "icmp",
    "ntp",
    "http",
    "tls",
    "dns",
    "dns-serial",
    "plugin",
    "disk",
    "mount",
    "process",
    "load",
    "file-age",
    "systemd",
    "passive",
    "db-ping",
    "db-role",
    "db-lag",
    "db-cluster",
    "db-query",
];

/// The keys that a table takes, by what it says to one that it does not know.
fn known(home: &Home, text: &str) -> BTreeSet<String> {
    home.write("up/here/checks.toml", &format!("{text}\nqqqqqqqqqqqq = 1\n"));
    let output = refused(&check(home, ""), 2, &["known keys: "]);
    let keys = output.stderr.split("known keys: ").nth(1).unwrap().lines().next().unwrap();
    keys.split(", ").map(str::to_owned).collect()
}

fn properties(schema: &Value) -> BTreeSet<String> {
    schema["properties"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn the_schema_of_the_file_has_the_keys_that_are_read() {
    let home = home(CHECKS);
    let of = schema::schema(&home, "checks");
    let head = "purlin = 1\n[[check]]\nname = \"x\"";
    let mut keys = BTreeSet::new();
    for kind in KINDS {
        keys.extend(known(&home, &format!("{head}\nkind = \"{kind}\"")));
    }
    assert_eq!(keys, properties(&of["$defs"]["Check"]));
    let mut keys = BTreeSet::new();
    for kind in ["command", "nagios", "webhook"] {
        keys.extend(known(&home, &format!("purlin = 1\n[[publish]]\nkind = \"{kind}\"")));
    }
    assert_eq!(keys, properties(&of["$defs"]["Publish"]));
    assert!(!of.to_string().contains("\"null\""), "TOML has no null");
    assert_eq!(of["$defs"]["Check"]["required"], serde_json::json!(["name", "kind"]));
}

/// A parent that is down keeps its children quiet, and says so.
#[test]
fn behind_a_dead_parent_only_the_parent_is_told() {
    let parents = super::patient().replace("confirm =", "parents = [\"net\"]\nconfirm =");
    let net = "[[check]]\nname = \"net\"\nkind = \"plugin\"\nargv = [\"sh\", \"-c\", \"test -e net || exit 2\"]\n\
               interval = \"1500ms\"\n";
    let home = home(&(parents + net));
    let running = super::watch(&home, "");
    running.wait_for_stdout("suspect").unwrap();
    super::until("the child is muted", || {
        let muted = super::asked(&home, "explain web01.lon/app")["alarm"]["muted"].clone();
        muted == serde_json::json!("suppressed: net is down")
    });
    let explained = super::asked(&home, "explain web01.lon/app");
    assert_eq!(explained["parents"], serde_json::json!([{"id": "net", "state": "down"}]));
    super::until("the parent is told", || !super::told(&home).is_empty());
    let told = super::told(&home);
    assert!(told.iter().all(|line| line["id"] == "net"), "{told:?}");
    running.signal(purlin_testkit::Signal::Terminate).unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(143));
}
