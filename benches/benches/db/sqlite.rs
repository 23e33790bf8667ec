//! SQLite on a thread of its own beside rusqlite, which runs on the caller's.

use crate::ours::{self, ROUNDS, ROW_ROUNDS, ROWS, STATEMENTS, key};
use purlin_benches::{Measured, nanoseconds_each};
use purlin_db::{Connector, Session};
use purlin_db_sqlite::{Settings, SqliteConnector};
use rusqlite::Connection;
use std::hint::black_box;
use std::io::{Error, Result};
use std::path::Path;
use tokio::runtime::Runtime;

const POINT: &str = "SELECT id, name FROM t WHERE id = ?1";
const ALL: &str = "SELECT id, name, at, price FROM t";
/// Texts for date and price: SQLite has no types for them, and rusqlite reads none.
const TABLE: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, at TEXT, price TEXT)";
const FILL: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
    INSERT INTO t SELECT i, 'name-' || i, datetime(1700000000 + i, 'unixepoch'), (i / 100) || '.50' FROM n";

pub(crate) fn run(runtime: &Runtime) -> Result<()> {
    let point = Measured::new("db.sqlite_point_select", "a row by its key, prepared and cached", "ns")
        .peer("rusqlite")
        .goal_ratio(2.0)
        .rounds(ROUNDS);
    let rows = Measured::new("db.sqlite_rows", "each of 1,000,000 rows of a number and three texts", "ns")
        .peer("rusqlite")
        .goal_ratio(1.25)
        .rounds(ROW_ROUNDS);
    if !point.is_wanted() && !rows.is_wanted() {
        return Ok(());
    }
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench.sqlite");
    let raw = table(&file).map_err(Error::other)?;
    let mut session = open(runtime, &file)?;
    point.run(
        || ours::point_select(runtime, &mut session, POINT),
        Some(&mut || raw_point_select(&raw).expect("rusqlite's rows")),
    );
    rows.run(
        || ours::rows(runtime, &mut session, ALL, ours::read_text),
        Some(&mut || raw_rows(&raw).expect("rusqlite's rows")),
    );
    drop((session, raw));
    std::fs::remove_file(file)
}

fn table(file: &Path) -> rusqlite::Result<Connection> {
    // Of a run that was stopped.
    let _ = std::fs::remove_file(file);
    let raw = Connection::open(file)?;
    raw.execute_batch("PRAGMA journal_mode = OFF; PRAGMA cache_size = -200000")?;
    raw.execute_batch(TABLE)?;
    raw.execute_batch(FILL)?;
    Ok(raw)
}

fn open(runtime: &Runtime, file: &Path) -> Result<Session> {
    let connector = SqliteConnector::new(Settings::file(file)).map_err(Error::other)?;
    let mut session = ours::connect(runtime, &connector, &connector.endpoints()[0]);
    ours::set_up(runtime, &mut session, &["PRAGMA cache_size = -200000"]);
    Ok(session)
}

fn raw_point_select(raw: &Connection) -> rusqlite::Result<f64> {
    let mut result = Ok(());
    let cost = nanoseconds_each(STATEMENTS, || {
        result = (1..=STATEMENTS).try_for_each(|number| {
            let row: (i64, String) =
                raw.prepare_cached(POINT)?.query_row([key(number)], |row| Ok((row.get(0)?, row.get(1)?)))?;
            black_box(row);
            Ok(())
        });
    });
    result.map(|()| cost)
}

fn raw_rows(raw: &Connection) -> rusqlite::Result<f64> {
    let mut statement = raw.prepare_cached(ALL)?;
    let mut result = Ok(());
    let cost = nanoseconds_each(ROWS, || {
        result = statement.query([]).and_then(|mut rows| {
            while let Some(row) = rows.next()? {
                let read: (i64, String, String, String) =
                    (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
                black_box(read);
            }
            Ok(())
        });
    });
    result.map(|()| cost)
}
