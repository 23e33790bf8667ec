use crate::stage::{admin, connect, cx, eventually, number, patient, run, server, session, target};
use async_trait::async_trait;
use purlin_core::{Cx, ErrorKind, Outcome, Result, Secret, SecretSource};
use purlin_db::{DbDetail, SessionState};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const RUNNING: &str =
    "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%SLEEP%' AND id <> CONNECTION_ID()";

fn short() -> Cx {
    Cx::background().with_timeout(Duration::from_millis(200))
}

#[tokio::test]
async fn a_statement_ends_on_the_server_at_its_deadline() {
    let Some(server) = server() else { return };
    let (mut session, mut observer) = (session(&server).await, admin(&server).await);
    let before = session.info().session_id;
    for sql in ["SELECT SLEEP(60)", "SELECT SLEEP(60), ?"] {
        let cx = short();
        let query = session.query(&cx, sql);
        let query = if sql.contains('?') { query.bind(1_i64) } else { query };
        let error = query.all().await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Maybe), "{error}");
        eventually(&mut observer, RUNNING, 0).await;
        assert_eq!(number(&mut session, "SELECT 42").await, 42);
    }
    assert_eq!(session.info().session_id, before);
    let own = number(&mut session, "SELECT CONNECTION_ID()").await;
    assert_eq!(session.info().session_id, u64::try_from(own).ok());
}

#[tokio::test]
async fn rows_end_on_the_server_at_their_deadline() {
    let Some(server) = server() else { return };
    let (mut session, mut observer) = (patient(&server).await, admin(&server).await);
    let cx = short();
    // Wide and slow: what has been sent by the deadline is read within the limit on a busy machine too.
    let sql = "SELECT seq, REPEAT('x', 4000) FROM seq_1_to_1000000000 WHERE SLEEP(0.001) = 0";
    let mut rows = session.query(&cx, sql).await.unwrap();
    let error = loop {
        match rows.next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("it cannot have ended"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Timeout);
    drop(rows);
    eventually(&mut observer, RUNNING, 0).await;
    assert_eq!(number(&mut session, "SELECT 42").await, 42);
}

#[tokio::test]
async fn a_cancelled_statement_says_so() {
    let Some(server) = server() else { return };
    let (mut session, mut observer) = (session(&server).await, admin(&server).await);
    let id = session.info().session_id.unwrap();
    let running = async {
        let answer = session.query(&cx(), "SELECT SLEEP(59)").all().await;
        answer.unwrap_err()
    };
    let killing = async {
        eventually(&mut observer, RUNNING, 1).await;
        run(&mut observer, &format!("KILL QUERY {id}")).await;
    };
    let (error, ()) = tokio::join!(running, killing);
    let detail = error.detail::<DbDetail>().unwrap();
    assert_eq!((detail.code, detail.sqlstate.as_deref()), (Some(1317), Some("70100")));
    assert_eq!(error.outcome(), Outcome::Sent);
    assert_eq!(session.state(), SessionState::Idle);
}

#[tokio::test]
async fn nothing_is_left_of_a_session_that_is_dropped_in_the_middle() {
    let Some(server) = server() else { return };
    let mut observer = admin(&server).await;
    let count = "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'app'";
    let far = "SELECT seq FROM seq_1_to_1000000000";
    // Of the last one the driver does not know that it has one result only.
    for sql in [far, "SELECT SLEEP(1)", &format!("/* all */ {far}")] {
        let mut session = connect(&target(&server, server.address())).await.unwrap();
        assert_eq!(number(&mut observer, count).await, 1);
        let background = cx();
        let query = async {
            let mut rows = session.query(&background, sql).await.unwrap();
            while rows.next().await.unwrap().is_some() {}
        };
        assert!(tokio::time::timeout(Duration::from_millis(50), query).await.is_err());
        drop(session);
        eventually(&mut observer, count, 0).await;
    }
}

/// The password of the moment.
#[derive(Debug)]
struct Rotated(Mutex<String>);

#[async_trait]
impl SecretSource for Rotated {
    async fn resolve(&self, _cx: &Cx) -> Result<Secret<String>> {
        Ok(Secret::new(self.0.lock().unwrap().clone()))
    }
}

#[tokio::test]
async fn a_statement_ends_on_the_server_after_the_password_has_changed() {
    let Some(server) = server() else { return };
    let mut observer = admin(&server).await;
    let source = Arc::new(Rotated(Mutex::new(server.password().expose().clone())));
    let mut target = target(&server, server.address());
    target.password = Some(source.clone());
    let mut session = connect(&target).await.unwrap();
    let before = session.info().session_id;
    run(&mut observer, "ALTER USER 'app'@'%' IDENTIFIED BY 'another'").await;
    *source.0.lock().unwrap() = "another".to_owned();
    let error = session.query(&short(), "SELECT SLEEP(60)").all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    eventually(&mut observer, RUNNING, 0).await;
    assert_eq!(number(&mut session, "SELECT 42").await, 42);
    assert_eq!(session.info().session_id, before);
}
