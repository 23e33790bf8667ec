//! Against a real PostgreSQL.

use super::passwords::url;
use super::{db, until};
use crate::support::{Home, json, text};
use purlin_testkit::{Binary, Output, Postgres, PostgresSettings, Signal, TestCa};
use serde_json::{Value, json};

fn ask(home: &Home, server: &Postgres, verb: &str, words: &[&str]) -> Binary {
    let words = [words, &["--password-env", "MAP"]].concat();
    db(home, verb, &url(server), &words).env("MAP", server.password().expose())
}

#[track_caller]
fn ended(binary: &Binary, code: i32) -> Output {
    let output = binary.run().unwrap();
    assert_eq!(output.code(), Some(code), "{output:?}");
    output
}

fn sleepers(server: &Postgres) -> String {
    server.sql("select count(*) from pg_stat_activity where query like 'select pg_sleep(6%' and state = 'active'").unwrap()
}

fn until_none_sleeps(server: &Postgres) {
    until("the statement has left the server", || sleepers(server) == "0\n");
}

#[test]
fn values_come_whole_and_writes_are_refused() {
    let Some(server) = PostgresSettings::new().start().unwrap() else { return };
    let home = Home::new();
    server.sql("create table t (i int); insert into t values (1)").unwrap();
    let sql = "select 9007199254740993 as big, 1.50::numeric as n, '\\x00ff'::bytea as b, \
               '2026-11-22 13:30:00+01'::timestamptz as z, timestamp '2026-11-22 13:30:00' as t, \
               '{\"a\": 1}'::jsonb as j, null as nothing, array[1,2] as a, 'x' || $1 as p";
    let document = json(&ended(&ask(&home, &server, "query", &[sql, "y", "--json"]), 0));
    let wanted = json!([
        "9007199254740993",
        "1.50",
        "AP8=",
        "2026-11-22T12:30:00Z",
        "2026-11-22T13:30:00",
        "{\"a\": 1}",
        null,
        document["rows"][0][7],
        "xy"
    ]);
    assert_eq!(document["rows"][0], wanted);

    for sql in [
        "delete from t",
        "create table u (i int)",
        "with gone as (delete from t returning i) select * from gone",
        "do $$ begin delete from t; end $$",
        "do $$ begin commit; delete from t; end $$",
    ] {
        ended(&ask(&home, &server, "query", &[sql]), 1);
    }
    ended(&ask(&home, &server, "query", &["select 1; commit; delete from t"]), 2);
    assert_eq!(server.sql("select count(*) from t").unwrap(), "1\n");

    let insert = "insert into t values ($1), ($2) returning i, xmin::text is null as n";
    let words = [insert, "2", "-", "--null", "-", "--yes", "--json"];
    let document = json(&ended(&ask(&home, &server, "exec", &words), 0));
    assert_eq!(document["statements"][0]["results"][0]["rows"], json!([[2, false], [null, false]]));
    assert_eq!(document["affected"], 2);
    ended(&ask(&home, &server, "exec", &["delete from t where i is distinct from 1", "--yes"]), 0);

    // A statement that no transaction can hold.
    let refused = ended(&ask(&home, &server, "exec", &["vacuum t", "--yes"]), 1);
    assert!(refused.stderr.contains("transaction block"), "{refused:?}");
    ended(&ask(&home, &server, "exec", &["vacuum t", "--yes", "--no-transaction"]), 0);
    // What ran into its end is undone.
    let late = ended(
        &ask(&home, &server, "exec", &["delete from t; select pg_sleep(60)", "--yes", "--timeout", "1s"]),
        3,
    );
    assert!(late.stderr.contains("warning[rolled-back]"), "{late:?}");
    assert_eq!(server.sql("select count(*) from t").unwrap(), "1\n");
    // A single statement that may have taken effect is in doubt.
    let words = ["select pg_sleep(61)", "--yes", "--no-transaction", "--timeout", "1s"];
    let doubt = ended(&ask(&home, &server, "exec", &words), 4);
    assert!(doubt.stderr.contains("error[in-doubt]"), "{doubt:?}");
}

