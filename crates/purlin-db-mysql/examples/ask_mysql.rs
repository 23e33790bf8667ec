//! Asks a MySQL or MariaDB server one question; the password comes from the environment:
//! `PASSWORD=... cargo run -p purlin-db-mysql --example ask_mysql -- db1.lon app "SELECT VERSION()"`.
//!
//! Without arguments it asks a port where nobody listens, to show what a failure says.

#![expect(clippy::print_stdout, reason = "an example shows its answers")]

use purlin_core::{Cx, Endpoint, Result, SecretRef};
use purlin_db::{Driver, Session, Target};
use purlin_db_mysql::MySql;
use std::sync::Arc;
use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let mut target = Target::new("mysql");
    match words.next() {
        Some(host) => {
            let endpoint = Endpoint::parse(&host, Some(3306))?;
            target.hosts = vec![(endpoint.host().unwrap_or_default().to_owned(), endpoint.port())];
            target.password = Some(Arc::new(SecretRef::env("PASSWORD")));
        }
        None => target.hosts = vec![("127.0.0.1".to_owned(), Some(1))],
    }
    target.user = words.next();
    let sql = words.next().unwrap_or_else(|| "SELECT VERSION()".to_owned());
    if let Err(error) = ask(&target, &sql).await {
        // The operation is the phase, and the address is there.
        println!("{error:#}");
    }
    Ok(())
}

async fn ask(target: &Target, sql: &str) -> Result<()> {
    let cx = Cx::background().with_timeout(Duration::from_secs(10));
    let connector = MySql::new().connector(target)?;
    let mut session = Session::connect(&cx, &*connector, &connector.endpoints()[0]).await?;
    let mut rows = session.query(&cx, sql).await?;
    while let Some(row) = rows.next().await? {
        println!("{:?}", row.to_owned()?.values());
    }
    drop(rows);
    session.close(&cx).await
}
