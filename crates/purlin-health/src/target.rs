//! Checks whose work a shell on the target can do.

use crate::{Check, CheckOutcome, Phase, Phases};
use std::borrow::Cow;
use std::time::Duration;

/// What the shell of a target is asked for a check: a text of the check's own, and its arguments, which the text calls
/// `$1` and on. It runs in a subshell, with nothing to read. Equal questions have equal answers: several checks that ask
/// the same at the same time can share one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct TargetQuestion {
    /// What a POSIX shell runs. Data never stand in it.
    pub text: Cow<'static, str>,
    /// The data.
    pub args: Vec<String>,
}

impl TargetQuestion {
    /// A text without arguments.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self { text: text.into(), args: Vec::new() }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }
}

/// What the shell of a target answered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TargetAnswer {
    /// The exit status; one above 128 tells of a signal, 127 and 126 of a program that is not there or cannot be run.
    pub code: i32,
    /// The standard output.
    pub stdout: Vec<u8>,
    /// The standard error.
    pub stderr: Vec<u8>,
    /// How long it took.
    pub took: Duration,
}

impl TargetAnswer {
    /// An answer that took no time.
    pub fn new(code: i32, stdout: impl Into<Vec<u8>>, stderr: impl Into<Vec<u8>>) -> Self {
        Self { code, stdout: stdout.into(), stderr: stderr.into(), took: Duration::ZERO }
    }

    /// Sets how long it took.
    #[must_use]
    pub fn took(mut self, time: Duration) -> Self {
        self.took = time;
        self
    }

    /// That as a phase.
    #[cfg(target_os = "linux")]
    pub(crate) fn phases(&self) -> Phases {
        let mut phases = Phases::default();
        phases.push(Phase::Execute, self.took);
        phases
    }

    /// The standard output as text.
    #[cfg(target_os = "linux")]
    pub(crate) fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.stdout)
    }

    /// The first line of the standard error, or the status where there is none.
    #[cfg(target_os = "linux")]
    pub(crate) fn complaint(&self) -> String {
        let said = String::from_utf8_lossy(&self.stderr);
        let line = said.lines().map(str::trim).find(|line| !line.is_empty());
        line.map_or_else(|| format!("exit status {}", self.code), str::to_owned)
    }
}

/// A check that can run on its target (`on = "target"`): the target's shell is asked, and what it answers is read as the
/// same check on this machine reads what it finds. Who asks the shell, and says when it cannot be asked, is a transport.
///
/// ```
/// use purlin_health::checks::Load;
/// use purlin_health::{Check, CheckOutcome, OnTarget, TargetAnswer};
///
/// let load = Load::new();
/// let question = load.on_target().ok_or("it runs here only")?.question();
/// assert!(question.text.contains("/proc/loadavg"));
/// let CheckOutcome::Answered(evidence) = load.judge(&TargetAnswer::new(0, "0.5 0.7 0.9 1/90 4711\n2\n", "")) else {
///     return Err("no answer".into());
/// };
/// assert_eq!((evidence.measurements[0].value, evidence.measurements[1].value), (0.5, 0.25));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait OnTarget: Check {
    /// What to ask.
    fn question(&self) -> TargetQuestion;

    /// What the answer says.
    fn judge(&self, answer: &TargetAnswer) -> CheckOutcome;
}
