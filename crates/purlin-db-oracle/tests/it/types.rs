use crate::stage::{FIELD_VERSIONS, connect, cx, over_tls, session, settings};
use purlin_db::Value;

#[tokio::test]
async fn every_version_of_the_fields_is_spoken() {
    for version in FIELD_VERSIONS {
        let Some(mirror) = settings().field_version(version).start().unwrap() else { return };
        let mut session = connect(&mirror).await;
        let row = session.query(&cx(), "SELECT 1 AS n, 'x' AS t FROM dual").one().await.unwrap();
        assert_eq!(row.values(), [Value::I64(1), Value::Text("x".to_owned())], "{version}");
        session.close(&cx()).await.unwrap();
    }
}

#[tokio::test]
async fn tls_ends_in_the_relay() {
    let Some((_mirror, target, _ca, _leaf)) = over_tls() else { return };
    let mut session = session(&target).await.unwrap();
    let one: i64 = session.query(&cx(), "SELECT 1 FROM dual").value().await.unwrap();
    assert_eq!(one, 1);
}
