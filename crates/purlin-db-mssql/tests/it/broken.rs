//! Servers that talk nonsense: each ends in a typed error, and nothing waits or panics.

use crate::server::{connect, cx, session, target};
use crate::tds::tokens::{self, ints};
use crate::tds::{Fake, Login, Step};
use purlin_core::{Error, ErrorKind, Outcome};
use purlin_testkit::{Fault, FaultProxy};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};

/// Answers the first bytes of whoever comes with these, and hangs up.
fn answering(bytes: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let Ok((mut stream, _)) = listener.accept() else { return };
        let _ = stream.read(&mut [0; 256]);
        let _ = stream.write_all(&bytes);
    });
    address
}

fn random(size: usize, seed: u64) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(seed);
    (0..size).map(|_| random.u8(..)).collect()
}

const SIZES: [usize; 4] = [0, 5, 6, 64 << 10];

fn is_no_panic(told: &Error, size: usize, seed: u64) {
    let kinds = [ErrorKind::Protocol, ErrorKind::Unavailable];
    assert!(kinds.contains(&told.kind()), "{size} bytes, seed {seed}: {told:?}");
    assert!(!format!("{told:#}").contains("panick"), "{size} bytes, seed {seed}: {told:#}");
    assert!(told.operation().is_some(), "{size} bytes, seed {seed}: {told:?}");
}

#[tokio::test]
async fn random_bytes_for_a_greeting_are_no_server() {
    for size in SIZES {
        for seed in 0..200 {
            let told = connect(&target(answering(random(size, seed)))).await.unwrap_err();
            assert_eq!(told.outcome(), Outcome::NotSent, "{told}");
            is_no_panic(&told, size, seed);
        }
    }
}

#[tokio::test]
async fn random_bytes_for_an_answer_end_the_session() {
    let fake = Fake::start().unwrap().forgetful();
    for size in SIZES {
        for seed in 0..200 {
            fake.on("RANDOM", [Step::Raw(random(size, seed)), Step::Close]);
            let mut session = session(&fake).await;
            let told = session.query(&cx(), "RANDOM").all().await.unwrap_err();
            assert_eq!(told.outcome(), Outcome::Maybe, "{told}");
            is_no_panic(&told, size, seed);
            assert_eq!(session.state(), purlin_db::SessionState::Closed);
        }
    }
}

/// Whole packets of random tokens, for the login's answer and for a statement's.
#[tokio::test]
async fn random_tokens_are_a_protocol_error() {
    for seed in 0..100 {
        let mut random = fastrand::Rng::with_seed(seed);
        let bytes: Vec<u8> = (0..random.usize(1..600)).map(|_| random.u8(..)).collect();
        let fake = Fake::start().unwrap().login(Login::Say(bytes));
        let told = connect(&target(fake.address())).await.unwrap_err();
        assert_eq!(told.outcome(), Outcome::NotSent, "seed {seed}: {told}");
    }
    let fake = Fake::start().unwrap().forgetful();
    for seed in 0..purlin_testkit::count(200_u64, 5_000) {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut bytes = ints([1, 2, 3]);
        // A few of a good answer's bytes are others.
        for _ in 0..random.usize(1..6) {
            let at = random.usize(..bytes.len());
            bytes[at] = random.u8(..);
        }
        fake.on("RANDOM", [Step::Send(bytes), Step::Close]);
        let mut session = session(&fake).await;
        if let Err(told) = session.query(&cx(), "RANDOM").all().await {
            assert!(
                told.kind() != ErrorKind::Internal && told.operation().is_some(),
                "seed {seed}: {told:?}"
            );
        }
    }
}

/// One column of each shape, and a row.
fn every_shape() -> Vec<u8> {
    let collated =
        |token: u8, size: u16| [&[token][..], &size.to_le_bytes(), &[9, 4, 0xd0, 0, 0x34]].concat();
    let (nvarchar, large) = (collated(0xe7, 8000), collated(0xe7, 0xffff));
    let text = [&[0x23, 0xff, 0xff, 0xff, 0x7f, 9, 4, 0xd0, 0, 0x34][..], &[1], &tokens::long("t")].concat();
    let kinds: [(&[u8], Vec<u8>); 14] = [
        (&[0x6a, 17, 38, 4], [&[17, 1][..], &[7; 16]].concat()),
        (&[0x6e, 8], vec![8, 1, 0, 0, 0, 2, 0, 0, 0]),
        (&[0x28], vec![3, 0xb3, 0x47, 0x0b]),
        (&[0x29, 3], vec![4, 1, 2, 3, 0]),
        (&[0x2a, 7], vec![8, 1, 2, 3, 4, 5, 0xb3, 0x47, 0x0b]),
        (&[0x2b, 7], vec![10, 1, 2, 3, 4, 5, 0xb3, 0x47, 0x0b, 60, 0]),
        (&[0x6f, 8], vec![8, 1, 0, 0, 0, 1, 0, 0, 0]),
        (&[0x6d, 8], [&[8][..], &1.5_f64.to_le_bytes()].concat()),
        (&nvarchar, tokens::nvarchar("web01")),
        (&large, tokens::pieces(&tokens::wide("a large one"), 6)),
        (&text, [&[16][..], &[1; 24], &[3, 0, 0, 0], b"old"].concat()),
        (&[0xf1, 0], tokens::pieces(&tokens::wide("<a/>"), 4)),
        (&[0x62, 0x49, 0x1f, 0, 0], vec![6, 0, 0, 0, 0x38, 0, 7, 0, 0, 0]),
        (&[0x24, 16], [&[16][..], &[5; 16]].concat()),
    ];
    let columns: Vec<_> = kinds.iter().map(|(kind, _)| ("c", *kind)).collect();
    let values: Vec<_> = kinds.iter().map(|(_, value)| value.as_slice()).collect();
    let rows = [tokens::row(&values), tokens::row(&values)].concat();
    [tokens::columns(&columns), rows, tokens::done(tokens::COUNT, tokens::SELECT, 2)].concat()
}

