//! `fleet db exec`: who may change something, and what stays.

use super::{db, sqlite, value};
use crate::support::{Home, Terminal, good, json, refused};
use serde_json::json;

const URL: &str = "sqlite:s.db";
const DELETE: &str = "delete from t";

fn three() -> Home {
    let home = Home::new();
    sqlite(&home, "create table t (i integer unique); insert into t values (1), (2), (3)");
    home
}

fn count(home: &Home) -> serde_json::Value {
    value(home, URL, "select count(*) from t")
}

#[test]
fn without_a_terminal_it_wants_a_yes() {
    let home = three();
    refused(&db(&home, "exec", URL, &[DELETE]), 2, &["error[not-confirmed]", "say --yes"]);
    assert_eq!(count(&home), 3);
    let told = good(&db(&home, "exec", URL, &["delete from t where i > ?", "1", "--yes"])).stdout;
    assert!(told.contains("1 statement on") && told.contains("2 rows changed"), "{told}");
    assert_eq!(count(&home), 1);
}

#[test]
fn a_rehearsal_changes_nothing() {
    let home = three();
    for words in [&[DELETE, "--dry-run"][..], &[DELETE, "--dry-run", "--yes"]] {
        let told = good(&db(&home, "exec", URL, words)).stdout;
        assert!(told.contains("nothing was changed") && told.contains("delete from t"), "{told}");
        let words = [words, &["--json"]].concat();
        let document = json(&good(&db(&home, "exec", URL, &words)));
        assert_eq!(
            (&document["dry_run"], &document["statements"][0]["affected"]),
            (&json!(true), &json!(null))
        );
    }
    assert_eq!(count(&home), 3);
    // It finds out whether one would get there.
    refused(
        &db(&home, "exec", "postgres://a@127.0.0.1:1/d", &[DELETE, "--dry-run"]),
        3,
        &["connection refused"],
    );
}

#[test]
fn a_script_is_done_as_a_whole_or_not_at_all() {
    let home = three();
    let script = "insert into t values (4);\ninsert into t values (5);\n  insert into t values (1);";
    let run = db(&home, "exec", URL, &["-", "--yes"]).stdin(script);
    refused(
        &run,
        1,
        &["error[unique]: db.execute", "at <stdin>:3:3", "warning[rolled-back]", "nothing was changed"],
    );
    assert_eq!(count(&home), 3);
    let run = db(&home, "exec", URL, &["-", "--yes", "--no-transaction"]).stdin(script);
    refused(&run, 1, &["error[unique]", "error[partly-done]", "statements 1 to 2"]);
    assert_eq!(count(&home), 5);
    refused(&db(&home, "exec", URL, &[DELETE, "x", "--yes"]), 2, &["db.execute"]);
    refused(&db(&home, "exec", URL, &["select ?; select ?", "x", "--yes"]), 2, &["parameters are for one"]);
}

#[test]
fn what_a_statement_gives_back_is_shown() {
    let home = three();
    let update = "update t set i = i + 10 returning i, i * 2 as twice";
    let told = good(&db(&home, "exec", URL, &[update, "--yes"])).stdout;
    let lines: Vec<_> = told.lines().map(str::trim_end).collect();
    assert_eq!(lines[..5], ["i   twice", "11  22", "12  24", "13  26", "(3 rows)"], "{told}");
    assert!(lines[5].starts_with("1 statement on"), "{told}");

    let script = "select 1 as a; delete from t; select 2 as b, null as c";
    let document = json(&good(&db(&home, "exec", URL, &[script, "--yes", "--json"])));
    let results = |at: usize| document["statements"][at]["results"].clone();
    let column = |name: &str| json!({ "name": name, "type": results(2)[0]["columns"][0]["type"] });
    assert_eq!(results(0)[0]["rows"], json!([[1]]));
    assert_eq!(results(1), json!([]));
    assert_eq!((&results(2)[0]["columns"][0], &results(2)[0]["rows"]), (&column("b"), &json!([[2, null]])));
    assert_eq!(results(2)[0]["truncated"], false);
    let schema = crate::schema::schema(&home, "db-exec");
    assert_eq!(crate::schema::faults(&schema, &schema, &document, "exec"), Vec::<String>::new());
    assert_eq!(count(&home), 0);

    // What is not shown was done all the same.
    let words = ["insert into t values (1), (2), (3) returning i", "--yes", "--max-rows", "2"];
    let cut = db(&home, "exec", URL, &words).run().unwrap();
    assert!(cut.code() == Some(1) && cut.stdout.contains("(2 rows, and there are more)"), "{cut:?}");
    assert!(cut.stderr.contains("error[truncated]: the first 2 rows only"), "{cut:?}");
    assert_eq!(count(&home), 3);
}

