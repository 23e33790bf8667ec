//! The suite for `purlin_transport::Transport`: commands, deadlines, files and kept shells over a real host, each case
//! with a name that stays.
//!
//! ```no_run
//! use purlin_testkit::suites::transport::{TransportSubject, transport};
//! use purlin_transport::{Host, Local, Transport};
//! use std::sync::Arc;
//!
//! struct Here(String);
//!
//! impl TransportSubject for Here {
//!     fn implementation(&self) -> &str {
//!         "local"
//!     }
//!
//!     fn transport(&self) -> Arc<dyn Transport> {
//!         Arc::new(Local::new())
//!     }
//!
//!     fn host(&self) -> Host {
//!         Host::new("here")
//!     }
//!
//!     fn folder(&self) -> String {
//!         self.0.clone()
//!     }
//! }
//!
//! # async fn conforms(folder: String) {
//! transport(&Here(folder)).await.assert_golden("tests/golden/transport.local.txt");
//! # }
//! ```

mod cases;
mod commands;
mod deadlines;
mod files;
mod script;
mod shells;
mod stage;

pub use script::{Scripted, scripted};

use super::{Report, Suite};
use purlin_transport::{Host, Transport};
use stage::Stage;
use std::sync::Arc;

/// A transport for the suite, and a host that it may do what it likes on.
pub trait TransportSubject: Send + Sync {
    /// The implementation's name, for the report.
    fn implementation(&self) -> &str;

    /// The transport.
    fn transport(&self) -> Arc<dyn Transport>;

    /// A host that it reaches.
    fn host(&self) -> Host;

    /// The absolute path of an empty folder of that host, which belongs to the suite.
    fn folder(&self) -> String;

    /// Whether answers are [scripted](scripted()), so that nothing is evaluated: its cases are listed as wire cases.
    fn is_scripted(&self) -> bool {
        false
    }
}

/// Runs the suite over one implementation.
pub async fn transport(subject: &dyn TransportSubject) -> Report {
    let name = subject.implementation();
    let stage = match Stage::new(subject).await {
        Ok(stage) => stage,
        Err(complaint) => {
            let mut suite = Suite::new("transport", name, [""; 0]);
            suite.case("stage.is_set", async { Err(complaint.0) }).await;
            return suite.finish();
        }
    };
    let mut suite = Suite::new("transport", name, stage.abilities());
    if subject.is_scripted() {
        suite = suite.scripted();
    }
    cases::run(&mut suite, &stage).await;
    suite.finish()
}
