//! Why a connection of the raw driver is never used again after a call on it was dropped.

use crate::stage::{admin, cx, eventually, number, patient, run, server, session};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder};
use purlin_core::{Cx, ErrorKind};
use purlin_db::SessionState;
use purlin_db_mysql::mysql_async;
use purlin_testkit::MariaDb;
use std::time::Duration;

const SLOW: &str = "SELECT 7777 + SLEEP(60)";
/// Statements of others that sleep.
const RUNNING: &str = "SELECT COUNT(*) FROM information_schema.processlist WHERE state = 'User sleep'";

async fn raw(server: &MariaDb) -> Conn {
    let opts = OptsBuilder::default()
        .ip_or_hostname("127.0.0.1")
        .tcp_port(server.address().port())
        .prefer_socket(false)
        .user(Some("app"))
        .pass(Some(server.password().expose()));
    Conn::new(opts).await.unwrap()
}

#[tokio::test]
async fn the_raw_driver_gives_another_statements_answer() {
    let Some(server) = server() else { return };
    let (mut conn, mut observer) = (raw(&server).await, admin(&server).await);
    let waiting = "SELECT COUNT(*) FROM information_schema.processlist WHERE state = 'User lock'";
    run(&mut observer, "DO GET_LOCK('gate', 0)").await;
    tokio::select! {
        _ = conn.query_first::<i64, _>("SELECT 7777 + GET_LOCK('gate', 60)") => panic!("it cannot have ended"),
        () = eventually(&mut observer, waiting, 1) => {}
    }
    run(&mut observer, "DO RELEASE_LOCK('gate')").await;
    // When this fails the raw driver has been mended, and the session's caution can be looked at anew.
    assert_eq!(conn.query_first::<i64, _>("SELECT 42").await.unwrap(), Some(7778));
}

#[tokio::test]
async fn a_session_does_not() {
    let Some(server) = server() else { return };
    let (mut session, mut observer) = (session(&server).await, admin(&server).await);
    for sql in [SLOW, "SELECT 7777 + SLEEP(?)"] {
        let background = Cx::background();
        let query = session.query(&background, sql);
        let query = if sql.contains('?') { query.bind(60_i64) } else { query };
        tokio::select! {
            _ = query.value::<i64>() => panic!("it cannot have ended"),
            () = eventually(&mut observer, RUNNING, 1) => {}
        }
        assert_eq!(session.state(), SessionState::Interrupted);
        assert_eq!(number(&mut session, "SELECT 42").await, 42);
        assert_eq!(number(&mut session, "SELECT 43").await, 43);
        eventually(&mut observer, RUNNING, 0).await;
    }
}

#[tokio::test]
async fn dropped_at_each_step_of_its_way() {
    let Some(server) = server() else { return };
    let mut session = session(&server).await;
    // On and on, until one comes to its end: no step of its way is left out.
    for polls in 0.. {
        let background = cx();
        let ended = polled(session.query(&background, "SELECT 7777 FROM seq_1_to_3000").all(), polls).await;
        assert_eq!(number(&mut session, "SELECT 42").await, 42, "after {polls} polls");
        if ended {
            break;
        }
    }
}

#[tokio::test]
async fn a_transaction_that_is_dropped_at_each_step_of_its_beginning_and_end() {
    let Some(server) = server() else { return };
    let mut session = session(&server).await;
    run(&mut session, "CREATE TABLE t (n BIGINT)").await;
    for polls in 0.. {
        let background = cx();
        let began = polled(session.begin(&background).into_future(), polls).await;
        // Within a transaction that nobody ends this would be undone with it.
        run(&mut session, "INSERT INTO t VALUES (-1)").await;
        let mut transaction = session.begin(&background).await.unwrap();
        run(&mut transaction, &format!("INSERT INTO t VALUES ({polls})")).await;
        let committed = polled(transaction.commit(&background), polls).await;
        let found = number(&mut session, &format!("SELECT COUNT(*) FROM t WHERE n = {polls}")).await;
        assert!(if committed { found == 1 } else { found <= 1 }, "after {polls} polls");
        let others = number(&mut session, "SELECT COUNT(*) FROM t WHERE n = -1").await;
        assert_eq!(others, polls + 1, "after {polls} polls");
        assert_eq!(number(&mut session, "SELECT @@in_transaction").await, 0);
        if began && committed {
            break;
        }
    }
}

/// Polls so often at most, then drops it; whether it has ended.
async fn polled<F: Future>(future: F, polls: i64) -> bool {
    let mut future = Box::pin(future);
    for _ in 0..polls {
        if once(future.as_mut()).await {
            return true;
        }
    }
    false
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
    let mut session = patient(&server).await;
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