#[test]
fn a_parameter_can_be_null() {
    let home = three();
    let insert = "insert into t values (?), (?)";
    good(&db(&home, "exec", URL, &[insert, "NULL", "7", "--null", "NULL", "--yes"]));
    assert_eq!(value(&home, URL, "select count(*) from t where i is null"), 1);
    good(&db(&home, "exec", URL, &[insert, "-", "8", "--null", "-", "--yes"]));
    assert_eq!(value(&home, URL, "select count(*) from t where i is null"), 2);
    let asked = db(&home, "query", URL, &["select ? is null, ?", "\\N", "NULL", "--null", "\\N", "--json"]);
    assert_eq!(json(&good(&asked))["rows"], json!([[1, "NULL"]]));
}

#[test]
fn a_protected_context_wants_its_name() {
    let home = three();
    home.fleet_toml("[context.prod]\nprotected = true\n[context.lab]\n[connection.map]\nurl = 'sqlite:s.db'");
    let run = |words: &[&str]| db(&home, "exec", "@map", &[&[DELETE], words].concat());
    refused(&run(&["--context", "prod"]), 2, &["\"prod\" is protected", "say --yes=prod"]);
    refused(&run(&["--context", "prod", "--yes"]), 2, &["--yes does not name it", "say --yes=prod"]);
    refused(&run(&["--context", "prod", "--yes=lab"]), 2, &["is for another context"]);
    refused(&run(&["--context", "lab", "--yes=prod"]), 2, &["is for another context"]);
    refused(&run(&["--yes=prod"]), 2, &["none is in use"]);
    good(&run(&["--context", "prod", "--dry-run"]));
    assert_eq!(count(&home), 3);
    good(&run(&["--context", "lab", "--yes=lab"]));
    good(&run(&["--context", "prod", "--yes=prod"]));
    assert_eq!(count(&home), 0);
}

#[test]
fn on_a_terminal_it_shows_target_and_context_and_asks() {
    let home = three();
    home.fleet_toml("default_context = 'lab'\n[context.lab]");
    let command = "db exec sqlite:s.db 'delete from t where i = 1'";
    for (answer, code, left) in [("n", 1, 3), ("", 1, 3), ("y", 0, 2)] {
        let _ = std::fs::remove_file(home.path("keys"));
        let Some(mut terminal) = Terminal::start(&home, command, &[]) else { return };
        terminal.answer("Go on? [y/N] ", answer);
        let output = terminal.wait();
        assert_eq!(output.code(), Some(code), "{output:?}");
        for shown in ["target   sqlite:s.db", "context  lab (fleet.toml:1:19)", "delete from t where i = 1"] {
            assert!(output.stdout.contains(shown), "{output:?}");
        }
        assert_eq!(
            output.stdout.contains("error[not-confirmed]: nothing was changed"),
            code == 1,
            "{output:?}"
        );
        assert_eq!(count(&home), left);
    }
}

#[test]
fn on_a_terminal_a_protected_context_is_typed() {
    let home = three();
    home.fleet_toml("default_context = 'prod'\n[context.prod]\nprotected = true");
    for (answer, code) in [("y", 1), ("prod", 0)] {
        let _ = std::fs::remove_file(home.path("keys"));
        let Some(mut terminal) = Terminal::start(&home, "db exec sqlite:s.db 'delete from t'", &[]) else {
            return;
        };
        terminal.answer("Type its name, prod, to go on: ", answer);
        let output = terminal.wait();
        assert_eq!(output.code(), Some(code), "{output:?}");
    }
    assert_eq!(count(&home), 0);
}

#[test]
fn an_interrupt_at_the_question_changes_nothing() {
    let home = three();
    let Some(mut terminal) = Terminal::start(&home, "db exec sqlite:s.db 'delete from t'", &[]) else {
        return;
    };
    terminal.press("Go on? [y/N] ", "\u{3}");
    let output = terminal.wait();
    assert_eq!(output.code(), Some(130), "{output:?}");
    assert_eq!(count(&home), 3);
}
