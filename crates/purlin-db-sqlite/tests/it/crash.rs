use crate::support::{Scratch, connect, cx, run, value};
use purlin_db::Value;
use purlin_db_sqlite::Journal;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

const PATH: &str = "PURLIN_TEST_CRASH_DATABASE";

/// The part of the process that is killed: it says when a transaction is half done, and waits for its end.
#[tokio::test]
async fn child_that_is_killed_in_a_transaction() {
    let Ok(path) = std::env::var(PATH) else { return };
    let mut session = connect(purlin_db_sqlite::Settings::file(path)).await.unwrap();
    let cx = cx();
    let mut transaction = session.begin(&cx).await.unwrap();
    run(&mut transaction, "UPDATE account SET amount = amount - 50 WHERE id = 1").await;
    // More than the page cache holds, so that the file itself is half written.
    run(&mut transaction, "PRAGMA cache_spill = 1; PRAGMA cache_size = 5").await;
    run(&mut transaction, "INSERT INTO filler WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000) SELECT randomblob(500) FROM n").await;
    println!("half done");
    tokio::time::sleep(std::time::Duration::from_secs(120)).await;
}

#[tokio::test]
async fn a_killed_process_leaves_no_half_transaction() {
    for journal in [Journal::Delete, Journal::Wal] {
        let scratch = Scratch::new();
        let mut session = connect(scratch.settings().journal(journal)).await.unwrap();
        run(&mut session, "CREATE TABLE account (id INTEGER PRIMARY KEY, amount INT); INSERT INTO account VALUES (1, 100), (2, 0)").await;
        run(&mut session, "CREATE TABLE filler (a)").await;
        session.close(&cx()).await.unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child_that_is_killed_in_a_transaction", "--nocapture"])
            .env(PATH, scratch.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = lines.map_while(Result::ok).any(|line| line.contains("half done"));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(said, "the child did not come so far");
        let mut session = scratch.session().await;
        assert_eq!(value(&mut session, "SELECT amount FROM account WHERE id = 1").await, Value::I64(100));
        assert_eq!(value(&mut session, "SELECT count(*) FROM filler").await, Value::I64(0));
        assert_eq!(value(&mut session, "PRAGMA integrity_check").await, Value::Text("ok".to_owned()));
    }
}
