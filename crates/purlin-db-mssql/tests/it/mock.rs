//! Against Microsoft's `mssql-mock-tds`, a server from another hand. It answers by the text of statements, which
//! `mocks/mssql` lists, and evaluates nothing.

use crate::server::{connect, cx, encrypted, number, short, target};
use purlin_core::{Cx, ErrorKind, Outcome, TlsSettings};
use purlin_db::{Connector, DbDetail, ErrorClass, Session, SessionState, Value, Vendor};
use purlin_db_mssql::{Client, MssqlConnector, ServerMessage};
use purlin_testkit::{MssqlMock, MssqlMockSettings, TestCa};
use purlin_tls::{TlsDetail, TlsFault};
use std::time::Duration;

fn mock() -> Option<MssqlMock> {
    MssqlMockSettings::new().start().unwrap()
}

#[tokio::test]
async fn microsofts_mock_is_asked_and_its_values_are_read() {
    let Some(mock) = mock() else { return };
    let mut session = connect(&target(mock.address())).await.unwrap();
    assert_eq!((session.info().vendor, session.info().session_id), (Vendor::SqlServer, Some(77)));
    assert_eq!(session.info().version.text(), "15.0.2000.5 Mock Edition");
    assert_eq!(number(&mut session, 7).await, 7);
    let row = session.query(&cx(), "SELECT KINDS").one().await.unwrap();
    let text = |text: &str| Value::Text(text.to_owned());
    let wanted = [
        Value::I64(255),
        Value::I64(-2),
        Value::I64(-70_000),
        Value::I64(i64::MIN),
        text("Grüße, 世界 🦀"),
        text("half and half"),
        Value::Null,
        Value::Bytes(vec![1, 2, 3]),
        Value::Null,
    ];
    assert_eq!(row.values(), wanted);
    let rows = session.query(&cx(), "SELECT MANY").all().await.unwrap();
    assert_eq!((rows.len(), rows[499].get::<i64>(0).unwrap()), (500, 499));
    let called = session.query(&cx(), "SELECT @P1 AS CALLED").bind(1).value::<i64>().await.unwrap();
    assert_eq!(called, 42);
    session.close(&cx()).await.unwrap();
}

#[tokio::test]
async fn microsofts_mock_refuses_and_the_session_goes_on() {
    let Some(mock) = mock() else { return };
    let mut session = connect(&target(mock.address())).await.unwrap();
    let told = session.execute(&cx(), "DIVIDE").await.unwrap_err();
    assert_eq!(
        (DbDetail::class_of(&told), told.outcome()),
        (Some(ErrorClass::Data), Outcome::Sent),
        "{told}"
    );
    assert_eq!(told.detail::<ServerMessage>().map(|said| (said.number, said.class)), Some((8134, 16)));
    assert_eq!(number(&mut session, 8).await, 8);
    let told = session.query(&cx(), "SELECT @P1 FROM NOWHERE").bind(1).all().await.unwrap_err();
    assert_eq!(told.detail::<DbDetail>().unwrap().code, Some(208), "{told}");
    assert_eq!((number(&mut session, 9).await, session.state()), (9, SessionState::Idle));
}

/// It acknowledges the attention, and cannot say the word that would prove the session: so nobody gets it again.
#[tokio::test]
async fn microsofts_mock_sees_a_cancellation_and_an_unproven_session_is_not_lent() {
    let Some(mock) = mock() else { return };
    let mut session = connect(&target(mock.address())).await.unwrap();
    let told = session.query(&short(), "SLOW").all().await.unwrap_err();
    assert_eq!((told.kind(), told.outcome()), (ErrorKind::Timeout, Outcome::Maybe), "{told}");
    assert!(told.note().unwrap().contains("cancelled on the server"), "{told}");
    assert_eq!(session.state(), SessionState::Unsettled);
    let told = session.query(&cx(), "SELECT 7").all().await.unwrap_err();
    assert_eq!(told.outcome(), Outcome::NotSent, "{told}");
    assert_eq!(session.state(), SessionState::Closed);
}

/// By the driver's own requests, of which only the mock's answers are of interest here.
#[tokio::test]
async fn microsofts_mock_tells_of_transactions_and_the_session_knows() {
    let Some(mock) = mock() else { return };
    let connector = MssqlConnector::new(&target(mock.address())).unwrap();
    let mut connection = connector.connect(&cx(), &connector.endpoints()[0]).await.unwrap();
    for commits in [true, false] {
        let client = connection.native().downcast_mut::<Client>().unwrap();
        client.begin_transaction().await.unwrap();
        assert_eq!(connection.in_transaction(), Some(true));
        let client = connection.native().downcast_mut::<Client>().unwrap();
        match commits {
            true => client.commit_transaction().await.unwrap(),
            false => client.rollback_transaction().await.unwrap(),
        }
        assert_eq!(connection.in_transaction(), Some(false));
    }
}

#[tokio::test]
async fn microsofts_mock_sends_on_and_keeps_silent() {
    let Some(mock) = mock() else { return };
    let sending = MssqlMockSettings::new().redirect(mock.address()).start().unwrap().unwrap();
    let mut session = connect(&target(sending.address())).await.unwrap();
    assert_eq!(number(&mut session, 7).await, 7);
    assert_eq!(session.info().endpoint.port(), Some(sending.address().port()));

    let silent = MssqlMockSettings::new().slow_login().start().unwrap().unwrap();
    let connector = MssqlConnector::new(&target(silent.address())).unwrap();
    let brief = Cx::background().with_timeout(Duration::from_millis(300));
    let told = Session::connect(&brief, &connector, &connector.endpoints()[0]).await.unwrap_err();
    assert_eq!((told.kind(), told.outcome()), (ErrorKind::Timeout, Outcome::NotSent), "{told}");
}

#[tokio::test]
async fn microsofts_mock_is_verified_in_strict_tls() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().name("localhost").issue().unwrap();
    let strict = MssqlMockSettings::new().strict(leaf.path(), leaf.key_path());
    let Some(mock) = strict.start().unwrap() else { return };
    let wanted =
        |tls: TlsSettings| encrypted("localhost", mock.address().port(), tls).option("tls", "strict");
    let mut session = connect(&wanted(TlsSettings::new().ca(ca.path()))).await.unwrap();
    assert_eq!(number(&mut session, 7).await, 7);
    let told = connect(&wanted(TlsSettings::new())).await.unwrap_err();
    assert_eq!(
        told.detail::<TlsDetail>().map(|detail| detail.fault),
        Some(TlsFault::UnknownIssuer),
        "{told}"
    );
}
