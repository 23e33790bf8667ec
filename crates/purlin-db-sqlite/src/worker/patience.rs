//! Waiting for a lock that another connection holds, without being deaf meanwhile.

use crate::desk::Desk;
use purlin_core::Cx;
use rusqlite::{Connection, TransactionState};
use std::sync::Arc;
use std::time::Duration;

/// So long SQLite waits by itself, holding what locks it has; then the deadline is looked at.
const SLICE: Duration = Duration::from_millis(20);
/// Between two slices. SQLite does not wait at all for some locks.
const PAUSE: Duration = Duration::from_millis(1);
/// `SQLITE_BUSY` and `SQLITE_BUSY_RECOVERY`. `SQLITE_BUSY_SNAPSHOT` does not get better by waiting.
const WORTH_WAITING: [i32; 2] = [5, 261];

/// How long a connection waits for locks.
#[derive(Debug, Clone)]
pub(crate) struct Patience {
    limit: Duration,
    desk: Arc<Desk>,
}

impl Patience {
    pub(crate) fn new(limit: Duration, desk: &Arc<Desk>) -> Self {
        Self { limit, desk: desk.clone() }
    }

    /// Has SQLite wait for one slice.
    pub(crate) fn in_slices(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection.busy_timeout(self.limit.min(SLICE))
    }

    /// Has SQLite wait by itself for the whole time, deaf to deadlines.
    pub(crate) fn at_once(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection.busy_timeout(self.limit.min(Duration::from_secs(24 * 3600)))
    }

    /// Does it, again and again while it meets a lock and there is time: it must have no effect when it fails.
    ///
    /// Within a transaction that has read, it is done once: that transaction may be what the other one waits for.
    /// SQLite's own handler keeps to the same rule.
    pub(crate) fn ask<T>(
        &self,
        connection: &Connection,
        mut work: impl FnMut() -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let cx = Cx::background().with_timeout(self.limit);
        loop {
            let done = work();
            let locked = done.as_ref().err().is_some_and(is_locked);
            if !locked || cx.remaining().is_none_or(|left| left.is_zero()) || has_read(connection) {
                return done;
            }
            if self.desk.pause(PAUSE) {
                return done;
            }
        }
    }
}

fn is_locked(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| WORTH_WAITING.contains(&error.extended_code))
}

fn has_read(connection: &Connection) -> bool {
    matches!(connection.transaction_state(None::<&str>), Ok(TransactionState::Read))
}
