//! Against a real MariaDB.

use super::{db, until, value};
use crate::support::{Home, json};
use purlin_testkit::{MariaDb, MariaDbSettings, Output, Signal};
use serde_json::{Value, json};

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
    let insert = "insert into t values (?, ?, null) returning i, d";
    let words = [insert, "2", "NULL", "--null", "NULL", "--yes", "--json"];
    let document = json(&ended(&home, "exec", &words, 0));
    assert_eq!(document["statements"][0]["results"][0]["rows"], json!([[2, null]]));
    ended(&home, "exec", &["delete from t where i = 2", "--yes"], 0);
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

#[test]
fn a_cluster_is_judged_as_a_whole() {
    let Some(primary) = MariaDbSettings::new().start().unwrap() else { return };
    let mut replica = MariaDbSettings::new().replica_of(&primary).start().unwrap().unwrap();
    let home = Home::new();
    let urls = [url(&primary), url(&replica)];
    let judge = |verb: &str, code: i32| -> Value {
        let words = [urls[1].as_str(), "--json", "--password-env", "MAP"];
        let binary = db(&home, verb, &urls[0], &words).env("MAP", primary.password().expose());
        let output = binary.run().unwrap();
        assert_eq!(output.code(), Some(code), "{output:?}");
        json(&output)
    };
    primary.sql("create table t (i int)").unwrap();
    until("the replica has it", || replica.sql("select count(*) from t").is_ok());
    let healthy = judge("cluster", 0);
    assert_eq!((&healthy["verdict"], &healthy["all_seen"]), (&json!("one_writer"), &json!(true)));
    let roles = |document: &Value| -> Vec<Value> {
        document["nodes"].as_array().unwrap().iter().map(|node| node["role"].clone()).collect()
    };
    assert_eq!(roles(&healthy), ["primary", "replica"]);
    assert_eq!(roles(&judge("role", 0)), ["primary", "replica"]);
    let lag = |document: &Value| document["nodes"][1]["lag"].clone();
    assert!(lag(&healthy)["source"].is_string() && lag(&healthy)["seconds"].is_number(), "{healthy}");
    let schema = crate::schema::schema(&home, "db-cluster");
    assert_eq!(crate::schema::faults(&schema, &schema, &healthy, "cluster"), Vec::<String>::new());

    assert_eq!(lag(&healthy)["transactions"], 0, "{healthy}");

    // One that hears nothing lacks what was written since, and nobody knows how old what it shows is.
    replica.sql("stop slave io_thread").unwrap();
    primary.sql("insert into t values (1)").unwrap();
    let deaf = judge("cluster", 0);
    assert_eq!((&lag(&deaf)["transactions"], &lag(&deaf)["seconds"]), (&json!(1), &Value::Null), "{deaf}");
    assert_eq!(deaf["nodes"][1]["follows"][0]["connected"], false);
    // One that hears it and holds it back is behind by time as well.
    replica.sql("stop slave; change master to master_delay = 3600; start slave").unwrap();
    until("it is behind", || {
        let late = lag(&judge("cluster", 0));
        late["transactions"] == 1 && late["seconds"].as_f64().is_some_and(|seconds| seconds >= 1.0)
    });
    replica.sql("stop slave; change master to master_delay = 0; start slave").unwrap();
    until("it has caught up", || lag(&judge("cluster", 0))["transactions"] == 0);

    replica.server_mut().stop().unwrap();
    let alone = judge("cluster", 3);
    assert_eq!((&alone["verdict"], &alone["all_seen"]), (&json!("one_writer"), &json!(false)));
    assert_eq!(alone["nodes"][1]["error"]["code"], "refused");
    replica.server_mut().restart().unwrap();
    replica.promote().unwrap();
    assert_eq!(judge("cluster", 4)["verdict"], "split_brain");
}
