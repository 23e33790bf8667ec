//! Large values, piece by piece.

use crate::stage::{cx, mirror, session, target};
use purlin_core::ErrorKind;
use purlin_db::{Session, Value};
use purlin_db_oracle::Native;

async fn read(session: &mut Session, sql: &str, parameters: &[Value]) -> purlin_core::Result<Vec<u8>> {
    let mut into = Vec::new();
    let native = session.native().downcast_mut::<Native>().unwrap();
    let size = native.read_lob(&cx(), sql, parameters, &mut into).await?;
    assert_eq!(size, into.len() as u64);
    Ok(into)
}

/// Neither fits into an answer, which ends the session where one is read as a value.
#[tokio::test]
async fn values_of_any_size_are_streamed() {
    let Some(mirror) = mirror() else { return };
    let target = target(mirror.address()).option("max_answer", "128KiB");
    let mut session = session(&target).await.unwrap();
    session.execute(&cx(), "CREATE TABLE large (id NUMBER(9), c CLOB, b BLOB)").await.unwrap();
    // Characters of one, two and three bytes. None beyond U+FFFF: the mirror counts those once, where Oracle counts two.
    let text = "aü世".repeat(50_000);
    let bytes: Vec<u8> = (0..=250).cycle().take(300_000).collect();
    let insert = "INSERT INTO large VALUES (:1, :2, :3)";
    session.execute(&cx(), insert).bind(1).bind(text.clone()).bind(bytes.clone()).await.unwrap();
    session.execute(&cx(), insert).bind(2).bind(Value::Null).bind(Value::Null).await.unwrap();
    let of = |id: i64| [Value::I64(id)];
    let read_text = read(&mut session, "SELECT c FROM large WHERE id = :1", &of(1)).await.unwrap();
    assert!(read_text == text.as_bytes(), "{} bytes of {}", read_text.len(), text.len());
    let read_bytes = read(&mut session, "SELECT b FROM large WHERE id = :1", &of(1)).await.unwrap();
    assert!(read_bytes == bytes, "{} bytes of {}", read_bytes.len(), bytes.len());
    for (sql, id, kind, words) in [
        ("SELECT c FROM large WHERE id = :1", 2, ErrorKind::NotFound, "NULL"),
        ("SELECT c FROM large WHERE id = :1", 3, ErrorKind::NotFound, "no such row"),
        ("SELECT id FROM large WHERE id = :1", 1, ErrorKind::Invalid, "no CLOB"),
    ] {
        let error = read(&mut session, sql, &of(id)).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (kind, Some("db.read_lob")), "{error:#}");
        assert!(error.message().contains(words), "{error:#}");
    }
    let error = read(&mut session, "SELECT c FROM nowhere", &[]).await.unwrap_err();
    assert_eq!(error.operation(), Some("db.read_lob"), "{error:#}");
    // The session goes on.
    let one: i64 = session.query(&cx(), "SELECT 1 FROM dual").value().await.unwrap();
    assert_eq!(one, 1);
    let error = session.query(&cx(), "SELECT c FROM large WHERE id = 1").all().await.unwrap_err();
    assert!(error.message().contains("max_answer"), "{error:#}");
}

/// Somebody who takes no more stops the reading, and the session can go on.
#[tokio::test]
async fn a_writer_that_fails_ends_it() {
    let Some(mirror) = mirror() else { return };
    let mut session = session(&target(mirror.address())).await.unwrap();
    session.execute(&cx(), "CREATE TABLE large (b BLOB)").await.unwrap();
    session.execute(&cx(), "INSERT INTO large VALUES (:1)").bind(vec![7_u8; 400_000]).await.unwrap();
    let native = session.native().downcast_mut::<Native>().unwrap();
    // Its other side has left.
    let (mut into, taking) = tokio::io::duplex(64 << 10);
    drop(taking);
    let error = native.read_lob(&cx(), "SELECT b FROM large", &[], &mut into).await.unwrap_err();
    assert_eq!(error.operation(), Some("db.write_lob"), "{error:#}");
    let one: i64 = session.query(&cx(), "SELECT 1 FROM dual").value().await.unwrap();
    assert_eq!(one, 1);
}
