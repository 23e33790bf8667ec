//! Against a server that `PURLIN_TEST_MSSQL_URL` names (and `PURLIN_MSSQL_PASSWORD`, `PURLIN_MSSQL_CA`), of which nothing
//! is there by default: no registry has one. Nothing but temporary tables is made.

use crate::server::{connect, cx, number, short};
use purlin_core::{ErrorKind, SecretRef, TlsSettings};
use purlin_db::{DbDetail, Decimal, ErrorClass, Session, Target, Value};

pub(crate) fn target() -> Option<Target> {
    let Ok(url) = std::env::var("PURLIN_TEST_MSSQL_URL") else {
        // Not `purlin_testkit::skip`: a machine with all that can be installed still has none.
        println!("SKIPPED: PURLIN_TEST_MSSQL_URL names no SQL Server");
        return None;
    };
    let mut tls = TlsSettings::new();
    if let Some(ca) = std::env::var_os("PURLIN_MSSQL_CA") {
        tls = tls.ca(std::path::PathBuf::from(ca));
    }
    let target: Target = url.parse().unwrap();
    Some(target.password(SecretRef::env("PURLIN_MSSQL_PASSWORD")).tls(tls))
}

async fn real() -> Option<Session> {
    Some(connect(&target()?).await.unwrap())
}

#[tokio::test]
async fn a_real_server_keeps_values_errors_transactions_and_order() {
    let Some(mut session) = real().await else { return };
    assert_eq!(number(&mut session, 7).await, 7);
    let create = "CREATE TABLE #t (id int PRIMARY KEY, name nvarchar(100), price money)";
    session.execute(&cx(), create).await.unwrap();
    let text = "Grüße, 世界 🦀";
    let cx = cx();
    let mut transaction = session.begin(&cx).await.unwrap();
    let insert = "INSERT INTO #t VALUES (@P1, @P2, @P3)";
    let price = Decimal::new(9_007_199_254_740_993, 4).unwrap();
    transaction.execute(&cx, insert).bind(1).bind(text).bind(Value::Decimal(price)).await.unwrap();
    let taken = transaction.execute(&cx, insert).bind(1).bind(text).bind(Value::Null).await.unwrap_err();
    assert_eq!(DbDetail::class_of(&taken), Some(ErrorClass::Unique), "{taken}");
    transaction.commit(&cx).await.unwrap();
    let row = session.query(&cx, "SELECT name, price FROM #t").one().await.unwrap();
    assert_eq!(row.values(), [Value::Text(text.to_owned()), Value::Decimal(price)]);
    drop(session.begin(&cx).await.unwrap());
    assert_eq!(number(&mut session, 8).await, 8);
}

#[tokio::test]
async fn a_real_server_stops_what_is_cancelled() {
    let Some(mut session) = real().await else { return };
    let told = session.execute(&short(), "WAITFOR DELAY '00:00:30'").await.unwrap_err();
    assert_eq!(told.kind(), ErrorKind::Timeout, "{told}");
    for wanted in [7, 8, 9] {
        assert_eq!(number(&mut session, wanted).await, wanted);
    }
}
