//! What databases cost through purlin: the pool, and the drivers beside what they are built on.
//!
//! The time of the servers is not counted: they are other processes.

#![expect(clippy::expect_used, reason = "a round that cannot be measured ends the bench")]

#[path = "db/dead_port.rs"]
mod dead_port;
#[path = "db/mssql.rs"]
mod mssql;
#[path = "db/mysql.rs"]
mod mysql;
#[path = "db/oracle.rs"]
mod oracle;
#[path = "db/ours.rs"]
mod ours;
#[path = "db/pool.rs"]
mod pool;
#[path = "db/postgres.rs"]
mod postgres;
#[path = "db/sqlite.rs"]
mod sqlite;

use std::io::Result;
use tokio::runtime::Builder;

fn main() -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    if mysql::is_child() {
        return mysql::stream(&runtime);
    }
    if mssql::is_server() {
        return mssql::serve();
    }
    pool::run()?;
    sqlite::run(&runtime)?;
    mysql::run(&runtime)?;
    postgres::run(&runtime)?;
    mssql::run(&runtime)?;
    oracle::run(&runtime)?;
    dead_port::run(&runtime)
}
