//! A small question to a shell.

use crate::fault::invalid;
use purlin_core::Result;
use std::borrow::Cow;
use std::time::Duration;

/// How long a probe may take unless it says otherwise.
const LIMIT: Duration = Duration::from_secs(10);
/// How much of each output is kept.
const KEPT: u64 = 1024 * 1024;

/// A small shell text with its arguments, for a [`Shell`](crate::Shell). The text is the program's own, and never put
/// together from data: data are the arguments, `$1` and on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Probe {
    /// What the shell runs.
    pub text: Cow<'static, str>,
    /// What the text calls `$1` and on.
    pub args: Vec<String>,
    /// How long it may take; 10 s unless set.
    pub limit: Duration,
    /// How much of each output is kept; 1 MiB unless set.
    pub keep: u64,
}

impl Probe {
    /// A text without arguments.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self { text: text.into(), args: Vec::new(), limit: LIMIT, keep: KEPT }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// How long it may take.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// How many bytes of each output are kept.
    #[must_use]
    pub fn keep(mut self, bytes: u64) -> Self {
        self.keep = bytes;
        self
    }

    /// A program and its arguments, none of which a shell reads.
    pub fn program(argv: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::new("exec \"$@\"").args(argv)
    }

    pub(super) fn check(&self) -> Result<()> {
        let texts = self.args.iter().map(String::as_str).chain([&*self.text]);
        if texts.into_iter().any(|text| text.contains('\0')) {
            return Err(invalid("a probe holds a NUL, which no argument can"));
        }
        Ok(())
    }
}
