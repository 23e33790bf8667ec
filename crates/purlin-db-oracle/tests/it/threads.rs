//! What sessions leave behind: nothing.

use crate::peer::{Act, Peer, accept, refuse_with};
use crate::stage::{all_threads_end, connector, cx, mirror, target};
use purlin_core::{Cx, Endpoint, ErrorKind, Outcome};
use purlin_db::{Connector as _, Session, SessionState};
use purlin_db_oracle::OracleConnector;
use purlin_testkit::{Leaks, ReservedPort, count};
use std::time::Duration;
use tokio::task::JoinSet;

/// Threads, sockets and tasks that are about to end get time for it, on a machine with much else to do too.
fn leaks() -> Leaks {
    Leaks::start().unwrap().memory(16 << 20).within(Duration::from_secs(20))
}

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
    let kinds = [ErrorKind::Refused, ErrorKind::NotFound, ErrorKind::Timeout, ErrorKind::Protocol];
    let connect = async |which: usize| {
        let limit = if which == 2 { Duration::from_millis(20) } else { Duration::from_secs(20) };
        let cx = Cx::background().with_timeout(limit);
        let endpoint = connectors[which].endpoints()[0].clone();
        let error = Session::connect(&cx, &connectors[which], &endpoint).await.unwrap_err();
        assert_eq!(error.kind(), kinds[which], "{error:#}");
    };
    for which in 0..4 {
        connect(which).await;
    }
    let leaks = leaks();
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

/// Half of them keep silent from the beginning, half once the driver is at work on its thread.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn twenty_silent_servers_tried_again_and_again_leave_nothing_behind() {
    let mut servers = Vec::new();
    for at in 0..20 {
        let accepted = [Act::Hear, Act::Say(accept(319, 0)), Act::Wait];
        let acts = if at % 2 == 0 { vec![Act::Hear, Act::Wait] } else { accepted.to_vec() };
        let server = Peer::start([acts]).await;
        servers.push((connector(&target(server.address)), server));
    }
    let round = async || {
        let mut tasks = JoinSet::new();
        for (connector, _) in &servers {
            let connector = connector.clone();
            tasks.spawn(async move {
                let cx = Cx::background().with_timeout(Duration::from_millis(100));
                let endpoint = connector.endpoints()[0].clone();
                Session::connect(&cx, &connector, &endpoint).await.unwrap_err().kind()
            });
        }
        assert_eq!(tasks.join_all().await, [ErrorKind::Timeout; 20]);
    };
    round().await;
    let leaks = leaks();
    for _ in 0..count(30, 600) {
        round().await;
    }
    leaks.check().unwrap();
    for (connector, _) in &servers {
        all_threads_end(connector).await;
        assert_eq!(connector.stats().given_up, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_thousand_sessions_leave_nothing_behind() {
    let Some(mirror) = mirror() else { return };
    let connector = connector(&target(mirror.address()));
    let endpoint = connector.endpoints()[0].clone();
    let round = async |round: usize| {
        let mut tasks = JoinSet::new();
        for at in 0..AT_ONCE {
            tasks.spawn(one_session(connector.clone(), endpoint.clone(), round + at));
        }
        tasks.join_all().await;
    };
    for warming in 0..3 {
        round(warming).await;
    }
    let leaks = leaks();
    for at in 0..count(1_000, 10_000) / AT_ONCE {
        round(at).await;
    }
    leaks.check().unwrap();
    all_threads_end(&connector).await;
    assert_eq!(connector.stats().given_up, 0);
}

/// The server counts passwords' keys for as long as the driver does.
const AT_ONCE: usize = 4;

/// Ends by a good-bye, by being dropped, or in the midst of a statement.
async fn one_session(connector: OracleConnector, endpoint: Endpoint, way: usize) {
    let mut session = Session::connect(&cx(), &connector, &endpoint).await.unwrap();
    let one: i64 = session.query(&cx(), "SELECT 1 FROM dual").value().await.unwrap();
    assert_eq!(one, 1);
    match way % 3 {
        0 => session.close(&cx()).await.unwrap(),
        1 => drop(session),
        _ => {
            let short = Cx::background().with_timeout(Duration::from_millis(1));
            let nap = session.execute(&short, "BEGIN DBMS_SESSION.SLEEP(0.05); END;").await;
            nap.unwrap_err();
        }
    }
}

/// What there is in place of a cancellation: the connection is closed, and the server notices when it next looks.
#[tokio::test]
async fn a_statement_at_its_deadline_ends_its_thread_at_once() {
    let Some(mirror) = mirror() else { return };
    let connector = connector(&target(mirror.address()));
    let endpoint = connector.endpoints()[0].clone();
    let mut observer = Session::connect(&cx(), &connector, &endpoint).await.unwrap();
    let mut session = Session::connect(&cx(), &connector, &endpoint).await.unwrap();
    let short = Cx::background().with_timeout(Duration::from_millis(50));
    let error = session.execute(&short, "BEGIN DBMS_SESSION.SLEEP(3600); END;").await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Maybe), "{error:#}");
    assert_eq!(session.state(), SessionState::Closed);
    let error = session.query(&cx(), "SELECT 1 FROM dual").all().await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unavailable, Outcome::NotSent), "{error:#}");
    drop(session);
    // Its read ended with its connection, although the server says nothing for an hour: it still sleeps.
    let bounded = cx();
    while connector.stats().running > 1 || connector.stats().left > 0 {
        bounded.sleep(Duration::from_millis(1)).await.unwrap();
    }
    let there: i64 = observer.query(&cx(), "SELECT COUNT(*) FROM v$session").value().await.unwrap();
    assert_eq!(there, 2);
}
