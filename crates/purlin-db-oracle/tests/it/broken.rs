//! The driver over listeners and servers that are broken: always a typed error, at the latest at the deadline.

use crate::garbler::Garbler;
use crate::peer::{Act, Peer, accept, packet, redirect, refuse, refuse_with};
use crate::stage::{all_threads_end, connector, cx, mirror, session, target};
use purlin_core::{Cx, Error, ErrorKind, Outcome};
use purlin_db::{Connector as _, DbDetail, ErrorClass, Session, SessionState};
use std::net::SocketAddr;
use std::time::Duration;

const SEEDS: u64 = 200;
const SIZES: [usize; 4] = [0, 5, 6, 64 * 1024];

fn short() -> Cx {
    Cx::background().with_timeout(Duration::from_millis(100))
}

async fn refused_by(address: SocketAddr, cx: &Cx) -> Error {
    let connector = connector(&target(address));
    let endpoint = connector.endpoints()[0].clone();
    let error = Session::connect(cx, &connector, &endpoint).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotSent, "{error:#}");
    assert!(error.endpoint().is_some() && error.operation().is_some(), "{error:#}");
    assert_eq!(connector.stats().given_up, 0);
    error
}

async fn of(acts: Vec<Act>) -> Error {
    refused_by(Peer::start([acts]).await.address, &cx()).await
}

fn said(bytes: Vec<u8>) -> Vec<Act> {
    vec![Act::Hear, Act::Say(bytes), Act::Close]
}

fn noise(seed: u64, size: usize) -> Vec<u8> {
    let mut dice = fastrand::Rng::with_seed(seed);
    (0..size).map(|_| dice.u8(..)).collect()
}

/// Every fourth keeps the connection, and costs the deadline where the bytes could be the beginning of something.
async fn noisy(seed: u64, mut acts: Vec<Act>) {
    let (then, cx) = if seed.is_multiple_of(4) { (Act::Wait, short()) } else { (Act::Close, cx()) };
    acts.push(then);
    let error = refused_by(Peer::start([acts]).await.address, &cx).await;
    let kinds = [ErrorKind::Protocol, ErrorKind::Unavailable, ErrorKind::Timeout, ErrorKind::Unsupported];
    assert!(kinds.contains(&error.kind()), "seed {seed}: {error:#}");
}

#[tokio::test]
async fn noise_in_place_of_a_listener() {
    for size in SIZES {
        for seed in 0..SEEDS {
            noisy(seed, vec![Act::Hear, Act::Say(noise(seed, size))]).await;
        }
    }
}

#[tokio::test]
async fn noise_in_place_of_a_server() {
    for size in SIZES {
        for seed in 0..SEEDS {
            let acts = vec![Act::Hear, Act::Say(accept(319, 0)), Act::Hear, Act::Say(noise(seed, size))];
            noisy(seed, acts).await;
        }
    }
}

/// In good packets, so that the driver itself reads it.
#[tokio::test]
async fn noise_in_the_packets_of_a_server() {
    for size in [0, 5, 6, 1024] {
        for seed in 0..SEEDS {
            let acts =
                vec![Act::Hear, Act::Say(accept(319, 0)), Act::Hear, Act::Say(data(&noise(seed, size)))];
            noisy(seed, acts).await;
        }
    }
}

/// As after the ACCEPT: a length of four bytes, and two of flags before the data.
fn data(body: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(body.len() + 10).unwrap().to_be_bytes().to_vec();
    bytes.extend_from_slice(&[6, 0, 0, 0, 0, 0]);
    bytes.extend_from_slice(body);
    bytes
}

#[tokio::test]
async fn what_makes_the_driver_panic_is_an_error() {
    // 64 bytes of nothing after the ACCEPT: no packet.
    let error =
        of(vec![Act::Hear, Act::Say(accept(319, 0)), Act::Hear, Act::Say(vec![0; 64]), Act::Close]).await;
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error:#}");
    // A marker within the login that it does not expect, cut short, and a type that it has not.
    for (kind, length) in [(12_u8, 10), (77, 8), (9, 8), (14, 7)] {
        let mut bytes = vec![0, 0, 0, length, kind, 0, 0, 0];
        bytes.resize(usize::from(length.max(8)), 0);
        let error =
            of(vec![Act::Hear, Act::Say(accept(319, 0)), Act::Hear, Act::Say(bytes), Act::Close]).await;
        assert_eq!(error.kind(), ErrorKind::Protocol, "{kind}: {error:#}");
    }
    // A challenge without what the driver unwraps: parameters (8) of an empty list, and the end of the answer.
    let answers = [vec![1, 6, 0, 0], vec![2, 0, 0], vec![8, 0, 0], vec![8, 1, 0, 29]];
    for answer in answers {
        let mut acts = vec![Act::Hear, Act::Say(accept(315, 0))];
        for _ in 0..4 {
            acts.extend([Act::Hear, Act::Say(data(&answer))]);
        }
        acts.push(Act::Close);
        // Some of it may be the beginning of something.
        let error = refused_by(Peer::start([acts]).await.address, &short()).await;
        let kinds = [ErrorKind::Protocol, ErrorKind::Unavailable, ErrorKind::Timeout];
        assert!(kinds.contains(&error.kind()), "{error:#}");
    }
}

