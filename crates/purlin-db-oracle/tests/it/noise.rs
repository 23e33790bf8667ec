//! Noise in place of an answer.

use crate::listener::{cx, probe, short};
use crate::peer::{Act, Peer};
use purlin_db_oracle::ListenerAnswer;

const SEEDS: u64 = 200;

/// Whatever the bytes are: an answer, and none that speaks well of the listener unless they are one.
async fn noise(size: usize) {
    for seed in 0..SEEDS {
        let mut dice = fastrand::Rng::with_seed(seed);
        let bytes: Vec<u8> = (0..size).map(|_| dice.u8(..)).collect();
        // Every fourth keeps the connection, and costs the deadline where the bytes could be the beginning of something.
        let (then, cx) = if seed % 4 == 0 { (Act::Wait, short()) } else { (Act::Close, cx()) };
        let peer = Peer::start([vec![Act::Hear, Act::Say(bytes), then]]).await;
        let report =
            probe(peer.address).ask(&cx).await.unwrap_or_else(|error| panic!("{size}, seed {seed}: {error}"));
        let fits = matches!(
            report.answer,
            ListenerAnswer::NotOracle
                | ListenerAnswer::Closed(_)
                | ListenerAnswer::Silent(_)
                | ListenerAnswer::Refused
        );
        assert!(fits, "{size}, seed {seed}: {} ({})", report.answer, report.message);
    }
}

#[tokio::test]
async fn nothing_at_all() {
    noise(0).await;
}

#[tokio::test]
async fn five_bytes() {
    noise(5).await;
}

#[tokio::test]
async fn six_bytes() {
    noise(6).await;
}

#[tokio::test]
async fn sixty_four_kibibytes() {
    noise(64 * 1024).await;
}
