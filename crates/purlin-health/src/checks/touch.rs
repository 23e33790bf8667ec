//! Calls that may never return, made by children that nobody waits for.

use crate::{Cause, CheckOutcome, Failure, Phase};
use purlin_core::{Clock, Cx, Error, ErrorKind, Instant, Result, Timestamp};
use std::collections::HashMap;
use std::io;
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::sync::Notify;

/// How many children may be out where nobody said.
const MOST: usize = 32;

/// How long one is waited for where the call has no deadline.
const LIMIT: Duration = Duration::from_secs(10);

/// What is killed may take this long to die; only then is it stuck.
const DYING: Duration = Duration::from_millis(100);

/// How often it is looked whether it has.
const PAUSE: Duration = Duration::from_millis(5);

/// Who writes more than this is out of control.
const FLOOD: u64 = 8 * 1024 * 1024;

/// Touches paths that may hang, such as those of a dead NFS server: by small programs of the system (`stat`, `find`,
/// `head`), one for each path at a time, that are never waited for beyond the deadline. Cheap to clone; clones share
/// their children.
///
/// A process that is stuck in the kernel can be neither killed nor waited for, and neither can a process with a thread
/// that is. So the call is made by a child. At the deadline it is killed, which the kernel may or may not heed, and left
/// to itself; while it is still there the path is [stuck](TouchStats::stuck) and no other child is sent after it. The
/// monitor goes on, and can end.
///
/// Each [`Mount`](super::Mount), [`Disk`](super::Disk) and [`FileAge`](super::FileAge) brings one of its own; checks that
/// are given the same one share the limit, and never touch one path twice at a time.
#[derive(Debug, Clone)]
pub struct Touch(Arc<Shared>);

/// What a [`Touch`] does and did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TouchStats {
    /// Children whose answer is still waited for.
    pub running: usize,
    /// Children that were given up and are still there.
    pub stuck: usize,
    /// Children that were started, ever.
    pub started: u64,
    /// Children that were given up, ever.
    pub given_up: u64,
}

#[derive(Debug)]
struct Shared {
    most: usize,
    state: Mutex<State>,
    /// One that was running is back, or given up.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    out: HashMap<String, Out>,
    started: u64,
    given_up: u64,
}

#[derive(Debug)]
enum Out {
    Running,
    Left(Box<Left>),
}

/// A child that was given up.
#[derive(Debug)]
struct Left {
    child: Child,
    id: u32,
    since: Timestamp,
    /// When it was given up.
    left: Instant,
}

/// What came of a touch.
pub(super) enum Told {
    /// The program's standard output.
    Said(Vec<u8>),
    /// What the program said when it failed.
    Refused(String),
    /// The check ends with this.
    Ended(CheckOutcome),
}

impl Default for Touch {
    fn default() -> Self {
        Self::new()
    }
}

impl Touch {
    /// With 32 children at most.
    pub fn new() -> Self {
        Self::at_most(MOST)
    }

    /// With that many children at most, the stuck ones counted in; at least one.
    pub fn at_most(children: usize) -> Self {
        let state = Mutex::default();
        Self(Arc::new(Shared { most: children.max(1), state, changed: Notify::new() }))
    }

    /// What it does and did.
    pub fn stats(&self) -> TouchStats {
        let mut state = self.0.lock();
        state.sweep();
        let running = state.out.values().filter(|out| matches!(out, Out::Running)).count();
        let stuck = state.out.len() - running;
        TouchStats { running, stuck, started: state.started, given_up: state.given_up }
    }

    /// Has a program touch this path.
    pub(super) async fn ask(&self, cx: &Cx, path: &str, argv: &[&str]) -> Told {
        let cx = if cx.deadline().is_none() { cx.with_timeout(LIMIT) } else { cx.clone() };
        match self.try_ask(&cx, path, argv).await {
            Ok(told) => told,
            Err(error) if error.kind() == ErrorKind::Timeout => Told::Ended(timed_out(path, &error)),
            Err(error) => Told::Ended(CheckOutcome::Prober(error)),
        }
    }

    async fn try_ask(&self, cx: &Cx, path: &str, argv: &[&str]) -> Result<Told> {
        let mut errand = loop {
            let changed = self.0.changed.notified();
            match self.set_out(cx, path, argv)? {
                Set::Out(errand) => break errand,
                Set::Stuck(outcome, left) => {
                    if cx.now().since(left) >= DYING {
                        return Ok(Told::Ended(outcome));
                    }
                    match cx.sleep(PAUSE).await {
                        Err(error) if error.kind() == ErrorKind::Timeout => return Ok(Told::Ended(outcome)),
                        slept => slept?,
                    }
                }
                // Another check asks the same path now; should it be given up, so is this one.
                Set::Busy => {
                    let changed = async {
                        changed.await;
                        Ok(())
                    };
                    cx.run("path.touch", changed).await?;
                }
            }
        };
        cx.run("path.touch", errand.end()).await
    }

