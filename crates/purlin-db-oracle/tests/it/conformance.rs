//! The suite that every connector passes: over the mirror, and over any Oracle that somebody has.

use crate::stage::{connector, mirror, session, settings, target};
use async_trait::async_trait;
use purlin_core::{Cx, Result, SecretRef};
use purlin_db::{Connector, DbDetail, ErrorClass, Session, Target, Value};
use purlin_testkit::suites::db::{DbKind, DbSubject, db};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::Mutex;

/// A server, by its URL; its password comes from `PURLIN_TEST_ORACLE_PASSWORD`.
const URL: &str = "PURLIN_TEST_ORACLE_URL";

struct Oracle {
    name: &'static str,
    target: Target,
    /// Where it listens, for those behind a proxy.
    address: Option<SocketAddr>,
    /// Sees what the suite's sessions do.
    observer: Mutex<Session>,
}

impl Oracle {
    async fn new(name: &'static str, target: Target, address: Option<SocketAddr>) -> Self {
        let observer = Mutex::new(session(&target).await.unwrap());
        Self { name, target, address, observer }
    }

    fn is_mirror(&self) -> bool {
        self.address.is_some()
    }
}

#[async_trait]
impl DbSubject for Oracle {
    fn implementation(&self) -> &str {
        self.name
    }

    fn connector(&self) -> Arc<dyn Connector> {
        Arc::new(connector(&self.target))
    }

    fn column(&self, kind: DbKind) -> Option<String> {
        let column = match kind {
            DbKind::Bool => "NUMBER(1)",
            DbKind::I64 => "NUMBER(19)",
            DbKind::U64 => "NUMBER(20)",
            DbKind::F32 => "BINARY_FLOAT",
            DbKind::F64 => "BINARY_DOUBLE",
            DbKind::Decimal => "NUMBER(38,10)",
            DbKind::Text => "CLOB",
            DbKind::Bytes => "BLOB",
            DbKind::Date => "DATE",
            DbKind::Time => "INTERVAL DAY(9) TO SECOND(9)",
            DbKind::Span => "INTERVAL DAY(9) TO SECOND(9)",
            DbKind::DateTime => "TIMESTAMP(9)",
            DbKind::DateTimeTz => "TIMESTAMP(9) WITH TIME ZONE",
            DbKind::Uuid => "RAW(16)",
            // As a text: the type JSON of 21c and later keeps no order of members.
            DbKind::Json => "VARCHAR2(4000)",
            _ => return None,
        };
        Some(column.to_owned())
    }

    fn comes_back(&self, _: DbKind, sent: Value) -> Value {
        match sent {
            Value::Bool(truth) => Value::I64(truth.into()),
            Value::U64(number) => Value::Decimal(number.to_string().parse().unwrap()),
            Value::Uuid(bytes) => Value::Bytes(bytes.to_vec()),
            Value::Json(text) => Value::Text(text),
            Value::Date(_) => Value::DateTime(format!("{sent} 00:00:00").parse().unwrap()),
            // Oracle knows no empty text.
            Value::Text(text) if text.is_empty() => Value::Null,
            Value::Bytes(bytes) if bytes.is_empty() => Value::Null,
            same => same,
        }
    }

    fn tables(&self) -> Vec<String> {
        let dropped = ["child", "parent", "ledger", "triple", "type", "made"].map(|table| {
            let drop = format!("DROP TABLE purlin_{table} CASCADE CONSTRAINTS PURGE");
            match self.is_mirror() {
                true => format!("DROP TABLE IF EXISTS purlin_{table}"),
                false => format!(
                    "BEGIN EXECUTE IMMEDIATE '{drop}'; EXCEPTION WHEN OTHERS THEN \
                     IF SQLCODE != -942 THEN RAISE; END IF; END;"
                ),
            }
        });
        let made = [
            "CREATE TABLE purlin_ledger (tag VARCHAR2(200))",
            "CREATE TABLE purlin_parent (id INTEGER NOT NULL PRIMARY KEY, n INTEGER NOT NULL)",
            "CREATE TABLE purlin_child (id INTEGER NOT NULL PRIMARY KEY, parent INTEGER NOT NULL, n INTEGER, \
             CONSTRAINT purlin_positive CHECK (n > 0), \
             CONSTRAINT purlin_child_of FOREIGN KEY (parent) REFERENCES purlin_parent (id))",
            "CREATE TABLE purlin_triple (a INTEGER, b INTEGER, c VARCHAR2(200))",
            "INSERT INTO purlin_parent (id, n) VALUES (1, 0)",
            "INSERT INTO purlin_parent (id, n) VALUES (2, 0)",
        ];
        dropped.into_iter().chain(made.map(str::to_owned)).collect()
    }

