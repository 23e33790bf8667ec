//! Against an independent server of Oracle's protocol.

use super::{db, value};
use crate::support::{Home, good, json, refused};
use purlin_testkit::{OracleMirror, OracleMirrorSettings, Output};
use serde_json::json;

/// Its script lies with the driver: somebody who has copied this package out of the tree has none.
const SCRIPT: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates/purlin-db-oracle/tests/mirror/mirror.py");

fn mirror() -> Option<OracleMirror> {
    if !std::path::Path::new(SCRIPT).is_file() {
        purlin_testkit::skip("the script of the mirror is not there");
        return None;
    }
    OracleMirrorSettings::new(SCRIPT).start().unwrap()
}

/// A home where `@map` is that server.
fn home(server: &OracleMirror) -> Home {
    let home = Home::new();
    let secret = home.write("secret", server.password());
    let password = format!("password = {{ file = '{}' }}", crate::support::text(&secret));
    let url = format!("oracle://app@{}/map?danger_no_tls=true", server.address());
    home.fleet_toml(&format!("[connection.map]\nurl = '{url}'\n{password}"));
    home
}

#[track_caller]
fn ended(home: &Home, verb: &str, words: &[&str], code: i32) -> Output {
    let output = db(home, verb, "@map", words).run().unwrap();
    assert_eq!(output.code(), Some(code), "{output:?}");
    output
}

#[test]
fn all_verbs_work_with_oracle() {
    let Some(server) = mirror() else { return };
    let home = home(&server);
    good(&db(&home, "ping", "@map", &[]));
    ended(&home, "exec", &["create table t (n number(19), d number(38,10), day date)", "--yes"], 0);
    ended(&home, "exec", &["insert into t values (:1, :2, date('2026-11-22'))", "42", "1.50", "--yes"], 0);
    let document = json(&ended(&home, "query", &["select n, d, day from t", "--json"], 0));
    // A NUMBER keeps no zeros behind its last digit.
    assert_eq!(document["rows"], json!([[42, "1.5", "2026-11-22T00:00:00"]]), "{document}");
    let refused = ended(&home, "query", &["insert into t values (1, 1, null)"], 1);
    assert!(refused.stderr.contains("ORA-01456"), "{refused:?}");
    let refused = ended(&home, "query", &["select * from nowhere"], 1);
    assert!(refused.stderr.contains("ORA-00942"), "{refused:?}");
    assert_eq!(value(&home, "@map", "select count(*) from t"), 1);
    // It is not cancelled on the server: nobody knows what becomes of it.
    let late = ended(&home, "exec", &["begin dbms_session.sleep(3600); end;", "--yes", "--timeout", "2s"], 4);
    assert!(late.stderr.contains("error[in-doubt]"), "{late:?}");
    assert!(!late.stderr.contains("cancelled on the server"), "{late:?}");
}

#[test]
fn a_fault_in_tnsnames_is_bad_input_with_its_place() {
    let home = Home::new();
    let open = "map =\n  (DESCRIPTION=(ADDRESS=(HOST=db1)(PORT=1521))\n  (CONNECT_DATA=(SERVICE_NAME=map))\n";
    for (written, wanted) in [
        (open, "tnsnames.ora:2:3: error[open-parenthesis]"),
        ("IFILE = tnsnames.ora\n", "tnsnames.ora:1:9: error[ifile-circle]"),
    ] {
        let file = home.write("tnsnames.ora", written);
        let url = format!("oracle://app@map?tnsnames={}", crate::support::text(&file));
        let asked = db(&home, "ping", &url, &["--password-env", "MAP_PASSWORD"]);
        refused(&asked.env("MAP_PASSWORD", "x"), 2, &[wanted]);
    }
}

#[test]
fn data_guards_rows_are_read() {
    let Some(server) = mirror() else { return };
    let home = home(&server);
    let database = "create table v$database (database_role text, open_mode text, db_unique_name text, dbid integer, \
                    current_scn integer)";
    let stats = "create table v$dataguard_stats (name text, value text, unit text, time_computed text, datum_time text)";
    for sql in [
        database,
        stats,
        "insert into v$database values ('PHYSICAL STANDBY', 'READ ONLY WITH APPLY', 'map_lds', 7, 42)",
        "insert into v$dataguard_stats values ('apply lag', '+00 00:00:12', '', '11/22/2026 13:30:00', '11/22/2026 13:30:00')",
    ] {
        ended(&home, "exec", &[sql, "--yes"], 0);
    }
    let role = json(&db(&home, "role", "@map", &["--json"]).run().unwrap());
    let node = &role["nodes"][0];
    assert_eq!((&node["role"], &node["lag"]["seconds"]), (&json!("replica"), &json!(12.0)), "{role}");
    let cluster = json(&ended(&home, "cluster", &["--json"], 1));
    assert_eq!(cluster["verdict"], json!("no_writer"), "{cluster}");
    let taken_over = "update v$database set database_role = 'PRIMARY', open_mode = 'READ WRITE'";
    ended(&home, "exec", &[taken_over, "--yes"], 0);
    let cluster = json(&ended(&home, "cluster", &["--json"], 0));
    assert_eq!(cluster["verdict"], json!("one_writer"), "{cluster}");
}
