//! Everything that outlives the process.

use super::{Alarm, Downtime, DowntimeId, Notice, Write};
use crate::{CheckId, History, SavedState};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is kept of one check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CheckRecord {
    /// What was believed.
    pub state: SavedState,
    /// Its last runs.
    #[serde(default)]
    pub history: History,
}

impl CheckRecord {
    /// What was believed, and the last runs.
    pub fn new(state: SavedState, history: History) -> Self {
        Self { state, history }
    }
}

/// Everything that outlives the process, in one piece.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct StateDocument {
    /// What was believed of each check.
    pub checks: BTreeMap<CheckId, CheckRecord>,
    /// The outages that last.
    pub alarms: BTreeMap<CheckId, Alarm>,
    /// The announced work.
    pub downtimes: BTreeMap<DowntimeId, Downtime>,
    /// What is still to be told, by number.
    pub outbox: BTreeMap<u64, Notice>,
    /// The number of the last notice there ever was.
    pub last_notice: u64,
}

impl StateDocument {
    /// The number of the form that this version writes.
    pub const VERSION: u32 = 2;

    /// What it is after this write.
    pub fn apply(&mut self, write: &Write) {
        match write {
            Write::Check(id, record) => drop(self.checks.insert(id.clone(), (**record).clone())),
            Write::ForgetCheck(id) => drop(self.checks.remove(id)),
            Write::Alarm(id, alarm) => drop(self.alarms.insert(id.clone(), alarm.clone())),
            Write::ForgetAlarm(id) => drop(self.alarms.remove(id)),
            Write::Downtime(downtime) => {
                drop(self.downtimes.insert(downtime.id.clone(), (**downtime).clone()));
            }
            Write::ForgetDowntime(id) => drop(self.downtimes.remove(id)),
            Write::Notice(notice) => {
                self.last_notice = self.last_notice.max(notice.number);
                self.outbox.insert(notice.number, (**notice).clone());
            }
            Write::Delivered { number, to } => {
                if let Some(notice) = self.outbox.get_mut(number) {
                    notice.to.retain(|name| name != to);
                    if notice.to.is_empty() {
                        self.outbox.remove(number);
                    }
                }
            }
        }
    }
}
