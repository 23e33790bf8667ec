//! A release is written down in a transaction, twice: the second time the answer to the commit is lost.

use purlin_core::{Cx, Error, Outcome, Result};
use purlin_db::fake::{FakeDatabase, Reply};
use std::time::Duration;

const INSERT: &str = "insert into releases (name) values (?)";

async fn write_down(cx: &Cx, db: &FakeDatabase, name: &str) -> Result<()> {
    let mut session = db.session(cx).await?;
    let mut transaction = session.begin(cx).await?;
    transaction.execute(cx, INSERT).bind(name).await?;
    transaction.commit(cx).await
}

#[expect(clippy::print_stdout, reason = "an example shows what it does")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    // A scripted database; a real one comes from a driver's crate.
    let db = FakeDatabase::new();
    db.on(INSERT, Reply::changed(1));
    let cx = Cx::background().with_timeout(Duration::from_secs(5));

    write_down(&cx, &db, "map 42").await?;
    println!("map 42 is written down");

    db.once("COMMIT", Reply::changed(0).lost());
    let error: Error = match write_down(&cx, &db, "map 43").await {
        Err(error) => error,
        Ok(()) => unreachable!("the script lost the answer"),
    };
    println!("map 43: {error}; outcome {:?}", error.outcome());
    assert_eq!(error.outcome(), Outcome::Maybe);
    // It may be there: whoever repeats it looks first.
    assert_eq!(db.committed().len(), 2);
    Ok(())
}
