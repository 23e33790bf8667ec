//! What is wrong with a call or its files.

use super::{CHECKS, check, home};
use crate::support::{Home, refused};

#[test]
fn all_faults_of_a_file_are_told_at_once_with_their_places() {
    let faulty = r#"purlin = 1
[[check]]
name = "app"
kind = "plugn"
argv = ["true"]
[[check]]
name = "slow"
kind = "tcp"
address = "{{ address }}:1"
interval = "1s"
timeout = "2s"
thresholds.time = { warning = "5:1" }
parents = ["nobody"]
[[check]]
name = "far"
kind = "plugin"
on = "target"
argv = ["true"]
[[check]]
name = "room"
kind = "disk"
select = "role=web"
path = "/"
[[publish]]
kind = "comand"
"#;
    let home = home(faulty);
    refused(
        &check(&home, ""),
        2,
        &[
            "checks.toml:4:8: error[bad-value]",
            "did you mean \"plugin\"?",
            "checks.toml:11:11: error[bad-value]",
            "checks.toml:12:31: error[bad-value]",
            "checks.toml:17:6: error[bad-value]",
            "checks.toml:22:10: error[bad-value]",
            "looks at the machine that runs it",
            "checks.toml:25:8: error[bad-value]",
            "did you mean \"command\"?",
        ],
    );
}

#[test]
fn circles_and_unknown_parents_have_a_place() {
    let parents = |of: &str| {
        format!(
            "purlin = 1\n[[check]]\nname = \"a\"\nkind = \"plugin\"\nargv = [\"true\"]\nparents = [\"{of}\"]\n"
        )
    };
    refused(&check(&home(&parents("b")), ""), 2, &["checks.toml:3:1: error[", "\"b\""]);
    refused(&check(&home(&parents("a")), ""), 2, &["checks.toml:3:1: error["]);
}

#[test]
fn a_call_that_names_too_little_says_what_is_missing() {
    let home = home(CHECKS);
    refused(&home.fleet("check -i estate.toml"), 2, &["name a file with -c"]);
    refused(&home.fleet("check -i estate.toml -c none.toml"), 2, &["none.toml: error[not-found]"]);
    refused(&home.fleet("check -c checks.toml"), 2, &["name a source with -i"]);
    refused(&check(&home, "--once --watch"), 2, &["cannot be used with"]);
    refused(&check(&home, "--listen 127.0.0.1:0"), 2, &["--watch"]);
    refused(&check(&home, "--select role"), 2, &["error["]);
    refused(&check(&home, "--select role=nobody"), 2, &["no check is left to run"]);
    refused(&home.fleet("check downtime add =x --for 1h --comment y"), 2, &["selects nothing"]);
    refused(&home.fleet("check downtime add role=web --for 1 --comment y"), 2, &["--for"]);
    refused(&home.fleet("check report app fine x"), 2, &["possible values"]);
    refused(&home.fleet("check ack web01.lon/app"), 2, &["--comment"]);
}

#[test]
fn state_that_cannot_be_kept_is_refused() {
    let home: Home = home(CHECKS);
    home.write("up/here/file", "");
    let binary = check(&home, "--watch").env("FLEET_STATE_DIR", home.path("up/here/file"));
    refused(&binary, 2, &["up/here/file"]);
    // A newer form is left as it is.
    let kept = home.path("kept");
    let asked = home.fleet("check status").env("FLEET_STATE_DIR", &kept);
    assert_eq!(asked.run().unwrap().code(), Some(1));
    let url = format!("sqlite:{}", kept.join("check.db").display());
    let exec = home
        .fleet("db exec --yes")
        .args([&url, "update purlin_health set body = '99' where name = 'version'"]);
    assert_eq!(exec.run().unwrap().code(), Some(0));
    refused(&check(&home, "--watch").env("FLEET_STATE_DIR", &kept), 2, &["form 99"]);
}
