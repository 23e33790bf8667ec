//! The suite that every connector passes, over the in-tree server, which evaluates what it is asked by SQLite; and over
//! the server that `PURLIN_TEST_MSSQL_URL` names, where there is one.

use crate::server::target;
use crate::tds::{Fake, Login};
use async_trait::async_trait;
use purlin_core::{Cx, Result, SecretRef};
use purlin_db::{Connector, ErrorClass, Target, Value};
use purlin_db_mssql::MssqlConnector;
use purlin_testkit::suites::db::{DbKind, DbSubject, db};
use std::net::SocketAddr;
use std::sync::Arc;

struct Subject {
    name: &'static str,
    target: Target,
    /// None: a real server.
    fake: Option<Fake>,
}

fn connector(target: &Target) -> Arc<dyn Connector> {
    Arc::new(MssqlConnector::new(target).unwrap())
}

/// Whole numbers from 1 on, as fast as they are read.
const COUNTING: &str = "WITH t (n) AS (SELECT CAST(1 AS bigint) UNION ALL SELECT n + 1 FROM t";

#[async_trait]
impl DbSubject for Subject {
    fn implementation(&self) -> &str {
        self.name
    }

    fn connector(&self) -> Arc<dyn Connector> {
        connector(&self.target)
    }

    fn column(&self, kind: DbKind) -> Option<String> {
        let column = match kind {
            DbKind::Bool => "bit",
            DbKind::I64 => "bigint",
            DbKind::U64 => "decimal(20,0)",
            DbKind::F32 => "real",
            DbKind::F64 => "float(53)",
            DbKind::Decimal => "decimal(38,10)",
            DbKind::Text | DbKind::Json => "nvarchar(max)",
            DbKind::Bytes => "varbinary(max)",
            DbKind::Date => "date",
            DbKind::Time => "time(7)",
            DbKind::DateTime => "datetime2(7)",
            DbKind::DateTimeTz => "datetimeoffset(7)",
            DbKind::Uuid => "uniqueidentifier",
            _ => return None,
        };
        Some(column.to_owned())
    }

    fn comes_back(&self, _: DbKind, sent: Value) -> Value {
        match sent {
            Value::Json(text) => Value::Text(text),
            Value::U64(number) => Value::Decimal(purlin_db::Decimal::new(number.into(), 0).unwrap()),
            same => same,
        }
    }

    /// Unicode, where the default is a code page.
    fn tables(&self) -> Vec<String> {
        let made = [
            "CREATE TABLE purlin_ledger (tag nvarchar(200))",
            "CREATE TABLE purlin_parent (id int NOT NULL PRIMARY KEY, n int NOT NULL)",
            "CREATE TABLE purlin_child (id int NOT NULL PRIMARY KEY, parent int NOT NULL, n int, \
             CONSTRAINT purlin_positive CHECK (n > 0), \
             CONSTRAINT purlin_child_of FOREIGN KEY (parent) REFERENCES purlin_parent (id))",
            "CREATE TABLE purlin_triple (a int, b int, c nvarchar(200))",
            "INSERT INTO purlin_parent (id, n) VALUES (1, 0), (2, 0)",
        ];
        let dropped = ["child", "parent", "ledger", "triple", "type", "made"];
        let dropped = dropped.iter().map(|table| format!("DROP TABLE IF EXISTS purlin_{table}"));
        dropped.chain(made.map(str::to_owned)).collect()
    }

    fn numbers(&self, count: u64) -> String {
        format!("{COUNTING} WHERE n < {count}) SELECT n FROM t OPTION (MAXRECURSION 0)")
    }

    fn endless(&self, mark: &str) -> Option<String> {
        Some(format!("WAITFOR DELAY '23:00:00' /* {mark} */"))
    }

    fn endless_rows(&self) -> Option<String> {
        Some(format!("{COUNTING}) SELECT n, REPLICATE('x', 4000) FROM t OPTION (MAXRECURSION 0)"))
    }

    fn repeats_reads_by_locks(&self) -> bool {
        true
    }

    /// A CHECK has the number of a foreign key.
    fn refused(&self, class: ErrorClass) -> Option<String> {
        let text = match class {
            ErrorClass::Unique => "INSERT INTO purlin_parent (id, n) VALUES (1, 0)",
            ErrorClass::ForeignKey => "INSERT INTO purlin_child (id, parent, n) VALUES (1, 77, 1)",
            ErrorClass::NotNull => "INSERT INTO purlin_child (id, parent, n) VALUES (1, NULL, 1)",
            ErrorClass::Syntax => "SELEC 1",
            ErrorClass::Data => "SELECT 1 / 0",
            _ => return None,
        };
        Some(text.to_owned())
    }

    fn impatient(&self) -> Option<String> {
        Some("SET LOCK_TIMEOUT 300".to_owned())
    }

    fn denied(&self) -> Option<Arc<dyn Connector>> {
        Some(connector(&self.target.clone().password(SecretRef::literal("wrong".to_owned()))))
    }

    fn nowhere(&self) -> Option<Arc<dyn Connector>> {
        Some(connector(&self.target.clone().database("nowhere")))
    }

    fn address(&self) -> Option<SocketAddr> {
        self.fake.as_ref().map(Fake::address)
    }

    fn through(&self, proxy: SocketAddr) -> Option<Arc<dyn Connector>> {
        Some(connector(&target(proxy)))
    }

    async fn running(&self, _: &Cx, mark: &str) -> Result<Option<u64>> {
        Ok(self.fake.as_ref().map(|fake| fake.running(mark) as u64))
    }

    async fn sessions(&self, _: &Cx) -> Result<Option<u64>> {
        Ok(self.fake.as_ref().map(|fake| fake.sessions() as u64))
    }
}

#[tokio::test]
async fn the_driver_conforms() {
    let login = Login::Only("app".to_owned(), "Pa$$w0rd".to_owned(), "map".to_owned());
    let fake = Fake::start().unwrap().forgetful().login(login);
    let subject =
        Subject { name: "mssql (in-tree server)", target: target(fake.address()), fake: Some(fake) };
    let report = db(&subject).await;
    report.assert_golden(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/db.in-tree.txt"));
}

/// Its report is not compared: what applies is the server's.
#[tokio::test]
async fn the_driver_conforms_over_a_real_server() {
    let Some(target) = crate::real::target() else { return };
    let report = db(&Subject { name: "mssql", target, fake: None }).await;
    assert!(report.is_good(), "{report}");
}
