//! The same work through a session, whatever the engine.

use purlin_benches::nanoseconds_each;
use purlin_core::{Cx, Endpoint};
use purlin_db::{Connector, DateTime, Decimal, Protocol, Row, Session};
use std::hint::black_box;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// Statements of a round.
pub(crate) const STATEMENTS: u32 = 2_000;
/// Rounds of statements: each is short, and what else the machine does falls into few of them.
pub(crate) const ROUNDS: usize = 60;
/// Rows of a table.
pub(crate) const ROWS: u32 = 1_000_000;
/// Rounds of a whole table.
pub(crate) const ROW_ROUNDS: usize = 5;

/// More than the bench takes; calls have a deadline, as in a program.
pub(crate) fn cx() -> Cx {
    Cx::background().with_timeout(Duration::from_secs(3600))
}

/// A runtime for the peer: in that of ours each of its waits would look at the timer too that a session keeps.
pub(crate) fn alone() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

pub(crate) fn connect(runtime: &Runtime, connector: &dyn Connector, endpoint: &Endpoint) -> Session {
    runtime.block_on(Session::connect(&cx(), connector, endpoint)).expect("a session")
}

pub(crate) fn set_up(runtime: &Runtime, session: &mut Session, statements: &[&str]) {
    for sql in statements {
        runtime.block_on(session.execute(&cx(), *sql).into_future()).expect("a table");
    }
}

pub(crate) fn select_1(runtime: &Runtime, session: &mut Session) -> f64 {
    let cx = cx();
    nanoseconds_each(STATEMENTS, || {
        runtime.block_on(async {
            for _ in 0..STATEMENTS {
                let one: i64 = session.query(&cx, "SELECT 1").value().await.expect("an answer");
                black_box(one);
            }
        });
    })
}

/// A whole number and a text by their key.
pub(crate) fn point_select(runtime: &Runtime, session: &mut Session, sql: &str) -> f64 {
    let cx = cx();
    nanoseconds_each(STATEMENTS, || {
        runtime.block_on(async {
            for number in 1..=STATEMENTS {
                let row = session.query(&cx, sql).bind(key(number)).one().await.expect("a row");
                let number: i64 = row.get(0).expect("a number");
                let name: String = row.get(1).expect("a name");
                black_box((number, name));
            }
        });
    })
}

/// The keys that the rounds ask for, all over the table.
pub(crate) fn key(number: u32) -> i64 {
    i64::from(number) * i64::from(ROWS / STATEMENTS)
}

/// All rows of an answer, each read by that.
pub(crate) fn rows(runtime: &Runtime, session: &mut Session, sql: &str, read: impl Fn(&dyn Row)) -> f64 {
    let cx = cx();
    nanoseconds_each(ROWS, || {
        runtime.block_on(async {
            let mut rows = session.query(&cx, sql).protocol(Protocol::Prepared).await.expect("an answer");
            let mut count = 0;
            while let Some(row) = rows.next().await.expect("a row") {
                read(row);
                count += 1;
            }
            assert_eq!(count, ROWS, "all rows");
        });
    })
}

/// A number, a text, a date with its time, an exact number.
pub(crate) fn read(row: &dyn Row) {
    let number: i64 = row.get(0).expect("a number");
    let name: String = row.get(1).expect("a name");
    let at: DateTime = row.get(2).expect("a time");
    let price: Decimal = row.get(3).expect("a price");
    black_box((number, name, at, price));
}

/// The same where all but the number is text.
pub(crate) fn read_text(row: &dyn Row) {
    let number: i64 = row.get(0).expect("a number");
    let name: String = row.get(1).expect("a name");
    let at: String = row.get(2).expect("a time");
    let price: String = row.get(3).expect("a price");
    black_box((number, name, at, price));
}
