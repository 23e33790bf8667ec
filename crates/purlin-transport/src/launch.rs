//! From a command to the argument list that a session runs.

use crate::command::Command;
use crate::quote::quote;
use purlin_core::{Result, Secret};
use std::fmt::Write;

/// Reads so many bytes of assignments from its input, byte by byte so that what follows stays for the program, changes
/// the folder, and becomes the program.
const ENTER: &str = "n=$1 d=$2; shift 2; unset CDPATH
if [ \"$n\" != 0 ]; then eval \"$(dd bs=1 count=\"$n\" 2>/dev/null)\"; fi
if [ -n \"$d\" ]; then cd -- \"$d\" || exit 126; fi
exec \"$@\"";

/// Says that `sudo` has let us in, and becomes the program.
const MARK: &str = "printf '%s\\n' \"$1\" >&2; shift; exec \"$@\"";

/// What is run on the host for a [`Command`]: an argument list, and what the program behind it is to read first.
#[derive(Debug, Clone)]
pub struct Launch {
    command: Command,
    argv: Vec<String>,
    prelude: Secret<Vec<u8>>,
    gate: Option<GateWords>,
}

/// What stands between `sudo` and the command, on its standard error.
#[derive(Debug, Clone)]
pub(crate) struct GateWords {
    /// A line that says that the command begins.
    pub(crate) mark: String,
    /// What `sudo` asks for the password with.
    pub(crate) prompt: String,
}

impl Launch {
    pub(crate) fn new(command: &Command) -> Result<Self> {
        command.check()?;
        let mut argv = command.argv().to_vec();
        let prelude = assignments(command);
        if !prelude.expose().is_empty() || command.directory().is_some() {
            let length = prelude.expose().len().to_string();
            let dir = command.directory().unwrap_or_default();
            argv = script(ENTER, &[&length, dir], argv);
        }
        let mut gate = None;
        if let Some(elevation) = command.elevation() {
            let nonce = nonce();
            let words =
                GateWords { mark: format!("purlin-{nonce}-in"), prompt: format!("purlin-{nonce}-password") };
            let mut outer: Vec<String> = match elevation.password {
                Some(_) => vec![elevation.program.clone(), "-S".into(), "-p".into(), words.prompt.clone()],
                None => vec![elevation.program.clone(), "-n".into()],
            };
            outer.extend(["-u".to_owned(), elevation.user.clone(), "--".to_owned()]);
            outer.extend(script(MARK, &[&words.mark], argv));
            argv = outer;
            gate = Some(words);
        }
        Ok(Self { command: command.clone(), argv, prelude, gate })
    }

    /// What to run, as it is.
    pub fn argv(&self) -> &[String] {
        &self.argv
    }

    /// The same as one line for a POSIX shell, where a protocol has no argument list. The shell is replaced by the
    /// program, so that it is one process less, and the one that signals reach.
    pub fn shell_line(&self) -> String {
        format!("exec {}", crate::quote::join(self.argv.iter().map(String::as_str)))
    }

    /// What the caller asked for.
    pub fn command(&self) -> &Command {
        &self.command
    }

    pub(crate) fn prelude(&self) -> &[u8] {
        self.prelude.expose()
    }

    pub(crate) fn gate(&self) -> Option<&GateWords> {
        self.gate.as_ref()
    }
}

fn script(text: &str, arguments: &[&str], program: Vec<String>) -> Vec<String> {
    let mut argv: Vec<String> = ["sh", "-c", text, "sh"].map(str::to_owned).into();
    argv.extend(arguments.iter().map(|&argument| argument.to_owned()));
    argv.extend(program);
    argv
}

fn assignments(command: &Command) -> Secret<Vec<u8>> {
    let room: usize = command.environment().iter().map(|(_, value)| value.expose().len() * 4 + 64).sum();
    // Room for all of it at once: a buffer that grows leaves unzeroed copies behind.
    let mut text = String::with_capacity(room);
    for (name, value) in command.environment() {
        let value = Secret::new(quote(value.expose()));
        let _ = writeln!(text, "export {name}={}", value.expose());
    }
    Secret::new(text.into_bytes())
}

/// 128 bits that no program's output holds by chance.
pub(crate) fn nonce() -> String {
    format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..))
}
