//! Locks by name that live as long as the session.

use super::{Dialect, NameLimit};
use crate::Value;
use purlin_core::{Error, ErrorKind, Outcome, Result};
use std::time::Duration;

/// How a lock statement is told how long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LockWait {
    /// By a second parameter in whole seconds.
    Seconds,
    /// By a second parameter in milliseconds.
    Milliseconds,
    /// Not at all: it waits until it is cancelled, so the call's deadline counts.
    UntilCancelled,
}

/// How an engine locks by name. Each statement's first parameter is the name; each answers one row with one number.
///
/// What a name covers differs: MySQL's the whole server, names without regard to case; PostgreSQL's, SQL Server's and
/// Oracle's one database. Such locks end with the session, so a killed client never leaves one behind; a pooled
/// session keeps them until they are released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct LockSyntax {
    /// Waits for the lock.
    pub lock: &'static str,
    /// How it is told for how long.
    pub wait: LockWait,
    /// Takes the lock or answers at once.
    pub try_lock: &'static str,
    /// Gives it back.
    pub release: &'static str,
    /// The answers that mean: it is ours.
    pub granted: &'static [i64],
    /// The answers that mean: it was ours and is free.
    pub released: &'static [i64],
    /// How long a name may be.
    pub limit: NameLimit,
}

/// A lock statement, ready to be sent.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LockCall {
    /// The statement, in the server's own SQL.
    pub sql: &'static str,
    /// Its parameters.
    pub parameters: Vec<Value>,
    /// The answers that mean success; NULL never does.
    pub success: &'static [i64],
}

impl LockSyntax {
    /// By these three statements, where 1 means success.
    pub const fn new(
        lock: &'static str,
        wait: LockWait,
        try_lock: &'static str,
        release: &'static str,
    ) -> Self {
        Self { lock, wait, try_lock, release, granted: &[1], released: &[1], limit: NameLimit::None }
    }

    /// Waits that long for the lock; a part of a second counts as a whole one where the engine counts in seconds.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for an empty name or one that is too long.
    pub fn lock(&self, name: &str, wait: Duration) -> Result<LockCall> {
        let mut call = self.call(self.lock, name)?;
        let most = u128::from(i32::MAX.unsigned_abs());
        let wait = match self.wait {
            LockWait::Seconds => Some(wait.as_millis().div_ceil(1000)),
            LockWait::Milliseconds => Some(wait.as_micros().div_ceil(1000)),
            LockWait::UntilCancelled => None,
        };
        let wait = wait.map(|wait| i64::try_from(wait.min(most)).unwrap_or(i64::from(i32::MAX)));
        call.parameters.extend(wait.map(Value::I64));
        Ok(call)
    }

    /// Takes the lock if it is free.
    ///
    /// # Errors
    /// As [`lock`](Self::lock).
    pub fn try_lock(&self, name: &str) -> Result<LockCall> {
        self.call(self.try_lock, name)
    }

    /// Gives the lock back.
    ///
    /// # Errors
    /// As [`lock`](Self::lock).
    pub fn release(&self, name: &str) -> Result<LockCall> {
        Ok(LockCall { success: self.released, ..self.call(self.release, name)? })
    }

    fn call(&self, sql: &'static str, name: &str) -> Result<LockCall> {
        let why = if name.is_empty() { Some("is empty".to_owned()) } else { self.limit.exceeded_by(name) };
        if let Some(why) = why {
            let error = Error::new(ErrorKind::Invalid, format!("the name of the lock {why}"));
            return Err(error.with_operation("db.lock").with_outcome(Outcome::NotSent));
        }
        Ok(LockCall { sql, parameters: vec![Value::Text(name.to_owned())], success: self.granted })
    }
}

impl Dialect {
    /// How the engine locks by name.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] where it does not.
    pub fn named_locks(&self) -> Result<&LockSyntax> {
        self.locks.as_ref().ok_or_else(|| {
            Error::new(ErrorKind::Unsupported, format!("{} has no locks by name", self.name))
                .with_operation("db.lock")
                .with_outcome(Outcome::NotSent)
        })
    }
}
