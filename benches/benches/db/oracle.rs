//! Oracle beside its own driver, which ours runs on a thread behind a relay; and connects that fail.

use crate::ours;
use oracledb::Connection;
use purlin_benches::{Measured, nanoseconds_each};
use purlin_core::SecretRef;
use purlin_db::{Connector, Session, Target};
use purlin_db_oracle::OracleConnector;
use purlin_testkit::{OracleMirror, OracleMirrorSettings, ReservedPort};
use std::hint::black_box;
use std::io::{Error, Read, Result, Write};
use std::net::{SocketAddr, TcpListener};
use tokio::runtime::Runtime;

const STATEMENTS: u32 = 200;
const SQL: &str = "SELECT 1 FROM dual";
const SCRIPT: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/purlin-db-oracle/tests/mirror/mirror.py");

pub(crate) fn run(runtime: &Runtime) -> Result<()> {
    statements(runtime)?;
    failures(runtime)
}

fn statements(runtime: &Runtime) -> Result<()> {
    let what = "what thread and relay add to a statement of Oracle's driver, CPU of this process";
    let measured = Measured::new("db.oracle_thread", what, "µs").goal(30.0);
    if !measured.is_wanted() {
        return Ok(());
    }
    let Some(mirror) = OracleMirrorSettings::new(SCRIPT).start().map_err(Error::other)? else {
        return Ok(());
    };
    let connector = connector(mirror.address(), mirror.password())?;
    let mut session = ours::connect(runtime, &connector, &connector.endpoints()[0]);
    let raw = raw(&mirror);
    measured.run(
        || {
            let alone = nanoseconds_each(STATEMENTS, || asked(&raw));
            let through = nanoseconds_each(STATEMENTS, || asked_through(runtime, &mut session));
            (through - alone) / 1e3
        },
        None,
    );
    Ok(())
}

fn connector(address: SocketAddr, password: &str) -> Result<OracleConnector> {
    let target = Target::new("oracle").host(address.ip().to_string(), address.port()).user("app");
    let target = target.database("map").option("danger_no_tls", "true");
    OracleConnector::new(&target.password(SecretRef::literal(password.to_owned()))).map_err(Error::other)
}

fn raw(mirror: &OracleMirror) -> Connection {
    let config = oracledb::Config::default().set_credentials("app", mirror.password());
    let config = config.set_connect_string(&format!("{}/map", mirror.address())).expect("a connect string");
    oracledb::connect(config).expect("a connection")
}

fn asked(raw: &Connection) {
    for _ in 0..STATEMENTS {
        let row = raw.query_row(SQL, &[]).expect("an answer");
        black_box(row.get::<i64>(0).expect("a number"));
    }
}

fn asked_through(runtime: &Runtime, session: &mut Session) {
    let cx = ours::cx();
    runtime.block_on(async {
        for _ in 0..STATEMENTS {
            let one: i64 = session
                .query(&cx, SQL)
                .protocol(purlin_db::Protocol::Prepared)
                .value()
                .await
                .expect("an answer");
            black_box(one);
        }
    });
}

fn failures(runtime: &Runtime) -> Result<()> {
    let what = "from the call to the error of a port where nobody listens, on the wall clock";
    let closed = Measured::new("db.oracle_closed_port", what, "ms").goal(20.0);
    if closed.is_wanted() {
        let port = ReservedPort::new().map_err(Error::other)?;
        let connector = connector(port.address(), "secret")?;
        closed.run(|| failed(runtime, &connector), None);
    }
    let what = "from the call to the error with the number of a listener that refuses, on the wall clock";
    let refused = Measured::new("db.oracle_refused", what, "ms").goal(50.0);
    if refused.is_wanted() {
        let connector = connector(refusing()?, "secret")?;
        refused.run(|| failed(runtime, &connector), None);
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "how long a caller waits is told by the wall clock")]
fn failed(runtime: &Runtime, connector: &OracleConnector) -> f64 {
    let begun = std::time::Instant::now();
    let connected = runtime.block_on(Session::connect(&ours::cx(), connector, &connector.endpoints()[0]));
    let took = begun.elapsed();
    connected.expect_err("a refusal");
    took.as_secs_f64() * 1e3
}

/// A listener that knows no service, for as long as this process lives.
fn refusing() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        let text = b"(DESCRIPTION=(ERR=12514)(VSNNUM=352321536))";
        let mut packet = vec![0, 12 + 43, 0, 0, 4, 0, 0, 0, 0x22, 0, 0, 43];
        packet.extend_from_slice(text);
        while let Ok((mut stream, _)) = listener.accept() {
            let mut question = [0; 4096];
            if stream.read(&mut question).is_ok() {
                let _ = stream.write_all(&packet);
            }
        }
    });
    Ok(address)
}
