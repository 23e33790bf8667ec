//! What a program left.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// How a program ended and what it wrote. Text that is not UTF-8 has replacement characters.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output; empty when that was closed.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Output {
    /// The exit code; none when a signal ended it.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The number of the signal that ended it; none when it ended by itself.
    pub fn signal(&self) -> Option<i32> {
        self.status.signal()
    }
}
