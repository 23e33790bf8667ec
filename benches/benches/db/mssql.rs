//! SQL Server beside tiberius, which the driver is built on, over the testkit's server in a process of its own: no real
//! one can be had, and for the client's cost it makes no difference who sends the bytes.

#[path = "mssql/raw.rs"]
mod raw;

use crate::ours::{self, ROW_ROUNDS, ROWS};
use purlin_benches::Measured;
use purlin_core::SecretRef;
use purlin_db::{Connector, Decimal, Row, Target};
use purlin_db_mssql::MssqlConnector;
use purlin_testkit::tds::FakeSqlServer;
use purlin_testkit::tds::tokens::{COUNT, INT, NVARCHAR, SELECT, columns, done, int, nvarchar, row};
use raw::Raw;
use std::hint::black_box;
use std::io::{BufRead, BufReader, Error, Read, Result};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use tokio::runtime::Runtime;

/// What a child of this program is asked for: to be the server until its standard input ends.
const SERVE: &str = "--serve-tds";
pub(crate) const ALL: &str = "SELECT id, name, price FROM t";
/// A `decimal(10,2)`.
const DECIMAL: &[u8] = &[0x6a, 9, 10, 2];

pub(crate) fn run(runtime: &Runtime) -> Result<()> {
    let what = "each of 1,000,000 rows of int, nvarchar and decimal, by type";
    let rows = Measured::new("db.mssql_rows", what, "ns").peer("tiberius").goal_ratio(1.05);
    let rows = rows.rounds(3 * ROW_ROUNDS);
    if !rows.is_wanted() {
        return Ok(());
    }
    let mut server = Server::start()?;
    let target = Target::new("mssql").host("127.0.0.1", server.address.port()).user("app").database("map");
    let password = SecretRef::literal("bench");
    let target = target.password(password).option("danger_no_tls", "true");
    let connector = MssqlConnector::new(&target).map_err(Error::other)?;
    let mut session = ours::connect(runtime, &connector, &connector.endpoints()[0]);
    let alone = &ours::alone();
    let mut raw = Raw::connect(alone, server.address);
    rows.run(|| ours::rows(runtime, &mut session, ALL, read), Some(&mut || raw.rows(alone)));
    server.end()
}

fn read(row: &dyn Row) {
    let number: i64 = row.get(0).expect("a number");
    let name: String = row.get(1).expect("a name");
    let price: Decimal = row.get(2).expect("a price");
    black_box((number, name, price));
}

struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start() -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.arg(SERVE).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let address = line.trim().parse().map_err(Error::other)?;
        Ok(Self { child, address })
    }

    fn end(&mut self) -> Result<()> {
        drop(self.child.stdin.take());
        self.child.wait().map(drop)
    }
}

pub(crate) fn is_server() -> bool {
    std::env::args().any(|word| word == SERVE)
}

/// Says where it listens, and answers with a million rows.
#[expect(clippy::print_stdout, reason = "the answer of a child to the bench")]
pub(crate) fn serve() -> Result<()> {
    let server = FakeSqlServer::start().map_err(Error::other)?.forgetful();
    let mut answer = columns(&[("id", INT), ("name", NVARCHAR), ("price", DECIMAL)]);
    for number in 0..ROWS {
        let cents = [&[9, 1][..], &u64::from(number).to_le_bytes()].concat();
        let name = nvarchar(&format!("name-{number}"));
        answer.extend_from_slice(&row(&[&int(number.cast_signed()), &name, &cents]));
    }
    answer.extend_from_slice(&done(COUNT, SELECT, ROWS.into()));
    server.answer(ALL, answer);
    println!("{}", server.address());
    std::io::stdin().read_to_end(&mut Vec::new()).map(drop)
}
