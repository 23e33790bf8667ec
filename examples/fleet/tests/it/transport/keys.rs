//! Keys of hosts, as OpenSSH has them: nothing is run on a host that is not the one that is meant.

use super::{Estate, estate, lines, of};
use crate::support::{good, refused};
use serde_json::json;

/// A command that would leave a file on the host.
fn marks(estate: &Estate) -> String {
    format!("touch {}", estate.sshds[0].folder().join("was-here").display())
}

#[track_caller]
fn nothing_was_run(estate: &Estate) {
    assert!(!estate.sshds[0].folder().join("was-here").exists());
    assert!(!estate.sshds[0].server().log().contains("Accepted"), "{}", estate.sshds[0].server().log());
}

#[test]
fn a_changed_key_is_3_with_its_line_and_nothing_is_run() {
    let Some(estate) = estate(1) else { return };
    let port = estate.sshds[0].address().port();
    let other = estate.sshds[0].authority();
    estate.known_hosts(&format!("# the keys of our hosts\n[127.0.0.1]:{port} {other}\n"));
    for words in ["", "--accept-new-host-keys"] {
        let run = home_run(&estate, words);
        let told = refused(&run, 3, &["error[host-key-changed]", "web01", "known_hosts:2"]);
        assert!(told.stderr.contains("somebody may listen in"), "{told:?}");
        nothing_was_run(&estate);
    }
    // The others are not kept from it, and machines read the same.
    let output = home_run(&estate, "--json").run().unwrap();
    let found = lines(&estate.home, "run", &output);
    let line = of(&found, "web01");
    assert_eq!((output.code(), &line["state"]), (Some(3), &json!("unreached")));
    assert_eq!(line["error"]["code"], "host-key-changed");
    assert!(line["error"]["message"].as_str().unwrap().contains("known_hosts:2"), "{line}");
    for verb in ["facts -i hosts.ini web01", "copy -i hosts.ini web01 --yes hosts.ini was-here"] {
        refused(&estate.home.fleet(verb), 3, &["error[host-key-changed]", "known_hosts:2"]);
    }
    nothing_was_run(&estate);
}

fn home_run(estate: &Estate, words: &str) -> purlin_testkit::Binary {
    estate.home.fleet(&format!("run -i hosts.ini web01 {words} -- {}", marks(estate)))
}

#[test]
fn a_key_that_nobody_knows_is_refused_unless_new_ones_are_asked_for() {
    let Some(estate) = estate(1) else { return };
    let file = estate.known_hosts("");
    refused(&home_run(&estate, ""), 3, &["error[host-key-unknown]", "web01", "SHA256:"]);
    nothing_was_run(&estate);
    good(&home_run(&estate, "--accept-new-host-keys"));
    let written = std::fs::read_to_string(&file).unwrap();
    assert_eq!(written, super::known(&estate.sshds[0]));
    good(&home_run(&estate, ""));
    // A file that is named stands in place of one's own.
    let own = estate.home.write("known", "");
    refused(&home_run(&estate, &format!("--known-hosts {}", own.display())), 3, &["host-key-unknown"]);
}

#[test]
fn a_revoked_key_is_refused() {
    let Some(estate) = estate(1) else { return };
    let line = format!("@revoked * {}\n", estate.sshds[0].host_key());
    estate.known_hosts(&(super::known(&estate.sshds[0]) + &line));
    refused(&home_run(&estate, ""), 3, &["error[host-key-revoked]", "known_hosts:2"]);
    nothing_was_run(&estate);
}
