//! The suite for `purlin_db::Connector`: about 120 cases over a real server, each with a name that stays.
//!
//! Whoever writes a driver implements [`DbSubject`] in its tests, starts a server of its own and calls [`db`]:
//!
//! ```no_run
//! use purlin_db::Connector;
//! use purlin_testkit::suites::db::{DbKind, DbSubject, db};
//! use std::sync::Arc;
//!
//! struct MyEngine(Arc<dyn Connector>);
//!
//! impl DbSubject for MyEngine {
//!     fn implementation(&self) -> &str {
//!         "my-engine"
//!     }
//!
//!     fn connector(&self) -> Arc<dyn Connector> {
//!         self.0.clone()
//!     }
//!
//!     fn column(&self, kind: DbKind) -> Option<String> {
//!         match kind {
//!             DbKind::I64 => Some("BIGINT".to_owned()),
//!             DbKind::Text => Some("VARCHAR(20000)".to_owned()),
//!             _ => None,
//!         }
//!     }
//! }
//!
//! # async fn conforms(connector: Arc<dyn Connector>) {
//! db(&MyEngine(connector)).await.assert_golden("tests/golden/db.txt");
//! # }
//! ```
//!
//! What the server can do is read from its [`Capabilities`](purlin_db::Capabilities), what it can be made to do from
//! the subject's answers; a case that needs more is listed as not applicable. The suite makes tables whose names begin
//! with `purlin_` and needs a database of its own.
//!
//! [`failover()`] is apart, because it kills servers: who can start a primary with a synchronous replica runs it too.

mod cases;
mod failover;
mod kind;
mod stage;
mod subject;

pub use failover::{DbPair, failover};
pub use kind::DbKind;
pub use subject::DbSubject;

use super::{Report, Suite, caught};
use stage::{Complaint, Stage};

/// Runs the suite over one implementation.
pub async fn db(subject: &dyn DbSubject) -> Report {
    let name = subject.implementation();
    let set = caught(Stage::new(subject)).await;
    let stage = match set.unwrap_or_else(|panic| Err(Complaint(panic))) {
        Ok(stage) => stage,
        Err(complaint) => {
            let mut suite = Suite::new("db", name, [""; 0]);
            suite.case("stage.is_set", async { Err(complaint.0) }).await;
            return suite.finish();
        }
    };
    let mut suite = Suite::new("db", name, stage.abilities());
    if subject.is_scripted() {
        suite = suite.scripted();
    }
    cases::run(&mut suite, &stage).await;
    suite.finish()
}
