//! What people say about alarms.

use super::MonitorHandle;
use crate::CheckId;
use crate::alarm::{Acknowledgement, Alarm, Downtime, DowntimeId};
use purlin_core::Result;

impl MonitorHandle {
    /// The outage of a check, with what was told and why not; none where it has none.
    pub fn alarm(&self, id: &str) -> Option<Alarm> {
        self.hall.desk.read(|book| book.alarm(&CheckId::from(id)).cloned())
    }

    /// Somebody takes care of the outage of this check: what was not told is not told then.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](purlin_core::ErrorKind::NotFound) where it has none.
    pub fn acknowledge(&self, id: &str, by: Acknowledgement) -> Result<()> {
        self.hall.desk.change(|book| book.acknowledge(&CheckId::from(id), by))?;
        self.hall.show_alarms();
        Ok(())
    }

    /// Nobody takes care any more.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](purlin_core::ErrorKind::NotFound) where it has no outage.
    pub fn unacknowledge(&self, id: &str) -> Result<()> {
        self.hall.desk.change(|book| book.unacknowledge(&CheckId::from(id)))?;
        self.hall.show_alarms();
        Ok(())
    }

    /// Announces work: what goes down meanwhile is told only if it is still down at the end. One of the same name is
    /// replaced.
    ///
    /// # Errors
    /// None now; a store's faults are told by the check `monitor/store`.
    pub fn announce(&self, downtime: Downtime) -> Result<()> {
        self.hall.desk.change(|book| {
            book.announce(downtime);
            Ok(())
        })?;
        self.hall.show_alarms();
        Ok(())
    }

    /// Ends announced work, or calls it off.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](purlin_core::ErrorKind::NotFound) where there is none of this name.
    pub fn end_downtime(&self, id: &DowntimeId) -> Result<()> {
        self.hall.desk.change(|book| book.end_downtime(id))?;
        self.hall.show_alarms();
        Ok(())
    }

    /// The announced work, past and future.
    pub fn downtimes(&self) -> Vec<Downtime> {
        self.hall.desk.read(|book| book.downtimes().cloned().collect())
    }
}
