//! Against the testkit's server that speaks SQL Server's protocol; no real one can be had.

use super::{db, until};
use crate::support::{Home, json};
use purlin_testkit::tds::FakeSqlServer;
use purlin_testkit::{Output, Signal};
use serde_json::json;

/// A home where `@map` is these servers.
fn home(servers: &[&FakeSqlServer]) -> Home {
    let home = Home::new();
    let hosts: Vec<_> = servers.iter().map(|server| server.address().to_string()).collect();
    let url = format!("mssql://app@{}/map?danger_no_tls=true", hosts.join(","));
    home.fleet_toml(&format!("[connection.map]\nurl = '{url}'"));
    home
}

#[track_caller]
fn ended(home: &Home, verb: &str, words: &[&str], code: i32) -> Output {
    let output = db(home, verb, "@map", words).run().unwrap();
    assert_eq!(output.code(), Some(code), "{output:?}");
    output
}

#[test]
fn each_verb_works_and_a_script_is_whole() {
    let server = FakeSqlServer::start().unwrap();
    let home = home(&[&server]);
    let answer = json(&ended(&home, "ping", &["--json"], 0));
    assert_eq!(answer["nodes"][0]["vendor"], json!("sqlserver"));
    assert!(answer["nodes"][0]["server_version"].as_str().unwrap().starts_with("16.0.1000.6"));

    ended(&home, "exec", &["create table host (name nvarchar(20) primary key, price money)", "--yes"], 0);
    let script = "insert into host values ('web01', 1.5)\nGO\ninsert into host values ('web02', NULL)";
    ended(&home, "exec", &[script, "--yes"], 0);
    ended(&home, "exec", &["insert into host values (@P1, @P2)", "wëb03", "-0.0001", "--yes"], 0);
    // The second batch fails, and the first is undone with it.
    let script = "insert into host values ('web04', 1)\nGO\ninsert into host values ('web01', 1)";
    let told = ended(&home, "exec", &[script, "--yes"], 1);
    assert!(told.stderr.contains("error[unique]") && told.stderr.contains("rolled-back"), "{told:?}");

    let ask = "select top 10 name, price from [host] order by name";
    let told = ended(&home, "query", &[ask], 2);
    assert!(told.stderr.contains("--allow-writes"), "{told:?}");
    let answer = json(&ended(&home, "query", &[ask, "--allow-writes", "--json"], 0));
    let wanted = json!([["web01", "1.5000"], ["web02", null], ["wëb03", "-0.0001"]]);
    assert_eq!(answer["rows"], wanted);
    let role = json(&ended(&home, "role", &["--json"], 0));
    assert!(role.to_string().contains("\"primary\""), "{role}");
    ended(&home, "cluster", &[], 0);
    let told = ended(&home, "query", &["select a from nowhere", "--allow-writes"], 1);
    assert!(told.stderr.contains("Invalid object name"), "{told:?}");
    // The driver's own log is none of the answer.
    assert!(!told.stderr.contains("tiberius"), "{told:?}");
}

#[test]
fn a_deadline_and_a_signal_stop_the_statement_on_the_server() {
    let server = FakeSqlServer::start().unwrap();
    let home = home(&[&server]);
    let late = ended(&home, "exec", &["waitfor delay '01:00:00'", "--yes", "--timeout", "2s"], 3);
    assert!(late.stderr.contains("cancelled on the server"), "{late:?}");
    until("the statement is over", || server.running("waitfor") == 0);
    let words = ["waitfor delay '01:00:00'", "--yes", "--timeout", "1h"];
    let running = db(&home, "exec", "@map", &words).spawn().unwrap();
    until("the statement runs", || server.running("waitfor") == 1);
    running.signal(Signal::Interrupt).unwrap();
    let output = running.wait().unwrap();
    assert_eq!(output.code(), Some(130), "{output:?}");
    until("the statement is over", || server.running("waitfor") == 0);
}

/// Rows as the manual describes them.
fn joins(home: &Home, role: u8, redo_queue: u32) {
    let group = "'6F9619FF-8B86-D011-B42D-00CF4FC964FF'";
    for sql in [
        format!("UPDATE sys.databases SET replica_id = {group}"),
        format!("INSERT INTO sys.dm_hadr_availability_replica_states VALUES ({group}, 1, {role}, 2, 1, 2)"),
        format!(
            "INSERT INTO sys.dm_hadr_database_replica_states \
             VALUES (5, {group}, 1, 2, 0, 0, {redo_queue}, 100, NULL, NULL)"
        ),
    ] {
        ended(home, "exec", &[&sql, "--yes"], 0);
    }
}

#[test]
fn an_availability_group_has_one_writer_and_a_replica_that_is_behind() {
    let (primary, secondary) = (FakeSqlServer::start().unwrap(), FakeSqlServer::start().unwrap());
    joins(&home(&[&primary]), 1, 0);
    joins(&home(&[&secondary]), 2, 64);
    let both = home(&[&primary, &secondary]);
    let answer = json(&ended(&both, "cluster", &["--json"], 0));
    assert_eq!(answer["verdict"], json!("one_writer"), "{answer}");
    let nodes = answer["nodes"].as_array().unwrap();
    assert_eq!((&nodes[0]["role"], &nodes[1]["role"]), (&json!("primary"), &json!("replica")), "{answer}");
    assert_eq!(nodes[1]["lag"]["bytes"], json!(64 * 1024), "{answer}");
    // A second primary is a split brain.
    let third = FakeSqlServer::start().unwrap();
    joins(&home(&[&third]), 1, 0);
    let answer = json(&ended(&home(&[&primary, &third]), "cluster", &["--json"], 4));
    assert_eq!(answer["verdict"], json!("split_brain"), "{answer}");
}
