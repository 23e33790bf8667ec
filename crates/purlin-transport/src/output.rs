//! What a command has said.

use crate::{Exit, FaultClass, Host};
use bytes::{Bytes, BytesMut};
use purlin_core::{Error, Result};
use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// A command that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Output {
    /// Where it ran.
    pub host: Host,
    /// How it ended.
    pub exit: Exit,
    /// Its standard output.
    pub stdout: Captured,
    /// Its standard error.
    pub stderr: Captured,
    /// Something that it left running held its outputs open for longer than a second after its exit: what that says is
    /// not in them.
    pub left_open: bool,
    /// How long it took, from the request.
    pub took: Duration,
}

impl Output {
    /// Of a command whose standard output went elsewhere.
    pub(crate) fn of(host: &Host, exit: Exit, stderr: Captured) -> Self {
        let stdout = Captured::default();
        Self { host: host.clone(), exit, stdout, stderr, left_open: false, took: Duration::ZERO }
    }

    /// Whether its status is 0.
    pub fn is_success(&self) -> bool {
        self.exit.is_success()
    }

    /// The same where its status is 0, else an error.
    ///
    /// # Errors
    /// [`FaultClass::CommandFailed`], with the last line of its standard error.
    pub fn checked(self) -> Result<Self> {
        if self.is_success() { Ok(self) } else { Err(self.failure()) }
    }

    /// The error that it is to whoever needs success.
    pub fn failure(&self) -> Error {
        let text = self.stderr.text();
        let last = text.lines().rev().find(|line| !line.trim().is_empty());
        let message = match last {
            Some(line) => format!("the command failed ({}): {}", self.exit, line.trim()),
            None => format!("the command failed ({})", self.exit),
        };
        let error = FaultClass::CommandFailed.error(message).with_operation("transport.exec");
        error.with_note(format!("host {}", self.host.name))
    }
}

/// One output, from its beginning to as much as was to be kept.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Captured {
    bytes: Bytes,
    passed_over: u64,
}

impl Captured {
    /// As it came.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// As text; what is no UTF-8 is shown as U+FFFD.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }

    /// As text without the line break at its end.
    pub fn line(&self) -> String {
        self.text().trim_end_matches(['\n', '\r']).to_owned()
    }

    /// How many bytes came after those that were kept. Zero: nothing is missing.
    pub fn passed_over(&self) -> u64 {
        self.passed_over
    }

    /// Whether something is missing at its end.
    pub fn is_cut(&self) -> bool {
        self.passed_over > 0
    }
}

impl fmt::Debug for Captured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.text())?;
        if self.is_cut() { write!(f, " and {} bytes more", self.passed_over) } else { Ok(()) }
    }
}

/// Takes an output in, as far as it is to be kept.
#[derive(Debug)]
pub(crate) struct Sink {
    kept: BytesMut,
    room: u64,
    passed_over: u64,
}

impl Sink {
    pub(crate) fn new(room: u64) -> Self {
        Self { kept: BytesMut::new(), room, passed_over: 0 }
    }

    pub(crate) fn take(&mut self, bytes: &[u8]) {
        let keep = usize::try_from(self.room).unwrap_or(usize::MAX).min(bytes.len());
        let (kept, over) = bytes.split_at(keep);
        self.kept.extend_from_slice(kept);
        self.room -= kept.len() as u64;
        self.passed_over += over.len() as u64;
    }

    pub(crate) fn done(self) -> Captured {
        Captured { bytes: self.kept.freeze(), passed_over: self.passed_over }
    }
}
