//! A command that prints a secret: run in a process group of its own, killed with it when nobody waits any more.

use super::Secret;
use super::complaint::{CHUNK, Complaint};
use super::group::{EndOnDrop, Group};
use super::source::{MAX_SIZE, text};
use crate::{Cx, Error, ErrorKind, Result};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use zeroize::Zeroizing;

/// How often a silent command is looked at.
const TICK: Duration = Duration::from_millis(10);

/// What the command prints. The turn is given back as soon as the command runs: what hangs then can be killed.
pub(super) async fn resolve(argv: &[String], turn: OwnedSemaphorePermit, cx: &Cx) -> Result<Secret<String>> {
    let (group, argv) = (Arc::new(Group::default()), argv.to_vec());
    let of_thread = group.clone();
    // The caller kills it, and not the thread alone: a program that ends at once takes its threads along.
    let _guard = EndOnDrop(&group);
    let work = move |cx: &Cx| {
        let mut running = Running::start(&argv, of_thread)?;
        drop(turn);
        running.output(cx)
    };
    cx.run_blocking("secret.resolve", work).await
}

fn fault(error: io::Error) -> Error {
    Error::io("secret.resolve", error)
}

/// That there is no such program is the name's fault; most else is a lack of this machine.
fn cannot_start(error: &io::Error) -> Error {
    let lack = Error::of_this_machine("the command cannot be started", error);
    match Error::io("secret.resolve", error.kind().into()).kind() {
        kind @ (ErrorKind::NotFound | ErrorKind::Denied | ErrorKind::Invalid) => {
            Error::new(kind, lack.message().to_owned())
        }
        _ => lack,
    }
}

struct Running {
    group: Arc<Group>,
    stdout: UnixStream,
    stderr: UnixStream,
    printed: Zeroizing<Vec<u8>>,
    complaint: Complaint,
}

impl Running {
    fn start(argv: &[String], group: Arc<Group>) -> Result<Self> {
        let (program, arguments) =
            argv.split_first().ok_or_else(|| Error::new(ErrorKind::Invalid, "the command is empty"))?;
        // Sockets, not pipes: a read from them can have a time limit.
        let (stdout, child_stdout) = UnixStream::pair().map_err(fault)?;
        let (stderr, child_stderr) = UnixStream::pair().map_err(fault)?;
        stdout.set_read_timeout(Some(TICK)).map_err(fault)?;
        stderr.set_nonblocking(true).map_err(fault)?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(OwnedFd::from(child_stdout))
            .stderr(OwnedFd::from(child_stderr))
            .process_group(0);
        group.start(&mut command).map_err(|error| cannot_start(&error))?;
        // Room for all of it at once: a buffer that grows leaves unzeroed copies behind.
        let printed = Zeroizing::new(Vec::with_capacity(MAX_SIZE + 1));
        Ok(Self { group, stdout, stderr, printed, complaint: Complaint::new() })
    }

    fn output(&mut self, cx: &Cx) -> Result<Secret<String>> {
        match self.finish(cx).map_err(fault)? {
            Some(status) if !status.success() => Err(self.failure(status)),
            None if self.printed.len() <= MAX_SIZE => {
                // Nobody reads this one: the caller has left.
                Err(Error::new(ErrorKind::Cancelled, "cancelled by the caller"))
            }
            _ => text(std::mem::take(&mut *self.printed)),
        }
    }

    /// Reads until the command has ended and its output is read; none when that is no longer wanted, or too much.
    fn finish(&mut self, cx: &Cx) -> io::Result<Option<ExitStatus>> {
        let mut ended = None;
        while !cx.is_cancelled() && self.printed.len() <= MAX_SIZE {
            // Asked before reading: what it printed last is then read before the loop ends.
            if ended.is_none() {
                ended = self.group.try_wait()?;
            }
            let heard = self.read_output()?;
            let complained = self.read_complaint()?;
            match (ended, heard || complained) {
                (_, true) => {}
                // Something it started may hold the sockets open; that is not waited for.
                (Some(status), false) => return Ok(Some(status)),
                // At the end of its output a read returns at once.
                (None, false) => std::thread::sleep(TICK),
            }
        }
        Ok(None)
    }

    fn read_output(&mut self) -> io::Result<bool> {
        let mut buffer = Zeroizing::new([0; CHUNK]);
        let count = read_some(&mut self.stdout, &mut *buffer)?;
        let kept = count.unwrap_or(0).min(MAX_SIZE + 1 - self.printed.len());
        self.printed.extend_from_slice(&buffer[..kept]);
        Ok(count.is_some())
    }

    /// A complaint beyond what is kept is read all the same, or the command would block on it; so much a round that
    /// an endless one does not keep the loop.
    fn read_complaint(&mut self) -> io::Result<bool> {
        let mut buffer = Zeroizing::new([0; CHUNK]);
        for round in 0..256 {
            let Some(count) = read_some(&mut self.stderr, &mut *buffer)? else {
                return Ok(round > 0);
            };
            self.complaint.add(&buffer[..count]);
        }
        Ok(true)
    }

    fn failure(&self, status: ExitStatus) -> Error {
        let message = match self.complaint.last_line(&self.printed) {
            Some(line) => format!("the command failed ({status}): {line}"),
            None => format!("the command failed ({status})"),
        };
        Error::new(ErrorKind::Unavailable, message)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.group.end_and_reap();
    }
}

/// Reads once; none when there is nothing to read now, or no more.
fn read_some(from: &mut UnixStream, into: &mut [u8]) -> io::Result<Option<usize>> {
    match from.read(into) {
        Ok(count) => Ok((count > 0).then_some(count)),
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(Some(0)),
        Err(error) => Err(error),
    }
}
