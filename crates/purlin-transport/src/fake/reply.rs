//! What a fake host says to a command.

use crate::Exit;
use bytes::Bytes;
use std::time::Duration;

/// The scripted answer to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub(super) stdout: Bytes,
    pub(super) stderr: Bytes,
    pub(super) end: End,
    pub(super) delay: Duration,
    pub(super) echoes: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    Exit(Exit),
    /// It runs on and says nothing.
    Silence,
    /// The link breaks.
    Lost,
    /// There is no room for another command.
    Busy,
}

impl Reply {
    fn ending(end: End) -> Self {
        Self { stdout: Bytes::new(), stderr: Bytes::new(), end, delay: Duration::ZERO, echoes: false }
    }

    /// Success, with that on standard output.
    pub fn stdout(text: impl Into<Bytes>) -> Self {
        Self { stdout: text.into(), ..Self::exit(0) }
    }

    /// That status, without a word.
    pub fn exit(code: i32) -> Self {
        Self::ending(End::Exit(Exit::Code(code)))
    }

    /// Success, with what it was given to read on standard output: a `cat`.
    pub fn echo() -> Self {
        Self { echoes: true, ..Self::exit(0) }
    }

    /// It runs until it is killed.
    pub fn silence() -> Self {
        Self::ending(End::Silence)
    }

    /// The link breaks after it has begun.
    pub fn lost() -> Self {
        Self::ending(End::Lost)
    }

    /// The host has no room for another command: nothing is run.
    pub fn busy() -> Self {
        Self::ending(End::Busy)
    }

    /// With that on standard error as well.
    #[must_use]
    pub fn stderr(mut self, text: impl Into<Bytes>) -> Self {
        self.stderr = text.into();
        self
    }

    /// With that status.
    #[must_use]
    pub fn code(mut self, code: i32) -> Self {
        self.end = End::Exit(Exit::Code(code));
        self
    }

    /// That much later, by the clock of the call.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    pub(super) fn unknown(argv: &[String]) -> Self {
        let program = argv.first().map(String::as_str).unwrap_or_default();
        Self::exit(127).stderr(format!("{program}: not found\n"))
    }
}
