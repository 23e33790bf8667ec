//! What sessions leave behind: nothing.

use crate::peer::{Act, Peer, accept, refuse_with};
use crate::stage::{all_threads_end, connector, cx, mirror, target};
use purlin_core::Cx;
use purlin_db::{Connector as _, Session};
use purlin_testkit::{Leaks, ReservedPort, count};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_thousand_failed_connects_leave_nothing_behind() {
    let closed = ReservedPort::new().unwrap();
    let refusing = Peer::start([vec![Act::Hear, Act::Say(refuse_with("12514")), Act::Close]]).await;
    let silent = Peer::start([vec![Act::Hear, Act::Say(accept(319, 0)), Act::Wait]]).await;
    let panicking = Peer::start([vec![
        Act::Hear,
        Act::Say(accept(319, 0)),
        Act::Hear,
        Act::Say(vec![0; 64]),
        Act::Close,
    ]]);
    let panicking = panicking.await;
    let addresses = [closed.address(), refusing.address, silent.address, panicking.address];
    let connectors = addresses.map(|address| connector(&target(address)));
    let connect = async |which: usize| {
        let limit = if which == 2 { Duration::from_millis(20) } else { Duration::from_secs(20) };
        let cx = Cx::background().with_timeout(limit);
        let endpoint = connectors[which].endpoints()[0].clone();
        Session::connect(&cx, &connectors[which], &endpoint).await.unwrap_err()
    };
    for which in 0..4 {
        connect(which).await;
    }
    let leaks = Leaks::start().unwrap().memory(16 * 1024 * 1024);
    for _ in 0..count(1_000, 10_000) / 4 {
        for which in 0..4 {
            connect(which).await;
        }
    }
    leaks.check().unwrap();
    for connector in &connectors {
        all_threads_end(connector).await;
        assert_eq!(connector.stats().given_up, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_thousand_sessions_leave_nothing_behind() {
    let Some(mirror) = mirror() else { return };
    let connector = connector(&target(mirror.address()));
    let endpoint = connector.endpoints()[0].clone();
    let one = async |round: usize| {
        let mut session = Session::connect(&cx(), &connector, &endpoint).await.unwrap();
        let one: i64 = session.query(&cx(), "SELECT 1 FROM dual").value().await.unwrap();
        assert_eq!(one, 1);
        match round % 3 {
            0 => session.close(&cx()).await.unwrap(),
            1 => drop(session),
            _ => {
                let short = Cx::background().with_timeout(Duration::from_millis(1));
                let nap = session.execute(&short, "BEGIN DBMS_SESSION.SLEEP(0.05); END;").await;
                nap.unwrap_err();
            }
        }
    };
    for round in 0..3 {
        one(round).await;
    }
    let leaks = Leaks::start().unwrap().memory(16 * 1024 * 1024);
    for round in 0..count(1_000, 10_000) {
        one(round).await;
    }
    leaks.check().unwrap();
    all_threads_end(&connector).await;
    assert_eq!(connector.stats().given_up, 0);
}

#[tokio::test]
async fn a_statement_at_its_deadline_ends_its_thread_at_once() {
    let Some(mirror) = mirror() else { return };
    let connector = connector(&target(mirror.address()));
    let endpoint = connector.endpoints()[0].clone();
    let mut session = Session::connect(&cx(), &connector, &endpoint).await.unwrap();
    let short = Cx::background().with_timeout(Duration::from_millis(50));
    let error = session.execute(&short, "BEGIN DBMS_SESSION.SLEEP(3600); END;").await.unwrap_err();
    assert_eq!(error.kind(), purlin_core::ErrorKind::Timeout, "{error:#}");
    drop(session);
    // Its read ended with its connection: the server says nothing for an hour.
    all_threads_end(&connector).await;
}
