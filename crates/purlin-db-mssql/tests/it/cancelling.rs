//! Statements that are stopped, by a deadline or by dropping their future.

use crate::server::{cx, number, session, short};
use crate::tds::tokens::{self, INT, columns, done, int, ints, row};
use crate::tds::{ATTENTION, Fake, Step};
use purlin_core::{ErrorKind, Outcome};
use purlin_db::SessionState;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

fn head() -> Vec<u8> {
    [columns(&[("n", INT)]), row(&[&int(1)])].concat()
}

#[tokio::test]
async fn a_statement_at_its_deadline_is_cancelled_and_the_session_goes_on() {
    let fake = Fake::start().unwrap();
    fake.on("WAITFOR", [Step::AwaitAttention, Step::Send(done(tokens::ATTENTION, 0, 0))]);
    let mut session = session(&fake).await;
    let told = session.execute(&short(), "WAITFOR DELAY '01:00'").await.unwrap_err();
    assert_eq!((told.kind(), told.outcome()), (ErrorKind::Timeout, Outcome::Maybe), "{told}");
    assert!(told.note().unwrap().contains("cancelled on the server"), "{told}");
    assert_eq!(fake.count(ATTENTION), 1);
    assert_eq!(session.state(), SessionState::Unsettled);
    assert_eq!(number(&mut session, 7).await, 7);
    assert_eq!(number(&mut session, 8).await, 8);
    assert_eq!(fake.connections(), 1);
}

/// The race in which the driver alone gives SELECT 8 the answer of SELECT 7: the whole answer comes, and the server's
/// word that it has seen the cancellation in a message of its own.
#[tokio::test]
async fn a_cancellation_that_comes_too_late_shifts_no_answer() {
    let fake = Fake::start().unwrap();
    let late = [Step::AwaitAttention, Step::Send(ints([1])), Step::Send(done(tokens::ATTENTION, 0, 0))];
    fake.on("SLOW", late);
    let mut session = session(&fake).await;
    for round in 0..5 {
        let told = session.query(&short(), "SLOW").all().await.unwrap_err();
        assert_eq!(told.kind(), ErrorKind::Timeout, "{told}");
        for wanted in [7, 8, 9] {
            assert_eq!(number(&mut session, wanted).await, wanted, "round {round}");
        }
    }
    assert_eq!((fake.connections(), fake.count(ATTENTION)), (1, 5));
}

#[tokio::test]
async fn an_execution_that_was_faster_than_its_cancellation_counts() {
    let fake = Fake::start().unwrap();
    let changed = done(tokens::COUNT, tokens::INSERT, 3);
    fake.on("SLOW", [Step::AwaitAttention, Step::Send(changed), Step::Send(done(tokens::ATTENTION, 0, 0))]);
    let mut session = session(&fake).await;
    assert_eq!(session.execute(&short(), "SLOW").await.unwrap().affected, 3);
    assert_eq!(number(&mut session, 7).await, 7);
}

#[tokio::test]
async fn rows_that_stop_coming_are_cut_within_their_message() {
    let fake = Fake::start().unwrap();
    fake.on(
        "ROWS",
        [
            Step::Begin(head()),
            Step::AwaitAttention,
            Step::Send([row(&[&int(2)]), done(tokens::ATTENTION, 0, 0)].concat()),
        ],
    );
    let mut session = session(&fake).await;
    let cx = short();
    let mut rows = session.query(&cx, "ROWS").await.unwrap();
    assert_eq!(rows.next().await.unwrap().unwrap().get::<i64>(0).unwrap(), 1);
    let told = rows.next().await.map(drop).unwrap_err();
    assert_eq!(told.kind(), ErrorKind::Timeout, "{told}");
    drop(rows);
    assert_eq!(number(&mut session, 7).await, 7);
    assert_eq!(fake.connections(), 1);
}

/// Polls a future until it waits, and drops it.
async fn left<F: Future>(future: F, fake: &Fake, text: &str) {
    let mut future = pin!(future);
    while !fake.texts().iter().any(|seen| seen.contains(text)) {
        let polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Pending));
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_dropped_future_leaves_nothing_for_the_next_statement() {
    let fake = Fake::start().unwrap();
    fake.on("INLINE", [Step::AwaitAttention, Step::Send(done(tokens::ATTENTION, 0, 0))]);
    fake.on(
        "APART",
        [Step::AwaitAttention, Step::Send(ints([41, 42])), Step::Send(done(tokens::ATTENTION, 0, 0))],
    );
    fake.on(
        "HALF",
        [
            Step::Begin(head()),
            Step::AwaitAttention,
            Step::Send([row(&[&int(2)]), done(tokens::COUNT, tokens::SELECT, 2)].concat()),
            Step::Send(done(tokens::ATTENTION, 0, 0)),
        ],
    );
    let mut session = session(&fake).await;
    for text in ["INLINE", "APART", "HALF"] {
        let cx = cx();
        left(session.execute(&cx, text).into_future(), &fake, text).await;
        assert_eq!(session.state(), SessionState::Interrupted, "{text}");
        for wanted in [7, 8] {
            assert_eq!(number(&mut session, wanted).await, wanted, "{text}");
        }
    }
    assert_eq!((fake.connections(), fake.count(ATTENTION)), (1, 3));
}

#[tokio::test]
async fn rows_that_nobody_reads_are_passed_over_or_cancelled() {
    let fake = Fake::start().unwrap();
    fake.answer("MANY", ints(0..5000));
    let mut session = session(&fake).await;
    let cx = cx();
    let mut rows = session.query(&cx, "MANY").await.unwrap();
    rows.next().await.unwrap();
    drop(rows);
    assert_eq!(number(&mut session, 7).await, 7);
    assert_eq!(session.query(&cx, "MANY").all().await.unwrap().len(), 5000);
}

/// A server that neither answers nor sees the cancellation.
#[tokio::test]
async fn a_session_that_cannot_be_proven_is_not_used_again() {
    let fake = Fake::start().unwrap();
    fake.on("SLOW", [Step::AwaitAttention, Step::AwaitWord]);
    let connector = purlin_db_mssql::MssqlConnector::new(&crate::server::target(fake.address())).unwrap();
    let limits = purlin_db::Limits::new().cancel(std::time::Duration::from_millis(100));
    let endpoint = purlin_db::Connector::endpoints(&connector)[0].clone();
    let mut session = purlin_db::Session::connect_within(&cx(), &connector, &endpoint, limits).await.unwrap();
    let told = session.execute(&short(), "SLOW").await.unwrap_err();
    assert_eq!(told.kind(), ErrorKind::Timeout, "{told}");
    assert_eq!(session.state(), SessionState::Closed);
    let told = session.execute(&cx(), "SELECT 7").await.unwrap_err();
    assert_eq!((told.kind(), told.outcome()), (ErrorKind::Unavailable, Outcome::NotSent), "{told}");
    fake.word();
}
