//! SIGHUP.

use super::{asked, home, patient, told_states, until, up, watch};
use purlin_testkit::Signal;
use serde_json::{Value, json};

fn ids(status: &Value) -> Vec<&str> {
    let checks = status["checks"].as_array().unwrap().iter();
    checks.map(|check| check["id"].as_str().unwrap()).filter(|id| !id.starts_with("monitor/")).collect()
}

#[test]
fn a_good_file_is_taken_over_and_a_bad_one_is_told_with_its_place() {
    let home = home(&patient());
    up(&home);
    let running = watch(&home, "");
    running.wait_for_stdout("1 check: 1 up").unwrap();

    home.write("up/here/checks.toml", &patient().replace("kind = \"plugin\"", "kind = \"plugn\""));
    running.signal(Signal::Hangup).unwrap();
    running.wait_for_stderr("checks.toml:5:8: error[bad-value]").unwrap();
    running.wait_for_stderr("did you mean \"plugin\"?").unwrap();
    running.wait_for_stderr("the old ones stay in force").unwrap();
    assert_eq!(ids(&asked(&home, "status")), ["web01.lon/app"]);

    let more = patient() + "[[check]]\nname = \"second\"\nkind = \"plugin\"\nargv = [\"true\"]\n";
    home.write("up/here/checks.toml", &more);
    running.signal(Signal::Hangup).unwrap();
    until("the second check runs", || {
        let status = asked(&home, "status");
        ids(&status) == ["second", "web01.lon/app"] && status["all_up"] == json!(true)
    });
    assert!(told_states(&home).is_empty(), "a reload is no outage");
    running.signal(Signal::Terminate).unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(143));
}

#[test]
fn an_outage_goes_on_over_a_reload_and_ends_with_its_check() {
    let home = home(&patient());
    let running = watch(&home, "");
    until("down is told", || told_states(&home) == ["down"]);
    running.signal(Signal::Hangup).unwrap();
    until("it was read again", || running.stdout().matches("1 check: 1 down").count() == 2);
    assert_eq!(told_states(&home), ["down"]);

    let other = patient().replace("name = \"app\"", "name = \"web\"");
    up(&home);
    home.write("up/here/checks.toml", &other);
    running.signal(Signal::Hangup).unwrap();
    until("its end is told, since nobody watches it any more", || told_states(&home) == ["down", "up"]);
    until("the other one runs", || ids(&asked(&home, "status")) == ["web01.lon/web"]);
    running.signal(Signal::Terminate).unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(143));
}
