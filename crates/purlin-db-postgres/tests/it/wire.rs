//! The connection cut at every byte: never a panic, never a wait beyond the limit, never a wrong answer.

use crate::server::{connect_within, cx, start, target};
use purlin_core::{Cx, ErrorKind, Outcome};
use purlin_db::{Limits, SessionState, Target, Value};
use purlin_testkit::{Fault, FaultProxy, PostgresSettings};
use std::time::Duration;

fn limits() -> Limits {
    Limits::new().connect(Duration::from_secs(30)).cancel(Duration::from_millis(100))
}

const SQL: &str = "SELECT n, 'row ' || n, n::numeric / 4 FROM generate_series(1, 4) AS n";

fn expected() -> Vec<i64> {
    vec![1, 2, 3, 4]
}

/// Connects and asks with the connection cut there; whether nothing was missing.
async fn cut(proxy: &FaultProxy, target: &Target, at: u64) -> bool {
    proxy.clear();
    proxy.to_client([Fault::cut().at(at)]);
    let mut session = match connect_within(target, limits()).await {
        Ok(session) => session,
        Err(error) => {
            assert_eq!(error.outcome(), Outcome::NotSent, "{at}: {error}");
            assert!([ErrorKind::Unavailable, ErrorKind::Protocol].contains(&error.kind()), "{at}: {error}");
            assert!(error.endpoint().is_some(), "{at}: {error}");
            return false;
        }
    };
    match session.query(&cx(), SQL).all().await {
        Ok(rows) => {
            let numbers: Vec<i64> = rows.iter().map(|row| row.get(0).unwrap()).collect();
            assert_eq!(numbers, expected(), "{at}");
            assert_eq!(rows[3].values()[1], Value::Text("row 4".to_owned()));
            true
        }
        Err(error) => {
            assert_eq!(
                (error.kind(), error.outcome()),
                (ErrorKind::Unavailable, Outcome::Maybe),
                "{at}: {error}"
            );
            assert_eq!(session.state(), SessionState::Closed, "{at}");
            false
        }
    }
}

#[tokio::test]
async fn cut_at_every_byte_of_login_and_of_an_answer() {
    /// Longer than the server's part of SCRAM-SHA-256.
    const SCRAM: u64 = 200;
    // To work out the key takes long, so what follows is cut behind a login without a password.
    let settings = PostgresSettings::new().hba("host all trusted 127.0.0.1/32 trust");
    let Some(postgres) = settings.start().unwrap() else { return };
    postgres.sql("CREATE ROLE trusted LOGIN").unwrap();
    let proxy = FaultProxy::start(postgres.address()).unwrap();
    let mut target = target(&postgres, proxy.address());
    for at in 0..=SCRAM {
        assert!(!cut(&proxy, &target, at).await);
    }
    target.user = Some("trusted".to_owned());
    let mut whole = 0;
    // The session's number and the moment of its beginning are not always of one length.
    for at in 0.. {
        whole = if cut(&proxy, &target, at).await { whole + 1 } else { 0 };
        if whole == 20 {
            assert!(at > 500, "{at}");
            break;
        }
    }
}

#[tokio::test]
async fn byte_by_byte_it_still_arrives() {
    let Some(postgres) = start() else { return };
    let proxy = FaultProxy::start(postgres.address()).unwrap();
    proxy.to_client([Fault::pieces(1)]);
    proxy.to_server([Fault::pieces(1)]);
    let mut session = connect_within(&target(&postgres, proxy.address()), limits()).await.unwrap();
    let rows = session.query(&cx(), SQL).all().await.unwrap();
    assert_eq!(rows.iter().map(|row| row.get(0).unwrap()).collect::<Vec<i64>>(), expected());
}

#[tokio::test]
async fn silence_in_the_middle_of_an_answer_ends_at_the_deadline() {
    let Some(postgres) = start() else { return };
    let proxy = FaultProxy::start(postgres.address()).unwrap();
    let mut session = connect_within(&target(&postgres, proxy.address()), limits()).await.unwrap();
    let at = proxy.counters().to_client.bytes + 100;
    proxy.to_client([Fault::stall().at(at)]);
    let short = Cx::background().with_timeout(Duration::from_millis(300));
    let error = session.query(&short, SQL).all().await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Maybe), "{error}");
    assert_eq!(session.state(), SessionState::Closed);
    assert!(error.note().unwrap().contains("thrown away"), "{error}");
}

#[tokio::test]
async fn somebody_else_who_answers_is_no_server() {
    let Some(postgres) = start() else { return };
    let proxy = FaultProxy::start(postgres.address()).unwrap();
    for seed in 0..100 {
        proxy.clear();
        proxy.to_client([Fault::garbage().seed(seed)]);
        let limits = Limits::new().connect(Duration::from_millis(500));
        let error = connect_within(&target(&postgres, proxy.address()), limits).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::NotSent, "{seed}: {error}");
    }
}
