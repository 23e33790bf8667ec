//! A command that prints a secret: run in a process group of its own, ended with everything it started.

use super::Secret;
use super::source::{MAX_SIZE, text};
use crate::{Cx, Error, ErrorKind, Result};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// How often a silent command is looked at: how late its kill may be.
const TICK: Duration = Duration::from_millis(10);
/// How much of the command's complaint is kept.
const MAX_COMPLAINT: usize = 4 * 1024;

/// What the command prints, while somebody wants it.
pub(super) fn output(argv: &[String], cx: &Cx) -> Result<Secret<String>> {
    let mut running = Running::start(argv)?;
    let status = running.finish(cx).map_err(fault)?;
    match status {
        Some(status) if status.success() => text(std::mem::take(&mut running.printed)),
        Some(status) => Err(running.failure(status)),
        None if running.printed.len() > MAX_SIZE => text(std::mem::take(&mut running.printed)),
        // Nobody reads this one: the caller has left.
        None => Err(Error::new(ErrorKind::Cancelled, "cancelled by the caller")),
    }
}

fn fault(error: io::Error) -> Error {
    Error::io("secret.resolve", error)
}

struct Running {
    child: Child,
    stdout: UnixStream,
    stderr: UnixStream,
    printed: Vec<u8>,
    complaint: Vec<u8>,
    ended: Option<ExitStatus>,
}

impl Running {
    fn start(argv: &[String]) -> Result<Self> {
        let (program, arguments) =
            argv.split_first().ok_or_else(|| Error::new(ErrorKind::Invalid, "the command is empty"))?;
        // Sockets, not pipes: a read from them can have a time limit.
        let (stdout, child_stdout) = UnixStream::pair().map_err(fault)?;
        let (stderr, child_stderr) = UnixStream::pair().map_err(fault)?;
        stdout.set_read_timeout(Some(TICK)).map_err(fault)?;
        stderr.set_nonblocking(true).map_err(fault)?;
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(OwnedFd::from(child_stdout))
            .stderr(OwnedFd::from(child_stderr))
            .process_group(0)
            .spawn()
            .map_err(|error| {
                let error = fault(error);
                Error::new(error.kind(), format!("the command cannot be started: {}", error.message()))
            })?;
        // Room for all of it at once: a buffer that grows leaves unzeroed copies behind.
        let printed = Vec::with_capacity(MAX_SIZE + 1);
        Ok(Self { child, stdout, stderr, printed, complaint: Vec::new(), ended: None })
    }

    /// Reads until the command has ended and its output is read; none when that is no longer wanted, or too much.
    fn finish(&mut self, cx: &Cx) -> io::Result<Option<ExitStatus>> {
        while !cx.is_cancelled() && self.printed.len() <= MAX_SIZE {
            // Asked before reading: what it printed last is then read before the loop ends.
            if self.ended.is_none() {
                self.ended = self.child.try_wait()?;
            }
            let heard = read_some(&mut self.stdout, &mut self.printed, MAX_SIZE + 1)?;
            let complained = self.read_complaint()?;
            match (self.ended, heard || complained) {
                (_, true) => {}
                // Something it started may hold the sockets open; that is not waited for.
                (Some(status), false) => return Ok(Some(status)),
                // At the end of its output a read returns at once.
                (None, false) => std::thread::sleep(TICK),
            }
        }
        Ok(None)
    }

    /// A complaint beyond what is kept is read all the same, or the command would block on it; so much a round that
    /// an endless one does not keep the loop.
    fn read_complaint(&mut self) -> io::Result<bool> {
        for round in 0..256 {
            if !read_some(&mut self.stderr, &mut self.complaint, MAX_COMPLAINT)? {
                return Ok(round > 0);
            }
        }
        Ok(true)
    }

    fn failure(&self, status: ExitStatus) -> Error {
        let complaint = String::from_utf8_lossy(&self.complaint);
        let last = complaint.lines().rev().map(str::trim).find(|line| !line.is_empty());
        let message = match last {
            Some(line) => format!("the command failed ({status}): {line}"),
            None => format!("the command failed ({status})"),
        };
        Error::new(ErrorKind::Unavailable, message)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.printed);
        if self.ended.is_none() {
            // The leader is not reaped yet, so its number still means this group. The standard library can end one
            // process only; the shell's own `kill`, in the form that POSIX gives it, ends the group.
            let _ = Command::new("/bin/sh")
                .args(["-c", "kill -s KILL -- \"-$1\"", "sh", &self.child.id().to_string()])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Reads once, keeping at most `limit` bytes in all; false when there is nothing to read now, or no more.
fn read_some(from: &mut UnixStream, into: &mut Vec<u8>, limit: usize) -> io::Result<bool> {
    let mut buffer = zeroize::Zeroizing::new([0; 4096]);
    match from.read(&mut *buffer) {
        Ok(count) => {
            let kept = count.min(limit.saturating_sub(into.len()));
            into.extend_from_slice(&buffer[..kept]);
            Ok(count > 0)
        }
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
            Ok(false)
        }
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(true),
        Err(error) => Err(error),
    }
}
