//! What is left of connections: nothing.

use crate::server::{connect, number, session, target};
use crate::tds::tokens::{done, error};
use crate::tds::{Fake, Login};
use purlin_core::ErrorKind;
use purlin_testkit::{Leaks, ReservedPort, count};
use std::time::Duration;

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
