//! A private folder and the process group that works in it, with those who left the group and work there still. Neither outlives the value, whatever happens to the
//! process that holds it.

mod guardian;

use crate::{processes, wait};
use guardian::Guardian;
use purlin_core::{Error, ErrorKind, Result};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};
use std::ffi::OsString;
use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// How long a killed group may take to vanish. SIGKILL acts at once, but a loaded machine is slow to say so.
const KILL_LIMIT: Duration = Duration::from_secs(20);

/// Waits for the guardian to know the group, then becomes the program. Should the test end before that, the read
/// ends as well and the program is never started.
const GATE: &str = r#"read -r go || exit 125; input=$1; shift; exec "$@" <"$input""#;

/// One start of a program.
pub(crate) struct Start {
    pub(crate) words: Vec<OsString>,
    pub(crate) environment: Vec<(OsString, OsString)>,
    /// The caller's own, where there is none.
    pub(crate) current_dir: Option<PathBuf>,
    pub(crate) stdin: PathBuf,
    pub(crate) stdout: Stdio,
    pub(crate) stderr: File,
}

pub(crate) struct Enclosure {
    leader: Option<Child>,
    folder: TempDir,
    // Dropped last: it watches until there is nothing left to clean up.
    guardian: Guardian,
}

impl Enclosure {
    /// The name becomes part of the folder's.
    pub(crate) fn new(name: &str) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix(&format!("purlin-{name}-"))
            .permissions(Permissions::from_mode(0o700))
            .tempdir()
            .map_err(failed)?;
        Ok(Self { leader: None, guardian: Guardian::of(folder.path()).map_err(failed)?, folder })
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a program as the leader of a new group; there must be none.
    pub(crate) fn start(&mut self, start: Start) -> Result<()> {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", GATE, "sh"])
            .arg(&start.stdin)
            .args(&start.words)
            .env_clear()
            .envs(start.environment)
            .stdin(Stdio::piped())
            .stdout(start.stdout)
            .stderr(start.stderr)
            .process_group(0);
        if let Some(folder) = &start.current_dir {
            command.current_dir(folder);
        }
        let mut leader = command.spawn().map_err(failed)?;
        let gate = leader.stdin.take();
        let group = leader.id();
        self.leader = Some(leader);
        self.guardian.watch(Some(group)).map_err(failed)?;
        gate.map_or(Ok(()), |mut gate| gate.write_all(b"go\n")).map_err(failed)
    }

    /// The leader's number; none before the start and after the end.
    pub(crate) fn leader(&self) -> Option<Pid> {
        self.leader.as_ref().map(Pid::from_child)
    }

    /// Whether the leader has ended by itself. It is not reaped, so its number still means this group.
    pub(crate) fn has_ended(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        match self.leader() {
            Some(leader) => !matches!(waitid(WaitId::Pid(leader), options), Ok(None)),
            None => true,
        }
    }

    pub(crate) fn signal_leader(&self, signal: Signal) -> Result<()> {
        self.signal(signal, kill_process)
    }

    /// Signals the group, and those who work in the folder and have left the group.
    pub(crate) fn signal_group(&self, signal: Signal) -> Result<()> {
        self.signal(signal, kill_process_group)?;
        self.signal_strays(signal);
        Ok(())
    }

    fn signal_strays(&self, signal: Signal) {
        for pid in self.strays() {
            // One that has ended meanwhile needs no signal.
            let _ = kill_process(pid, signal);
        }
    }

    fn strays(&self) -> Vec<Pid> {
        let group = self.leader().map(|leader| leader.as_raw_nonzero().get());
        let strays = processes::inside(self.folder()).into_iter().filter(|it| Some(it.group) != group);
        strays.filter_map(|process| Pid::from_raw(process.id)).collect()
    }

    fn signal(&self, signal: Signal, send: fn(Pid, Signal) -> rustix::io::Result<()>) -> Result<()> {
        let leader = self.leader().ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "it does not run").with_operation("process.signal")
        })?;
        send(leader, signal).map_err(|error| Error::io("process.signal", error.into()))
    }

    /// Waits until the leader has ended by itself.
    pub(crate) fn wait(&self, limit: Duration) -> bool {
        wait::until(limit, || self.has_ended().then_some(())).is_some()
    }

    /// Kills what is left of the group and reaps its leader; none when there is no group.
    pub(crate) fn end(&mut self) -> Result<Option<ExitStatus>> {
        let Some(mut leader) = self.leader.take() else {
            return Ok(None);
        };
        let group = Pid::from_child(&leader);
        // Nobody left to kill is what is wanted.
        let _ = kill_process_group(group, Signal::KILL);
        let gone = wait::until(KILL_LIMIT, || {
            self.signal_strays(Signal::KILL);
            (!has_members(group) && self.strays().is_empty()).then_some(())
        });
        // Forgotten before it is reaped: from then on the number may be somebody else's. A guardian that somebody
        // has killed need not be told.
        let _ = self.guardian.watch(None);
        let status = wait::until(KILL_LIMIT, || leader.try_wait().transpose());
        match (gone, status) {
            (Some(()), Some(status)) => status.map(Some).map_err(failed),
            _ => Err(Error::new(ErrorKind::Timeout, "a killed process group is still there")
                .with_operation("process.end")),
        }
    }
}

fn has_members(group: Pid) -> bool {
    let group = group.as_raw_nonzero().get();
    processes::all().is_ok_and(|all| all.iter().any(|process| process.group == group && process.is_alive()))
}

fn failed(error: io::Error) -> Error {
    Error::io("process.start", error)
}

impl Drop for Enclosure {
    fn drop(&mut self) {
        // A drop has nobody to tell; the guardian's turn comes when this process ends.
        let _ = self.end();
    }
}
