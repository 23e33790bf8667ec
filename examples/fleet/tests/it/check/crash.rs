//! What a watch that is killed leaves behind.

use super::{asked, down, home, patient, told, told_states, until, up, watch};
use purlin_testkit::{Running, Signal};
use serde_json::json;
use std::collections::BTreeSet;

fn kill(running: Running) {
    running.signal(Signal::Kill).unwrap();
    assert_eq!(running.wait().unwrap().signal(), Some(9));
}

/// Until the watch has written down that somebody took the notice: before that, it may tell it again, under its key.
fn until_noted(home: &crate::support::Home, state: &str) {
    until("it is noted who was told", || {
        let explained = asked(home, "explain web01.lon/app");
        explained["told"][0]["state"] == json!(state) && explained["untold"] == json!(0)
    });
}

#[test]
fn killed_between_failure_and_recovery_it_tells_one_down_and_one_up() {
    let home = home(&patient());
    up(&home);
    let first = watch(&home, "");
    first.wait_for_stdout("1 check: 1 up").unwrap();
    down(&home);
    until("down is told", || told_states(&home) == ["down"]);
    until_noted(&home, "down");
    kill(first);

    up(&home);
    let second = watch(&home, "");
    until("up is told", || told_states(&home) == ["down", "up"]);
    until_noted(&home, "up");
    kill(second);

    // Nothing is left to tell.
    let third = watch(&home, "");
    third.wait_for_stdout("1 check: 1 up").unwrap();
    third.signal(Signal::Terminate).unwrap();
    assert_eq!(third.wait().unwrap().code(), Some(143));
    let told = told(&home);
    assert_eq!(told.len(), 2, "{told:?}");
    let keys: BTreeSet<_> = told.iter().map(|line| line["key"].as_str().unwrap()).collect();
    assert_eq!(keys.len(), 2);
}

#[test]
fn killed_while_it_is_still_down_it_tells_nothing_twice() {
    let home = home(&patient());
    up(&home);
    let first = watch(&home, "");
    first.wait_for_stdout("1 check: 1 up").unwrap();
    down(&home);
    until("down is told", || told_states(&home) == ["down"]);
    until_noted(&home, "down");
    kill(first);

    let second = watch(&home, "");
    second.wait_for_stdout("1 check: 1 down").unwrap();
    until("it has run again", || {
        asked(&home, "explain web01.lon/app")["results"].as_array().unwrap().len() > 3
    });
    assert_eq!(told_states(&home), ["down"]);
    up(&home);
    until("up is told", || told_states(&home) == ["down", "up"]);
    second.signal(Signal::Terminate).unwrap();
    assert_eq!(second.wait().unwrap().code(), Some(143));
    assert_eq!(told_states(&home), ["down", "up"]);
}
