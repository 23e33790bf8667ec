use crate::stage::{connect, cx, number, run, server, session, target};
use purlin_core::{Cx, ErrorKind, Outcome};
use purlin_db::{Limits, Session, Value};
use purlin_testkit::{Accept, Fault, FaultProxy, MariaDb, count};
use std::time::Duration;

/// Longer than the login and short enough that a stall is soon over.
fn limits() -> Limits {
    Limits::new().connect(Duration::from_secs(5)).cancel(Duration::from_millis(500))
}

async fn through(server: &MariaDb, proxy: &FaultProxy) -> purlin_core::Result<Session> {
    let connector = crate::stage::connector(&target(server, proxy.address()));
    Session::connect_within(&Cx::background(), &*connector, &connector.endpoints()[0], limits()).await
}

/// Bytes that the server sends until a session is there, and until it has answered this.
async fn lengths(server: &MariaDb, sql: &str) -> (u64, u64) {
    let proxy = FaultProxy::start(server.address()).unwrap();
    let mut session = connect(&target(server, proxy.address())).await.unwrap();
    let login = sent(&proxy);
    session.query(&cx(), sql).all().await.unwrap();
    (login, sent(&proxy))
}

/// Bytes that the server has sent so far. What was passed on is counted afterwards: once the proxy's thread has
/// answered, it has been.
fn sent(proxy: &FaultProxy) -> u64 {
    proxy.accept(Accept::Forward).unwrap();
    proxy.counters().to_client.bytes
}

#[tokio::test]
async fn a_login_that_is_cut_off_anywhere_is_an_error_and_was_not_sent() {
    let Some(server) = server() else { return };
    let (login, _) = lengths(&server, "SELECT 1").await;
    for offset in (0..login).step_by(count(7, 1)) {
        for fault in [Fault::cut(), Fault::reset()] {
            let proxy = FaultProxy::start(server.address()).unwrap();
            proxy.to_client([fault.at(offset)]);
            let error = through(&server, &proxy).await.unwrap_err();
            assert_eq!(error.outcome(), Outcome::NotSent, "{offset}: {error}");
            assert!(error.endpoint().is_some() && error.operation().is_some(), "{offset}: {error}");
            let kind = error.kind();
            assert!(matches!(kind, ErrorKind::Unavailable | ErrorKind::Protocol), "{offset}: {error:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_off_anywhere_is_an_error() {
    let Some(server) = server() else { return };
    let sql = "SELECT seq, REPEAT('x', seq) FROM seq_1_to_20";
    let (login, end) = lengths(&server, sql).await;
    // The numbers of later sessions have more digits, which makes a login some bytes longer.
    for offset in (login + 4..end).step_by(count(29, 1)) {
        let proxy = FaultProxy::start(server.address()).unwrap();
        proxy.to_client([Fault::cut().at(offset)]);
        let mut session = through(&server, &proxy).await.unwrap();
        let error = session.query(&cx(), sql).all().await.unwrap_err();
        assert!(error.endpoint().is_some());
        assert_eq!(error.outcome(), Outcome::Maybe, "{offset}: {error}");
        let next = session.query(&cx(), "SELECT 42").all().await.unwrap_err();
        assert_eq!((next.kind(), next.outcome()), (ErrorKind::Unavailable, Outcome::NotSent));
    }
}

#[tokio::test]
async fn garbage_is_an_error_and_no_panic_gets_out() {
    let Some(server) = server() else { return };
    let (login, _) = lengths(&server, "SELECT 1").await;
    for seed in 0..count(60, 2000) {
        let offset = seed * 7 % (login + 60);
        let proxy = FaultProxy::start(server.address()).unwrap();
        proxy.to_client([Fault::garbage().at(offset).seed(seed)]);
        let limits = Limits::new().connect(Duration::from_millis(300)).cancel(Duration::from_millis(100));
        let connector = crate::stage::connector(&target(&server, proxy.address()));
        let endpoint = &connector.endpoints()[0];
        let background = Cx::background().with_timeout(Duration::from_millis(300));
        let Ok(mut session) = Session::connect_within(&background, &*connector, endpoint, limits).await
        else {
            continue;
        };
        let short = Cx::background().with_timeout(Duration::from_millis(300));
        let answer = session.query(&short, "SELECT seq, 'text' FROM seq_1_to_9").all().await;
        let Ok(rows) = answer else { continue };
        // Where all of it was there before the garbage began, it is right.
        assert!(offset >= login && rows.len() == 9, "{seed}: {rows:?}");
        for (row, seq) in rows.iter().zip(1..) {
            assert_eq!(row.values(), [Value::I64(seq), Value::Text("text".to_owned())], "{seed}");
        }
    }
}

#[tokio::test]
async fn small_pieces_make_no_difference() {
    let Some(server) = server() else { return };
    let proxy = FaultProxy::start(server.address()).unwrap();
    proxy.to_client([Fault::pieces(3)]);
    let mut session = connect(&target(&server, proxy.address())).await.unwrap();
    let rows = session.query(&cx(), "SELECT seq, REPEAT('x', seq) FROM seq_1_to_200").all().await.unwrap();
    assert_eq!(rows.len(), 200);
    for (row, seq) in rows.iter().zip(1..) {
        let text = "x".repeat(usize::try_from(seq).unwrap());
        assert_eq!(row.values(), [Value::I64(seq), Value::Text(text)]);
    }
}

#[tokio::test]
async fn a_commit_without_an_answer_is_in_doubt() {
    let Some(server) = server() else { return };
    let mut observer = session(&server).await;
    run(&mut observer, "CREATE TABLE t (n INT)").await;
    for fault in [Fault::cut(), Fault::reset(), Fault::stall()] {
        run(&mut observer, "DELETE FROM t").await;
        let proxy = FaultProxy::start(server.address()).unwrap();
        let mut session = through(&server, &proxy).await.unwrap();
        let mut transaction = session.begin(&cx()).await.unwrap();
        run(&mut transaction, "INSERT INTO t VALUES (1)").await;
        let so_far = settled(&proxy).await;
        // A byte of the answer comes; at no byte the fault would act before the commit has left.
        proxy.to_client([fault.at(so_far + 1)]);
        let short = Cx::background().with_timeout(Duration::from_secs(5));
        let error = transaction.commit(&short).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Maybe, "{error}");
        drop(session);
        // It had come, and only its answer was lost.
        crate::stage::eventually(&mut observer, "SELECT COUNT(*) FROM t", 1).await;
    }
    assert_eq!(number(&mut observer, "SELECT 42").await, 42);
}

/// What the server has sent, once the proxy has counted all of it.
async fn settled(proxy: &FaultProxy) -> u64 {
    loop {
        let before = proxy.counters().to_client.bytes;
        cx().sleep(Duration::from_millis(20)).await.unwrap();
        if proxy.counters().to_client.bytes == before {
            return before;
        }
    }
}
