//! Asks a SQL Server a question: `ask_mssql URL SQL`, with the password in `ASK_PASSWORD`. Without arguments it asks where
//! nobody listens, and shows what an error says.

use purlin_core::{Cx, ErrorKind, Result, SecretRef};
use purlin_db::{Connector, DbDetail, Session, Target};
use purlin_db_mssql::{MssqlConnector, ServerMessage};
use std::time::Duration;

const NOBODY: &str = "mssql://app@127.0.0.1:1/map?application_intent=read_only";

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example shows its answer")]
async fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (url, sql) = match words.as_slice() {
        [url, sql] => (url.as_str(), sql.as_str()),
        _ => (NOBODY, "SELECT @@VERSION"),
    };
    let target: Target = url.parse()?;
    let target = if url == NOBODY { target } else { target.password(SecretRef::env("ASK_PASSWORD")) };
    match ask(&target, sql).await {
        Err(error) if url == NOBODY && error.kind() == ErrorKind::Refused => {
            println!("{error}");
            Ok(())
        }
        Err(error) => {
            if let (Some(detail), Some(said)) = (error.detail::<DbDetail>(), error.detail::<ServerMessage>())
            {
                println!("{} {}: state {}, severity {}", detail.class, said.number, said.state, said.class);
            }
            Err(error)
        }
        Ok(()) => Ok(()),
    }
}

#[expect(clippy::print_stdout, reason = "an example shows its answer")]
async fn ask(target: &Target, sql: &str) -> Result<()> {
    let cx = Cx::background().with_timeout(Duration::from_secs(10));
    let connector = MssqlConnector::new(target)?;
    let mut session = Session::connect(&cx, &connector, &connector.endpoints()[0]).await?;
    let mut rows = session.query(&cx, sql).await?;
    while let Some(row) = rows.next().await? {
        println!("{:?}", row.to_owned()?.values());
    }
    Ok(())
}
