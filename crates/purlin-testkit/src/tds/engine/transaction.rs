//! Transactions by SQLite's means.

use super::answer::{Answer, Halt};
use super::refusal::Refusal;
use super::{Engine, answer};
use crate::tds::tokens::{begun, committed, rolled_back};
use rusqlite::ffi;
use std::time::Duration;

/// Between two tries for a lock.
const LOOK: Duration = Duration::from_millis(5);

/// What a transaction has of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// Each statement sees what is committed.
    Nothing,
    /// One state.
    Snapshot,
    /// The lock of those who write.
    Lock,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Committed,
    Snapshot,
    /// REPEATABLE READ and SERIALIZABLE, which lock.
    Locking,
}

impl Level {
    /// `SET TRANSACTION ISOLATION LEVEL …`, in capitals.
    pub(super) fn named(words: &[String]) -> Option<Self> {
        let last = words.iter().rev().find(|word| !word.trim().is_empty())?;
        Some(match last.as_str() {
            "COMMITTED" | "UNCOMMITTED" => Self::Committed,
            "SNAPSHOT" => Self::Snapshot,
            "SERIALIZABLE" => Self::Locking,
            "READ" => Self::Locking,
            _ => return None,
        })
    }
}

impl Engine<'_> {
    pub(super) fn begin(&mut self, answer: &mut Answer<'_>) -> Result<(), Halt> {
        if self.depth == 0 {
            match self.level {
                Level::Committed => {}
                Level::Snapshot => {
                    self.execute("BEGIN")?;
                    self.held = Held::Snapshot;
                }
                Level::Locking => {
                    self.lock(answer)?;
                    self.held = Held::Lock;
                }
            }
            answer.put(&begun());
        }
        self.depth += 1;
        Ok(())
    }

    pub(super) fn commit(&mut self, answer: &mut Answer<'_>) -> Result<(), Halt> {
        if self.depth == 0 {
            let text = "The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.";
            return Err(Refusal::new(3902, 16, text).into());
        }
        if self.depth == 1 {
            if self.held != Held::Nothing {
                self.execute("COMMIT")?;
                self.held = Held::Nothing;
            }
            answer.put(&committed());
        }
        self.depth -= 1;
        Ok(())
    }

    /// All of it, or up to a savepoint.
    pub(super) fn roll_back(&mut self, answer: &mut Answer<'_>, to: Option<String>) -> Result<(), Halt> {
        if self.depth == 0 {
            let text = "The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.";
            return Err(Refusal::new(3903, 16, text).into());
        }
        if let Some(name) = to {
            let missing = Refusal::new(
                6401,
                16,
                format!("Cannot roll back {name}. No savepoint of that name was found."),
            );
            return self.execute(&format!("ROLLBACK TO \"{name}\"")).map_err(|_| missing.into());
        }
        if self.held != Held::Nothing {
            self.execute("ROLLBACK")?;
        }
        (self.depth, self.held) = (0, Held::Nothing);
        answer.put(&rolled_back());
        Ok(())
    }

    pub(super) fn save(&mut self, answer: &mut Answer<'_>, name: &str) -> Result<(), Halt> {
        if self.depth == 0 {
            let text = "Cannot issue SAVE TRANSACTION when there is no active transaction.";
            return Err(Refusal::new(628, 16, text).into());
        }
        if self.held == Held::Nothing {
            self.lock(answer)?;
            self.held = Held::Lock;
        }
        self.execute(&format!("SAVEPOINT \"{name}\""))
    }

    /// Gets the lock of those who write, in time.
    pub(super) fn lock(&mut self, answer: &mut Answer<'_>) -> Result<(), Halt> {
        let mut left = self.patience;
        loop {
            match self.db()?.execute_batch("BEGIN IMMEDIATE") {
                Err(error) if is_busy(&error) => left = self.patient(answer, left)?,
                done => return done.map_err(|error| Refusal::of(&error, "BEGIN").into()),
            }
        }
    }

    /// Waits a moment for a lock; how much patience is left.
    pub(super) fn patient(
        &self,
        answer: &mut Answer<'_>,
        left: Option<Duration>,
    ) -> Result<Option<Duration>, Halt> {
        if left == Some(Duration::ZERO) {
            return Err(Refusal::new(1222, 16, "Lock request time out period exceeded.").into());
        }
        answer.wait(LOOK)?;
        Ok(left.map(|left| left.saturating_sub(LOOK)))
    }

    fn execute(&self, sql: &str) -> Result<(), Halt> {
        self.db()?.execute_batch(sql).map_err(|error| answer::Halt::Refused(Refusal::of(&error, "SET")))
    }

    /// Whether the transaction is over without the client's doing: because it has to be, or because SQLite has undone
    /// it with the statement that was stopped in it.
    pub(super) fn is_undone(&mut self, must: bool) -> bool {
        if self.depth == 0 || self.held == Held::Nothing && !must {
            return false;
        }
        let is_open = self.db.as_ref().is_some_and(|db| !db.is_autocommit());
        if is_open && !must {
            return false;
        }
        if is_open && let Some(db) = &self.db {
            // It has been undone if this fails.
            let _ = db.execute_batch("ROLLBACK");
        }
        (self.depth, self.held) = (0, Held::Nothing);
        true
    }
}

pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| error.extended_code == ffi::SQLITE_BUSY)
}

/// What was read has been overtaken, so that it cannot be written.
pub(super) fn is_overtaken(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| error.extended_code == ffi::SQLITE_BUSY_SNAPSHOT)
}

pub(super) fn is_stopped(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| error.code == rusqlite::ErrorCode::OperationInterrupted)
}
