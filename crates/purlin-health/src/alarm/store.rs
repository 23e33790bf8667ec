//! Where it is kept.

use super::{Alarm, CheckRecord, Downtime, DowntimeId, Notice, StateDocument};
use crate::CheckId;
use async_trait::async_trait;
use purlin_core::{Cx, Result};
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// One change of what is kept.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Write {
    /// What is believed of a check.
    Check(CheckId, Box<CheckRecord>),
    /// A check that is not watched any more.
    ForgetCheck(CheckId),
    /// An outage that lasts.
    Alarm(CheckId, Alarm),
    /// It is over.
    ForgetAlarm(CheckId),
    /// Announced work.
    Downtime(Box<Downtime>),
    /// It is over, or called off.
    ForgetDowntime(DowntimeId),
    /// Something to tell.
    Notice(Box<Notice>),
    /// A publisher took a notice.
    Delivered {
        /// Which one.
        number: u64,
        /// Who took it.
        to: String,
    },
}

/// What a write has the last word on.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) enum Topic {
    Check(CheckId),
    Alarm(CheckId),
    Downtime(DowntimeId),
}

impl Write {
    /// What it has the last word on; none where those before it count too.
    pub(super) fn topic(&self) -> Option<Topic> {
        match self {
            Self::Check(id, _) | Self::ForgetCheck(id) => Some(Topic::Check(id.clone())),
            Self::Alarm(id, _) | Self::ForgetAlarm(id) => Some(Topic::Alarm(id.clone())),
            Self::Downtime(downtime) => Some(Topic::Downtime(downtime.id.clone())),
            Self::ForgetDowntime(id) => Some(Topic::Downtime(id.clone())),
            Self::Notice(_) | Self::Delivered { .. } => None,
        }
    }
}

/// Where state, alarms, downtimes and untold notices are kept, so that they outlive the process.
#[async_trait]
pub trait AlarmStore: Send + Sync + fmt::Debug {
    /// All that is kept; nothing in a new store.
    ///
    /// # Errors
    /// Those of the medium; [`ErrorKind::Unsupported`](purlin_core::ErrorKind::Unsupported) for what a later version
    /// wrote, which is left as it is.
    async fn load(&self, cx: &Cx) -> Result<StateDocument>;

    /// Makes these changes, all or none of them. Once it returns `Ok` they survive the end of the process, however it
    /// ends. To make the same changes twice, as somebody must who was given no answer, is to make them once.
    ///
    /// # Errors
    /// Those of the medium.
    async fn commit(&self, cx: &Cx, writes: &[Write]) -> Result<()>;
}

/// A store that lasts as long as the process, for those who want no files, and for tests.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<StateDocument>);

impl MemoryStore {
    /// One that holds nothing yet.
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl AlarmStore for MemoryStore {
    async fn load(&self, _: &Cx) -> Result<StateDocument> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    async fn commit(&self, _: &Cx, writes: &[Write]) -> Result<()> {
        let mut document = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        writes.iter().for_each(|write| document.apply(write));
        Ok(())
    }
}
