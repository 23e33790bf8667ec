//! A process of this machine.

use crate::fault::invalid;
use crate::{Event, Exit, Launch, Process};
use bytes::Bytes;
use purlin_core::{Error, ErrorKind, Outcome, Result};
use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::io::ErrorKind as Io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::pin::Pin;
use std::process::{ExitStatus, Stdio};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};

/// How much is read at a time.
const PIECE: usize = 64 * 1024;

/// What a shell says of a program that is not there, and of one that may not be run (POSIX XCU 2.8.2).
const NOT_THERE: i32 = 127;
const MAY_NOT: i32 = 126;

type Waiting = Pin<Box<dyn Future<Output = std::io::Result<ExitStatus>> + Send>>;

pub(super) struct LocalProcess {
    group: Pid,
    /// None when it has been waited for: its number may mean somebody else then.
    waiting: Option<Waiting>,
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    buffer: Box<[u8]>,
    /// Whose turn it is to be read first: none of the two outputs starves the other.
    stderr_first: bool,
}

impl LocalProcess {
    pub(super) fn start(launch: &Launch) -> Result<Box<dyn Process>> {
        let (program, arguments) = launch.argv().split_first().ok_or_else(|| invalid("nothing to run"))?;
        let mut command = std::process::Command::new(program);
        command.args(arguments).process_group(0);
        let mut command = Command::from(command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => return never_started(program, &error),
        };
        let number = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let group = number.ok_or_else(|| Error::new(ErrorKind::Internal, "the process has no number"))?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let waiting: Waiting = Box::pin(async move { child.wait().await });
        let buffer = vec![0; PIECE].into_boxed_slice();
        Ok(Box::new(Self {
            group,
            waiting: Some(waiting),
            stdin,
            stdout,
            stderr,
            buffer,
            stderr_first: false,
        }))
    }

    /// One of the outputs; none where it is open and silent.
    fn poll_output(&mut self, context: &mut Context<'_>, stderr: bool) -> Result<Option<Event>> {
        let mut buffer = ReadBuf::new(&mut self.buffer);
        let polled = match (stderr, &mut self.stdout, &mut self.stderr) {
            (false, Some(stdout), _) => Pin::new(stdout).poll_read(context, &mut buffer),
            (true, _, Some(stderr)) => Pin::new(stderr).poll_read(context, &mut buffer),
            _ => return Ok(None),
        };
        match polled {
            Poll::Pending => Ok(None),
            Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                let bytes = Bytes::copy_from_slice(buffer.filled());
                Ok(Some(if stderr { Event::Stderr(bytes) } else { Event::Stdout(bytes) }))
            }
            Poll::Ready(result) => {
                if stderr {
                    self.stderr = None;
                } else {
                    self.stdout = None;
                }
                result.map(|()| None).map_err(fault)
            }
        }
    }

    fn end(&mut self) {
        if self.waiting.is_some() {
            // Gone already: nobody waited for it yet, so the number is still its own.
            let _ = kill_process_group(self.group, Signal::KILL);
        }
    }
}

impl Process for LocalProcess {
    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Event>>> {
        for stderr in [self.stderr_first, !self.stderr_first] {
            if let Some(event) = self.poll_output(context, stderr)? {
                self.stderr_first = !stderr;
                return Poll::Ready(Ok(Some(event)));
            }
        }
        if let Some(waiting) = &mut self.waiting
            && let Poll::Ready(status) = waiting.as_mut().poll(context)
        {
            self.waiting = None;
            self.stdin = None;
            return Poll::Ready(status.map(|status| Some(Event::Exited(exit(status)))).map_err(fault));
        }
        let over = self.waiting.is_none() && self.stdout.is_none() && self.stderr.is_none();
        if over { Poll::Ready(Ok(None)) } else { Poll::Pending }
    }

    fn poll_write(&mut self, context: &mut Context<'_>, input: &[u8]) -> Poll<Result<usize>> {
        let Some(stdin) = &mut self.stdin else { return Poll::Ready(Ok(0)) };
        match Pin::new(stdin).poll_write(context, input) {
            Poll::Ready(Err(error)) if error.kind() == Io::BrokenPipe => {
                self.stdin = None;
                Poll::Ready(Ok(0))
            }
            polled => polled.map_err(fault),
        }
    }

    fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<Result<()>> {
        // A pipe holds what was written.
        self.stdin = None;
        Poll::Ready(Ok(()))
    }

    fn kill(&mut self) {
        self.end();
    }
}

impl Drop for LocalProcess {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for LocalProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalProcess").field("group", &self.group).finish_non_exhaustive()
    }
}

fn fault(error: std::io::Error) -> Error {
    Error::io("transport.exec", error).with_outcome(Outcome::Maybe)
}

fn exit(status: ExitStatus) -> Exit {
    match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Code(code),
        (None, number) => Exit::Signal(signal_name(number.unwrap_or_default())),
    }
}

/// The names that POSIX gives, by Linux's numbers; those that differ between its machines are left as numbers.
fn signal_name(number: i32) -> String {
    let name = match number {
        1 => "HUP",
        2 => "INT",
        3 => "QUIT",
        4 => "ILL",
        6 => "ABRT",
        8 => "FPE",
        9 => "KILL",
        11 => "SEGV",
        13 => "PIPE",
        14 => "ALRM",
        15 => "TERM",
        other => return other.to_string(),
    };
    name.to_owned()
}

/// What a shell would say, in its place.
fn never_started(program: &str, error: &std::io::Error) -> Result<Box<dyn Process>> {
    let (code, words) = match error.kind() {
        Io::NotFound => (NOT_THERE, "not found"),
        Io::PermissionDenied => (MAY_NOT, "permission denied"),
        _ if error.raw_os_error() == Some(rustix::io::Errno::NOEXEC.raw_os_error()) => {
            (MAY_NOT, "not a program of this machine")
        }
        kind => {
            let error = Error::io("transport.exec", std::io::Error::new(kind, error.to_string()));
            return Err(error.with_outcome(Outcome::NotSent));
        }
    };
    let words = Bytes::from(format!("{program}: {words}\n"));
    let events = VecDeque::from([Event::Stderr(words), Event::Exited(Exit::Code(code))]);
    Ok(Box::new(Told(events)))
}

/// A process that never was.
#[derive(Debug)]
struct Told(VecDeque<Event>);

impl Process for Told {
    fn poll_event(&mut self, _: &mut Context<'_>) -> Poll<Result<Option<Event>>> {
        Poll::Ready(Ok(self.0.pop_front()))
    }

    fn poll_write(&mut self, _: &mut Context<'_>, _: &[u8]) -> Poll<Result<usize>> {
        Poll::Ready(Ok(0))
    }

    fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn kill(&mut self) {}
}
