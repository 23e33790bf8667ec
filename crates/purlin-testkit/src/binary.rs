//! Built binaries, run as a test wants them.

mod output;
mod running;
pub(crate) mod user;

pub use output::Output;
pub use running::{Running, Signal};

use crate::Program;
use crate::enclosure::{Enclosure, Start};
use crate::program::find;
use purlin_core::{Error, Result};
use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// A program to be run by a test: with no environment but `PATH` and what is [set](Self::env), nothing to read on
/// its standard input, and a deadline at which its whole process group is killed (30 s unless set). Whatever it
/// started and left behind in its group is killed when it ends.
///
/// ```
/// use purlin_testkit::Binary;
///
/// # fn main() -> purlin_core::Result<()> {
/// let output = Binary::new("sh").args(["-c", "echo $GREETING; exit 3"]).env("GREETING", "hello").run()?;
/// assert_eq!((output.code(), output.stdout.as_str()), (Some(3), "hello\n"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Binary {
    program: Program,
    current_dir: Option<PathBuf>,
    stdin: Option<Vec<u8>>,
    deadline: Duration,
    stdout: Stdout,
    user: Option<String>,
    limits: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
enum Stdout {
    Kept,
    Closed,
}

impl Binary {
    /// A path, such as `env!("CARGO_BIN_EXE_fleet")`, or a name that is looked up in `PATH`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self::from_program(Program::new(path))
    }

    pub(crate) fn from_program(program: Program) -> Self {
        Self {
            program,
            current_dir: None,
            stdin: None,
            deadline: Duration::from_secs(30),
            stdout: Stdout::Kept,
            user: None,
            limits: Vec::new(),
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.program = self.program.arg(arg);
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.program = self.program.args(args);
        self
    }

    /// Sets a variable of its environment; a later one of the same name wins.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.program = self.program.env(name, value);
        self
    }

    /// Where it runs; in the folder of the test process unless set.
    #[must_use]
    pub fn current_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.current_dir = Some(folder.into());
        self
    }

    /// What it reads on its standard input; nothing unless set.
    #[must_use]
    pub fn stdin(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(input.into());
        self
    }

    /// How long it may run.
    #[must_use]
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = limit;
        self
    }

    /// Its standard output is a pipe that nobody reads any more, as behind `| head -1`.
    #[must_use]
    pub fn closed_stdout(mut self) -> Self {
        self.stdout = Stdout::Closed;
        self
    }

    /// How much address space it may take, in bytes (`RLIMIT_AS`, by `prlimit` of util-linux).
    #[must_use]
    pub fn address_space(mut self, bytes: u64) -> Self {
        self.limits.push(format!("--as={bytes}"));
        self
    }

    /// How much CPU time it may take, in seconds (`RLIMIT_CPU`, by `prlimit` of util-linux); then it is killed.
    #[must_use]
    pub fn cpu_seconds(mut self, seconds: u64) -> Self {
        self.limits.push(format!("--cpu={seconds}"));
        self
    }

    /// Runs it as somebody for whom permissions count. For an ordinary user nothing changes; root runs it as the
    /// user that `PURLIN_TEST_USER` names, without further groups, by `setpriv` of util-linux. A program in a place
    /// that others cannot reach is copied for it; the folder it runs in is up to the test.
    ///
    /// None for root when no user is named: the test is then [skipped](crate::skip), and should return.
    ///
    /// # Panics
    /// For root when no user is named and `PURLIN_REQUIRE_SERVERS` is `1`.
    #[must_use]
    pub fn as_ordinary_user(mut self) -> Option<Self> {
        if rustix::process::geteuid().is_root() {
            self.user = Some(user::ordinary()?);
        }
        Some(self)
    }

    /// Runs it as that user, without further groups.
    pub(crate) fn user(mut self, name: Option<String>) -> Self {
        self.user = name;
        self
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// Those of [`spawn`](Self::spawn) and of [`Running::wait`]. That it failed is no error: see
    /// [`Output::status`].
    pub fn run(&self) -> Result<Output> {
        self.spawn()?.wait()
    }

    /// Starts it. It is killed when what is returned is dropped.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](purlin_core::ErrorKind::NotFound) when there is no such program; the system's when it cannot be started.
    pub fn spawn(&self) -> Result<Running> {
        let name = self.name();
        let mut enclosure = Enclosure::new(&name)?;
        let folder = enclosure.folder().to_owned();
        let start = self
            .start(&folder)
            .map_err(|error| error.with_operation("binary.start").with_note(name.clone()))?;
        enclosure.start(start)?;
        Ok(Running::new(name, enclosure, self.deadline))
    }

    fn name(&self) -> String {
        let name = self.program.path().file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    fn start(&self, folder: &Path) -> Result<Start> {
        Ok(Start {
            words: self.words(folder)?,
            environment: self.program.environment(&[]),
            current_dir: self.current_dir.clone(),
            stdin: self.input(folder)?,
            stdout: match self.stdout {
                Stdout::Closed => Stdio::from(std::io::pipe().map_err(failed)?.1),
                Stdout::Kept => Stdio::from(create(&folder.join(running::STDOUT))?),
            },
            stderr: create(&folder.join(running::STDERR))?,
        })
    }

    /// The program behind those that limit it and change its user.
    fn words(&self, folder: &Path) -> Result<Vec<OsString>> {
        let mut path = self.program.resolved()?;
        let mut words = Vec::new();
        if let Some(name) = &self.user {
            words.push(find(Path::new("setpriv"))?.into());
            words.extend(user::arguments(name)?);
            path = user::reachable(path, folder).map_err(failed)?;
        }
        if !self.limits.is_empty() {
            words.push(find(Path::new("prlimit"))?.into());
            words.extend(self.limits.iter().map(OsString::from));
        }
        words.push(path.into());
        words.extend(self.program.arguments().iter().cloned());
        Ok(words)
    }

    fn input(&self, folder: &Path) -> Result<PathBuf> {
        let Some(input) = &self.stdin else {
            return Ok("/dev/null".into());
        };
        let path = folder.join("stdin");
        std::fs::write(&path, input).map_err(failed)?;
        Ok(path)
    }
}

fn create(path: &Path) -> Result<File> {
    File::create(path).map_err(failed)
}

fn failed(error: std::io::Error) -> Error {
    Error::io("binary.start", error)
}