/// Neither the driver nor purlin may fall over a good answer of which a few bytes are others.
#[tokio::test]
async fn bytes_that_are_changed_end_in_rows_or_an_error() {
    let fake = Fake::start().unwrap().forgetful();
    let good = every_shape();
    fake.answer("GOOD", good.clone());
    assert_eq!(session(&fake).await.query(&cx(), "GOOD").all().await.unwrap().len(), 2);
    let (mut rows, mut errors) = (0, 0);
    for seed in 0..purlin_testkit::count(600_u64, 10_000) {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut bytes = good.clone();
        for _ in 0..random.usize(1..4) {
            let at = random.usize(..bytes.len());
            bytes[at] = random.choice([0, 1, 0x7f, 0xff, random.clone().u8(..)]).unwrap();
        }
        fake.on("CHANGED", [Step::Send(bytes), Step::Close]);
        match session(&fake).await.query(&cx(), "CHANGED").all().await {
            Ok(_) => rows += 1,
            Err(error) => {
                assert!(error.kind() != ErrorKind::Internal, "seed {seed}: {error}");
                errors += 1;
            }
        }
    }
    assert!(rows > 0 && errors > 0, "{rows} {errors}");
}

#[tokio::test]
async fn an_answer_that_nobody_asked_for_is_not_taken_for_one() {
    let fake = Fake::start().unwrap();
    // In one piece: what comes only after the next question cannot be told from its answer.
    let packet = |tokens: Vec<u8>| [&[4, 1, 0, tokens.len() as u8 + 8, 0, 0, 1, 0][..], &tokens].concat();
    fake.on("TWICE", [Step::Raw([packet(ints([1])), packet(ints([666]))].concat())]);
    let mut session = session(&fake).await;
    let first = session.query(&cx(), "TWICE").all().await;
    for wanted in [7_i64, 8] {
        // The session is refused, or answers right; never with the other one's row.
        if let Ok(row) = session.query(&cx(), format!("SELECT {wanted}")).one().await {
            assert_eq!(row.get::<i64>(0).unwrap(), wanted);
        }
    }
    drop(first);
}

#[tokio::test]
async fn a_broken_byte_stream_is_told_at_every_offset_of_login_and_result() {
    let fake = Fake::start().unwrap();
    fake.answer("ROWS", ints([1, 2, 3]));
    let proxy = FaultProxy::start(fake.address()).unwrap();
    let mut whole = 0;
    for at in 0..1200 {
        proxy.to_client([Fault::cut().at(at)]);
        let asked = async {
            let mut session = connect(&target(proxy.address())).await?;
            session.query(&cx(), "ROWS").all().await
        };
        match asked.await {
            Ok(rows) => {
                assert_eq!(rows.len(), 3);
                whole += 1;
                break;
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Unavailable, "at {at}: {error:?}");
                assert!(error.operation().is_some());
            }
        }
    }
    assert_eq!(whole, 1, "the answer is longer than all offsets that were cut");
}

/// What the server never gets whole: it hangs up, or the login or the statement is left without an answer.
#[tokio::test]
async fn a_request_that_is_cut_is_told_at_every_offset() {
    let fake = Fake::start().unwrap().forgetful();
    let proxy = FaultProxy::start(fake.address()).unwrap();
    for at in (0..900).step_by(purlin_testkit::count(7, 1)) {
        proxy.to_server([Fault::cut().at(at)]);
        let asked = async {
            let mut session = connect(&target(proxy.address())).await?;
            session.query(&cx(), "SELECT 7").all().await
        };
        match asked.await {
            Ok(rows) => {
                assert_eq!(rows.len(), 1);
                return;
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Unavailable, "at {at}: {error:?}");
                assert!(error.operation().is_some());
            }
        }
    }
    panic!("the requests are longer than all offsets that were cut");
}

#[tokio::test]
async fn an_answer_in_single_bytes_is_read() {
    let fake = Fake::start().unwrap();
    fake.answer("ROWS", ints([1, 2, 3]));
    let proxy = FaultProxy::start(fake.address()).unwrap();
    proxy.to_client([Fault::pieces(1)]);
    let mut session = connect(&target(proxy.address())).await.unwrap();
    assert_eq!(session.query(&cx(), "ROWS").all().await.unwrap().len(), 3);
}

#[tokio::test]
async fn the_wrong_kind_of_packet_and_a_token_that_is_cut_off_are_refused() {
    let fake = Fake::start().unwrap();
    let request = [1, 1, 0, 9, 0, 0, 1, 0, 0xfd];
    fake.on("KIND", [Step::Raw(request.to_vec())]);
    fake.answer("CUT", tokens::done(0, 0, 0)[..12].to_vec());
    fake.on("SIZE", [Step::Raw(vec![4, 1, 0, 3, 0, 0, 1, 0])]);
    for text in ["KIND", "CUT", "SIZE"] {
        let mut session = session(&fake).await;
        let told = session.execute(&cx(), text).await.unwrap_err();
        assert_eq!((told.kind(), told.outcome()), (ErrorKind::Protocol, Outcome::Maybe), "{text}: {told}");
        assert_eq!(session.state(), purlin_db::SessionState::Closed);
    }
}
