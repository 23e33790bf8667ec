//! `fleet db query` on SQLite: what comes out, and that nothing goes in.

use super::{db, sqlite, value};
use crate::schema::{faults, schema};
use crate::support::{Home, good, json, refused};
use serde_json::json;

const NUMBERS: &str =
    "with recursive n(i) as (select 1 union all select i + 1 from n limit 2500) select i from n";

#[test]
fn a_document_loses_nothing_and_fits_its_schema() {
    let home = Home::new();
    sqlite(&home, "create table t (i integer, r real, s text, b blob, d date, z timestamp)");
    sqlite(
        &home,
        "insert into t values (9007199254740993, 1.5, 'ä\"', x'00ff10', '2026-11-22', '2026-11-22 13:30:00+01:00'),
         (1, null, '', null, null, '2026-11-22 13:30:00')",
    );
    let document = json(&good(&db(&home, "query", "sqlite:s.db", &["select * from t", "--json"])));
    assert_eq!((&document["format"], &document["version"]), (&json!("fleet.db-query"), &json!(1)));
    assert_eq!(
        document["rows"],
        json!([
            ["9007199254740993", 1.5, "ä\"", "AP8Q", "2026-11-22", "2026-11-22T12:30:00Z"],
            [1, null, "", null, null, "2026-11-22T13:30:00"]
        ])
    );
    assert_eq!(document["columns"][0], json!({ "name": "i", "type": "integer" }));
    assert_eq!((&document["truncated"], &document["row_count"]), (&json!(false), &json!(2)));
    let schema = schema(&home, "db-query");
    assert_eq!(faults(&schema, &schema, &document, "db-query"), Vec::<String>::new());

    let empty = json(&good(&db(&home, "query", "sqlite:s.db", &["select 1 where 0", "--json"])));
    assert_eq!(empty["rows"], json!([]));
}

#[test]
fn csv_tells_null_from_an_empty_text() {
    let home = Home::new();
    let sql = "select 1 as a, null as \"b,c\", '' as d, 'x\"y' || char(10) as e";
    let output = good(&db(&home, "query", "sqlite::memory:", &[sql, "--csv"]));
    assert_eq!(output.stdout, "a,\"b,c\",d,e\r\n1,,\"\",\"x\"\"y\n\"\r\n");
}

#[test]
fn people_see_a_table_with_null_in_it() {
    let home = Home::new();
    let sql = "select 1 as id, null as name, char(27) || '[2J' as evil";
    let output = good(&db(&home, "query", "sqlite::memory:", &[sql]));
    let lines: Vec<Vec<_>> = output.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[..2], [vec!["id", "name", "evil"], vec!["1", "NULL", "\\u{1b}[2J"]]);
    assert!(output.stdout.contains("(1 row from "), "{output:?}");
    // A pipe gets all of a long text, a terminal its beginning.
    let long = "select hex(zeroblob(200)) as long";
    assert!(good(&db(&home, "query", "sqlite::memory:", &[long])).stdout.contains(&"0".repeat(400)));
    let Some(terminal) =
        crate::support::Terminal::start(&home, &format!("db query sqlite::memory: '{long}'"), &[])
    else {
        return;
    };
    let shown = terminal.wait().stdout;
    assert!(shown.contains(&format!("{}…", "0".repeat(64))) && !shown.contains(&"0".repeat(65)), "{shown}");
}

#[test]
fn parameters_are_bound_in_order_and_sql_comes_by_standard_input() {
    let home = Home::new();
    sqlite(&home, "create table t (i integer, s text); insert into t values (-5, 'a;b'), (2, 'c')");
    let sql = "select s from t where i = ?1 and s = ?2 -- a comment; with a semicolon";
    let ask = db(&home, "query", "sqlite:s.db", &["-", "-5", "a;b", "--json"]).stdin(sql);
    assert_eq!(json(&good(&ask))["rows"], json!([["a;b"]]));
    refused(&db(&home, "query", "sqlite:s.db", &[sql, "1"]), 2, &["db.query"]);
}

#[test]
fn what_is_cut_says_so() {
    let home = Home::new();
    for (words, rows) in [(&["--json"][..], 1000), (&["--json", "--max-rows", "3"], 3)] {
        let output = db(&home, "query", "sqlite::memory:", &[&[NUMBERS], words].concat()).run().unwrap();
        assert_eq!(output.code(), Some(1), "{output:?}");
        let document = json(&output);
        assert_eq!(document["truncated"], true);
        assert_eq!(document["rows"].as_array().unwrap().len(), rows);
        let told = format!("error[truncated]: the first {rows} rows only: there are more");
        assert!(output.stderr.contains(&told), "{output:?}");
    }
    let exact = db(&home, "query", "sqlite::memory:", &[NUMBERS, "--max-rows", "2500", "--json"]);
    assert_eq!(json(&good(&exact))["truncated"], false);
    let all = good(&db(&home, "query", "sqlite::memory:", &[NUMBERS, "--max-rows", "all", "--csv"]));
    assert_eq!(all.stdout.lines().count(), 2501);
    // A table is laid out anew for each thousand rows.
    let all = good(&db(&home, "query", "sqlite::memory:", &[NUMBERS, "--max-rows", "all"]));
    assert_eq!(all.stdout.lines().count(), 2500 + 3 + 1);
}