/// In place of a listener's answer; the first of these make the driver alone panic or wait until somebody hangs up.
#[tokio::test]
async fn what_is_no_listener_never_reaches_the_driver() {
    let half = refuse_with("12514");
    for (bytes, kind) in [
        (vec![0; 64], ErrorKind::Protocol),
        (vec![0, 6, 0, 0, 4, 0], ErrorKind::Protocol),
        (vec![0, 5, 0, 0, 4], ErrorKind::Protocol),
        (packet(77, 0, &[1, 2, 3]), ErrorKind::Protocol),
        (packet(9, 0, &[0; 4]), ErrorKind::Unavailable),
        (packet(2, 0, &[1]), ErrorKind::Protocol),
        (packet(5, 0, &[0, 3, b'a', b'b', b'c']), ErrorKind::Protocol),
        (packet(11, 0, &[]).repeat(9), ErrorKind::Protocol),
        (noise(7, 512), ErrorKind::Protocol),
        (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_vec(), ErrorKind::Protocol),
        (b"SSH-2.0-OpenSSH_9.9\r\n".to_vec(), ErrorKind::Protocol),
        (half[..half.len() / 2].to_vec(), ErrorKind::Unavailable),
        (Vec::new(), ErrorKind::Unavailable),
    ] {
        let error = of(said(bytes.clone())).await;
        assert_eq!(error.kind(), kind, "{bytes:?}: {error:#}");
        // It is told at its first bytes: nobody waits for the end of the connection.
        if kind == ErrorKind::Protocol {
            let error = of(vec![Act::Hear, Act::Say(bytes.clone()), Act::Wait]).await;
            assert_eq!(error.kind(), kind, "{bytes:?}: {error:#}");
        }
    }
}

#[tokio::test]
async fn a_listener_that_refuses_is_told_by_its_number() {
    for (code, kind, class) in [
        ("12514", ErrorKind::NotFound, ErrorClass::NoSuchDatabase),
        ("12505", ErrorKind::NotFound, ErrorClass::NoSuchDatabase),
        ("12516", ErrorKind::RateLimited, ErrorClass::TooManyConnections),
        ("12528", ErrorKind::Unavailable, ErrorClass::Starting),
    ] {
        let error = of(said(refuse_with(code))).await;
        let detail = error.detail::<DbDetail>().unwrap();
        assert_eq!((error.kind(), detail.class), (kind, class), "{error:#}");
        assert_eq!(detail.code, Some(code.parse().unwrap()));
    }
    for text in ["(DESCRIPTION=(ERR=abc))", ""] {
        assert_eq!(of(said(refuse(text))).await.kind(), ErrorKind::Unavailable);
    }
}

#[tokio::test]
async fn what_the_driver_cannot_do_is_unsupported_and_says_why() {
    let error = of(said(accept(314, 0))).await;
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("12.1"), "{error}");
    let error = of(said(accept(319, 0x10))).await;
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("native network encryption"), "{error}");
    let kerberos = "oracle://app@db1/map".parse::<purlin_db::Target>().unwrap();
    let error = purlin_db_oracle::OracleConnector::new(&kerberos).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("Kerberos"), "{error}");
}

#[tokio::test]
async fn silence_lasts_to_the_deadline_at_each_stage() {
    let half = refuse("(DESCRIPTION=(ERR=12514))");
    let half = half[..half.len() / 2].to_vec();
    for acts in [
        vec![Act::Wait],
        vec![Act::Hear, Act::Say(half), Act::Wait],
        vec![Act::Hear, Act::Say(accept(319, 0)), Act::Wait],
    ] {
        let error = refused_by(Peer::start([acts]).await.address, &short()).await;
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error:#}");
    }
}

