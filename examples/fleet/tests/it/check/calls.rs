//! `check status`, `explain`, `ack`, `downtime` and `report`: beside a watch, and without one.

use super::{asked, down, home, patient, told_states, until, up, watch};
use crate::schema;
use crate::support::{Home, good, json, refused};
use purlin_testkit::{Running, Signal};
use serde_json::{Value, json};

fn end(running: Running) {
    running.signal(Signal::Terminate).unwrap();
    let output = running.wait().unwrap();
    assert_eq!(output.code(), Some(143), "{output:?}");
}

#[track_caller]
fn fits(home: &Home, name: &str, document: &Value) {
    let of = schema::schema(home, name);
    assert_eq!(schema::faults(&of, &of, document, name), Vec::<String>::new());
}

#[test]
fn a_watch_says_how_things_stand_and_why() {
    let checks = patient().replace("confirm =", "runbook = \"https://wiki.example.org/app\"\nconfirm =");
    let home = home(&checks);
    up(&home);
    let running = watch(&home, "");
    running.wait_for_stdout("1 check: 1 up").unwrap();
    let status = json(&good(&home.fleet("check status --json")));
    fits(&home, "check-status", &status);
    assert_eq!((&status["watching"], &status["all_up"]), (&json!(true), &json!(true)));
    assert_eq!(status["checks"].as_array().unwrap().len(), 1, "the watch's own checks are well: {status}");

    down(&home);
    until("down is told", || told_states(&home) == ["down"]);
    until("it is noted", || asked(&home, "explain web01.lon/app")["told"][0]["state"] == json!("down"));
    let explained = json(&good(&home.fleet("check explain web01.lon/app --json")));
    fits(&home, "check-explain", &explained);
    assert_eq!(explained["runbook"], json!("https://wiki.example.org/app"));
    assert!(explained["rule"].as_str().unwrap().contains("down after 2 failures over 1s"), "{explained}");
    assert_eq!(explained["told"][0]["by"], json!("command sh"));
    assert!(explained["alarm"]["told_since"].is_string(), "{explained}");
    let results = explained["results"].as_array().unwrap();
    assert!(results.len() >= 3 && results.len() <= 20, "{explained}");
    assert_eq!((&results[0]["status"], &results[0]["state"]), (&json!("critical"), &json!("down")));
    let page = good(&home.fleet("check explain web01.lon/app")).stdout;
    assert!(page.contains("Last results") && page.contains("command sh"), "{page}");

    let bad = home.fleet("check status web01.lon").run().unwrap();
    assert_eq!(bad.code(), Some(1), "{bad:?}");
    assert!(bad.stdout.contains("down") && bad.stdout.contains("told"), "{bad:?}");
    refused(&home.fleet("check status web1.lon"), 2, &["did you mean \"web01.lon\"?"]);
    refused(&home.fleet("check explain web01.lon/ap"), 2, &["did you mean \"web01.lon/app\"?"]);
    end(running);
}

#[test]
fn somebody_takes_care_until_they_do_not() {
    let home = home(&patient());
    refused(&home.fleet("check ack web01.lon/app --comment x"), 2, &["has no outage"]);
    let running = watch(&home, "");
    until("down is told", || told_states(&home) == ["down"]);
    let ack =
        good(&home.fleet("check ack web01.lon/app --author ann --for 1h --json --comment").arg("on it"));
    fits(&home, "check-ack", &json(&ack));
    let by = |home: &Home| asked(home, "status")["checks"][0]["alarm"]["acknowledged"].clone();
    assert_eq!((&by(&home)["author"], &by(&home)["comment"]), (&json!("ann"), &json!("on it")));
    until("it is kept", || asked(&home, "explain web01.lon/app")["untold"] == json!(0));
    end(running);

    // It outlives the watch, and is taken back without one.
    assert_eq!(by(&home)["author"], json!("ann"));
    good(&home.fleet("check ack web01.lon/app --remove"));
    assert_eq!(by(&home), Value::Null);
}

#[test]
fn what_goes_down_in_a_downtime_is_told_when_it_ends() {
    let home = home(&patient());
    up(&home);
    // Announced before anything watches.
    let add = "check downtime add role=web --for 1h --name kernel --author ann --json --comment";
    fits(&home, "check-downtimes", &json(&good(&home.fleet(add).arg("new kernel"))));
    let running = watch(&home, "");
    running.wait_for_stdout("1 check: 1 up").unwrap();
    down(&home);
    until("it is muted", || {
        asked(&home, "status")["checks"][0]["alarm"]["muted"] == json!("downtime kernel")
    });
    assert!(told_states(&home).is_empty());
    let list = asked(&home, "downtime list");
    assert_eq!(
        (&list["downtimes"][0]["name"], &list["downtimes"][0]["holds"]),
        (&json!("kernel"), &json!(true))
    );
    let none = home.fleet("check downtime add role=nobody --for 1h --comment x --name other").run().unwrap();
    assert_eq!(none.code(), Some(0), "{none:?}");
    assert!(none.stderr.contains("warning[nobody-selected]"), "{none:?}");
    refused(&home.fleet("check downtime end kernle"), 2, &["there is no downtime"]);
    good(&home.fleet("check downtime end kernel"));
    until("it is told", || told_states(&home) == ["down"]);
    end(running);
}

#[test]
fn a_passive_check_is_as_it_was_reported() {
    let checks = "purlin = 1\n[[check]]\nname = \"backup\"\nkind = \"passive\"\nttl = \"1h\"\n\
                  [[publish]]\nkind = \"command\"\nargv = [\"sh\", \"-c\", \"cat >> told.jsonl\"]\n";
    let home = home(checks);
    refused(&home.fleet("check report backup ok fine"), 2, &["no watch runs"]);
    let running = watch(&home, "");
    running.wait_for_stdout("1 check: 1 pending").unwrap();
    let report = json(&good(&home.fleet("check report backup critical --json").arg("ended with 1")));
    fits(&home, "check-report", &report);
    assert_eq!(
        (&report["check"]["state"], &report["check"]["message"]),
        (&json!("down"), &json!("ended with 1"))
    );
    until("down is told", || told_states(&home) == ["down"]);
    good(&home.fleet("check report backup ok fine"));
    until("up is told", || told_states(&home) == ["down", "up"]);
    end(running);
}

#[test]
fn without_a_watch_it_says_how_the_last_one_left_things() {
    let home = home(&patient());
    let running = watch(&home, "");
    until("down is told", || told_states(&home) == ["down"]);
    end(running);
    let output = home.fleet("check status --json").run().unwrap();
    assert_eq!(output.code(), Some(1), "{output:?}");
    assert!(output.stderr.contains("warning[no-watch]"), "{output:?}");
    let status = json(&output);
    assert_eq!((&status["watching"], &status["checks"][0]["state"]), (&json!(false), &json!("down")));
    assert_eq!(status["checks"][0]["stale"], json!(true));
    let explained = asked(&home, "explain web01.lon/app");
    fits(&home, "check-explain", &explained);
    assert_eq!(explained["told"][0]["state"], json!("down"));
}
