//! Against a real MariaDB.

use super::{db, until, value};
use crate::support::{Home, json};
use purlin_testkit::{MariaDb, MariaDbSettings, Output, Signal};
use serde_json::json;

fn url(server: &MariaDb) -> String {
    format!("mariadb://purlin@{}/test?tls=off", server.address())
}

/// A home where `@map` is that server.
fn home(server: &MariaDb) -> Home {
    let home = Home::new();
    let secret = home.write("secret", server.password().expose());
    let password = format!("password = {{ file = '{}' }}", crate::support::text(&secret));
    home.fleet_toml(&format!("[connection.map]\nurl = '{}'\n{password}", url(server)));
    home
}

#[track_caller]
fn ended(home: &Home, verb: &str, words: &[&str], code: i32) -> Output {
    let output = db(home, verb, "@map", words).run().unwrap();
    assert_eq!(output.code(), Some(code), "{output:?}");
    output
}

fn sleepers(home: &Home) -> serde_json::Value {
    value(
        home,
        "@map",
        "select count(*) from information_schema.processlist where info like 'select sleep(6%'",
    )
}

#[test]
fn a_deadline_and_a_signal_stop_the_statement_on_the_server() {
    let Some(server) = MariaDbSettings::new().start().unwrap() else { return };
    let home = home(&server);
    let late = ended(&home, "query", &["select sleep(60)", "--timeout", "3s"], 3);
    assert!(late.stderr.contains("cancelled on the server"), "{late:?}");
    until("the statement has left the process list", || sleepers(&home) == 0);

    let words = ["select sleep(60)", "--timeout", "1h"];
    let running = db(&home, "query", "@map", &words).spawn().unwrap();
    until("the statement runs", || sleepers(&home) == 1);
    running.signal(Signal::Interrupt).unwrap();
    let output = running.wait().unwrap();
    assert_eq!((output.code(), output.stdout.as_str()), (Some(130), ""), "{output:?}");
    until("the statement has left the process list", || sleepers(&home) == 0);
}

#[test]
fn a_query_cannot_write_and_a_script_is_whole() {
    let Some(server) = MariaDbSettings::new().start().unwrap() else { return };
    let home = home(&server);
    ended(
        &home,
        "exec",
        &["create table t (i bigint unsigned, d decimal(10,2), z timestamp null)", "--yes"],
        0,
    );
    let insert = "insert into t values (18446744073709551615, 1.50, '2026-11-22 12:30:00'), (1, null, null)";
    ended(&home, "exec", &[insert, "--yes"], 0);
    let document = json(&ended(&home, "query", &["select * from t", "--json"], 0));
    assert_eq!(
        document["rows"],
        json!([["18446744073709551615", "1.50", "2026-11-22T12:30:00Z"], [1, null, null]])
    );

    // A procedure that ends the transaction it is called in, and writes.
    let procedure = "create procedure sly() begin commit; delete from t; end";
    ended(&home, "exec", &[procedure, "--yes"], 0);
    for sql in ["delete from t", "create table u (i int)", "call sly()", "truncate t"] {
        ended(&home, "query", &[sql], 1);
    }
    ended(&home, "query", &["select 1; delete from t"], 2);
    assert_eq!(value(&home, "@map", "select count(*) from t"), 2);
    assert_eq!(
        ended(&home, "query", &["show variables like 'version'", "--csv"], 0).stdout.lines().count(),
        2
    );

    let words = ["insert into t values (3, null, null); insert into t values ('x', null, null)", "--yes"];
    ended(&home, "exec", &words, 1);
    let words = ["insert into t values (3, null, null); create table v (i int)", "--yes"];
    let told = ended(&home, "exec", &words, 2);
    assert!(told.stderr.contains("SQL:1:39: error[commits]"), "{told:?}");
    assert_eq!(value(&home, "@map", "select count(*) from t"), 2);
    let words = [&words[..], &["--no-transaction"]].concat();
    ended(&home, "exec", &words, 0);
    assert_eq!(value(&home, "@map", "select count(*) from t"), 3);
    // One that was undone is no doubt.
    let late = ended(&home, "exec", &["update t set i = sleep(60)", "--yes", "--timeout", "3s"], 3);
    assert!(late.stderr.contains("rolled-back"), "{late:?}");

    ended(&home, "ping", &[], 0);
    ended(&home, "cluster", &[], 0);
}