    fn unquoted(&self, name: &str) -> String {
        name.to_uppercase()
    }

    fn number(&self, number: i64) -> String {
        format!("SELECT {number} AS n FROM dual")
    }

    fn echo(&self, places: &[&str]) -> String {
        let columns = places.iter().enumerate();
        let columns = columns.map(|(index, place)| format!("CAST({place} AS NUMBER(19)) AS c{index}"));
        // Without FROM, as 23ai takes it: some cases write more behind it.
        format!("SELECT {}", columns.collect::<Vec<_>>().join(", "))
    }

    fn numbers(&self, count: u64) -> String {
        format!("SELECT LEVEL AS n FROM dual CONNECT BY LEVEL <= {count}")
    }

    /// The mirror looks at a long message anew with each of its packets.
    fn large(&self) -> usize {
        if self.is_mirror() { 256 << 10 } else { 16 << 20 }
    }

    fn commits_apart(&self) -> bool {
        true
    }

    fn endless(&self, mark: &str) -> Option<String> {
        Some(format!("BEGIN DBMS_SESSION.SLEEP(3600); END; /* {mark} */"))
    }

    fn refused(&self, class: ErrorClass) -> Option<String> {
        let text = match class {
            ErrorClass::Unique => "INSERT INTO purlin_parent (id, n) VALUES (1, 0)",
            ErrorClass::ForeignKey => "INSERT INTO purlin_child (id, parent, n) VALUES (1, 77, 1)",
            ErrorClass::NotNull => "INSERT INTO purlin_child (id, parent, n) VALUES (1, NULL, 1)",
            ErrorClass::Check => "INSERT INTO purlin_child (id, parent, n) VALUES (1, 1, -1)",
            ErrorClass::Syntax => "SELEC 1",
            _ => return None,
        };
        Some(text.to_owned())
    }

    fn denied(&self) -> Option<Arc<dyn Connector>> {
        let wrong = SecretRef::literal("wrong".to_owned());
        Some(Arc::new(connector(&self.target.clone().password(wrong))))
    }

    fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    fn through(&self, proxy: SocketAddr) -> Option<Arc<dyn Connector>> {
        self.address.map(|_| -> Arc<dyn Connector> { Arc::new(connector(&target(proxy))) })
    }

    async fn sessions(&self, cx: &Cx) -> Result<Option<u64>> {
        if !self.is_mirror() {
            return Ok(None);
        }
        let mut observer = self.observer.lock().await;
        let all: u64 = observer.query(cx, "SELECT COUNT(*) FROM v$session").value().await?;
        Ok(Some(all - 1))
    }
}

#[tokio::test]
async fn the_driver_conforms() {
    let Some(mirror) = mirror() else { return };
    let subject = Oracle::new("oracle (Mirror)", target(mirror.address()), Some(mirror.address())).await;
    let report = db(&subject).await;
    report.assert_golden(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/db.mirror.txt"));
}

/// Nobody has run it yet. Its report is not compared: what applies is the server's.
#[tokio::test]
async fn the_driver_conforms_over_a_server_of_oracles() {
    let Ok(url) = std::env::var(URL) else {
        // Not `purlin_testkit::skip`: a machine with all that can be installed still has none.
        println!("SKIPPED: {URL} names no server of Oracle's");
        return;
    };
    let target = url.parse::<Target>().unwrap().password(SecretRef::env("PURLIN_TEST_ORACLE_PASSWORD"));
    let report = db(&Oracle::new("oracle", target, None).await).await;
    assert!(report.is_good(), "{report}");
}

#[tokio::test]
async fn a_wrong_password_is_told_with_the_other_cause() {
    let Some(mirror) = mirror() else { return };
    let wrong = SecretRef::literal("wrong".to_owned());
    let error = session(&target(mirror.address()).password(wrong)).await.unwrap_err();
    assert_eq!(DbDetail::class_of(&error), Some(ErrorClass::LoginDenied), "{error:#}");
    assert!(error.note().unwrap().contains("password_versions"), "{error:#}");
    // An account that has only a verifier of 11g gets the same number: the driver takes it for a wrong password.
    let Some(old) = settings().argument("--old-verifier").start().unwrap() else { return };
    let error = session(&target(old.address())).await.unwrap_err();
    assert!(error.note().unwrap().contains("password_versions"), "{error:#}");
}
