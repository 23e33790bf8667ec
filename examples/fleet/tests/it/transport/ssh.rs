//! Over ssh, with real servers.

use super::{Estate, estate, gone, lines, of};
use crate::support::{good, refused};
use purlin_testkit::{Canary, ReservedPort};
use serde_json::json;

#[test]
fn fifty_hosts_are_asked_at_once_and_shown_as_one() {
    let Some(estate) = estate(50) else { return };
    let run = estate.home.fleet("run -i hosts.ini all --yes -- echo same");
    assert_eq!(good(&run).stdout, "50 hosts: same (web[01-50])\n  same\n");

    let found = lines(&estate.home, "facts", &good(&estate.home.fleet("facts -i hosts.ini all --json")));
    assert_eq!(found.len(), 50);
    assert!(found.iter().all(|line| line["facts"]["kernel"]["known"]["system"] == "Linux"), "{found:?}");

    // One that answers otherwise, and one that is gone.
    let special = estate.sshds[7].address().port();
    let port = ReservedPort::new().unwrap();
    estate.add(&gone(&port));
    let script = format!("case $SSH_CONNECTION in *' {special}') echo other; exit 7;; esac; echo same");
    let output = estate.home.fleet("run -i hosts.ini all --yes -- sh -c").arg(script).run().unwrap();
    assert_eq!(output.code(), Some(3), "{output:?}");
    assert!(output.stdout.starts_with("49 hosts: same (web[01-07,09-50])\n  same\n"), "{output:?}");
    assert!(output.stdout.contains("web08: exit 7\n  other\n"), "{output:?}");
    assert!(output.stdout.contains("51 hosts: 49 fine, 1 failed, 1 not reached"), "{output:?}");
    assert!(output.stderr.contains("error[refused]") && output.stderr.contains("gone"), "{output:?}");
}

#[test]
fn a_host_that_does_not_let_us_in_is_3_and_the_others_are_done() {
    let Some(estate) = estate(2) else { return };
    let other = format!(
        "locked ansible_host=127.0.0.1 ansible_port={} ansible_user={} ansible_ssh_private_key_file={}\n",
        estate.sshds[0].address().port(),
        estate.sshds[0].user(),
        estate.sshds[1].key().display(),
    );
    estate.add(&other);
    let output = estate.home.fleet("run -i hosts.ini all --json -- echo in").run().unwrap();
    assert_eq!(output.code(), Some(3), "{output:?}");
    let found = lines(&estate.home, "run", &output);
    assert_eq!((&of(&found, "web01")["state"], &of(&found, "web02")["state"]), (&json!("ok"), &json!("ok")));
    let line = of(&found, "locked");
    assert_eq!((&line["state"], &line["error"]["code"]), (&json!("unreached"), &json!("login-denied")));
    assert_eq!(line.get("exit"), None);
}

#[test]
fn a_link_that_breaks_meanwhile_is_in_doubt_and_wants_a_person() {
    let Some(Estate { home, sshds: _running }) = estate(1) else { return };
    // What serves our connection is the parent of what it runs.
    let script = "echo begun; kill -KILL $PPID; sleep 600";
    let output = home.fleet("run -i hosts.ini web01 --json -- sh -c").arg(script).run().unwrap();
    let found = lines(&home, "run", &output);
    assert_eq!((output.code(), &found[0]["state"]), (Some(4), &json!("in_doubt")), "{output:?}");
    assert!(output.stderr.contains("error[link-lost]") && output.stderr.contains("web01"), "{output:?}");
}

#[test]
fn sudo_that_refuses_is_1_and_says_why() {
    let Some(estate) = estate(1) else { return };
    if purlin_testkit::require_program("sudo").is_none() || estate.sshds[0].user() == "root" {
        return;
    }
    let output = estate.home.fleet("run -i hosts.ini web01 --become -- id").run().unwrap();
    assert_eq!(output.code(), Some(1), "{output:?}");
    assert!(output.stderr.contains("error[become-") && output.stderr.contains("web01"), "{output:?}");
    assert_eq!(output.stdout, "");
}

#[test]
fn passwords_reach_nobody_who_does_not_ask_and_are_never_told() {
    let Some(estate) = estate(1) else { return };
    let canary = Canary::new();
    let run =
        estate.home.fleet("run -i hosts.ini web01 -vv --password-env IT --become-password-env IT --become");
    let output = run.args(["--", "env"]).env("IT", canary.secret().expose()).run().unwrap();
    canary.assert_absent(format!("{output:?}"));
    canary.assert_absent(estate.sshds[0].server().log());
    refused(&estate.home.fleet("run -i hosts.ini web01 --password-env NOT_SET -- env"), 2, &["NOT_SET"]);
}

#[test]
fn the_configuration_of_ssh_is_followed() {
    let Some(estate) = estate(1) else { return };
    let sshd = &estate.sshds[0];
    estate.home.write("up/here/hosts.ini", "web01\n");
    estate.home.write(
        ".ssh/config",
        &format!(
            "Host web*\n  HostName 127.0.0.1\n  Port {}\n  User {}\n  IdentityFile {}\n",
            sshd.address().port(),
            sshd.user(),
            sshd.key().display()
        ),
    );
    assert_eq!(good(&estate.home.fleet("run -i hosts.ini web01 -- echo it")).stdout, "web01\n  it\n");
    estate.home.write(".ssh/config", "Host web*\n  ProxyCommand nc %h %p\n");
    refused(&estate.home.fleet("run -i hosts.ini web01 -- echo it"), 2, &[".ssh/config:2", "ProxyCommand"]);
}
