//! The timer that a session keeps from call to call: on the system's clock, in runtimes whose time is paused and passes
//! as soon as all wait for it.

use super::{database, secs};
use purlin_core::{Cx, ErrorKind};
use purlin_db::Session;
use purlin_db::fake::{FakeDatabase, Reply};
use tokio::runtime::{Builder, Runtime};

fn paused() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

fn slow(db: &FakeDatabase) {
    db.on("a second", Reply::rows(["n"], [[1_i64]]).after(secs(1)));
    db.on("ten seconds", Reply::rows(["n"], [[10_i64]]).after(secs(10)));
}

async fn ask(session: &mut Session, cx: &Cx, sql: &str) -> purlin_core::Result<i64> {
    session.query(cx, sql).value().await
}

#[test]
fn each_call_ends_at_its_own_deadline_whatever_that_of_the_one_before_was() {
    let db = database();
    slow(&db);
    paused().block_on(async {
        let cx = Cx::background();
        let mut session = db.session(&cx).await.unwrap();
        assert_eq!(ask(&mut session, &cx.with_timeout(secs(3600)), "a second").await.unwrap(), 1);
        let error = ask(&mut session, &cx.with_timeout(secs(2)), "ten seconds").await.unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Timeout, "no answer within 2s"));
        // The timer of this one goes off in the midst of the next.
        assert_eq!(ask(&mut session, &cx.with_timeout(secs(2)), "a second").await.unwrap(), 1);
        assert_eq!(ask(&mut session, &cx.with_timeout(secs(20)), "ten seconds").await.unwrap(), 10);
        let error = ask(&mut session, &cx, "sleep").await.unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Timeout, "no answer within 30s"));
    });
}

#[test]
fn a_session_has_its_deadlines_in_another_runtime_too() {
    let db = database();
    slow(&db);
    let cx = Cx::background();
    let (first, second) = (paused(), paused());
    let mut session = first.block_on(db.session(&cx)).unwrap();
    // Nobody drives the first runtime any more, whose timer this leaves.
    first.block_on(async { ask(&mut session, &cx.with_timeout(secs(2)), "a second").await }).unwrap();
    let error = second.block_on(async {
        let cx = cx.with_timeout(secs(5));
        ask(&mut session, &cx, "sleep").await.unwrap_err()
    });
    assert_eq!((error.kind(), error.message()), (ErrorKind::Timeout, "no answer within 5s"));
    drop(first);
    second.block_on(ask(&mut session, &cx, "ten seconds")).unwrap();
}

#[test]
fn a_caller_who_cancels_is_heard_before_the_deadline() {
    let db = database();
    let error = paused().block_on(async {
        let cx = Cx::background();
        let mut session = db.session(&cx).await.unwrap();
        let (call, canceller) = cx.with_timeout(secs(3600)).cancellable();
        let later = async {
            cx.sleep(secs(1)).await.unwrap();
            canceller.cancel();
        };
        tokio::join!(ask(&mut session, &call, "sleep"), later).0.unwrap_err()
    });
    assert_eq!((error.kind(), error.message()), (ErrorKind::Cancelled, "cancelled by the caller"));
}
