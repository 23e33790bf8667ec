//! Asks a PostgreSQL a question: `ask_postgres HOST USER DATABASE SQL`, with the password in `ASK_PASSWORD`.

use purlin_core::{Cx, Result, SecretRef};
use purlin_db::{Connector, Session, Target};
use purlin_db_postgres::PostgresConnector;
use std::sync::Arc;
use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example shows its answer")]
async fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [host, user, database, sql] = words.as_slice() else {
        println!("usage: ask_postgres HOST USER DATABASE SQL");
        return Ok(());
    };
    let mut target = Target::new("postgres");
    target.hosts.push((host.clone(), None));
    target.user = Some(user.clone());
    target.database = Some(database.clone());
    target.password = Some(Arc::new(SecretRef::env("ASK_PASSWORD")));

    let cx = Cx::background().with_timeout(Duration::from_secs(10));
    let connector = PostgresConnector::new(&target)?;
    let mut session = Session::connect(&cx, &connector, &connector.endpoints()[0]).await?;
    let mut rows = session.query(&cx, sql.as_str()).await?;
    while let Some(row) = rows.next().await? {
        println!("{:?}", row.to_owned()?.values());
    }
    Ok(())
}
