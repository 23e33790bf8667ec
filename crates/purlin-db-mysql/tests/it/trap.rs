//! Why a connection of the raw driver is never used again after a call on it was dropped.

use crate::stage::{cx, number, server, session};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder};
use purlin_core::{Cx, ErrorKind};
use purlin_db::SessionState;
use purlin_db_mysql::mysql_async;
use purlin_testkit::MariaDb;
use std::time::Duration;

const SLOW: &str = "SELECT 7777 + SLEEP(0.3)";

async fn raw(server: &MariaDb) -> Conn {
    let opts = OptsBuilder::default()
        .ip_or_hostname("127.0.0.1")
        .tcp_port(server.address().port())
        .prefer_socket(false)
        .user(Some("app"))
        .pass(Some(server.password()));
    Conn::new(opts).await.unwrap()
}

#[tokio::test]
async fn the_raw_driver_gives_another_statements_answer() {
    let Some(server) = server() else { return };
    let mut conn = raw(&server).await;
    let asked = tokio::time::timeout(Duration::from_millis(50), conn.query_first::<i64, _>(SLOW)).await;
    assert!(asked.is_err());
    // When this fails the raw driver has been mended, and the session's caution can be looked at anew.
    assert_eq!(conn.query_first::<i64, _>("SELECT 42").await.unwrap(), Some(7777));
}

#[tokio::test]
async fn a_session_does_not() {
    let Some(server) = server() else { return };
    let mut session = session(&server).await;
    for sql in [SLOW, "SELECT 7777 + SLEEP(?)"] {
        let background = Cx::background();
        let query = session.query(&background, sql);
        let query = if sql.contains('?') { query.bind("0.3") } else { query };
        let dropped = tokio::time::timeout(Duration::from_millis(50), query.value::<i64>()).await;
        assert!(dropped.is_err());
        assert_eq!(session.state(), SessionState::Interrupted);
        assert_eq!(number(&mut session, "SELECT 42").await, 42);
        assert_eq!(number(&mut session, "SELECT 43").await, 43);
    }
}

#[tokio::test]
async fn dropped_at_each_step_of_its_way() {
    let Some(server) = server() else { return };
    let mut session = session(&server).await;
    for polls in 0..12 {
        let background = cx();
        let mut query = Box::pin(session.query(&background, "SELECT 7777 FROM seq_1_to_3000").all());
        for _ in 0..polls {
            if crate::trap::once(query.as_mut()).await {
                break;
            }
        }
        drop(query);
        assert_eq!(number(&mut session, "SELECT 42").await, 42, "after {polls} polls");
    }
}

/// Polls once, and lets the runtime look for what has come.
async fn once<F: Future>(mut future: std::pin::Pin<&mut F>) -> bool {
    let ready =
        std::future::poll_fn(|context| std::task::Poll::Ready(future.as_mut().poll(context).is_ready()));
    let ready = ready.await;
    tokio::task::yield_now().await;
    ready
}

#[tokio::test]
async fn the_rest_of_an_answer_is_passed_over() {
    let Some(server) = server() else { return };
    let mut session = session(&server).await;
    for sql in ["SELECT seq, REPEAT('x', 100) FROM seq_1_to_10", "SELECT seq FROM seq_1_to_1000000000"] {
        let deadline = cx();
        let mut rows = session.query(&deadline, sql).await.unwrap();
        assert!(rows.next().await.unwrap().is_some());
        drop(rows);
        assert_eq!(session.state(), SessionState::Unsettled);
        assert_eq!(number(&mut session, "SELECT 42").await, 42);
    }
}

/// The signal has reached all threads (proc(5)).
fn stands_still(pid: u32) -> bool {
    std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().all(|task| {
        let stat = std::fs::read_to_string(task.unwrap().path().join("stat")).unwrap();
        stat.rsplit_once(") ").unwrap().1.starts_with('T')
    })
}

#[tokio::test]
async fn a_server_that_stands_still_is_given_up() {
    let Some(server) = server() else { return };
    let mut session = session(&server).await;
    server.server().pause().unwrap();
    while !stands_still(server.server().pid().unwrap()) {
        cx().sleep(Duration::from_millis(5)).await.unwrap();
    }
    let short = Cx::background().with_timeout(Duration::from_millis(50));
    let error = session.query(&short, "SELECT 1").all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(session.query(&cx(), "SELECT 42").all().await.unwrap_err().kind(), ErrorKind::Unavailable);
    server.server().resume().unwrap();
}
