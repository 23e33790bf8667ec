//! `fleet copy`: whole or not at all, and not where it is as wanted.

use super::{Estate, estate, gone, lines, local, of};
use crate::support::{Terminal, good, refused};
use purlin_testkit::ReservedPort;
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn it_wants_a_yes_and_a_rehearsal_writes_nothing() {
    let home = local(1);
    home.write("up/here/map.conf", "port = 8080\n");
    let copy = |words: &str| home.fleet(&format!("copy -i hosts.ini h01 map.conf out.conf {words}"));
    let out = home.path("up/here/out.conf");
    refused(&copy(""), 2, &["error[not-confirmed]", "say --yes"]);
    assert_eq!(good(&copy("--dry-run")).stdout, "1 host: would be written; nothing was changed (h01)\n");
    assert!(!out.exists());

    assert_eq!(good(&copy("--yes --mode 0600")).stdout, "1 host: written (h01)\n");
    assert_eq!(fs::read_to_string(&out).unwrap(), "port = 8080\n");
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o7777, 0o600);
    let found = lines(&home, "copy", &good(&copy("--yes --mode 600 --json")));
    assert_eq!((&found[0]["state"], &found[0]["size"]), (&json!("unchanged"), &json!(12)));
    // Another mode is another file.
    let found = lines(&home, "copy", &good(&copy("--dry-run --json")));
    assert_eq!(found[0]["state"], "would");
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o7777, 0o600);
}

#[test]
fn on_a_terminal_it_shows_what_goes_where_and_asks() {
    let home = local(2);
    home.write("up/here/map.conf", "x");
    let Some(mut terminal) = Terminal::start(&home, "copy -i hosts.ini all map.conf out.conf", &[]) else {
        return;
    };
    terminal.answer("Go on? [y/N]", "no");
    let output = terminal.wait();
    assert_eq!(output.code(), Some(1), "{output:?}");
    assert!(output.stdout.contains("target   2 hosts: h[01-02]"), "{output:?}");
    assert!(output.stdout.contains("  map.conf -> out.conf (mode 0644)"), "{output:?}");
    assert!(!home.path("up/here/out.conf").exists());
}

#[test]
fn it_goes_over_ssh_also_from_standard_input_and_into_a_folder() {
    let Some(Estate { home, sshds }) = estate(3) else { return };
    let folders: Vec<_> = sshds.iter().map(|sshd| sshd.folder()).collect();
    // Each host has a folder of its own here: the relative path would be the same file for all.
    let place = folders[0].join("from-stdin");
    let copy = home.fleet("copy -i hosts.ini web01 -").arg(place.to_str().unwrap()).args(["--yes"]);
    assert_eq!(good(&copy.stdin("typed\n")).stdout, "1 host: written (web01)\n");
    assert_eq!(fs::read_to_string(&place).unwrap(), "typed\n");

    home.write("up/here/map.war", &"release 42\n".repeat(200_000));
    let folder = format!("{}/", folders[1].display());
    let copy = home.fleet("copy -i hosts.ini web02 map.war").arg(&folder).args(["--yes", "--json"]);
    let found = lines(&home, "copy", &good(&copy));
    assert_eq!((&found[0]["state"], &found[0]["verified"]), (&json!("ok"), &json!(true)));
    assert_eq!(found[0]["path"], format!("{folder}map.war"));
    assert_eq!(
        fs::read(folders[1].join("map.war")).unwrap(),
        fs::read(home.path("up/here/map.war")).unwrap()
    );
}

#[test]
fn a_host_that_refuses_it_is_1_and_one_that_is_gone_is_3() {
    let Some(estate) = estate(1) else { return };
    let home = &estate.home;
    home.write("up/here/map.conf", "x");
    for (place, code) in [("/proc/map.conf", 1), ("/no/such/folder/map.conf", 1), ("/dev", 1)] {
        let copy = home.fleet(&format!("copy -i hosts.ini web01 map.conf {place} --yes --json"));
        let output = copy.run().unwrap();
        assert_eq!(output.code(), Some(code), "{output:?}");
        let found = lines(home, "copy", &output);
        assert_eq!(of(&found, "web01")["state"], "failed", "{output:?}");
        assert!(output.stderr.contains(place) && output.stderr.contains("web01"), "{output:?}");
    }
    let port = ReservedPort::new().unwrap();
    estate.add(&gone(&port));
    let place = estate.sshds[0].folder().join("map.conf");
    let copy = home.fleet("copy -i hosts.ini all map.conf").arg(place.to_str().unwrap()).arg("--yes");
    let output = copy.run().unwrap();
    assert_eq!(output.code(), Some(3), "{output:?}");
    assert!(output.stdout.contains("1 host: written (web01)"), "{output:?}");
    assert!(output.stdout.contains("2 hosts: 1 fine, 1 not reached"), "{output:?}");
    assert_eq!(fs::read_to_string(place).unwrap(), "x");
}
