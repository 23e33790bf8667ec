//! An answer on its way to the client.

use crate::tds::lines::Line;
use crate::tds::tokens::{ATTENTION, COUNT, ERROR, MORE, done, done_in_proc, done_proc};
use std::io;
use std::time::Duration;

/// So much is gathered before it leaves.
const GATHERED: usize = 16 << 10;

/// Why a statement did not end.
#[derive(Debug)]
pub(super) enum Halt {
    Refused(super::refusal::Refusal),
    /// The client says something, or is gone.
    Called,
    Gone(io::Error),
}

impl From<super::refusal::Refusal> for Halt {
    fn from(refusal: super::refusal::Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<io::Error> for Halt {
    fn from(error: io::Error) -> Self {
        Self::Gone(error)
    }
}

/// How a statement ended.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ended {
    pub(super) command: u16,
    pub(super) count: Option<u64>,
    pub(super) failed: bool,
}

pub(super) struct Answer<'l> {
    line: &'l mut Line,
    gathered: Vec<u8>,
    is_call: bool,
    /// Not said yet, because nobody knows whether more follows.
    ended: Option<Ended>,
    failed: bool,
}

impl<'l> Answer<'l> {
    pub(super) fn new(line: &'l mut Line, is_call: bool) -> Self {
        Self { line, gathered: Vec::new(), is_call, ended: None, failed: false }
    }

    pub(super) fn line(&mut self) -> &mut Line {
        self.line
    }

    pub(super) fn put(&mut self, tokens: &[u8]) {
        self.settle(true);
        self.gathered.extend_from_slice(tokens);
    }

    /// Sends what has gathered, and looks whether the client wants it still.
    pub(super) fn flow(&mut self) -> Result<(), Halt> {
        if self.gathered.len() < GATHERED {
            return Ok(());
        }
        self.send()?;
        if self.line.is_called() { Err(Halt::Called) } else { Ok(()) }
    }

    fn send(&mut self) -> io::Result<()> {
        self.line.begin(&self.gathered)?;
        self.gathered.clear();
        Ok(())
    }

    /// Waits, unless the client says something.
    pub(super) fn wait(&mut self, time: Duration) -> Result<(), Halt> {
        if !self.gathered.is_empty() {
            self.send()?;
        }
        if self.line.is_called_within(time)? { Err(Halt::Called) } else { Ok(()) }
    }

    pub(super) fn end(&mut self, ended: Ended) {
        self.settle(true);
        self.failed |= ended.failed;
        self.ended = Some(ended);
    }

    fn settle(&mut self, more: bool) {
        let Some(Ended { command, count, failed }) = self.ended.take() else { return };
        let counted = if count.is_some() { COUNT } else { 0 };
        let failed = if failed { ERROR } else { 0 };
        let status = counted | failed | if more || self.is_call { MORE } else { 0 };
        let count = count.unwrap_or_default();
        self.gathered.extend(match self.is_call {
            true => done_in_proc(status, command, count),
            false => done(status, command, count),
        });
    }

    /// All of it has been said.
    pub(super) fn finish(mut self) -> io::Result<()> {
        if self.ended.is_none() && !self.is_call {
            self.ended = Some(Ended::default());
        }
        self.settle(false);
        if self.is_call {
            let failed = if self.failed { ERROR } else { 0 };
            self.gathered.extend(done_proc(failed));
        }
        self.line.send(&self.gathered)
    }

    /// It ends where the client has cancelled it.
    pub(super) fn cancelled(mut self) -> io::Result<()> {
        self.settle(true);
        self.gathered.extend(done(ATTENTION, 0, 0));
        self.line.send(&self.gathered)
    }
}
