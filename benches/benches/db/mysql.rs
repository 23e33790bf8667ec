//! MySQL beside mysql_async, which the driver is built on, beside sqlx, and beside sqlx's `Any`.

#[path = "mysql/peers.rs"]
mod peers;

use crate::ours::{self, ROUNDS, ROW_ROUNDS, ROWS};
use peers::{AnySqlx, Raw, Sqlx};
use purlin_benches::Measured;
use purlin_core::SecretRef;
use purlin_db::{Driver, Protocol, Session, Target};
use purlin_db_mysql::MySql;
use purlin_testkit::{MariaDb, MariaDbSettings};
use std::io::{Error, Result};
use std::process::{Command, Stdio};
use tokio::runtime::Runtime;

/// What a child of this program is asked for: to stream from the server at this port.
const STREAM: &str = "--stream-from=";
/// Of a server that lives as long as the bench.
const PASSWORD: &str = "bench";
const POINT: &str = "SELECT id, name FROM t WHERE id = ?";
const ALL: &str = "SELECT id, name, at, price FROM t";
/// `Any` knows neither dates nor exact numbers.
const ALL_AS_TEXT: &str = "SELECT id, name, CAST(at AS CHAR), CAST(price AS CHAR) FROM t";
const TEN_TIMES: &str = "SELECT id, name, at, price FROM seq_1_to_10 STRAIGHT_JOIN t";
const TABLE: [&str; 2] = [
    "CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(40), at DATETIME, price DECIMAL(10, 2))",
    "INSERT INTO t SELECT seq, CONCAT('name-', seq), TIMESTAMP '2026-01-01 00:00:00' + INTERVAL seq SECOND, seq / 100 \
     FROM seq_1_to_1000000",
];

struct Figures {
    select_1: Measured,
    select_1_in_time: Measured,
    point: Measured,
    rows: Measured,
    rows_sqlx: Measured,
    rows_any: Measured,
    memory: Measured,
}

impl Figures {
    fn new() -> Self {
        let statements = |id, what| Measured::new(id, what, "ns").goal_ratio(1.02).rounds(ROUNDS);
        let rows = |id, what| Measured::new(id, what, "ns").rounds(ROW_ROUNDS);
        let typed = "each of 1,000,000 rows of int, varchar, datetime and decimal, by type";
        let text = "the same with date and decimal as text";
        let memory = "growth of the resident memory while 10,000,000 such rows are streamed";
        Self {
            select_1: statements("db.mysql_select_1", "SELECT 1, as text").peer("mysql_async"),
            select_1_in_time: Measured::new(
                "db.mysql_select_1_in_time",
                "the same, both with a deadline",
                "ns",
            )
            .peer("mysql_async within tokio::time::timeout")
            .rounds(ROUNDS),
            point: statements("db.mysql_point_select", "a row by its key, prepared and cached")
                .peer("mysql_async"),
            rows: rows("db.mysql_rows", typed).peer("mysql_async").goal_ratio(1.05),
            rows_sqlx: rows("db.mysql_rows_sqlx", typed).peer("sqlx").goal_ratio(1.0),
            rows_any: rows("db.mysql_rows_any", text).peer("sqlx's `Any`").goal_ratio(1.0),
            memory: Measured::new("db.mysql_memory", memory, "MiB").goal(16.0).rounds(1),
        }
    }

    fn are_wanted(&self) -> bool {
        let statements = [&self.select_1, &self.select_1_in_time, &self.point];
        let rows = [&self.rows, &self.rows_sqlx, &self.rows_any, &self.memory];
        statements.iter().chain(&rows).any(|figure| figure.is_wanted())
    }
}

pub(crate) fn run(runtime: &Runtime) -> Result<()> {
    let figures = Figures::new();
    if !figures.are_wanted() {
        return Ok(());
    }
    let settings = MariaDbSettings::new().password(PASSWORD).option("innodb_buffer_pool_size", "256M");
    let Some(server) = settings.start().map_err(Error::other)? else { return Ok(()) };
    let mut session = connect(runtime, server.address().port())?;
    ours::set_up(runtime, &mut session, &TABLE);
    compare(runtime, &figures, &mut session, &server);
    memory(&figures.memory, &server)
}

fn compare(runtime: &Runtime, figures: &Figures, session: &mut Session, server: &MariaDb) {
    let port = server.address().port();
    let alone = &ours::alone();
    let mut raw = Raw::connect(alone, port, PASSWORD);
    figures.select_1.run(|| ours::select_1(runtime, session), Some(&mut || raw.select_1(alone)));
    figures
        .select_1_in_time
        .run(|| ours::select_1(runtime, session), Some(&mut || raw.select_1_in_time(alone)));
    figures
        .point
        .run(|| ours::point_select(runtime, session, POINT), Some(&mut || raw.point_select(alone, POINT)));
    figures.rows.run(|| ours::rows(runtime, session, ALL, ours::read), Some(&mut || raw.rows(alone, ALL)));
    let mut sqlx = Sqlx::connect(alone, port, PASSWORD);
    figures
        .rows_sqlx
        .run(|| ours::rows(runtime, session, ALL, ours::read), Some(&mut || sqlx.rows(alone, ALL)));
    let mut any = AnySqlx::connect(alone, port, PASSWORD);
    figures.rows_any.run(
        || ours::rows(runtime, session, ALL_AS_TEXT, ours::read_text),
        Some(&mut || any.rows(alone, ALL_AS_TEXT)),
    );
}

fn connect(runtime: &Runtime, port: u16) -> Result<Session> {
    let target = Target::new("mysql").host("127.0.0.1", port).user("app").database("test");
    let target = target.password(SecretRef::literal(PASSWORD)).option("tls", "off");
    let connector = MySql::new().connector(&target).map_err(Error::other)?;
    Ok(ours::connect(runtime, &*connector, &connector.endpoints()[0]))
}

fn memory(figure: &Measured, server: &MariaDb) -> Result<()> {
    if !figure.is_wanted() {
        return Ok(());
    }
    let program = std::env::current_exe()?;
    let argument = format!("{STREAM}{}", server.address().port());
    let grown = || {
        let output = Command::new(&program).arg(&argument).stdin(Stdio::null()).output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        text.ok().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN)
    };
    figure.run(grown, None);
    Ok(())
}

fn port() -> Option<u16> {
    std::env::args().find_map(|word| word.strip_prefix(STREAM)?.parse().ok())
}

pub(crate) fn is_child() -> bool {
    port().is_some()
}

/// Says by how many MiB the resident memory was larger at any time after the first rows than with them.
#[expect(clippy::print_stdout, reason = "the answer of a child to the bench")]
pub(crate) fn stream(runtime: &Runtime) -> Result<()> {
    let mut session = connect(runtime, port().unwrap_or_default())?;
    let (mut first, mut highest, mut count) = (None, 0.0_f64, 0_u32);
    runtime.block_on(async {
        let cx = ours::cx();
        let query = session.query(&cx, TEN_TIMES).protocol(Protocol::Prepared);
        let mut rows = query.await.expect("an answer");
        while let Some(row) = rows.next().await.expect("a row") {
            ours::read(row);
            count += 1;
            if count.is_multiple_of(20_000) {
                let resident = resident();
                highest = highest.max(resident - *first.get_or_insert(resident));
            }
        }
    });
    assert_eq!(count, 10 * ROWS, "all rows");
    println!("{highest:.3}");
    Ok(())
}

/// The resident set in MiB, by proc(5).
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kibibytes.unwrap_or(f64::NAN) / 1024.0
}
