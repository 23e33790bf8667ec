//! The suite for `purlin_health::Check`: what a good target, a bad one, a deadline and a dropped run must come to.
//!
//! Whoever writes a check implements [`CheckSubject`] in its tests and calls [`check`]:
//!
//! ```
//! use purlin_core::Result;
//! use purlin_health::checks::Tcp;
//! use purlin_health::{Check, Status};
//! use purlin_testkit::suites::check::{CheckEnd, CheckPeer, CheckSubject, check};
//! use std::net::SocketAddr;
//! use std::sync::Arc;
//!
//! struct Port;
//!
//! impl CheckSubject for Port {
//!     fn implementation(&self) -> &str {
//!         "tcp"
//!     }
//!
//!     fn check(&self, at: SocketAddr) -> Result<Arc<dyn Check>> {
//!         Ok(Arc::new(Tcp::to(&at.to_string())?))
//!     }
//!
//!     fn expects(&self, peer: CheckPeer) -> Vec<CheckEnd> {
//!         match peer {
//!             CheckPeer::Refuses | CheckPeer::BlackHole => peer.usual_ends(),
//!             // Whoever accepts is up.
//!             CheckPeer::Silent => vec![CheckEnd::Answered(Status::Ok)],
//!             _ => Vec::new(),
//!         }
//!     }
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let report = check(&Port).await;
//! assert!(report.is_good(), "{:?}", report.failures());
//! # });
//! ```
//!
//! The suite plays the bad targets, in front of the real server where the subject has one. Cases for which the subject
//! expects nothing are listed as not applicable. It counts what the whole process holds, so it needs a process of its
//! own, as nextest gives to each test.

mod cases;
mod stage;
mod subject;
mod udp;

pub use subject::{CheckEnd, CheckPeer, CheckSubject, CheckWire};

use super::{Report, Suite};
use stage::Stage;

/// Runs the suite over one implementation.
pub async fn check(subject: &dyn CheckSubject) -> Report {
    let stage = Stage::new(subject);
    let mut suite = Suite::new("check", subject.implementation(), stage.abilities());
    cases::run(&mut suite, &stage).await;
    suite.finish()
}
