//! What is left of connections: nothing.

use crate::server::{connect, number, session, target};
use crate::tds::tokens::{done, error};
use crate::tds::{Fake, Login};
use purlin_core::{Cx, ErrorKind};
use purlin_db::{Connector, Session};
use purlin_db_mssql::MssqlConnector;
use purlin_testkit::{Leaks, ReservedPort, count};
use std::net::TcpListener;
use std::time::Duration;
use tokio::task::JoinSet;

/// Memory, threads and descriptors settle in the first rounds.
const FIRST: usize = 100;
/// Allocators keep some of what was freed, for each thread of the server in this process; a connection has buffers of 64
/// KiB, so what is left of each would be three times this.
const MEMORY: u64 = 24 << 20;
/// So many descriptors of the server's files do not count: one for each connection would be a thousand.
const SPARE: usize = 8;

#[tokio::test]
async fn nothing_is_left_of_a_thousand_connects_that_fail_and_a_thousand_that_go_well() {
    let refusal = [error(18_456, 1, 14, "Login failed for user 'app'."), done(2, 0, 0)].concat();
    let refusing = Fake::start().unwrap().forgetful().login(Login::Say(refusal));
    let good = Fake::start().unwrap().forgetful();
    let closed = ReservedPort::new().unwrap();
    let mut leaks = None;
    // The server is in this process too, and its SQLite keeps a file open for a while that was closed while another
    // connection had a lock on it. So a few descriptors more than at first are none of a connection.
    let spare: Vec<_> = (0..SPARE).map(|_| std::fs::File::open("/dev/null").unwrap()).collect();
    let rounds = count(1000, 10_000);
    for round in 0..FIRST + rounds {
        if round == FIRST {
            leaks = Some(Leaks::start().unwrap());
        }
        let (address, kind) = match round % 2 {
            0 => (refusing.address(), ErrorKind::Unauthenticated),
            _ => (closed.address(), ErrorKind::Refused),
        };
        assert_eq!(connect(&target(address)).await.unwrap_err().kind(), kind);
        let mut session = session(&good).await;
        assert_eq!(number(&mut session, 7).await, 7);
        match round % 2 {
            0 => drop(session),
            _ => session.close(&crate::server::cx()).await.unwrap(),
        }
    }
    assert_eq!(good.connections(), FIRST + rounds);
    drop(spare);
    leaks.unwrap().memory(MEMORY).within(Duration::from_secs(20)).check().unwrap();
}

/// Half of them accept and say nothing, half keep silent once they have got the login.
#[tokio::test]
async fn twenty_silent_servers_tried_again_and_again_leave_nothing_behind() {
    let mute: Vec<_> = (0..10).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let silent: Vec<_> = (0..10).map(|_| Fake::start().unwrap().forgetful().login(Login::Silence)).collect();
    let mute_ones = mute.iter().map(|listener| listener.local_addr().unwrap());
    let targets: Vec<_> = mute_ones.chain(silent.iter().map(Fake::address)).map(target).collect();
    let round = async || {
        let mut tasks = JoinSet::new();
        for target in &targets {
            let connector = MssqlConnector::new(target).unwrap();
            tasks.spawn(async move {
                let cx = Cx::background().with_timeout(Duration::from_millis(100));
                Session::connect(&cx, &connector, &connector.endpoints()[0]).await.unwrap_err().kind()
            });
        }
        assert_eq!(tasks.join_all().await, [ErrorKind::Timeout; 20]);
    };
    round().await;
    let leaks = Leaks::start().unwrap().memory(MEMORY).within(Duration::from_secs(20));
    for _ in 0..count(30, 600) {
        round().await;
    }
    leaks.check().unwrap();
}
