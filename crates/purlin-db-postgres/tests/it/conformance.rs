//! The suite that every connector passes, over a real PostgreSQL.

use crate::server::{session, target};
use async_trait::async_trait;
use purlin_core::{Cx, Result, SecretRef};
use purlin_db::{Connector, ErrorClass, Session, Target};
use purlin_db_postgres::PostgresConnector;
use purlin_testkit::suites::db::{DbKind, DbSubject, db};
use purlin_testkit::{Postgres, PostgresSettings};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::Mutex;

struct Elephant {
    server: Postgres,
    /// Sees what the suite's sessions do.
    observer: Mutex<Session>,
}

impl Elephant {
    fn target(&self, address: SocketAddr) -> Target {
        target(&self.server, address).option("application_name", "suite")
    }

    fn here(&self) -> Target {
        self.target(self.server.address())
    }

    async fn count(&self, cx: &Cx, filter: &str) -> Result<Option<u64>> {
        let sql =
            format!("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'suite' AND {filter}");
        self.observer.lock().await.query(cx, sql).value().await.map(Some)
    }
}

fn connector(target: &Target) -> Arc<dyn Connector> {
    Arc::new(PostgresConnector::new(target).unwrap())
}

#[async_trait]
impl DbSubject for Elephant {
    fn implementation(&self) -> &str {
        "postgres"
    }

    fn connector(&self) -> Arc<dyn Connector> {
        connector(&self.here())
    }

    fn column(&self, kind: DbKind) -> Option<String> {
        let column = match kind {
            DbKind::Bool => "boolean",
            DbKind::I64 => "bigint",
            DbKind::F32 => "real",
            DbKind::F64 => "double precision",
            DbKind::Decimal => "numeric(38,10)",
            DbKind::BigDecimal | DbKind::U64 => "numeric",
            DbKind::Text => "text",
            DbKind::Bytes => "bytea",
            DbKind::Date => "date",
            DbKind::Time => "time",
            DbKind::DateTime => "timestamp",
            DbKind::DateTimeTz => "timestamptz",
            DbKind::Uuid => "uuid",
            DbKind::Json => "json",
            _ => return None,
        };
        Some(column.to_owned())
    }

    fn comes_back(&self, _: DbKind, sent: purlin_db::Value) -> purlin_db::Value {
        match sent {
            // Numbers of this size are exact ones there.
            purlin_db::Value::U64(number) => {
                purlin_db::Value::Decimal(purlin_db::Decimal::new(number.into(), 0).unwrap())
            }
            same => same,
        }
    }

    fn numbers(&self, count: u64) -> String {
        format!("SELECT generate_series(1, {count})")
    }

    fn endless(&self, mark: &str) -> Option<String> {
        Some(format!("SELECT pg_sleep(3600) /* {mark} */"))
    }

    fn endless_rows(&self) -> Option<String> {
        Some(self.numbers(1_000_000_000_000))
    }

    fn refused(&self, class: ErrorClass) -> Option<String> {
        let text = match class {
            ErrorClass::Unique => "INSERT INTO purlin_parent (id, n) VALUES (1, 0)",
            ErrorClass::ForeignKey => "INSERT INTO purlin_child (id, parent, n) VALUES (1, 77, 1)",
            ErrorClass::NotNull => "INSERT INTO purlin_child (id, parent, n) VALUES (1, NULL, 1)",
            ErrorClass::Check => "INSERT INTO purlin_child (id, parent, n) VALUES (1, 1, -1)",
            ErrorClass::Syntax => "SELEC 1",
            ErrorClass::Data => "SELECT 1 / 0",
            // One text is one transaction, so the settings go with it.
            ErrorClass::NotWritable => "SET TRANSACTION READ ONLY; CREATE TABLE purlin_made (a INTEGER)",
            ErrorClass::Cancelled => "SET statement_timeout = 50; SELECT pg_sleep(3600)",
            _ => return None,
        };
        Some(text.to_owned())
    }

    fn impatient(&self) -> Option<String> {
        Some("SET lock_timeout = 500".to_owned())
    }

    fn finds_deadlocks(&self) -> bool {
        true
    }

    fn refuses_overtaken_writes(&self) -> bool {
        true
    }

    fn denied(&self) -> Option<Arc<dyn Connector>> {
        Some(connector(&self.here().user("stranger").password(SecretRef::literal("wrong".to_owned()))))
    }

    fn nowhere(&self) -> Option<Arc<dyn Connector>> {
        Some(connector(&self.here().database("nowhere")))
    }

    fn address(&self) -> Option<SocketAddr> {
        Some(self.server.address())
    }

    fn through(&self, proxy: SocketAddr) -> Option<Arc<dyn Connector>> {
        Some(connector(&self.target(proxy)))
    }

    async fn running(&self, cx: &Cx, mark: &str) -> Result<Option<u64>> {
        self.count(cx, &format!("state = 'active' AND query LIKE '%{mark}%'")).await
    }

    async fn sessions(&self, cx: &Cx) -> Result<Option<u64>> {
        self.count(cx, "true").await
    }
}

#[tokio::test]
async fn the_driver_conforms() {
    // Only a stranger is asked for a password: the suite connects often, and SCRAM is slow where nothing is optimized.
    let settings =
        PostgresSettings::new().hba("host all stranger all scram-sha-256").hba("host all all all trust");
    let Some(server) = settings.start().unwrap() else { return };
    let observer = Mutex::new(session(&server).await);
    let report = db(&Elephant { server, observer }).await;
    report.assert_golden(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/db.postgres.txt"));
}
