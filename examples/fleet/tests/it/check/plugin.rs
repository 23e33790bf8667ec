//! `fleet check plugin`: the contract of Nagios plugins.

use crate::support::Home;
use purlin_testkit::{NginxSettings, Output, ReservedPort, TestCa};

#[track_caller]
fn said(home: &Home, words: &[&str], code: i32) -> Output {
    let output = home.fleet("check plugin").args(words).run().unwrap();
    assert_eq!(output.code(), Some(code), "{output:?}");
    assert_eq!(output.stdout.lines().count(), 1, "{output:?}");
    output
}

#[test]
fn each_status_has_its_exit_code() {
    let home = Home::new();
    for (script, code, line) in [
        ("echo 'X OK - fine | a=1;2;3'", 0, "X OK - fine | a=1;2;3\n"),
        ("echo 'X WARNING'; exit 1", 1, "X WARNING\n"),
        ("echo 'X CRITICAL'; exit 2", 2, "X CRITICAL\n"),
        ("echo 'X UNKNOWN'; exit 3", 3, "X UNKNOWN\n"),
    ] {
        assert_eq!(said(&home, &["exec", "--", "sh", "-c", script], code).stdout, line);
    }
    let ended = said(&home, &["exec", "-t", "0.2", "--", "sleep", "100"], 2);
    assert!(ended.stdout.contains("timeout in execute"), "{ended:?}");
}

#[test]
fn wrong_usage_and_faults_of_this_side_are_one_unknown_line() {
    let home = Home::new();
    for words in [
        ["tcp"].as_slice(),
        &["nonsense"],
        &["load", "-w", "x"],
        &["load", "-t", "0"],
        &["http", "ftp://www.example.org/"],
        &["db", "@nobody"],
        &["disk", "relative/path"],
        &["exec", "--", "/no/such/program"],
    ] {
        let output = said(&home, words, 3);
        assert!(output.stdout.starts_with("UNKNOWN - "), "{output:?}");
    }
    home.fleet_toml("nonsense = 1");
    let output = said(&home, &["load"], 3);
    assert!(output.stdout.contains("fleet.toml:1:1"), "{output:?}");
}

#[test]
fn a_web_server_is_asked_by_name_at_an_address_and_its_certificate_is_good() {
    let (home, ca) = (Home::new(), TestCa::new().unwrap());
    let leaf = ca.leaf().name("www.example.org").issue().unwrap();
    let Some(nginx) = NginxSettings::new().https(leaf.path(), leaf.key_path()).start().unwrap() else {
        return;
    };
    let port = nginx.https().unwrap().port();
    let (url, file) = (format!("https://127.0.0.1:{port}/"), ca.path().display().to_string());
    let trusted = ["http", &url, "--ca-only", &file, "--status", "200-499"];
    let named = [&trusted[..], &["--host", "www.example.org"]].concat();
    let output = said(&home, &named, 0);
    assert!(output.stdout.contains("| time="), "{output:?}");
    let output = said(&home, &trusted, 2);
    assert!(output.stdout.contains("tls"), "the certificate is for another name: {output:?}");
    let slow = [&named[..], &["-w", "time=0", "-c", "100"]].concat();
    assert!(said(&home, &slow, 1).stdout.contains(";0;100"));
    let address = format!("127.0.0.1:{port}");
    let tls =
        ["tls", &address, "--ca-only", &file, "--server-name", "www.example.org", "--warn-before", "1d"];
    let tls = [&tls[..], &["--critical-before", "1d"]].concat();
    assert!(said(&home, &tls, 0).stdout.contains("days="));
}

#[test]
fn the_machine_and_a_database_are_asked() {
    let home = Home::new();
    let closed = ReservedPort::new().unwrap().address().to_string();
    assert!(said(&home, &["tcp", &closed], 2).stdout.contains("refused in connect"));
    assert!(said(&home, &["disk", "/", "-c", "0:"], 0).stdout.contains("free_percent="));
    said(&home, &["disk", "/", "-w", "101:"], 1);
    said(&home, &["load", "-c", "@0:"], 2);
    said(&home, &["procs", "--name", "fleet"], 0);
    said(&home, &["mount", "/proc", "--file-system", "proc"], 0);
    let file = home.write("up/here/backup.sql", "x").display().to_string();
    assert!(said(&home, &["file-age", &file, "-c", "size=1:"], 0).stdout.contains("size=1B"));
    said(&home, &["db", "sqlite::memory:"], 0);
    said(&home, &["db", "sqlite::memory:", "--ask", "query", "--sql", "select 7 as n", "-c", "n=5"], 2);
}
