//! The suite that every connector passes, over a real MariaDB.

use crate::stage::{admin, connector, server_with, target};
use async_trait::async_trait;
use purlin_core::{Cx, Result, SecretRef};
use purlin_db::{Connector, ErrorClass, Session, Value};
use purlin_testkit::MariaDb;
use purlin_testkit::suites::db::{DbKind, DbSubject, db};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::Mutex;

struct Maria {
    server: MariaDb,
    /// Sees what the suite's sessions do.
    observer: Mutex<Session>,
}

impl Maria {
    async fn count(&self, cx: &Cx, filter: &str) -> Result<Option<u64>> {
        let sql = format!(
            "SELECT COUNT(*) FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND {filter}"
        );
        self.observer.lock().await.query(cx, sql).value().await.map(Some)
    }
}

#[async_trait]
impl DbSubject for Maria {
    fn implementation(&self) -> &str {
        "mysql (MariaDB)"
    }

    fn connector(&self) -> Arc<dyn Connector> {
        connector(&target(&self.server, self.server.address()))
    }

    fn column(&self, kind: DbKind) -> Option<String> {
        let column = match kind {
            DbKind::Bool => "BOOLEAN",
            DbKind::I64 => "BIGINT",
            DbKind::U64 => "BIGINT UNSIGNED",
            DbKind::F32 => "FLOAT",
            DbKind::F64 => "DOUBLE",
            DbKind::Decimal => "DECIMAL(38,10)",
            DbKind::BigDecimal => "DECIMAL(65,0)",
            DbKind::Text => "LONGTEXT CHARACTER SET utf8mb4",
            DbKind::Bytes => "LONGBLOB",
            DbKind::Date => "DATE",
            DbKind::Time | DbKind::Span => "TIME(6)",
            DbKind::DateTime => "DATETIME(6)",
            DbKind::DateTimeTz => "TIMESTAMP(6) NULL",
            DbKind::Uuid => "UUID",
            DbKind::Json => "JSON",
            _ => return None,
        };
        Some(column.to_owned())
    }

    fn comes_back(&self, _: DbKind, sent: Value) -> Value {
        match sent {
            Value::Bool(truth) => Value::I64(truth.into()),
            Value::Uuid(_) => Value::Text(sent.to_string()),
            Value::Json(text) => Value::Text(text),
            same => same,
        }
    }

    fn echo(&self, places: &[&str]) -> String {
        let columns: Vec<_> = places.iter().map(|place| format!("CAST({place} AS SIGNED)")).collect();
        format!("SELECT {}", columns.join(", "))
    }

    fn numbers(&self, count: u64) -> String {
        format!("SELECT seq FROM seq_1_to_{count}")
    }

    fn endless(&self, mark: &str) -> Option<String> {
        Some(format!("SELECT SLEEP(3600) /* {mark} */"))
    }

    fn endless_rows(&self) -> Option<String> {
        // Wide and slow: what has been sent by a deadline is read within the limit on a busy machine too.
        Some("SELECT seq, REPEAT('x', 4000) FROM seq_1_to_1000000000 WHERE SLEEP(0.001) = 0".to_owned())
    }

    fn refused(&self, class: ErrorClass) -> Option<String> {
        let text = match class {
            ErrorClass::Unique => "INSERT INTO purlin_parent (id, n) VALUES (1, 0)",
            ErrorClass::ForeignKey => "INSERT INTO purlin_child (id, parent, n) VALUES (1, 77, 1)",
            ErrorClass::NotNull => "INSERT INTO purlin_child (id, parent, n) VALUES (1, NULL, 1)",
            ErrorClass::Check => "INSERT INTO purlin_child (id, parent, n) VALUES (1, 1, -1)",
            ErrorClass::Syntax => "SELEC 1",
            ErrorClass::Data => "INSERT INTO purlin_parent (id, n) VALUES (99999999999, 0)",
            ErrorClass::PermissionDenied => "CREATE TABLE mysql.t (n INT)",
            ErrorClass::NotWritable => {
                "SET TRANSACTION READ ONLY; INSERT INTO purlin_parent (id, n) VALUES (77, 0)"
            }
            ErrorClass::Cancelled => "SET STATEMENT max_statement_time = 0.05 FOR SELECT SLEEP(3600)",
            _ => return None,
        };
        Some(text.to_owned())
    }

    fn impatient(&self) -> Option<String> {
        Some("SET innodb_lock_wait_timeout = 1".to_owned())
    }

    fn finds_deadlocks(&self) -> bool {
        true
    }

    fn denied(&self) -> Option<Arc<dyn Connector>> {
        let wrong = SecretRef::literal("wrong".to_owned());
        Some(connector(&target(&self.server, self.server.address()).password(wrong)))
    }

    fn nowhere(&self) -> Option<Arc<dyn Connector>> {
        let mut target = target(&self.server, self.server.address()).database("nowhere");
        // Others are told that they may not, whether it is there or not.
        target.user = Some("purlin".to_owned());
        Some(connector(&target))
    }

    fn address(&self) -> Option<SocketAddr> {
        Some(self.server.address())
    }

    fn through(&self, proxy: SocketAddr) -> Option<Arc<dyn Connector>> {
        Some(connector(&target(&self.server, proxy)))
    }

    async fn running(&self, cx: &Cx, mark: &str) -> Result<Option<u64>> {
        self.count(cx, &format!("command IN ('Query', 'Execute') AND info LIKE '%{mark}%'")).await
    }

    async fn sessions(&self, cx: &Cx) -> Result<Option<u64>> {
        self.count(cx, "user = 'app'").await
    }
}

#[tokio::test]
async fn the_driver_conforms() {
    let Some(server) = server_with("max_allowed_packet", "64M") else { return };
    let observer = Mutex::new(admin(&server).await);
    let report = db(&Maria { server, observer }).await;
    report.assert_golden(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/db.mariadb.txt"));
}