#[tokio::test]
async fn a_redirect_is_followed_and_a_circle_left() {
    let circle = Peer::with(|own| vec![said(redirect(own, "tcp"))]).await;
    let error = refused_by(circle.address, &cx()).await;
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Unavailable, Some("db.redirect")), "{error:#}");
    let Some(mirror) = mirror() else { return };
    let scan = Peer::start([said(redirect(mirror.address(), "tcp"))]).await;
    let mut session = session(&target(scan.address)).await.unwrap();
    let one: i64 = session.query(&cx(), "SELECT 1 FROM dual").value().await.unwrap();
    assert_eq!(one, 1);
}

#[tokio::test]
async fn the_next_address_is_tried_without_a_delay() {
    let Some(mirror) = mirror() else { return };
    let silent = Peer::start([vec![Act::Wait]]).await;
    // The last one has time: its server has to log in.
    let list = format!(
        "(DESCRIPTION_LIST=(DESCRIPTION=(CONNECT_TIMEOUT=200ms)(ADDRESS=(PROTOCOL=tcp)(HOST=127.0.0.1)(PORT=1))\
         (ADDRESS=(PROTOCOL=tcp)(HOST=127.0.0.1)(PORT={}))(CONNECT_DATA=(SERVICE_NAME=map)))\
         (DESCRIPTION=(ADDRESS=(PROTOCOL=tcp)(HOST=127.0.0.1)(PORT={}))(CONNECT_DATA=(SERVICE_NAME=map))))",
        silent.address.port(),
        mirror.address().port()
    );
    let mut target = purlin_db::Target::new("oracle").user("app");
    target = target.option("descriptor", list).option("danger_no_tls", "true");
    let target = target.password(purlin_core::SecretRef::literal(mirror.password().to_owned()));
    let drivers = purlin_db::Drivers::new().with(purlin_db_oracle::Oracle::new());
    let database = purlin_db::Database::connect(&cx(), &drivers, &target).await.unwrap();
    let mut session = database.acquire(&cx()).await.unwrap();
    assert_eq!(session.info().endpoint.port(), Some(mirror.address().port()));
    session.ping(&cx()).await.unwrap();
}

/// Answers within a session whose bytes are changed beneath a good frame: the driver may fail, but not the process.
#[tokio::test]
async fn garbled_answers_never_end_the_process() {
    let Some(mirror) = mirror() else { return };
    let garbler = Garbler::start(mirror.address()).await;
    let connector = connector(&target(garbler.address));
    let endpoint = connector.endpoints()[0].clone();
    let (mut good, mut bad) = (0, 0);
    for seed in 0..purlin_testkit::count(SEEDS / 4, SEEDS * 4) {
        garbler.rest();
        let mut session = Session::connect(&cx(), &connector, &endpoint).await.unwrap();
        for round in 0..8 {
            garbler.garble(seed * 8 + round);
            let limit = Cx::background().with_timeout(Duration::from_millis(500));
            let sql = "SELECT 12345.678 AS n, 'some text' AS t, x'cafe' AS r, 1.5e10 AS d FROM dual";
            match session.query(&limit, sql).all().await {
                Ok(_) => good += 1,
                Err(error) => {
                    bad += 1;
                    assert!(error.operation().is_some(), "{error:#}");
                }
            }
            if session.state() == SessionState::Closed {
                break;
            }
        }
    }
    assert!(good > 0 && bad > 0, "{good} good, {bad} bad");
    all_threads_end(&connector).await;
}

/// A DATE whose hour is a byte that no server sends: the driver subtracts one from it, which overflows.
#[tokio::test]
async fn a_panic_within_a_session_ends_the_session_alone() {
    let Some(mirror) = mirror() else { return };
    let garbler = Garbler::start(mirror.address()).await;
    let connector = connector(&target(garbler.address));
    let endpoint = connector.endpoints()[0].clone();
    let mut session = Session::connect(&cx(), &connector, &endpoint).await.unwrap();
    session.execute(&cx(), "CREATE TABLE days (day DATE)").await.unwrap();
    session.execute(&cx(), "INSERT INTO days VALUES ('2024-02-29T12:34:56')").await.unwrap();
    garbler.replace(&[7, 120, 124, 2, 29, 13, 35, 57], &[7, 120, 124, 2, 29, 0, 35, 57]);
    let error = session.query(&cx(), "SELECT day FROM days").all().await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Protocol, Outcome::Maybe), "{error:#}");
    assert!(error.message().contains("subtract with overflow"), "{error:#}");
    assert_eq!(session.state(), SessionState::Closed);
    drop(session);
    all_threads_end(&connector).await;
    assert_eq!(connector.stats().given_up, 1);
    let mut next = Session::connect(&cx(), &connector, &endpoint).await.unwrap();
    next.ping(&cx()).await.unwrap();
}
