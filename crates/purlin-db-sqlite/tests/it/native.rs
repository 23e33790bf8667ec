use crate::support::{FOR_EVER, cx, memory, run, value};
use purlin_core::{Cx, ErrorKind};
use purlin_db::{SessionState, Value};
use purlin_db_sqlite::Native;
use std::time::Duration;

#[tokio::test]
async fn rusqlite_is_reached_on_its_thread() {
    let mut session = memory().await;
    run(&mut session, "CREATE TABLE t (a)").await;
    let native = session.native().downcast_mut::<Native>().unwrap();
    let name = native.call(|sqlite| {
        sqlite.execute("INSERT INTO t VALUES (1)", []).unwrap();
        std::thread::current().name().map(str::to_owned)
    });
    assert_eq!(name.await.unwrap().as_deref(), Some("purlin-sqlite"));
    assert_eq!(value(&mut session, "SELECT count(*) FROM t").await, Value::I64(1));
}

#[tokio::test]
async fn a_dropped_native_call_is_interrupted() {
    let mut session = memory().await;
    let native = session.native().downcast_mut::<Native>().unwrap();
    let call = native.call(|sqlite| sqlite.query_row(FOR_EVER, [], |row| row.get::<_, i64>(0)));
    let short = Cx::background().with_timeout(Duration::from_millis(50));
    let error = short.run("test", call).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(value(&mut session, "SELECT 7").await, Value::I64(7));
}

#[tokio::test]
async fn a_panic_on_the_thread_is_an_error_of_ours_and_ends_the_session() {
    let mut session = memory().await;
    let native = session.native().downcast_mut::<Native>().unwrap();
    let error = native.call(|_| -> () { panic!("on purpose") }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(error.message().contains("on purpose"), "{error}");
    let error = session.query(&cx(), "SELECT 1").one().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert_eq!(session.state(), SessionState::Closed);
}
