//! Watches: what is told, what is shown, how they end.

use super::{asked, check, down, home, patient, told, told_states, until, up, watch};
use crate::support::json;
use purlin_testkit::Signal;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;

#[test]
fn an_outage_and_its_end_are_told_once_each() {
    let home = home(&patient());
    up(&home);
    let running = watch(&home, "--json");
    running.wait_for_stdout("\"state\":\"up\"").unwrap();
    down(&home);
    until("down is told", || told_states(&home) == ["down"]);
    up(&home);
    until("up is told", || told_states(&home) == ["down", "up"]);
    running.signal(Signal::Terminate).unwrap();
    let output = running.wait().unwrap();
    assert_eq!(output.code(), Some(143), "{output:?}");
    let told = told(&home);
    assert_eq!((&told[0]["id"], &told[0]["host"]), (&json!("web01.lon/app"), &json!("web01.lon")));
    assert_eq!(told_states(&home), ["down", "up"]);
    let states: Vec<String> = output
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .inspect(|line| assert_eq!(line["format"], json!("fleet.check-change")))
        .map(|line| line["state"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(states, ["up", "suspect", "down", "up"]);
}

#[test]
fn an_interrupt_is_130_and_state_is_for_its_owner_alone() {
    let home = home(&patient());
    up(&home);
    let running = check(&home, "--watch").env("FLEET_STATE_DIR", home.path("kept/here")).spawn().unwrap();
    running.wait_for_stdout("1 check: 1 up").unwrap();
    let mode = |name: &str| std::fs::metadata(home.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("kept/here"), 0o700);
    for file in ["check.db", "check.lock", "check.sock"] {
        assert_eq!(mode(&format!("kept/here/{file}")), 0o600, "{file}");
    }
    running.signal(Signal::Interrupt).unwrap();
    let output = running.wait().unwrap();
    assert_eq!(output.code(), Some(130), "{output:?}");
    assert!(!home.path("kept/here/check.sock").exists());
}

#[test]
fn a_second_watch_with_the_same_state_is_refused() {
    let home = home(&patient());
    up(&home);
    let running = watch(&home, "");
    running.wait_for_stdout("1 check: 1 up").unwrap();
    let second = check(&home, "--watch").run().unwrap();
    assert_eq!(second.code(), Some(2), "{second:?}");
    assert!(second.stderr.contains(&format!("another watch, process {}", running.pid())), "{second:?}");
    assert_eq!(asked(&home, "status")["watching"], json!(true));
    running.signal(Signal::Terminate).unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(143));
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn state_is_shown_over_http() {
    let home = home(&patient());
    up(&home);
    let port = purlin_testkit::ReservedPort::new().unwrap();
    let address = port.address().to_string();
    let running = watch(&home, &format!("--listen {address}"));
    running.wait_for_stdout("1 check: 1 up").unwrap();
    let metrics = get(&address, "/metrics");
    assert!(metrics.contains("purlin_check_up{check=\"web01.lon/app\""), "{metrics}");
    assert!(get(&address, "/health").starts_with("HTTP/1.1 200"));
    down(&home);
    until("it is shown", || get(&address, "/health").starts_with("HTTP/1.1 503"));
    // After the files were read again it shows what runs now.
    running.signal(Signal::Hangup).unwrap();
    up(&home);
    until("it is well again", || get(&address, "/health").starts_with("HTTP/1.1 200"));
    running.signal(Signal::Terminate).unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(143));
}

#[test]
fn a_reader_that_leaves_ends_a_watch() {
    let home = home(&patient());
    let output = home
        .shell("\"$FLEET\" check -i estate.toml -c checks.toml --watch --json | head -n 1; exit 0")
        .deadline(super::PATIENCE)
        .run()
        .unwrap();
    assert_eq!((output.code(), output.stderr.as_str()), (Some(0), ""), "{output:?}");
    assert_eq!(json(&output)["state"], json!("suspect"));
}
