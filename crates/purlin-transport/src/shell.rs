//! A kept shell: many small questions in one round trip.

pub(crate) mod frame;
mod probe;
mod worker;

pub use probe::Probe;

use crate::running::tell;
use crate::{Become, Output, Session};
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use std::fmt;
use std::sync::Arc;
use tokio::sync::Mutex;
use worker::{Halt, Worker};

/// How a [`Shell`] is opened.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ShellSettings {
    /// As whom its probes run.
    pub elevation: Option<Become>,
}

impl ShellSettings {
    /// As the session's own user.
    pub fn new() -> Self {
        Self::default()
    }

    /// As somebody else.
    #[must_use]
    pub fn elevated(mut self, elevation: Become) -> Self {
        self.elevation = Some(elevation);
        self
    }
}

/// A POSIX shell that is kept open on a host and answers [probes](Probe), any number of them in one round trip. Each runs
/// in a subshell of its own, with nothing to read. It can be shared: callers wait for each other.
///
/// A probe that takes longer than its limit is ended with the whole shell, and what comes after it is asked of a new one.
/// So a shell is never left with somebody else's answer in it, and a call that is dropped costs a shell.
///
/// ```
/// # use purlin_core::{Cx, Result};
/// # use purlin_transport::{Host, Local, Probe, Shell, ShellSettings, Transport};
/// # #[cfg(unix)]
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let cx = Cx::background();
/// let session = Local::new().connect(&cx, &Host::new("here")).await?;
/// let shell = Shell::new(session, ShellSettings::new());
/// let answers = shell.ask_all(&cx, &[
///     Probe::new("cat \"$1\"").arg("/proc/loadavg"),
///     Probe::new("test -d \"$1\"").arg("/no/such/folder"),
/// ]).await;
/// assert!(answers[0].as_ref().unwrap().is_success());
/// assert_eq!(answers[1].as_ref().unwrap().exit.code(), Some(1));
/// # Ok::<(), purlin_core::Error>(())
/// # }).unwrap();
/// ```
pub struct Shell {
    session: Arc<dyn Session>,
    settings: ShellSettings,
    worker: Mutex<Option<Worker>>,
}

impl Shell {
    /// A shell there, which is opened with the first probe.
    pub fn new(session: Arc<dyn Session>, settings: ShellSettings) -> Self {
        Self { session, settings, worker: Mutex::new(None) }
    }

    /// The session that it runs in.
    pub fn session(&self) -> &Arc<dyn Session> {
        &self.session
    }

    /// One answer. Its exit status is the probe's.
    ///
    /// # Errors
    /// Timeout after the probe's limit or at the call's deadline; [`ErrorKind::Unsupported`] where no POSIX shell answers;
    /// [`FaultClass::LinkLost`](crate::FaultClass::LinkLost); those of [`start`](crate::SessionExt::start).
    pub async fn ask(&self, cx: &Cx, probe: &Probe) -> Result<Output> {
        let mut answers = self.ask_all(cx, std::slice::from_ref(probe)).await;
        answers.pop().unwrap_or_else(|| Err(Error::new(ErrorKind::Internal, "no probe was asked")))
    }

    /// All answers, in the order of the probes, whatever becomes of each. They are sent together and run one after the
    /// other.
    pub async fn ask_all(&self, cx: &Cx, probes: &[Probe]) -> Vec<Result<Output>> {
        let mut answers: Vec<Result<Output>> = Vec::with_capacity(probes.len());
        let waited = cx.run("transport.probe", async { Ok(self.worker.lock().await) }).await;
        let mut slot = match waited {
            Ok(slot) => slot,
            Err(error) => return self.all(error.with_outcome(Outcome::NotSent), probes.len()),
        };
        while answers.len() < probes.len() {
            let rest = probes.get(answers.len()..).unwrap_or_default();
            let opened = match slot.take().and_then(Worker::if_alive) {
                Some(worker) => Ok(worker),
                None => Worker::open(cx, &*self.session, &self.settings).await,
            };
            let mut worker = match opened {
                Ok(worker) => worker,
                Err(error) => {
                    answers.extend(self.all(error.with_outcome(Outcome::NotSent), rest.len()));
                    break;
                }
            };
            match worker.ask(cx, rest, &mut answers).await {
                Ok(()) => *slot = Some(worker),
                Err(Halt::Slow(error)) => {
                    let error = worker.end(cx, error).await;
                    answers.push(Err(self.told(error)));
                }
                Err(Halt::Over(error)) => {
                    let error = worker.end(cx, error).await;
                    let others = self.never_asked(&error);
                    answers.push(Err(self.told(error)));
                    let left = probes.len() - answers.len();
                    answers.extend(self.all(others, left));
                }
                Err(Halt::Gone(error)) => {
                    let left = probes.len() - answers.len();
                    answers.extend(self.all(error, left));
                }
            }
        }
        answers
    }

    /// What is said of the probes behind one at which the call ended.
    fn never_asked(&self, error: &Error) -> Error {
        let ended = error.note().is_some_and(|note| note.contains(worker::ENDED));
        let outcome = if ended { Outcome::NotSent } else { Outcome::Maybe };
        Error::new(error.kind(), "its turn did not come").with_outcome(outcome)
    }

    fn all(&self, error: Error, count: usize) -> Vec<Result<Output>> {
        let error = self.told(error);
        std::iter::repeat_with(|| Err(error.clone())).take(count).collect()
    }

    fn told(&self, error: Error) -> Error {
        let error = error.with_operation("transport.probe");
        tell(error, self.session.host(), self.session.endpoint())
    }
}

impl fmt::Debug for Shell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shell")
            .field("session", &self.session)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
