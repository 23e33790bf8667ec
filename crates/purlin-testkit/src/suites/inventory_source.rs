//! The suite for `purlin_inventory::Source`.

mod cases;

use super::{Report, Suite};
use purlin_core::{Error, ErrorKind, Result};
use purlin_inventory::Source;
use std::sync::Arc;

/// What a source is to know: hosts of one group, each with the variable `site`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Estate {
    /// The hosts, in order. Their names are letters, digits, hyphens and dots.
    pub hosts: Vec<String>,
    /// The group that all of them are in: letters and digits.
    pub group: String,
    /// What `site` is on each: letters and digits.
    pub site: String,
}

impl Estate {
    /// So many hosts, with names that no other estate has.
    pub fn new(hosts: usize) -> Self {
        let mark: String = std::iter::repeat_with(fastrand::lowercase).take(8).collect();
        // Backwards, so that a source that sorts them is found out.
        let hosts = (0..hosts).rev().map(|number| format!("host-{number}.{mark}")).collect();
        Self { hosts, group: format!("g{mark}"), site: format!("s{mark}") }
    }
}

/// Makes the sources that the suite looks at.
pub trait SourceHarness {
    /// The implementation's name, for the report.
    fn implementation(&self) -> &str;

    /// What it can do beyond giving an estate; nothing unless said.
    fn capabilities(&self) -> Vec<SourceCapability> {
        Vec::new()
    }

    /// A source that knows this estate.
    ///
    /// # Errors
    /// What hinders it, which fails the case.
    fn source(&self, estate: &Estate) -> Result<Arc<dyn Source>>;

    /// Changes what the source that was made last knows.
    ///
    /// # Errors
    /// What hinders it, which fails the case.
    fn change(&self, estate: &Estate) -> Result<()> {
        let _ = estate;
        Err(lacking(SourceCapability::Changes))
    }

    /// A source that cannot be reached or read.
    ///
    /// # Errors
    /// What hinders it, which fails the case.
    fn broken(&self) -> Result<Arc<dyn Source>> {
        Err(lacking(SourceCapability::Breaks))
    }

    /// A source whose content is malformed.
    ///
    /// # Errors
    /// What hinders it, which fails the case.
    fn malformed(&self) -> Result<Arc<dyn Source>> {
        Err(lacking(SourceCapability::Malforms))
    }

    /// A source that never answers.
    ///
    /// # Errors
    /// What hinders it, which fails the case.
    fn hanging(&self) -> Result<Arc<dyn Source>> {
        Err(lacking(SourceCapability::Hangs))
    }
}

/// What a source can be made to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceCapability {
    /// What it knows can be changed while it is in use.
    Changes,
    /// It can fail.
    Breaks,
    /// Its content can be malformed.
    Malforms,
    /// It can take for ever.
    Hangs,
}

impl SourceCapability {
    fn as_str(self) -> &'static str {
        match self {
            Self::Changes => "changes",
            Self::Breaks => "breaks",
            Self::Malforms => "malforms",
            Self::Hangs => "hangs",
        }
    }
}

fn lacking(capability: SourceCapability) -> Error {
    let message = format!("the harness says {:?} and does not do it", capability.as_str());
    Error::new(ErrorKind::Unsupported, message)
}

/// Runs the suite: all hosts are given in order with their variables and places, each time; a change is taken up; a
/// source that fails is an error or a fault and never an empty inventory; the call's end ends it.
pub async fn inventory_source(harness: &dyn SourceHarness) -> Report {
    let capabilities = harness.capabilities().into_iter().map(SourceCapability::as_str);
    let mut suite = Suite::new("inventory_source", harness.implementation(), capabilities);
    suite.case("gives_all_it_knows_in_order_each_time", cases::gives_all_it_knows(harness)).await;
    suite.case("gives_a_thousand_hosts", cases::gives_a_thousand_hosts(harness)).await;
    suite.case("says_where_everything_is", cases::says_where_everything_is(harness)).await;
    suite.case("serves_several_callers_at_once", cases::serves_several_callers(harness)).await;
    suite
        .case("does_not_begin_after_the_end_of_the_call", cases::does_not_begin_after_the_end(harness))
        .await;
    suite.case_for("changes", "takes_up_a_change", cases::takes_up_a_change(harness)).await;
    suite.case_for("breaks", "is_an_error_when_broken", cases::is_an_error_when_broken(harness)).await;
    suite.case_for("malforms", "names_the_place_of_a_fault", cases::names_the_place(harness)).await;
    suite.case_for("hangs", "ends_at_the_deadline_of_the_call", cases::ends_at_the_deadline(harness)).await;
    suite.case_for("hangs", "ends_when_the_call_is_cancelled", cases::ends_when_cancelled(harness)).await;
    suite.finish()
}
