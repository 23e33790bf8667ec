//! The suites for `purlin_deploy::Step` and `purlin_deploy::Journal`.
//!
//! ```no_run
//! use async_trait::async_trait;
//! use purlin_core::Result;
//! use purlin_deploy::{Journal, MemoryJournal};
//! use purlin_testkit::suites::deploy::{JournalSubject, journal};
//! use std::sync::Arc;
//!
//! struct Memory;
//!
//! #[async_trait]
//! impl JournalSubject for Memory {
//!     fn implementation(&self) -> &str {
//!         "memory"
//!     }
//!
//!     async fn empty(&self) -> Result<Arc<dyn Journal>> {
//!         Ok(Arc::new(MemoryJournal::new()))
//!     }
//! }
//!
//! # async fn conforms() {
//! journal(&Memory).await.assert_golden("tests/golden/journal.memory.txt");
//! # }
//! ```

mod journals;
mod steps;

pub use journals::{JournalSubject, journal};
pub use steps::{StepAbility, StepStage, StepSubject, step, tree};

use purlin_core::Error;
use std::fmt::Debug;

/// What is wrong.
#[derive(Debug)]
struct Complaint(String);

type Case<T = ()> = std::result::Result<T, Complaint>;

impl From<Error> for Complaint {
    fn from(error: Error) -> Self {
        Self(format!("{error:#}"))
    }
}

impl From<&str> for Complaint {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

fn equal<T: PartialEq + Debug>(what: &str, got: &T, wanted: &T) -> Case {
    match got == wanted {
        true => Ok(()),
        false => Err(Complaint(format!("{what} is {got:?} instead of {wanted:?}"))),
    }
}

/// The error, where there must be one.
fn failed<T: Debug>(what: &str, result: purlin_core::Result<T>) -> Case<Error> {
    match result {
        Err(error) => Ok(error),
        Ok(value) => Err(Complaint(format!("{what} went well: {value:?}"))),
    }
}
