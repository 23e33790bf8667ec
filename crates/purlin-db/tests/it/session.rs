//! The rules that a session keeps, over the fake.

mod alarm;
mod deadlines;
mod drops;
mod errors;
mod spans;
mod statements;
mod transactions;

use purlin_core::{Cx, SimClock};
use purlin_db::Session;
use purlin_db::fake::{FakeDatabase, Observed, Reply};
use std::future::{Future, IntoFuture};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// A database that knows a few statements.
pub(crate) fn database() -> FakeDatabase {
    let db = FakeDatabase::new();
    db.on("select 42", Reply::rows(["n"], [[42_i64]]))
        .on("select 7777", Reply::rows(["n"], [[7777_i64]]))
        .on("select many", Reply::rows(["n"], (0..6_i64).map(|n| [n])).in_packets_of(2))
        .on("insert 1", Reply::changed(1))
        .on("insert 2", Reply::changed(1))
        .on("insert 3", Reply::changed(3).inserted(9))
        .on("sleep", Reply::silence());
    db
}

/// A clock, and a call without a deadline on it.
pub(crate) fn sim() -> (SimClock, Cx) {
    let sim = SimClock::new();
    let cx = Cx::background().with_clock(sim.clone());
    (sim, cx)
}

pub(crate) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Runs to the end; nothing here waits for the outside world.
pub(crate) fn run<F: IntoFuture>(sim: &SimClock, future: F) -> F::Output {
    match poll_times(sim.drive(future.into_future()), 100_000) {
        Some(output) => output,
        None => panic!("it never ends"),
    }
}

/// Polls so many times, then drops; the output where it ended by then.
pub(crate) fn poll_times<F: Future>(future: F, times: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..times {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
    }
    None
}

pub(crate) fn connect(sim: &SimClock, cx: &Cx, db: &FakeDatabase) -> Session {
    run(sim, db.session(cx)).unwrap()
}

/// What was seen, without the sessions.
pub(crate) fn seen(db: &FakeDatabase) -> Vec<Observed> {
    db.log().into_iter().map(|entry| entry.what).collect()
}

pub(crate) fn ran(sql: &str) -> Observed {
    Observed::Ran(sql.to_owned())
}

/// The session gives its own answers.
pub(crate) fn answers(sim: &SimClock, cx: &Cx, session: &mut Session) {
    let answer: i64 = run(sim, session.query(cx, "select 42").value()).unwrap();
    assert_eq!(answer, 42);
}
