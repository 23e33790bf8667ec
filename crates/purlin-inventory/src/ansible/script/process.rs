//! A command that prints: run in a process group of its own, ended with everything it started.

use super::Printed;
use purlin_core::{Cx, Error, ErrorKind, Result};
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// How often a silent command's time is looked at: how late its kill may be.
const TICK: Duration = Duration::from_millis(10);
/// How many looks the pipes of a killed command are given to end.
const DYING: u32 = 100;
/// How much of the command's complaint is kept.
const MAX_COMPLAINT: usize = 4 * 1024;
/// How much is read at once.
const CHUNK: usize = 64 * 1024;

/// Runs a command until it has ended and all that it prints is read.
pub(super) fn run(cx: &Cx, program: &str, arguments: &[&str], limit: u64) -> Result<Printed> {
    let mut running = Running::start(program, arguments)?;
    let mut printed = Vec::new();
    let heard = running.listen(cx, &mut printed, limit);
    let status = match heard {
        Ok(()) => running.wait(cx),
        Err(error) => Err(error),
    };
    let stderr = String::from_utf8_lossy(&running.complaint).into_owned();
    match status {
        Ok(status) if status.success() => Ok(Printed { stdout: printed, stderr }),
        Ok(status) => {
            let message = format!("the command failed ({status}){}", quoted(&stderr));
            Err(Error::new(ErrorKind::Unavailable, message))
        }
        Err(error) => Err(Error::new(error.kind(), format!("{}{}", error.message(), quoted(&stderr)))),
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
    ended: bool,
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
                let error = Error::io("inventory.script", error);
                Error::new(error.kind(), format!("cannot be started: {}", error.message()))
            })?;
        // Few at once: what reads faster than it is listened to waits.
        let (sender, heard) = sync_channel(4);
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let running = Self { child, heard, complaint: Vec::new(), ended: false };
        // Pipes, not sockets: a script may open /dev/stderr anew, which sockets refuse. A read from a pipe has no time
        // limit, so each has a thread; it ends when nobody holds the pipe open any more, which the kill sees to.
        reader(stdout, sender.clone(), Heard::Output)?;
        reader(stderr, sender, Heard::Complaint)?;
        Ok(running)
    }

    fn listen(&mut self, cx: &Cx, printed: &mut Vec<u8>, limit: u64) -> Result<()> {
        loop {
            cx.check("inventory.script")?;
            match self.heard.recv_timeout(TICK) {
                Ok(Ok(Heard::Output(bytes))) => {
                    if (printed.len() + bytes.len()) as u64 > limit {
                        let message = format!("printed more than the limit of {limit} bytes");
                        return Err(Error::new(ErrorKind::Invalid, message));
                    }
                    printed.extend_from_slice(&bytes);
                }
                Ok(Ok(Heard::Complaint(bytes))) => {
                    let room = MAX_COMPLAINT.saturating_sub(self.complaint.len());
                    self.complaint.extend(bytes.into_iter().take(room));
                }
                Ok(Err(error)) => return Err(Error::io("inventory.script", error)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    }

    fn wait(&mut self, cx: &Cx) -> Result<ExitStatus> {
        let mut pause = Duration::from_micros(200);
        loop {
            let ended = self.child.try_wait().map_err(|error| Error::io("inventory.script", error))?;
            if let Some(status) = ended {
                self.ended = true;
                return Ok(status);
            }
            cx.check("inventory.script")?;
            std::thread::sleep(pause);
            pause = (2 * pause).min(TICK);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        // The leader is not reaped yet, so its number still means this group. The standard library can end one process
        // only; the shell's own `kill`, in the form that POSIX gives it, ends the group.
        let _ = Command::new("/bin/sh")
            .args(["-c", "kill -s KILL -- \"-$1\"", "sh", &self.child.id().to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        let _ = self.child.kill();
        let _ = self.child.wait();
        // What it started is killed as well, and has let go of the pipes when they end. Who left the group is not waited
        // for long.
        for _ in 0..DYING {
            if let Err(RecvTimeoutError::Disconnected) = self.heard.recv_timeout(TICK) {
                break;
            }
        }
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
    builder.spawn(read).map(drop).map_err(|error| Error::io("inventory.script", error))
}
