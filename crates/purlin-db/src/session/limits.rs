//! How long things may take.

use std::time::Duration;

/// How long the parts of a session's work may take.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// From the first look-up to the end of the login: 10 s, or the call's deadline where that is sooner.
    pub connect: Duration,
    /// Where the call has no deadline of its own, from a statement to its first answer and between two rows: 30 s.
    pub statement: Duration,
    /// To cancel a statement on the server, beyond the call's own deadline, and to prove the session clean: 2 s each.
    pub cancel: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            statement: Duration::from_secs(30),
            cancel: Duration::from_secs(2),
        }
    }
}

impl Limits {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// For connecting.
    pub fn connect(mut self, limit: Duration) -> Self {
        self.connect = limit;
        self
    }

    /// For a statement's answer.
    pub fn statement(mut self, limit: Duration) -> Self {
        self.statement = limit;
        self
    }

    /// For cancelling.
    pub fn cancel(mut self, limit: Duration) -> Self {
        self.cancel = limit;
        self
    }
}
