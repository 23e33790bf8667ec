//! The suite that every connector passes, over a file.

use crate::support::{FOR_EVER, Scratch};
use purlin_db::{Connector, ErrorClass, Value};
use purlin_db_sqlite::{Journal, Mode, Settings, SqliteConnector};
use purlin_testkit::suites::db::{DbKind, DbSubject, db};
use std::sync::Arc;
use std::time::Duration;

struct File(Scratch);

impl File {
    fn settings(&self) -> Settings {
        // Short, so that a lock that is not had is told soon.
        self.0.settings().journal(Journal::Wal).busy_timeout(Duration::from_secs(1))
    }
}

fn connector(settings: Settings) -> Arc<dyn Connector> {
    Arc::new(SqliteConnector::new(settings).unwrap())
}

impl DbSubject for File {
    fn implementation(&self) -> &str {
        "sqlite"
    }

    fn connector(&self) -> Arc<dyn Connector> {
        connector(self.settings())
    }

    fn column(&self, kind: DbKind) -> Option<String> {
        let column = match kind {
            DbKind::Bool => "BOOLEAN",
            DbKind::I64 => "INTEGER",
            DbKind::F32 | DbKind::F64 => "REAL",
            DbKind::Decimal | DbKind::BigDecimal | DbKind::Text => "TEXT",
            DbKind::Bytes => "BLOB",
            DbKind::Date => "DATE",
            DbKind::Time => "TIME",
            DbKind::DateTime => "DATETIME",
            DbKind::DateTimeTz => "TIMESTAMP",
            DbKind::Uuid => "UUID",
            DbKind::Json => "JSON",
            _ => return None,
        };
        Some(column.to_owned())
    }

    fn comes_back(&self, _: DbKind, sent: Value) -> Value {
        match sent {
            Value::F32(number) => Value::F64(number.into()),
            Value::Decimal(_) => Value::Text(sent.to_string()),
            Value::BigDecimal(text) => Value::Text(text),
            same => same,
        }
    }

    fn endless(&self, mark: &str) -> Option<String> {
        Some(format!("{FOR_EVER} /* {mark} */"))
    }

    fn endless_rows(&self) -> Option<String> {
        Some("WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT n FROM t".to_owned())
    }

    fn refused(&self, class: ErrorClass) -> Option<String> {
        let text = match class {
            ErrorClass::Unique => "INSERT INTO purlin_parent (id, n) VALUES (1, 0)",
            ErrorClass::ForeignKey => "INSERT INTO purlin_child (id, parent, n) VALUES (1, 77, 1)",
            ErrorClass::NotNull => "INSERT INTO purlin_child (id, parent, n) VALUES (1, NULL, 1)",
            ErrorClass::Check => "INSERT INTO purlin_child (id, parent, n) VALUES (1, 1, -1)",
            ErrorClass::Syntax => "SELEC 1",
            ErrorClass::NotWritable => "PRAGMA query_only = ON; CREATE TABLE purlin_made (a INTEGER)",
            ErrorClass::Data => "INSERT INTO purlin_parent (id, n) VALUES ('one', 0)",
            _ => return None,
        };
        Some(text.to_owned())
    }

    fn impatient(&self) -> Option<String> {
        // The driver waits for locks by itself, and no longer than it was told to when it was made.
        Some("SELECT 1".to_owned())
    }

    fn nowhere(&self) -> Option<Arc<dyn Connector>> {
        Some(connector(Settings::file(self.0.folder().join("nowhere.db")).mode(Mode::ReadWrite)))
    }
}

#[tokio::test]
async fn the_driver_conforms() {
    let report = db(&File(Scratch::new())).await;
    report.assert_golden(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/db.sqlite.txt"));
}
