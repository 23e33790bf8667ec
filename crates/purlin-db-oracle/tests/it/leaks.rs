//! What a thousand questions leave behind: nothing.

use crate::listener::probe;
use crate::peer::{Act, Peer, accept, redirect, refuse_with};
use purlin_core::Cx;
use purlin_testkit::{Leaks, ReservedPort, count};
use std::time::Duration;
use tokio::task::JoinSet;

// The listeners run on the worker, so that they notice who has left while this thread waits for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_thousand_questions_to_who_is_silent_or_refuses_leave_nothing_behind() {
    let silent = Peer::start([vec![Act::Wait]]).await;
    let refusing = Peer::start([vec![Act::Hear, Act::Say(refuse_with("12514")), Act::Close]]).await;
    let node = Peer::start([vec![Act::Hear, Act::Say(accept(319, 0)), Act::Close]]).await;
    let scan = Peer::start([vec![Act::Hear, Act::Say(redirect(node.address, "tcp")), Act::Close]]).await;
    let closed = ReservedPort::new().unwrap();
    let addresses = [silent.address, refusing.address, scan.address, closed.address()];
    let rounds = count(1_000, 10_000) / addresses.len();
    // Once, so that what a runtime makes once is made.
    let ask = |address, limit| async move {
        let cx = Cx::background().with_timeout(Duration::from_millis(limit));
        probe(address).ask(&cx).await.unwrap().answer.as_str()
    };
    for address in addresses {
        ask(address, 50).await;
    }
    let leaks = Leaks::start().unwrap().memory(16 << 20).within(Duration::from_secs(20));
    for round in 0..rounds {
        let mut tasks = JoinSet::new();
        for (address, limit) in addresses.into_iter().zip([20, 20_000, 20_000, 20_000]) {
            tasks.spawn(ask(address, limit));
        }
        let mut answers = tasks.join_all().await;
        answers.sort_unstable();
        assert_eq!(answers, ["no_listener", "no_such_service", "silent", "up"], "round {round}");
    }
    leaks.check().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn twenty_silent_targets_asked_again_and_again_leave_nothing_behind() {
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(Peer::start([vec![Act::Hear, Act::Wait]]).await);
    }
    let round = async |addresses: &[Peer]| {
        let mut tasks = JoinSet::new();
        for peer in addresses {
            let probe = probe(peer.address);
            let cx = Cx::background().with_timeout(Duration::from_millis(100));
            tasks.spawn(async move { probe.ask(&cx).await.unwrap().answer.as_str() });
        }
        assert_eq!(tasks.join_all().await, ["silent"; 20]);
    };
    round(&silent).await;
    let leaks = Leaks::start().unwrap().memory(16 << 20).within(Duration::from_secs(20));
    for _ in 0..count(30, 600) {
        round(&silent).await;
    }
    leaks.check().unwrap();
}
