//! Notes in a file that outlives the program: created once, written in a transaction, read with a deadline.

#![expect(clippy::print_stdout, reason = "an example shows its answers")]

use purlin_core::{Cx, Result};
use purlin_db::{Connector, DbDetail, ErrorClass, Session, Value};
use purlin_db_sqlite::{Journal, Mode, Settings, SqliteConnector, network_file_system};
use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir().map_err(|error| purlin_core::Error::io("notes.folder", error))?;
    let path = folder.path().join("notes.db");
    if let Some(mount) = network_file_system(&path) {
        println!("{} lies on {mount}: another place is better", path.display());
    }
    let cx = Cx::background().with_timeout(Duration::from_secs(10));

    // A typing error in a path is told, and makes no file.
    let missing = SqliteConnector::new(Settings::file(&path))?;
    let error = Session::connect(&cx, &missing, &missing.endpoints()[0]).await.err();
    println!("{}", error.map(|error| format!("{error:#}")).unwrap_or_default());

    let connector = SqliteConnector::new(Settings::file(&path).mode(Mode::Create).journal(Journal::Wal))?;
    let mut session = Session::connect(&cx, &connector, &connector.endpoints()[0]).await?;
    session.execute(&cx, "CREATE TABLE note (id INTEGER PRIMARY KEY, at DATETIME, body TEXT UNIQUE)").await?;
    let mut transaction = session.begin(&cx).await?;
    for body in ["disk replaced", "rack moved"] {
        let insert = transaction.execute(&cx, "INSERT INTO note (at, body) VALUES (datetime('now'), ?1)");
        println!("note {:?}", insert.bind(body).await?.last_insert_id);
    }
    transaction.commit(&cx).await?;

    let again = session.execute(&cx, "INSERT INTO note (body) VALUES (?1)").bind("rack moved").await;
    assert_eq!(again.err().as_ref().and_then(DbDetail::class_of), Some(ErrorClass::Unique));

    // A statement without an end: stopped at its deadline, and the session is as good as before.
    let short = cx.with_timeout(Duration::from_millis(50));
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
    let stopped = session.query(&short, endless).one().await.err();
    println!("{}", stopped.map(|error| format!("{error:#}")).unwrap_or_default());

    let count = session.query(&cx, "SELECT count(*) FROM note").one().await?;
    assert_eq!(count.values(), [Value::I64(2)]);
    session.close(&cx).await
}
