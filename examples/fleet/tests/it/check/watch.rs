//! Watches: what is told, what is shown, how they end.

use super::{asked, check, down, home, patient, told, told_states, until, up, watch};
use crate::support::json;
use purlin_testkit::Signal;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
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

/// Twenty servers that take a connection and say nothing: probes end by their own deadline, and nothing piles up.
#[test]
fn silent_oracle_servers_cost_neither_threads_nor_descriptors() {
    let silent = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut kept: Vec<TcpStream> = Vec::new();
        for stream in silent.incoming() {
            let stream = stream.unwrap();
            stream.set_nonblocking(true).unwrap();
            kept.push(stream);
            // Those whose client has left are dropped; the others hear nothing.
            kept.retain_mut(|stream| !matches!(stream.read(&mut [0; 4096]), Ok(0)));
        }
    });
    let checks = format!(
        "purlin = 1\n[[check]]\nname = \"db\"\nkind = \"db-ping\"\nselect = \"all\"\n\
         database = \"oracle://app@{{{{ host }}}}:{port}/map\"\npassword = {{ env = \"APP\" }}\n\
         interval = \"1s\"\ntimeout = \"500ms\"\n"
    );
    let home = home(&checks);
    let hosts = (1..=20).map(|number| format!("127.0.0.{number}")).collect::<Vec<_>>().join(",");
    let binary = home.fleet(&format!("check -i {hosts} -c checks.toml --watch")).env("APP", "x");
    let running = binary.deadline(super::PATIENCE * 3).spawn().unwrap();
    running.wait_for_stdout("20 checks: 20 down").unwrap();
    let count = |what: &str| std::fs::read_dir(format!("/proc/{}/{what}", running.pid())).unwrap().count();
    let mut most = [(0, 0); 2];
    for (round, most) in most.iter_mut().enumerate() {
        let runs = || {
            let explained = asked(&home, "explain 127.0.0.1/db");
            explained["results"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|run| run["cause"] == json!("timeout"))
                .count()
        };
        until("it has run some more", || {
            most.0 = most.0.max(count("task"));
            most.1 = most.1.max(count("fd"));
            runs() >= 8 * (round + 1)
        });
    }
    // Twice as many runs later there are no more of either than one more round of probes under way takes.
    assert!(most[1].0 <= most[0].0 + 4 && most[1].1 <= most[0].1 + 20, "{most:?}");
    running.signal(Signal::Terminate).unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(143));
}