#[test]
fn a_deadline_and_a_signal_stop_the_statement_on_the_server() {
    let Some(server) = PostgresSettings::new().start().unwrap() else { return };
    let home = Home::new();
    let late = ended(&ask(&home, &server, "query", &["select pg_sleep(60)", "--timeout", "3s"]), 3);
    assert!(late.stderr.contains("cancelled on the server"), "{late:?}");
    until_none_sleeps(&server);

    for (verb, signal, code) in [
        ("query", Signal::Interrupt, 130),
        ("query", Signal::Terminate, 143),
        ("exec", Signal::Interrupt, 130),
    ] {
        let words = ["select pg_sleep(60)", "--timeout", "1h"];
        let words = if verb == "exec" { [&words[..], &["--yes"]].concat() } else { words.to_vec() };
        let running = ask(&home, &server, verb, &words).spawn().unwrap();
        until("the statement runs", || sleepers(&server) == "1\n");
        running.signal(signal).unwrap();
        let output = running.wait().unwrap();
        assert_eq!(output.code(), Some(code), "{output:?}");
        assert!(output.stderr.contains("ended by SIG"), "{output:?}");
        assert_eq!(output.stderr.contains("rolled-back"), verb == "exec", "{output:?}");
        until_none_sleeps(&server);
    }
}

#[test]
fn a_cluster_is_judged_as_a_whole() {
    let Some(primary) = PostgresSettings::new().start().unwrap() else { return };
    let mut replica = PostgresSettings::new().replica_of(&primary).start().unwrap().unwrap();
    let home = Home::new();
    let urls = [url(&primary), url(&replica)];
    let judge = |verb: &str, code: i32| -> Value {
        let words = [urls[1].as_str(), "--json", "--password-env", "MAP"];
        let binary = db(&home, verb, &urls[0], &words).env("MAP", primary.password().expose());
        json(&ended(&binary, code))
    };
    let healthy = judge("cluster", 0);
    assert_eq!((&healthy["verdict"], &healthy["all_seen"]), (&json!("one_writer"), &json!(true)));
    let roles = |document: &Value| -> Vec<Value> {
        document["nodes"].as_array().unwrap().iter().map(|node| node["role"].clone()).collect()
    };
    assert_eq!(roles(&healthy), ["primary", "replica"]);
    assert_eq!(roles(&judge("role", 0)), ["primary", "replica"]);
    assert!(healthy["nodes"][1]["lag"]["source"].is_string(), "{healthy}");
    let schema = crate::schema::schema(&home, "db-cluster");
    assert_eq!(crate::schema::faults(&schema, &schema, &healthy, "cluster"), Vec::<String>::new());

    // A URL with both addresses, of which one does.
    let both =
        format!("postgres://{}@{},{}/test?tls=off", primary.user(), replica.address(), primary.address());
    let sql = "select pg_is_in_recovery()";
    for (role, is_replica) in [("primary", false), ("replica", true)] {
        let words = [sql, "--json", "--role", role, "--password-env", "MAP"];
        let asked = db(&home, "query", &both, &words).env("MAP", primary.password().expose());
        assert_eq!(json(&ended(&asked, 0))["rows"][0][0], is_replica);
    }
    // What changes something goes where it can be written.
    let words = ["create table t (i int)", "--yes", "--password-env", "MAP"];
    ended(&db(&home, "exec", &both, &words).env("MAP", primary.password().expose()), 0);

    replica.server_mut().stop().unwrap();
    let alone = judge("cluster", 3);
    assert_eq!((&alone["verdict"], &alone["all_seen"]), (&json!("one_writer"), &json!(false)));
    assert_eq!(alone["nodes"][1]["error"]["code"], "refused");
    replica.server_mut().restart().unwrap();
    replica.promote().unwrap();
    let split = judge("cluster", 4);
    assert_eq!(split["verdict"], "split_brain");
}

#[test]
fn a_server_is_verified_unless_somebody_says_otherwise() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().name("localhost").issue().unwrap();
    let Some(server) = PostgresSettings::new().tls(leaf.path(), leaf.key_path()).start().unwrap() else {
        return;
    };
    let home = Home::new();
    let url = format!("postgres://{}@localhost:{}/test", server.user(), server.address().port());
    let ping = |words: &[&str]| {
        let words = [words, &["--password-env", "MAP"]].concat();
        db(&home, "ping", &url, &words).env("MAP", server.password().expose())
    };
    ended(&ping(&[]), 3);
    ended(&ping(&["--ca", text(ca.path())]), 0);
    home.fleet_toml(&format!(
        "[connection.map]\nurl = '{url}'\npassword = {{ env = 'MAP' }}\ntls.ca = ['{}']",
        text(ca.path())
    ));
    ended(&home.fleet("db ping @map").env("MAP", server.password().expose()), 0);
}
