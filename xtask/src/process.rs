//! Runs other programs: never with standard input, never without a deadline.

mod tree;

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Longest wait for a program whose author set no shorter limit. The whole of `cargo xtask test` is planned below it.
const DEFAULT_LIMIT: Duration = Duration::from_secs(60 * 60);

/// How long output may still trickle in from grandchildren once the program itself has ended.
const AFTERMATH: Duration = Duration::from_secs(2);

/// Folders of programs for administration.
pub(crate) const SBIN: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

const POLL: Duration = Duration::from_millis(20);

/// Where a program's standard output goes; its standard error is always ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// To our standard output.
    Through,
    /// To our standard error, because ours is reserved for a JSON document.
    Aside,
    /// Kept for the caller.
    Kept,
    /// Kept for the caller and shown on our standard error as it comes.
    KeptAndShown,
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    /// The exit code; none if a signal or the time limit ended it.
    pub(crate) code: Option<i32>,
    /// The limit was reached and the program was killed with its descendants.
    pub(crate) timed_out: bool,
    /// What was kept of its standard output.
    pub(crate) output: String,
}

impl Ended {
    pub(crate) fn success(&self) -> bool {
        self.code == Some(0)
    }

    /// What to say of a program that did not succeed.
    pub(crate) fn fault(&self, what: &str) -> String {
        match (self.timed_out, self.code) {
            (true, _) => format!("{what} was killed at its time limit"),
            (false, Some(code)) => format!("{what} ended with exit code {code}"),
            (false, None) => format!("{what} was ended by a signal"),
        }
    }
}

/// A program to run.
#[derive(Debug)]
pub(crate) struct Program {
    command: Command,
    name: String,
    limit: Duration,
}

impl Program {
    pub(crate) fn new(program: impl Into<OsString>) -> Self {
        let program = program.into();
        let name =
            Path::new(&program).file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let mut command = Command::new(program);
        command.stdin(Stdio::null());
        Self { command, name, limit: DEFAULT_LIMIT }
    }

    /// The cargo that runs us, or the one on PATH.
    pub(crate) fn cargo() -> Self {
        let mut program = Self::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        if std::env::var_os("CI").is_some() {
            // A fresh clone never compiles twice, so the incremental state would only cost time and disk.
            program = program.env("CARGO_INCREMENTAL", "0");
        }
        program
    }

    pub(crate) fn args<S: Into<OsString>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args.into_iter().map(Into::into));
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.command.env(name, value.into());
        self
    }

    pub(crate) fn dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.command.current_dir(dir.into());
        self
    }

    /// Adds the folders for administration to its `PATH`: that of an ordinary user, and of root after a plain `su`,
    /// leaves them out.
    pub(crate) fn with_sbin(self) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::env::split_paths(&path).chain(SBIN.map(PathBuf::from));
        match std::env::join_paths(folders) {
            Ok(path) => self.env("PATH", path),
            // Such a path could not have come from a variable.
            Err(_) => self,
        }
    }

    pub(crate) fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs to the end or the limit. The error is that it could not be started.
    pub(crate) fn run(mut self, output: Output) -> Result<Ended, String> {
        self.command.stdout(match output {
            Output::Through => Stdio::inherit(),
            Output::Aside => Stdio::from(std::io::stderr()),
            Output::Kept | Output::KeptAndShown => Stdio::piped(),
        });
        let mut child = self.command.spawn().map_err(|error| format!("cannot run {}: {error}", self.name))?;
        let lines = child.stdout.take().map(read_lines);
        wait(&mut child, lines, now() + self.limit, output == Output::KeptAndShown)
            .map_err(|error| format!("cannot wait for {}: {error}", self.name))
    }

    /// Runs and gives standard output; an exit code other than 0 is an error.
    pub(crate) fn stdout(self) -> Result<String, String> {
        let name = self.name.clone();
        let ended = self.run(Output::Kept)?;
        if ended.success() { Ok(ended.output) } else { Err(ended.fault(&name)) }
    }
}

/// The real clock: step times are what these commands report.
#[expect(
    clippy::disallowed_methods,
    reason = "developer commands report real seconds and have no simulated time"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

fn read_lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
            line.clear();
        }
    });
    receiver
}

fn wait(
    child: &mut Child,
    lines: Option<Receiver<String>>,
    deadline: Instant,
    show: bool,
) -> std::io::Result<Ended> {
    let mut output = String::new();
    let mut timed_out = false;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if now() >= deadline {
            timed_out = true;
            tree::kill(child.id());
            break child.wait()?;
        }
        match &lines {
            Some(lines) => drain(lines, POLL, &mut output, show),
            None => std::thread::sleep(POLL),
        }
    };
    if let Some(lines) = &lines {
        drain(lines, AFTERMATH, &mut output, show);
    }
    Ok(Ended { code: status.code().filter(|_| !timed_out), timed_out, output })
}

/// Takes lines for `time`, or until the stream ends.
fn drain(lines: &Receiver<String>, time: Duration, output: &mut String, show: bool) {
    let until = now() + time;
    loop {
        match lines.recv_timeout(until.saturating_duration_since(now())) {
            Ok(line) => {
                if show {
                    crate::tell::note(line.trim_end_matches('\n'));
                }
                output.push_str(&line);
            }
            Err(RecvTimeoutError::Timeout) => return,
            Err(RecvTimeoutError::Disconnected) => {
                // Nothing more can come; without this the caller's loop would spin.
                std::thread::sleep(time.min(POLL));
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Program {
        Program::new("sh").args(["-c", script])
    }

    #[test]
    fn output_and_exit_code_are_kept() {
        let ended = shell("echo one; echo two; exit 3").run(Output::Kept).unwrap();
        assert_eq!((ended.code, ended.output.as_str()), (Some(3), "one\ntwo\n"));
        assert_eq!(ended.fault("it"), "it ended with exit code 3");
        assert!(shell("exit 3").stdout().is_err());
    }

    #[test]
    fn standard_input_is_empty() {
        assert_eq!(shell("cat; echo end").stdout().unwrap(), "end\n");
    }

    #[test]
    fn a_limit_ends_a_program() {
        let ended = shell("sleep 600").limit(Duration::from_millis(20)).run(Output::Kept).unwrap();
        assert!(ended.timed_out && ended.code.is_none());
        assert_eq!(ended.fault("it"), "it was killed at its time limit");
    }

    #[test]
    fn programs_for_administration_are_found_where_asked_for() {
        let path = shell("echo $PATH").with_sbin().stdout().unwrap();
        assert!(path.trim_end().ends_with(":/usr/local/sbin:/usr/sbin:/sbin"), "{path}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = Program::new("/nowhere/no-such-tool").run(Output::Kept).unwrap_err();
        assert!(error.contains("no-such-tool"), "{error}");
    }
}
