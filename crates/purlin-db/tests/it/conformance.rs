//! The suite that every connector passes, over the fake: what needs no mind of a server's own.

use crate::broken::{Broken, Fault};
use async_trait::async_trait;
use purlin_core::{Cx, Result};
use purlin_db::fake::{Connecting, FakeDatabase, Reply};
use purlin_db::{Connector, DbDetail, ErrorClass, Session, Statement, Value, Vendor};
use purlin_testkit::suites::db::{DbKind, DbSubject, db};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// All that the suite has a case for.
const CLASSES: [ErrorClass; 9] = [
    ErrorClass::Unique,
    ErrorClass::ForeignKey,
    ErrorClass::NotNull,
    ErrorClass::Check,
    ErrorClass::Syntax,
    ErrorClass::Data,
    ErrorClass::PermissionDenied,
    ErrorClass::NotWritable,
    ErrorClass::Cancelled,
];

pub(crate) struct Fake {
    db: FakeDatabase,
    fault: Option<Fault>,
}

impl Fake {
    fn new() -> Self {
        let db = FakeDatabase::new();
        let column = Mutex::new(Vec::new());
        db.answer(move |statement| answer(statement, &mut column.lock().unwrap()));
        Self { db, fault: None }
    }

    /// Behind a driver that does one thing wrong.
    pub(crate) fn behind(fault: Fault) -> Self {
        Self { fault: Some(fault), ..Self::new() }
    }

    fn that_denies(class: ErrorClass) -> Option<Arc<dyn Connector>> {
        let db = FakeDatabase::new();
        db.set_connecting(Connecting::Deny(class));
        Some(Arc::new(db))
    }
}

fn numbers(count: u64) -> Reply {
    Reply::rows(["n"], (1..=count).map(|number| [number])).in_packets_of(500)
}

/// What the suite asks, and one column that keeps what was put into it.
fn answer(statement: &Statement<'_>, column: &mut Vec<Value>) -> Option<Reply> {
    let words: Vec<_> = statement.sql.split_whitespace().collect();
    Some(match words[..] {
        ["CREATE", "TABLE", "purlin_type", ..] => {
            column.clear();
            Reply::no_rows::<String>([])
        }
        ["DELETE", "FROM", "purlin_type"] => Reply::changed(column.drain(..).count() as u64),
        ["INSERT", "INTO", "purlin_type", ..] => {
            column.extend(statement.parameters.last().cloned());
            Reply::changed(1)
        }
        ["SELECT", "v", "FROM", "purlin_type", ..] => {
            Reply::rows(["v"], column.iter().map(|value| [value.clone()]))
        }
        ["INSERT", ..] => Reply::changed(1),
        ["CREATE" | "DROP", ..] => Reply::no_rows::<String>([]),
        ["SELECT", number, "AS", "n"] => Reply::rows(["n"], [[number.parse::<i64>().ok()?]]),
        ["ECHO", ..] => {
            let names = (0..statement.parameters.len()).map(|index| format!("c{index}"));
            Reply::rows(names, [statement.parameters.to_vec()])
        }
        ["NUMBERS", count] => numbers(count.parse().ok()?),
        ["TWO"] => numbers(1).then(Reply::rows(["n"], [[2_i64]])),
        ["ENDLESS", _] => Reply::silence(),
        ["ENDLESS"] => numbers(100_000).every(Duration::from_millis(1)),
        ["REFUSE", class] => {
            let class = CLASSES.into_iter().find(|known| known.as_str() == class)?;
            let detail = DbDetail::new(class, Vendor::Other).constraint("purlin_positive");
            Reply::refused_with(detail, "no")
        }
        _ => return None,
    })
}

#[async_trait]
impl DbSubject for Fake {
    fn implementation(&self) -> &str {
        "fake"
    }

    fn connector(&self) -> Arc<dyn Connector> {
        match self.fault {
            Some(fault) => Arc::new(Broken::new(self.db.clone(), fault)),
            None => Arc::new(self.db.clone()),
        }
    }

    fn is_scripted(&self) -> bool {
        true
    }

    fn column(&self, kind: DbKind) -> Option<String> {
        Some(format!("{kind:?}"))
    }

    fn echo(&self, places: &[&str]) -> String {
        format!("ECHO {}", places.join(" "))
    }

    fn numbers(&self, count: u64) -> String {
        format!("NUMBERS {count}")
    }

    fn two_results(&self) -> String {
        "TWO".to_owned()
    }

    fn endless(&self, mark: &str) -> Option<String> {
        Some(format!("ENDLESS {mark}x"))
    }

    fn endless_rows(&self) -> Option<String> {
        Some("ENDLESS".to_owned())
    }

    fn refused(&self, class: ErrorClass) -> Option<String> {
        Some(format!("REFUSE {class}"))
    }

    fn denied(&self) -> Option<Arc<dyn Connector>> {
        Self::that_denies(ErrorClass::LoginDenied)
    }

    fn nowhere(&self) -> Option<Arc<dyn Connector>> {
        Self::that_denies(ErrorClass::NoSuchDatabase)
    }

    async fn kept(&self, _: &Cx, _: &mut Session, tag: &str) -> Result<u64> {
        let tag = format!("'{tag}'");
        Ok(self.db.committed().iter().filter(|sql| sql.contains(&tag)).count() as u64)
    }

    async fn sessions(&self, _: &Cx) -> Result<Option<u64>> {
        Ok(Some(self.db.open_sessions() as u64))
    }
}

#[tokio::test]
async fn the_fake_conforms() {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/db.fake.txt");
    db(&Fake::new()).await.assert_golden(golden);
}
