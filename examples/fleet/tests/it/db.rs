//! `fleet db`: SQLite without a server, PostgreSQL and MariaDB with real ones, SQL Server with the testkit's, Oracle with
//! an independent server of its protocol.

mod connections;
mod exec;
mod guide;
mod listener;
mod mariadb;
mod mssql;
mod oracle;
mod passwords;
mod postgres;
mod query;

use crate::support::{Home, good};
use purlin_testkit::Binary;
use std::time::Duration;

/// `fleet db VERB URL` with further words, each an argument of its own.
fn db(home: &Home, verb: &str, url: &str, words: &[&str]) -> Binary {
    home.fleet(&format!("db {verb}")).arg(url).args(words.iter().copied())
}

/// Runs statements against SQLite.
fn sqlite(home: &Home, sql: &str) {
    good(&db(home, "exec", "sqlite:s.db?mode=rwc", &[sql, "--yes"]));
}

/// The first value of the first row.
fn value(home: &Home, url: &str, sql: &str) -> serde_json::Value {
    crate::support::json(&good(&db(home, "query", url, &[sql, "--json"])))["rows"][0][0].clone()
}

/// Waits until it is so, for a minute at most.
#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..600 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("not within a minute: {what}");
}
