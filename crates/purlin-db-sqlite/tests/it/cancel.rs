use crate::support::{FOR_EVER, Scratch, cx, memory, run, value};
use purlin_core::{Cx, ErrorKind, Outcome};
use purlin_db::{SessionState, Value};
use std::future::{Future, IntoFuture, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

fn short() -> Cx {
    Cx::background().with_timeout(Duration::from_millis(50))
}

/// Polls a future so many times, then drops it.
async fn polled<F: Future>(future: F, times: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..times {
        let ready = poll_fn(|context| match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => Poll::Ready(None),
        });
        if let Some(output) = ready.await {
            return Some(output);
        }
        tokio::task::yield_now().await;
    }
    None
}

#[tokio::test]
async fn a_statement_without_an_end_is_stopped_at_the_deadline() {
    let mut session = memory().await;
    let error = session.query(&short(), FOR_EVER).one().await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Maybe), "{error}");
    assert_eq!(error.note(), Some("the statement was cancelled on the server"));
    assert_eq!(session.state(), SessionState::Unsettled);
    assert_eq!(value(&mut session, "SELECT 7").await, Value::I64(7));
    assert_eq!(session.state(), SessionState::Idle);
}

#[tokio::test]
async fn a_cancelled_call_ends_too() {
    let mut session = memory().await;
    let (cx, canceller) = cx().cancellable();
    let ask = session.query(&cx, FOR_EVER).one();
    let (answer, ()) = tokio::join!(ask, async {
        tokio::task::yield_now().await;
        canceller.cancel();
    });
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(value(&mut session, "SELECT 7").await, Value::I64(7));
}

#[tokio::test]
async fn a_dropped_call_is_stopped_and_its_row_is_nobodys() {
    let mut session = memory().await;
    let cx = cx();
    run(&mut session, "CREATE TABLE t (a)").await;
    for round in 0..200_i64 {
        let slow = format!("SELECT 'another''s', ({FOR_EVER} LIMIT 1)");
        let quick = "SELECT 'another''s'".to_owned();
        let many = "SELECT 'another''s' FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000) SELECT i FROM n)".to_owned();
        let sql = [slow, quick, many][usize::try_from(round % 3).unwrap()].clone();
        let call = session.query(&cx, sql.as_str()).into_future();
        drop(polled(call, 1 + usize::try_from(round % 4).unwrap()).await);
        let own: i64 = session.query(&cx, "SELECT ?1").bind(round).value().await.unwrap();
        assert_eq!(own, round);
    }
}

#[tokio::test]
async fn a_dropped_write_is_whole_or_undone() {
    let scratch = Scratch::new();
    let mut session = scratch.session().await;
    let cx = cx();
    run(&mut session, "CREATE TABLE t (a)").await;
    let mut expected = 0;
    for round in 0..30 {
        let sql = "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000) SELECT i FROM n";
        drop(polled(session.execute(&cx, sql).into_future(), 1 + round % 3).await);
        let Value::I64(count) = value(&mut session, "SELECT count(*) FROM t").await else {
            panic!("a number")
        };
        assert!(count == expected || count == expected + 3000, "{count} after {expected}");
        expected = count;
    }
}

#[tokio::test]
async fn dropped_begins_and_commits_leave_no_transaction_behind() {
    let scratch = Scratch::new();
    let mut session = scratch.session().await;
    let mut other = scratch.session().await;
    let cx = cx();
    run(&mut session, "CREATE TABLE t (a)").await;
    for times in 1..=4 {
        drop(polled(session.begin(&cx).into_future(), times).await);
        drop(polled(session.begin(&cx).read_only().into_future(), times).await);
        let mut transaction = session.begin(&cx).await.unwrap();
        run(&mut transaction, "INSERT INTO t VALUES (1)").await;
        drop(polled(transaction.commit(&cx), times).await);
        assert_eq!(value(&mut session, "SELECT 7").await, Value::I64(7));
        assert_eq!(session.state(), SessionState::Idle);
        // Nobody holds the lock, and nothing is read-only any more.
        run(&mut other, "INSERT INTO t VALUES (2)").await;
        run(&mut session, "INSERT INTO t VALUES (3)").await;
    }
}

#[tokio::test]
async fn a_write_that_is_stopped_takes_its_transaction_along() {
    let mut session = memory().await;
    let cx = cx();
    run(&mut session, "CREATE TABLE t (a)").await;
    let mut transaction = session.begin(&cx).await.unwrap();
    run(&mut transaction, "INSERT INTO t VALUES (1)").await;
    let error = transaction.execute(&short(), format!("INSERT INTO t {FOR_EVER}")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    let error = transaction.execute(&cx, "INSERT INTO t VALUES (2)").await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::NotSent), "{error}");
    drop(transaction);
    assert_eq!(value(&mut session, "SELECT count(*) FROM t").await, Value::I64(0));
}

#[tokio::test]
async fn rows_that_come_slowly_are_not_held_back() {
    let mut session = memory().await;
    let cx = cx();
    let sql = format!("SELECT 1 UNION ALL SELECT * FROM ({FOR_EVER})");
    let mut rows = session.query(&cx, sql.as_str()).await.unwrap();
    // The second row never comes.
    assert!(rows.next().await.unwrap().is_some());
    drop(rows);
    assert_eq!(value(&mut session, "SELECT 7").await, Value::I64(7));
}