    fn set_out(&self, cx: &Cx, path: &str, argv: &[&str]) -> Result<Set> {
        let mut state = self.0.lock();
        state.sweep();
        match state.out.get(path) {
            Some(Out::Running) => return Ok(Set::Busy),
            Some(Out::Left(left)) => return Ok(Set::Stuck(still_stuck(path, left), left.left)),
            None => {}
        }
        let out = state.out.len();
        if out >= self.0.most {
            let message =
                format!("{path} was not touched: {out} processes are still out, and no more may be");
            return Err(Error::new(ErrorKind::RateLimited, message).with_operation("path.touch"));
        }
        let child = start(argv)?;
        state.started += 1;
        state.out.insert(path.to_owned(), Out::Running);
        let (clock, path) = (cx.clock().clone(), path.to_owned());
        let since = clock.timestamp();
        Ok(Set::Out(Errand { shared: self.0.clone(), path, child: Some(child), since, clock }))
    }
}

enum Set {
    Out(Errand),
    Busy,
    /// Since when it was given up, too.
    Stuck(CheckOutcome, Instant),
}

fn start(argv: &[&str]) -> Result<Child> {
    let (program, words) = argv.split_first().unwrap_or((&"", &[]));
    let mut command = Command::new(program);
    command.args(words).env("LC_ALL", "C").current_dir("/").process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().map_err(|error| {
        let error = Error::io("program.start", error);
        let message = format!("{program} cannot be started: {}", error.message());
        Error::new(error.kind(), message).with_operation("program.start").with_source(error)
    })
}

fn timed_out(path: &str, error: &Error) -> CheckOutcome {
    let message = format!("{path} does not answer ({})", error.message());
    CheckOutcome::Failed(Failure::new(Phase::Execute, Cause::Timeout, message))
}

fn still_stuck(path: &str, left: &Left) -> CheckOutcome {
    let message = format!("{path} is still stuck since {} (process {})", left.since, left.id);
    CheckOutcome::Failed(Failure::new(Phase::Execute, Cause::Timeout, message))
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Forgets the children that are gone after all.
    fn sweep(&mut self) {
        self.out.retain(|_, out| match out {
            Out::Running => true,
            Out::Left(left) => matches!(left.child.try_wait(), Ok(None)),
        });
    }
}

/// One child on its way; dropped before its end, it is given up.
struct Errand {
    shared: Arc<Shared>,
    path: String,
    child: Option<Child>,
    since: Timestamp,
    clock: Clock,
}

impl Errand {
    async fn end(&mut self) -> Result<Told> {
        let Some(child) = self.child.as_mut() else { return Ok(Told::Said(Vec::new())) };
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let fault = |error| Error::io("path.touch", error);
        let (said, complained) = tokio::try_join!(read(stdout), read(stderr)).map_err(fault)?;
        let status = child.wait().await.map_err(fault)?;
        self.child = None;
        if u64::try_from(said.len()).is_ok_and(|length| length >= FLOOD) {
            let message = format!("{} holds too much to be looked at", self.path);
            return Err(Error::new(ErrorKind::Unsupported, message).with_operation("path.touch"));
        }
        if status.success() {
            return Ok(Told::Said(said));
        }
        let complained = String::from_utf8_lossy(&complained);
        let line = complained.lines().next().unwrap_or_default().trim();
        Ok(Told::Refused(if line.is_empty() { status.to_string() } else { line.to_owned() }))
    }
}

async fn read(stream: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let mut said = Vec::new();
    if let Some(stream) = stream {
        stream.take(FLOOD).read_to_end(&mut said).await?;
    }
    Ok(said)
}

impl Drop for Errand {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.out.remove(&self.path);
        if let Some(mut child) = self.child.take() {
            state.given_up += 1;
            // The kernel heeds it, or not; tokio reaps the child when it is gone and nobody has asked again.
            let _ = child.start_kill();
            let id = child.id().unwrap_or_default();
            let left = Left { child, id, since: self.since, left: self.clock.now() };
            state.out.insert(std::mem::take(&mut self.path), Out::Left(Box::new(left)));
        }
        drop(state);
        self.shared.changed.notify_waiters();
    }
}

/// What a refusal of one of these programs says about a path.
pub(super) fn refused(path: &str, complaint: &str) -> CheckOutcome {
    // `stat: cannot read file system information for '/x': Stale file handle`
    let said = complaint.rsplit(": ").next().unwrap_or(complaint);
    let message = format!("{path}: {}", said.to_lowercase());
    match said {
        "Permission denied" | "Operation not permitted" => {
            CheckOutcome::Prober(Error::new(ErrorKind::Denied, message).with_operation("path.touch"))
        }
        _ => CheckOutcome::Failed(Failure::new(Phase::Execute, Cause::Assertion("readable".into()), message)),
    }
}
