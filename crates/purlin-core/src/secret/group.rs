//! A command's process group, which two sides may end: the thread that reads from it, and the caller that waits.

use std::io;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a caller who leaves waits for a program that is being started at that moment; a file system that does
/// not answer may keep the start for longer, and the thread ends the group then.
const START_LIMIT: Duration = Duration::from_millis(100);

#[derive(Debug, Default)]
pub(super) struct Group {
    state: Mutex<State>,
    started: Condvar,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    NotStarted,
    Starting,
    /// Nobody wants it any more, and it is not to be started, or ended as soon as it is.
    Left,
    /// Its leader is not reaped, so that the leader's number still means this group.
    Running(Child),
    Killed(Child),
    Reaped,
}

/// Ends the group when the caller leaves.
#[derive(Debug)]
pub(super) struct EndOnDrop<'a>(pub(super) &'a Group);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Group {
    /// Starts the command, whose group it becomes, unless nobody wants it any more.
    pub(super) fn start(&self, command: &mut Command) -> io::Result<()> {
        if !self.may_start() {
            return Ok(());
        }
        // Not under the lock: on a dead file system this may never return.
        let child = command.spawn();
        let mut state = self.state();
        let was_left = matches!(*state, State::Left);
        let result = match child {
            Ok(child) => {
                *state = State::Running(child);
                Ok(())
            }
            Err(error) => {
                *state = State::Reaped;
                Err(error)
            }
        };
        drop(state);
        self.started.notify_all();
        if was_left {
            self.end();
        }
        result
    }

    fn may_start(&self) -> bool {
        let mut state = self.state();
        let may_start = matches!(*state, State::NotStarted);
        if may_start {
            *state = State::Starting;
        }
        may_start
    }

    /// How the leader has ended, if it has by itself.
    pub(super) fn try_wait(&self) -> io::Result<Option<ExitStatus>> {
        let mut state = self.state();
        let State::Running(leader) = &mut *state else { return Ok(None) };
        let status = leader.try_wait()?;
        if status.is_some() {
            *state = State::Reaped;
        }
        Ok(status)
    }

    /// Kills the whole group, unless its leader has been reaped: its number may mean another group by then.
    pub(super) fn end(&self) {
        let starting = |state: &mut State| matches!(state, State::Starting);
        let waited = self.started.wait_timeout_while(self.state(), START_LIMIT, starting);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *state = match std::mem::take(&mut *state) {
            State::NotStarted | State::Starting => State::Left,
            State::Running(mut leader) => {
                kill_group(leader.id());
                let _ = leader.kill();
                State::Killed(leader)
            }
            over => over,
        };
    }

    /// Kills it and waits for its leader: for the thread, since a process in a system call may take long to die.
    pub(super) fn end_and_reap(&self) {
        self.end();
        let mut state = self.state();
        if let State::Killed(mut leader) = std::mem::replace(&mut *state, State::Reaped) {
            drop(state);
            let _ = leader.wait();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The standard library can end one process only; the shell's own `kill`, in the form that POSIX gives it, ends the
/// group.
fn kill_group(leader: u32) {
    let _ = Command::new("/bin/sh")
        .args(["-c", "kill -s KILL -- \"-$1\"", "sh", &leader.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}
