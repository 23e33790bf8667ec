//! Asks an Oracle who it is: `ask_oracle oracle://app@db1.lon/map`, the password in `ORACLE_PASSWORD`. Without an argument it
//! asks a port where nobody listens.

use purlin_core::{Cx, Result, SecretRef};
use purlin_db::{Database, Drivers, Target};
use purlin_db_oracle::{Oracle, quiet_panics};
use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example shows its answer")]
async fn main() -> Result<()> {
    quiet_panics();
    let url = std::env::args().nth(1);
    let is_there = url.is_some();
    let target: Target = url.as_deref().unwrap_or("oracle://app@127.0.0.1:1/map").parse()?;
    let password = match is_there {
        true => SecretRef::env("ORACLE_PASSWORD"),
        false => SecretRef::literal("secret".to_owned()),
    };
    let cx = Cx::background().with_timeout(Duration::from_secs(10));
    let drivers = Drivers::new().with(Oracle::new());
    match Database::connect(&cx, &drivers, target.password(password)).await {
        Ok(database) => {
            let mut session = database.acquire(&cx).await?;
            let now: String = session.query(&cx, "SELECT TO_CHAR(SYSDATE) FROM dual").value().await?;
            println!("Oracle {}: {now}", session.info().version);
            Ok(())
        }
        Err(error) if !is_there => {
            println!("{error:#}");
            Ok(())
        }
        Err(error) => Err(error),
    }
}
