//! A program while it runs.

use super::Output;
use crate::enclosure::Enclosure;
use crate::{quote, wait};
use purlin_core::{Clock, Error, ErrorKind, Instant, Result};
use std::fmt;
use std::fs;
use std::time::Duration;

pub(super) const STDOUT: &str = "stdout";
pub(super) const STDERR: &str = "stderr";

/// A running [`Binary`](super::Binary). Dropping it kills its process group.
///
/// ```
/// use purlin_testkit::{Binary, Signal};
///
/// # fn main() -> purlin_core::Result<()> {
/// let script = "trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.1; done";
/// let running = Binary::new("sh").args(["-c", script]).spawn()?;
/// running.wait_for_stdout("ready")?;
/// running.signal(Signal::Terminate)?;
/// let output = running.wait()?;
/// assert_eq!((output.code(), output.stdout.as_str()), (Some(7), "ready\nbye\n"));
/// # Ok(())
/// # }
/// ```
pub struct Running {
    name: String,
    enclosure: Enclosure,
    limit: Duration,
    end: Instant,
}

/// A signal, by the name of what it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signal {
    /// SIGHUP: reload.
    Hangup,
    /// SIGINT: what Ctrl-C sends.
    Interrupt,
    /// SIGQUIT: what Ctrl-\ sends.
    Quit,
    /// SIGTERM: end in good order.
    Terminate,
    /// SIGKILL: end at once.
    Kill,
    /// SIGSTOP: freeze.
    Stop,
    /// SIGCONT: go on.
    Continue,
}

impl Signal {
    fn number(self) -> rustix::process::Signal {
        match self {
            Self::Hangup => rustix::process::Signal::HUP,
            Self::Interrupt => rustix::process::Signal::INT,
            Self::Quit => rustix::process::Signal::QUIT,
            Self::Terminate => rustix::process::Signal::TERM,
            Self::Kill => rustix::process::Signal::KILL,
            Self::Stop => rustix::process::Signal::STOP,
            Self::Continue => rustix::process::Signal::CONT,
        }
    }
}

impl Running {
    pub(super) fn new(name: String, enclosure: Enclosure, limit: Duration) -> Self {
        Self { name, enclosure, limit, end: Clock::system().now().saturating_add(limit) }
    }

    /// The number of its process.
    pub fn pid(&self) -> u32 {
        let leader = self.enclosure.leader();
        let number = leader.map_or(0, |leader| leader.as_raw_nonzero().get());
        u32::try_from(number).unwrap_or_default()
    }

    /// Sends a signal to its process, as `kill` does; not to what it has started. Nothing happens to one that has
    /// ended.
    ///
    /// # Errors
    /// The system's, when the process is not ours to signal.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        self.enclosure.signal_leader(signal.number())
    }

    /// What it has written to its standard output so far.
    pub fn stdout(&self) -> String {
        self.read(STDOUT)
    }

    /// What it has written to its standard error so far.
    pub fn stderr(&self) -> String {
        self.read(STDERR)
    }

    /// Waits until its standard output holds this text.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] when it ended without, [`ErrorKind::Timeout`] when its deadline came before; both
    /// quote the ends of what it wrote. It keeps running.
    pub fn wait_for_stdout(&self, text: &str) -> Result<()> {
        self.wait_for(STDOUT, text)
    }

    /// Waits until its standard error holds this text.
    ///
    /// # Errors
    /// As [`wait_for_stdout`](Self::wait_for_stdout).
    pub fn wait_for_stderr(&self, text: &str) -> Result<()> {
        self.wait_for(STDERR, text)
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] when its deadline came before; its process group has been killed then, and the error
    /// quotes the ends of what it wrote.
    pub fn wait(mut self) -> Result<Output> {
        if !self.enclosure.wait(self.remaining()) {
            let killed = self.enclosure.end();
            let error = self.failure(ErrorKind::Timeout, &format!("it did not end within {:?}", self.limit));
            return match killed {
                Ok(_) => Err(error),
                Err(why) => Err(error.with_source(why)),
            };
        }
        match self.enclosure.end()? {
            Some(status) => Ok(Output { status, stdout: self.stdout(), stderr: self.stderr() }),
            None => Err(self.failure(ErrorKind::Internal, "it was never started")),
        }
    }

    fn wait_for(&self, stream: &str, text: &str) -> Result<()> {
        let seen = wait::until(self.remaining(), || {
            // In this order: what it wrote last is read after its end.
            let ended = self.enclosure.has_ended();
            let found = self.read(stream).contains(text);
            (found || ended).then_some(found)
        });
        match seen {
            Some(true) => Ok(()),
            Some(false) => {
                Err(self
                    .failure(ErrorKind::Unavailable, &format!("it ended without {text:?} on its {stream}")))
            }
            None => Err(self.failure(
                ErrorKind::Timeout,
                &format!("no {text:?} on its {stream} within {:?}", self.limit),
            )),
        }
    }

    fn remaining(&self) -> Duration {
        self.end.since(Clock::system().now())
    }

    fn read(&self, stream: &str) -> String {
        // A closed standard output has no file.
        let bytes = fs::read(self.enclosure.folder().join(stream)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn failure(&self, kind: ErrorKind, message: &str) -> Error {
        let (stdout, stderr) = (self.stdout(), self.stderr());
        let (stdout, stderr) = (quote::end("its stdout", &stdout), quote::end("its stderr", &stderr));
        Error::new(kind, format!("{message}; {stderr}\n{stdout}"))
            .with_operation("binary.wait")
            .with_note(self.name.clone())
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("name", &self.name).field("pid", &self.pid()).finish_non_exhaustive()
    }
}
