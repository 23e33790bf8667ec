//! Futures dropped after every number of polls: the next answer is always that of the next statement.

use crate::server::{cx, eventually, runs, session, start};
use purlin_db::{Session, SessionState};
use std::future::{Future, IntoFuture, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// Polls that often at most; `true` when it ended by then.
async fn polled(future: impl Future, times: usize) -> bool {
    let mut future = pin!(future);
    let mut left = times;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        future.as_mut().poll(context).map(|_| true)
    })
    .await
}

async fn next_is_right(session: &mut Session, number: i64) {
    let answer = session.query(&cx(), "SELECT $1::int8").bind(number).value::<i64>().await;
    assert_eq!(answer.unwrap_or_else(|error| panic!("after {number} polls: {error}")), number);
    let answer = session.query(&cx(), format!("SELECT {number}::int8")).value::<i64>().await;
    assert_eq!(answer.unwrap(), number);
    let open = session.query(&cx(), "SELECT pg_current_xact_id_if_assigned()").one().await.unwrap();
    assert_eq!(open.into_values(), [purlin_db::Value::Null], "a transaction is open");
    assert_eq!(session.state(), SessionState::Idle);
}

/// More than any of the calls takes.
const POLLS: usize = 60;

#[tokio::test]
async fn a_dropped_query() {
    let Some(postgres) = start() else { return };
    let mut ended = false;
    for polls in 1..POLLS {
        let mut session = session(&postgres).await;
        // With a parameter that the server has to convert there are many waits.
        let cx = cx();
        let query = session.query(&cx, "SELECT -1::int8, pg_sleep(0.02), $1::inet").bind("10.0.0.1").all();
        ended = polled(query, polls).await;
        next_is_right(&mut session, i64::try_from(polls).unwrap()).await;
        if ended {
            break;
        }
    }
    assert!(ended);
}

#[tokio::test]
async fn a_dropped_stream() {
    let Some(postgres) = start() else { return };
    let mut session = session(&postgres).await;
    for rows_read in [0, 1, 300, 5000] {
        let cx = cx();
        let mut rows = session.query(&cx, "SELECT generate_series(1, 10000)").await.unwrap();
        for _ in 0..rows_read {
            rows.next().await.unwrap().unwrap();
        }
        drop(rows);
        next_is_right(&mut session, rows_read).await;
    }
}

#[tokio::test]
async fn a_dropped_begin_leaves_no_transaction() {
    let Some(postgres) = start() else { return };
    let mut ended = false;
    for polls in 1..POLLS {
        let mut session = session(&postgres).await;
        let cx = cx();
        ended = polled(session.begin(&cx).into_future(), polls).await;
        next_is_right(&mut session, i64::try_from(polls).unwrap()).await;
        let idle = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'";
        assert_eq!(postgres.sql(idle).unwrap(), "0\n");
        if ended {
            break;
        }
    }
    assert!(ended);
}

#[tokio::test]
async fn a_dropped_commit_or_rollback_leaves_no_transaction() {
    let Some(postgres) = start() else { return };
    postgres.sql("CREATE TABLE map (id int)").unwrap();
    for commits in [true, false] {
        let mut ended = false;
        for polls in 1..POLLS {
            let mut session = session(&postgres).await;
            let cx = cx();
            let mut transaction = session.begin(&cx).await.unwrap();
            transaction.execute(&cx, "INSERT INTO map VALUES (1)").await.unwrap();
            ended = match commits {
                true => polled(transaction.commit(&cx), polls).await,
                false => polled(transaction.rollback(&cx), polls).await,
            };
            next_is_right(&mut session, i64::try_from(polls).unwrap()).await;
            if ended {
                break;
            }
        }
        assert!(ended);
    }
}

#[tokio::test]
async fn a_dropped_statement_is_stopped_by_the_next_call() {
    let Some(postgres) = start() else { return };
    let mut session = session(&postgres).await;
    let cx = cx();
    tokio::select! {
        ended = session.execute(&cx, "SELECT pg_sleep(3600)").into_future() => panic!("{ended:?}"),
        () = eventually("it sleeps", || runs(&postgres, "pg_sleep(3600)")) => {}
    }
    assert_eq!(session.state(), SessionState::Interrupted);
    next_is_right(&mut session, 42).await;
    eventually("it is gone", || !runs(&postgres, "pg_sleep(3600)")).await;
}