#[test]
fn nothing_can_be_written() {
    let home = Home::new();
    sqlite(&home, "create table t (i integer); insert into t values (1)");
    for sql in [
        "delete from t",
        "create table u (i)",
        "pragma user_version = 7",
        "insert into t values (2) returning i",
    ] {
        for words in [&[sql][..], &[sql, "--allow-writes"]] {
            refused(&db(&home, "query", "sqlite:s.db", words), 1, &["error[not-writable]: db.query"]);
        }
    }
    let second = "select 1;\n  pragma query_only = 0; delete from t";
    refused(&db(&home, "query", "sqlite:s.db", &[second]), 2, &["SQL:2:3: error[several-statements]"]);
    let ask = db(&home, "query", "sqlite:s.db", &["-"]).stdin(second);
    refused(&ask, 2, &["<stdin>:2:3: error[several-statements]", "`db exec`"]);
    assert_eq!(value(&home, "sqlite:s.db", "select count(*) from t"), 1);
}

#[test]
fn broken_sql_is_1_and_what_cannot_be_meant_is_2() {
    let home = Home::new();
    refused(&db(&home, "query", "sqlite::memory:", &["slect 1"]), 1, &["error[syntax]: db.query"]);
    refused(&db(&home, "query", "sqlite::memory:", &["slect 1", "--json"]), 1, &["near \"slect\""]);
    for (url, words, told) in [
        ("sqlite::memory:", &["select 1", "--max-rows", "0"][..], "a number above 0, or all"),
        ("sqlite::memory:", &["select 1", "--json", "--csv"], "cannot be used together"),
        ("sqlite::memory:", &[" -- nothing"], "SQL: error[no-statement]"),
        ("postgres://a@h/d", &["-", "--password-file", "-"], "standard input cannot be"),
        ("sqlite::memory:?jurnal=wal", &["select 1"], "has no option \"jurnal\""),
        ("postgers://a@h/d", &["select 1"], "did you mean \"postgres\"?"),
        ("db1.lon", &["select 1"], "is no database URL"),
    ] {
        refused(&db(&home, "query", url, words), 2, &[told]);
    }
    refused(
        &db(&home, "query", "sqlite:none.db", &["select 1"]),
        1,
        &["error[no-such-database]", "no such file"],
    );
}

#[test]
fn a_deadline_stops_the_statement() {
    let home = Home::new();
    let endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n";
    let ask = db(&home, "query", "sqlite::memory:", &[endless, "--timeout", "200ms"]);
    refused(&ask, 3, &["error[timeout]: db.query", "cancelled on the server"]);
}

#[test]
fn a_failure_in_the_middle_closes_a_document_that_has_begun() {
    let home = Home::new();
    let fails_at = |row: u32, width: u32| {
        format!(
            "with recursive n(i) as (select 1 union all select i + 1 from n limit 5000)
             select case when i < {row} then printf('%.{width}c', 'x') else json('{{') end from n"
        )
    };
    // What is short is held back until it is complete.
    refused(&db(&home, "query", "sqlite::memory:", &[&fails_at(100, 10), "--json"]), 1, &["malformed JSON"]);
    let ask = db(&home, "query", "sqlite::memory:", &[&fails_at(3000, 1000), "--json", "--max-rows", "all"]);
    let output = ask.run().unwrap();
    assert_eq!(output.code(), Some(1), "{}", output.stderr);
    let document = json(&output);
    let rows = document["rows"].as_array().unwrap().len();
    assert_eq!((&document["truncated"], &document["row_count"]), (&json!(true), &json!(rows)));
    // The driver hands rows over in batches; what of the last one was lost with the failure is not there.
    assert!((2000..3000).contains(&rows), "{rows}");
}

#[test]
fn a_reader_that_leaves_ends_a_long_answer_quietly() {
    let home = Home::new();
    let endless =
        "with recursive n(i) as (select 1 union all select i + 1 from n) select i, hex(zeroblob(500)) from n";
    for form in [&["--json"][..], &["--csv"], &[]] {
        let words = [&[endless, "--max-rows", "all", "--timeout", "1h"], form].concat();
        good(&db(&home, "query", "sqlite::memory:", &words).closed_stdout());
    }
    let script = format!(
        "\"$FLEET\" db query sqlite::memory: '{endless}' --csv --max-rows all --timeout 1h | head -2"
    );
    assert_eq!(good(&home.shell(&script)).stdout.lines().count(), 2);
}

#[test]
fn memory_does_not_grow_with_the_answer() {
    let home = Home::new();
    let sql = "with recursive n(i) as (select 1 union all select i + 1 from n limit 150)
               select i, printf('%.1000000c', 'x') from n";
    let path = home.write("long.sql", sql);
    // 150 MB pass; the program and what its threads reserve take most of the limit.
    let script = format!(
        "ulimit -v 150000; \"$FLEET\" db query sqlite::memory: - --csv --max-rows all --timeout 10m < {} | wc -l",
        crate::support::text(&path)
    );
    let output = home.shell(&script).deadline(std::time::Duration::from_secs(120)).run().unwrap();
    assert_eq!((output.stdout.trim(), output.stderr.as_str()), ("151", ""), "{output:?}");
}

#[test]
fn other_documents_fit_their_schemas() {
    let home = Home::new();
    sqlite(&home, "create table t (i integer)");
    for (name, verb, words) in [
        ("db-ping", "ping", &["--json"][..]),
        ("db-role", "role", &["--json"]),
        ("db-cluster", "cluster", &["--json"]),
        ("db-exec", "exec", &["insert into t values (1)", "--yes", "--json"]),
        ("db-exec", "exec", &["insert into t values (1)", "--dry-run", "--json"]),
    ] {
        let document = json(&good(&db(&home, verb, "sqlite:s.db", words)));
        assert_eq!(document["format"], format!("fleet.{name}"));
        let schema = schema(&home, name);
        assert_eq!(faults(&schema, &schema, &document, name), Vec::<String>::new());
    }
}
