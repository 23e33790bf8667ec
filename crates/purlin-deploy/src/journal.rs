//! Where runs are kept.

#[cfg(feature = "db")]
mod database;
mod memory;
mod rules;

#[cfg(feature = "db")]
pub use database::DatabaseJournal;
pub use memory::MemoryJournal;

use crate::{Entry, Holder, PlanId, Record, RunId};
use async_trait::async_trait;
use purlin_core::{Cx, Fence, Result, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// Who writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Author {
    /// Whoever drives the run, with the fencing number of the lease.
    Controller(Fence),
    /// A person, from any process: only what was [told](Record::Told).
    Person,
}

/// The right to drive a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Lease {
    /// The run.
    pub run: RunId,
    /// Who has it.
    pub holder: Holder,
    /// Higher than that of every lease before, of any run of this journal.
    pub fence: Fence,
    /// Since when.
    pub since: Timestamp,
    /// Until when, unless it is renewed.
    pub until: Timestamp,
    /// Nobody drives the run, on purpose: whoever comes may take it.
    pub parked: bool,
}

impl Lease {
    /// Whether its holder may still be at work.
    pub fn is_live(&self, now: Timestamp) -> bool {
        !self.parked && now < self.until
    }
}

/// What is asked of a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeaseRequest {
    /// Who has it?
    Show,
    /// To have it: refused while another one's is live.
    Take {
        /// Who wants it.
        holder: Holder,
        /// For how long.
        time: Duration,
        /// The fencing number is higher than this one too, which the hosts have seen.
        above: Fence,
    },
    /// To keep it.
    Renew {
        /// The lease's number.
        fence: Fence,
        /// For how much longer.
        time: Duration,
    },
    /// To leave it to whoever comes.
    Park {
        /// The lease's number.
        fence: Fence,
    },
    /// To take it away from its holder: refused while it is live, unless forced.
    Break {
        /// Whether a live one is broken too.
        force: Force,
    },
}

/// Whether a refusal is overruled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Force {
    /// It counts.
    No,
    /// It is overruled.
    Yes,
}

/// That a plan is spent: the detail of the error that refuses it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Spent {
    /// The plan.
    pub plan: PlanId,
    /// The run that spent it.
    pub run: RunId,
}

impl Spent {
    pub(crate) fn by(plan: &PlanId, run: impl Into<RunId>) -> Self {
        Self { plan: plan.clone(), run: run.into() }
    }
}

/// A run, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunHead {
    /// Its name.
    pub run: RunId,
    /// The plan that it spent.
    pub plan: PlanId,
    /// When it began.
    pub opened_at: Timestamp,
}

/// Keeps what happened in runs, so that they outlive their process, and so that only one process drives each.
///
/// Entries are only ever added. Each holds the hash of the one before, so that what was changed later shows.
#[async_trait]
pub trait Journal: Send + Sync + fmt::Debug {
    /// Adds entries, all or none of them, behind those that are there. Once it returns `Ok` they survive the end of the
    /// process and of the machine.
    ///
    /// A run begins with [`Record::Opened`], which spends its plan.
    ///
    /// # Errors
    /// [`ErrorKind::Fenced`](purlin_core::ErrorKind::Fenced) for a controller whose lease is not the run's latest or
    /// was broken; [`ErrorKind::Conflict`](purlin_core::ErrorKind::Conflict) for a plan that is spent, naming the run;
    /// [`ErrorKind::Denied`](purlin_core::ErrorKind::Denied) for a person who writes something else than what was told;
    /// those of the medium.
    async fn append(&self, cx: &Cx, run: &RunId, author: Author, records: Vec<Record>) -> Result<Vec<Entry>>;

    /// The entries of a run behind number `after`, in order; all of them with 0, none for a run that is not there.
    ///
    /// # Errors
    /// [`ErrorKind::Protocol`](purlin_core::ErrorKind::Protocol) where the chain is broken; those of the medium.
    async fn read(&self, cx: &Cx, run: &RunId, after: u64) -> Result<Vec<Entry>>;

    /// The runs, the latest first.
    ///
    /// # Errors
    /// Those of the medium.
    async fn runs(&self, cx: &Cx) -> Result<Vec<RunHead>>;

    /// Takes, keeps, leaves or breaks the right to drive a run, and shows it as it is then; none where nobody ever had
    /// it.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`](purlin_core::ErrorKind::Conflict) while another one's is live, naming the holder;
    /// [`ErrorKind::Fenced`](purlin_core::ErrorKind::Fenced) for a number that is not the latest; those of the medium.
    async fn lease(&self, cx: &Cx, run: &RunId, request: LeaseRequest) -> Result<Option<Lease>>;
}
