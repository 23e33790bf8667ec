//! Programs that run under a deadline.

use purlin_core::{Cx, Error, ErrorKind, Result};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, kill_process_group, pidfd_open, waitid,
};
use std::ffi::OsStr;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

/// What is kept of each stream; a plugin says less (Nagios itself keeps 8 KiB).
const KEPT: usize = 64 * 1024;

/// Who writes more than this is out of control, and is ended.
const FLOOD: usize = 4 * 1024 * 1024;

/// How long a stream may stay open after the program has ended, held by a child that it left behind.
const AFTERMATH: Duration = Duration::from_millis(100);

/// How long nothing but its streams tells that a program has ended.
const SOON: Duration = Duration::from_millis(50);

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

/// Runs a program to its end, with its whole process group killed at the deadline, when it floods, and when the future
/// is dropped. What it leaves running in its group is killed too; a daemon makes a group of its own.
///
/// # Errors
/// That it cannot be started; [`ErrorKind::Timeout`] and [`ErrorKind::Cancelled`] as `cx` has it;
/// [`ErrorKind::Protocol`] where it floods.
pub(crate) async fn run<S: AsRef<OsStr>>(cx: &Cx, argv: &[S], input: &[u8]) -> Result<Ended> {
    let Some((program, words)) = argv.split_first() else {
        return Err(
            Error::new(ErrorKind::Invalid, "there is no program to run").with_operation("program.start")
        );
    };
    cx.check("program.start")?;
    let mut command = Command::new(program);
    command.args(words).process_group(0).kill_on_drop(true);
    command.stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let name = program.as_ref().to_string_lossy();
    let child = command.spawn().map_err(|error| start_failed(&name, error))?;
    let mut group = Group::of(child).map_err(|error| start_failed(&name, error))?;
    cx.run("program.run", group.watch(input)).await
}

fn start_failed(name: &str, error: io::Error) -> Error {
    let error = Error::io("program.start", error);
    let message = format!("{name} cannot be started: {}", error.message());
    Error::new(error.kind(), message).with_operation("program.start").with_source(error)
}

/// A program and whatever it starts, until all of it is gone.
struct Group {
    child: Child,
    id: Pid,
}

impl Group {
    fn of(child: Child) -> io::Result<Self> {
        let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let id = id.ok_or_else(|| io::Error::other("it has no number"))?;
        Ok(Self { child, id })
    }

    /// Until the program has ended. It is not reaped: until then its number means it and nobody else.
    async fn end(id: Pid) -> io::Result<()> {
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        if waitid(WaitId::Pid(id), look)?.is_some() {
            return Ok(());
        }
        let descriptor = pidfd_open(id, PidfdFlags::NONBLOCK)?;
        #[expect(
            deprecated,
            reason = "what may change its descriptor makes it unsound: an OwnedFd cannot, and the other way is unsafe"
        )]
        let descriptor = AsyncFd::new(descriptor)?;
        descriptor.readable().await.map(drop)
    }

    async fn watch(&mut self, input: &[u8]) -> Result<Ended> {
        let stdin = self.child.stdin.take();
        let (mut stdout, mut stderr) = (self.child.stdout.take(), self.child.stderr.take());
        let mut said = (Stream::default(), Stream::default());
        let feed = async {
            if let Some(mut stdin) = stdin {
                // Whoever does not read its input may still do its work.
                let _ = stdin.write_all(input).await;
            }
            std::future::pending::<()>().await;
        };
        let read = async {
            let (out, err) = &mut said;
            tokio::try_join!(out.read(&mut stdout), err.read(&mut stderr)).map(drop)
        };
        let id = self.id;
        let end = async {
            // Most programs have ended by then, and their streams said so: a descriptor for their end costs more than the
            // rest of what is done here.
            tokio::time::sleep(SOON).await;
            let ended = Self::end(id).await;
            tokio::time::sleep(AFTERMATH).await;
            ended.map_err(|error| Error::io("program.run", error))
        };
        tokio::select! {
            read = read => read?,
            end = end => end?,
            () = feed => {}
        }
        // Both streams have ended, or the program has; it may still run with its streams closed.
        Self::end(id).await.map_err(|error| Error::io("program.run", error))?;
        self.kill();
        let status = self.child.wait().await.map_err(|error| Error::io("program.run", error))?;
        Ok(Ended { status, stdout: said.0.0, stderr: said.1.0 })
    }

    fn kill(&self) {
        // It may have ended by itself, and its whole group with it.
        let _ = kill_process_group(self.id, Signal::KILL);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // After the program was reaped its number may mean another one; tokio knows by then.
        if self.child.id().is_some() {
            self.kill();
        }
    }
}

