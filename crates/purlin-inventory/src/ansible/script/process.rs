//! A command that prints: run in a process group of its own, ended with everything it started.

use super::Printed;
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result, units};
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process_group, test_kill_process_group, waitid,
};
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// How often a silent command's time is looked at: how late its kill may be.
const TICK: Duration = Duration::from_millis(10);
/// How many looks the pipes of a command that has ended, or was killed, are given to end.
const DYING: u32 = 100;
/// How much of the command's complaint is kept.
const MAX_COMPLAINT: usize = 4 * 1024;
/// How much is read at once.
const CHUNK: usize = 64 * 1024;
const OPERATION: &str = super::OPERATION;

/// Runs a command until it has ended and all that it prints is read; what it prints is taken from what is left.
pub(super) fn run(cx: &Cx, program: &str, arguments: &[&str], left: &AtomicU64) -> Result<Printed> {
    cx.check(OPERATION)?;
    let time = cx.remaining();
    let mut running = Running::start(program, arguments)?;
    let mut printed = Vec::new();
    let heard = running.listen(cx, &mut printed, left);
    let status = heard.and_then(|()| running.wait(cx));
    let stderr = String::from_utf8_lossy(&running.complaint).into_owned();
    match status {
        Ok(status) if status.success() => Ok(Printed { stdout: printed, stderr }),
        Ok(status) => {
            let message = format!("the command failed ({status}){}", quoted(&stderr));
            Err(Error::new(ErrorKind::Unavailable, message).with_outcome(Outcome::Maybe))
        }
        Err(error) => {
            let message = format!("{}{}", killed(&error, time), quoted(&stderr));
            Err(Error::new(error.kind(), message).with_outcome(Outcome::Maybe))
        }
    }
}

/// Why it was killed: it was asked, whatever the call's own time says.
fn killed(error: &Error, time: Option<Duration>) -> String {
    match (error.kind(), time) {
        (ErrorKind::Timeout, Some(time)) => {
            // As it was given, but for the time that went by before.
            let tens = time.as_micros().div_ceil(10_000);
            let time = Duration::from_millis(u64::try_from(tens).unwrap_or(u64::MAX).saturating_mul(10));
            format!("did not end within {} and was killed", units::duration::format(time))
        }
        (ErrorKind::Cancelled, _) => "was killed, since nobody waits for it any more".to_owned(),
        _ => error.message().to_owned(),
    }
}

/// The last lines of what was said.
fn quoted(complaint: &str) -> String {
    let lines: Vec<&str> = complaint.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    match lines.get(lines.len().saturating_sub(3)..).unwrap_or_default() {
        [] => String::new(),
        last => format!(": {}", last.join("; ")),
    }
}

enum Heard {
    Output(Vec<u8>),
    Complaint(Vec<u8>),
}

struct Running {
    child: Child,
    heard: Receiver<io::Result<Heard>>,
    complaint: Vec<u8>,
}

impl Running {
    fn start(program: &str, arguments: &[&str]) -> Result<Self> {
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| {
                let error = Error::io(OPERATION, error);
                Error::new(error.kind(), format!("cannot be started: {}", error.message()))
            })?;
        // Few at once: what reads faster than it is listened to waits.
        let (sender, heard) = sync_channel(4);
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let running = Self { child, heard, complaint: Vec::new() };
        // Pipes, not sockets: a script may open /dev/stderr anew, which sockets refuse. A read from a pipe has no time
        // limit, so each has a thread; it ends when nobody holds the pipe open any more, which the kill sees to.
        reader(stdout, sender.clone(), Heard::Output)?;
        reader(stderr, sender, Heard::Complaint)?;
        Ok(running)
    }

    fn listen(&mut self, cx: &Cx, printed: &mut Vec<u8>, left: &AtomicU64) -> Result<()> {
        // Looks since the command itself has ended and nothing more came.
        let mut silent = 0;
        loop {
            cx.check(OPERATION)?;
            match self.heard.recv_timeout(TICK) {
                Ok(Ok(Heard::Output(bytes))) => {
                    take(left, bytes.len())?;
                    printed.extend_from_slice(&bytes);
                    silent = 0;
                }
                Ok(Ok(Heard::Complaint(bytes))) => {
                    let room = MAX_COMPLAINT.saturating_sub(self.complaint.len());
                    self.complaint.extend(bytes.into_iter().take(room));
                }
                Ok(Err(error)) => return Err(Error::io(OPERATION, error)),
                Err(RecvTimeoutError::Timeout) if silent >= DYING => {
                    let message = "the command ended, but something that it started holds its output open and was \
                                   killed; redirect what goes on behind it";
                    return Err(Error::new(ErrorKind::Unavailable, message));
                }
                Err(RecvTimeoutError::Timeout) => silent += u32::from(self.has_ended()?),
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    }

    /// Whether the command itself has ended. Its number is kept: as long as nobody has asked for its status, no other
    /// group can have it.
    fn has_ended(&self) -> Result<bool> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let ended = waitid(WaitId::Pid(Pid::from_child(&self.child)), options);
        ended.map(|status| status.is_some()).map_err(|error| Error::io(OPERATION, error.into()))
    }

    /// Waits for the command, then ends what it left behind in its group.
    fn wait(&mut self, cx: &Cx) -> Result<ExitStatus> {
        let mut pause = Duration::from_micros(200);
        while !self.has_ended()? {
            cx.check(OPERATION)?;
            std::thread::sleep(pause);
            pause = (2 * pause).min(TICK);
        }
        self.kill();
        let status = self.child.wait().map_err(|error| Error::io(OPERATION, error))?;
        // Who calls may end now, and expects that all of it is gone; most often nobody was left.
        let group = Pid::from_child(&self.child);
        for _ in 0..DYING {
            if test_kill_process_group(group).is_err() {
                break;
            }
            std::thread::sleep(TICK);
        }
        Ok(status)
    }

    /// Ends the group, as long as its number is still this one's.
    fn kill(&mut self) {
        if self.has_ended().is_ok() {
            // An error says that nobody is left in it.
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
        let _ = self.child.wait();
        // What it started is killed as well, and has let go of the pipes when they end. Who left the group is not waited
        // for for ever.
        for _ in 0..DYING {
            if let Err(RecvTimeoutError::Disconnected) = self.heard.recv_timeout(TICK) {
                break;
            }
        }
    }
}

/// Takes so many bytes from what is left of all output.
fn take(left: &AtomicU64, bytes: usize) -> Result<()> {
    let taken =
        left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes as u64));
    match taken {
        Ok(_) => Ok(()),
        Err(_) => Err(Error::new(ErrorKind::Invalid, super::TOO_MUCH)),
    }
}

/// Reads on a thread of its own until the end, or until nobody listens.
fn reader<R: Read + Send + 'static>(
    from: Option<R>,
    to: SyncSender<io::Result<Heard>>,
    kind: fn(Vec<u8>) -> Heard,
) -> Result<()> {
    let Some(mut from) = from else { return Ok(()) };
    let read = move || {
        let mut buffer = vec![0; CHUNK];
        loop {
            let heard = match from.read(&mut buffer) {
                Ok(0) => return,
                Ok(count) => Ok(kind(buffer.get(..count).unwrap_or_default().to_vec())),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
            let failed = heard.is_err();
            if to.send(heard).is_err() || failed {
                return;
            }
        }
    };
    let builder = std::thread::Builder::new().name("inventory.script".to_owned());
    builder.spawn(read).map(drop).map_err(|error| super::no_thread(&error))
}
