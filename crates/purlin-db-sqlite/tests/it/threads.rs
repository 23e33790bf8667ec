use crate::support::{FOR_EVER, Scratch, connect, cx, run};
use purlin_db::Session;
use purlin_db_sqlite::Settings;
use purlin_testkit::Leaks;
use std::future::{Future, IntoFuture};
use std::pin::pin;
use std::task::{Context, Waker};

/// A session whose thread works at something without an end.
async fn busy(settings: Settings) -> Session {
    let mut session = connect(settings).await.unwrap();
    let cx = cx();
    {
        let mut call = pin!(session.query(&cx, FOR_EVER).into_future());
        assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        // The future is forgotten half way: the session alone has to end what it began.
    }
    session
}

#[tokio::test]
async fn no_thread_and_no_descriptor_outlives_its_session() {
    let scratch = Scratch::new();
    let mut first = scratch.session().await;
    run(&mut first, "CREATE TABLE t (a); INSERT INTO t VALUES (1)").await;
    first.close(&cx()).await.unwrap();
    let leaks = Leaks::start().unwrap();
    for round in 0..40 {
        let mut session = scratch.session().await;
        let cx = cx();
        match round % 5 {
            0 => session.close(&cx).await.unwrap(),
            1 => drop(session),
            2 => {
                let mut rows = session
                    .query(
                        &cx,
                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
                    )
                    .await
                    .unwrap();
                assert!(rows.next().await.unwrap().is_some());
            }
            3 => drop(busy(scratch.settings()).await),
            _ => {
                // In the middle of a statement, and of opening.
                drop(session);
                let connector = purlin_db_sqlite::SqliteConnector::new(scratch.settings()).unwrap();
                let endpoint = purlin_core::Endpoint::file(scratch.path());
                let mut opening = pin!(Session::connect(&cx, &connector, &endpoint));
                let _ = opening.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            }
        }
    }
    leaks.check().unwrap();
}

#[tokio::test]
async fn a_session_outlives_the_runtime_that_made_it() {
    let made = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(crate::support::memory())
    });
    let mut session = made.join().unwrap();
    run(&mut session, "SELECT 1").await;
}