/// What a program said on one stream.
#[derive(Default)]
struct Stream(Vec<u8>);

impl Stream {
    async fn read(&mut self, stream: &mut Option<impl AsyncRead + Unpin>) -> Result<()> {
        let Some(stream) = stream else { return Ok(()) };
        let mut buffer = [0; 4096];
        let mut total = 0;
        loop {
            let got = stream.read(&mut buffer).await.map_err(|error| Error::io("program.read", error))?;
            if got == 0 {
                return Ok(());
            }
            total += got;
            if total > FLOOD {
                let message = format!("it wrote more than {} MiB and was ended", FLOOD / 1024 / 1024);
                return Err(Error::new(ErrorKind::Protocol, message).with_operation("program.read"));
            }
            let room = KEPT.saturating_sub(self.0.len()).min(got);
            self.0.extend_from_slice(&buffer[..room]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cx() -> Cx {
        Cx::background().with_timeout(Duration::from_secs(20))
    }

    async fn sh(script: &str, input: &[u8]) -> Result<Ended> {
        run(&cx(), &["sh", "-c", script], input).await
    }

    #[tokio::test]
    async fn it_says_how_the_program_ended() -> Result<()> {
        let ended = sh("cat; echo oops >&2; exit 2", b"hello").await?;
        assert_eq!(
            (ended.status.code(), &*ended.stdout, &*ended.stderr),
            (Some(2), &b"hello"[..], &b"oops\n"[..])
        );
        // Whoever does not read does not stop anything.
        let ended = sh("exit 0", &vec![b'x'; 1 << 20]).await?;
        assert_eq!(ended.status.code(), Some(0));
        Ok(())
    }

    #[tokio::test]
    async fn what_a_program_leaves_behind_neither_holds_it_up_nor_lives() -> Result<()> {
        let ended = sh("sleep 1000 & echo $!", b"").await?;
        let left: i32 = String::from_utf8_lossy(&ended.stdout).trim().parse().unwrap_or_default();
        gone(left).await;
        Ok(())
    }

    #[tokio::test]
    async fn the_whole_group_dies_at_the_deadline_whatever_it_ignores() -> Result<()> {
        let folder = tempfile::tempdir().map_err(|error| Error::io("test", error))?;
        let list = folder.path().join("ids");
        let script =
            format!("trap '' TERM INT; (trap '' TERM; sleep 1000) & echo $$ $! > {}; wait", list.display());
        let short = Cx::background().with_timeout(Duration::from_millis(800));
        let error = run(&short, &["sh", "-c", &script], b"").await.map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        let ids = std::fs::read_to_string(&list).map_err(|error| Error::io("test", error))?;
        assert_eq!(ids.split_whitespace().count(), 2);
        for id in ids.split_whitespace() {
            gone(id.parse().unwrap_or_default()).await;
        }
        Ok(())
    }

    #[tokio::test]
    async fn a_flood_is_ended() {
        let error = sh("yes", b"").await.map(|_| ()).unwrap_err();
        assert_eq!(
            (error.kind(), error.message()),
            (ErrorKind::Protocol, "it wrote more than 4 MiB and was ended")
        );
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_named() {
        let error = run(&cx(), &["/nonexistent/check_it"], b"").await.map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(error.message(), "/nonexistent/check_it cannot be started: no such file or directory");
        let error = run::<&str>(&cx(), &[], b"").await.map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }

    /// Until the process is neither alive nor a zombie; the test runner ends a test that waits for ever.
    async fn gone(id: i32) {
        assert!(id > 0);
        while std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| !stat.contains(") Z ")) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
