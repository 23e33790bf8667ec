//! What to run.

use crate::fault::invalid;
use bytes::Bytes;
use purlin_core::{Result, Secret, SecretSource};
use std::fmt;
use std::sync::Arc;

/// How much of each output is kept unless [`Command::keep`] says otherwise: 16 MiB.
const KEPT: u64 = 16 * 1024 * 1024;

/// A program and its arguments, given as they are: no shell reads them. A name without a slash is looked up in the
/// `PATH` of the session.
///
/// Environment, secrets and input go through the program's standard input, never through the argument list, which
/// every user of the host can read.
///
/// ```
/// use purlin_transport::Command;
///
/// let command = Command::new("tar").args(["-xf", "-"]).dir("/srv/map").env("TZ", "UTC").stdin(&b"..."[..]);
/// assert_eq!(command.argv(), ["tar", "-xf", "-"]);
/// ```
#[derive(Clone)]
pub struct Command {
    argv: Vec<String>,
    env: Vec<(String, Secret<String>)>,
    dir: Option<String>,
    input: Input,
    elevation: Option<Become>,
    keep: u64,
}

#[derive(Clone)]
pub(crate) enum Input {
    /// The end of the input at once.
    Nothing,
    Bytes(Bytes),
    /// The caller writes.
    Open,
}

impl Command {
    /// A program without arguments and without input.
    pub fn new(program: impl Into<String>) -> Self {
        Self {
            argv: vec![program.into()],
            env: Vec::new(),
            dir: None,
            input: Input::Nothing,
            elevation: None,
            keep: KEPT,
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.argv.push(arg.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.argv.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of its environment; a later one of the same name wins. A secret is a value like any other here:
    /// none is shown.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<Secret<String>>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Runs it in that folder; else in the session's: the user's home over ssh, the caller's own locally.
    #[must_use]
    pub fn dir(mut self, dir: impl Into<String>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// Gives it this to read, then the end.
    #[must_use]
    pub fn stdin(mut self, input: impl Into<Bytes>) -> Self {
        self.input = Input::Bytes(input.into());
        self
    }

    /// Leaves its input open, for [`Running::write`](crate::Running::write).
    #[must_use]
    pub fn open_stdin(mut self) -> Self {
        self.input = Input::Open;
        self
    }

    /// Runs it as somebody else.
    #[must_use]
    pub fn elevated(mut self, elevation: Become) -> Self {
        self.elevation = Some(elevation);
        self
    }

    /// How many bytes of each output [`run`](crate::SessionExt::run) keeps, from the beginning; 16 MiB unless set. What
    /// comes after is read and counted, so that the program goes on.
    #[must_use]
    pub fn keep(mut self, bytes: u64) -> Self {
        self.keep = bytes;
        self
    }

    /// The program and its arguments.
    pub fn argv(&self) -> &[String] {
        &self.argv
    }

    /// The variables that are set, by name.
    pub fn env_names(&self) -> impl Iterator<Item = &str> {
        self.env.iter().map(|(name, _)| name.as_str())
    }

    /// As whom else it runs.
    pub fn elevation(&self) -> Option<&Become> {
        self.elevation.as_ref()
    }

    pub(crate) fn environment(&self) -> &[(String, Secret<String>)] {
        &self.env
    }

    pub(crate) fn directory(&self) -> Option<&str> {
        self.dir.as_deref()
    }

    pub(crate) fn input(&self) -> &Input {
        &self.input
    }

    pub(crate) fn kept(&self) -> u64 {
        self.keep
    }

    /// Whether any host can run it as it stands.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid): no program, one that begins with a hyphen, a NUL, a name
    /// that no variable can have. Every start of it would say the same.
    pub fn check(&self) -> Result<()> {
        let program = self.argv.first().map(String::as_str).unwrap_or_default();
        if program.is_empty() {
            return Err(invalid("the command has no program"));
        }
        if program.starts_with('-') {
            return Err(invalid(format!("the program {program:?} begins with a hyphen: write ./{program}")));
        }
        let words = self.argv.iter().chain(&self.dir);
        if let Some(word) = words.clone().find(|word| word.contains('\0')) {
            return Err(invalid(format!("{word:?} holds a NUL, which no argument can")));
        }
        for (name, value) in &self.env {
            let starts = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
            let is_name = starts && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if !is_name {
                return Err(invalid(format!("{name:?} is no name of a variable: letters, digits, _")));
            }
            if value.expose().contains('\0') {
                return Err(invalid(format!("the value of {name} holds a NUL, which no variable can")));
            }
        }
        self.elevation.as_ref().map_or(Ok(()), Become::check)
    }
}

impl fmt::Debug for Command {
    /// Without values of variables and without the input: either may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command")
            .field("argv", &self.argv)
            .field("env", &self.env_names().collect::<Vec<_>>())
            .field("dir", &self.dir)
            .field("elevation", &self.elevation)
            .finish_non_exhaustive()
    }
}

/// Running as somebody else, by `sudo`. Without a password it never asks (`sudo -n`); with one, the password goes
/// through standard input when `sudo` has asked for it, and at no other time.
///
/// A command that runs as somebody else can mostly not be ended by the one who started it: it loses its input and its
/// outputs then.
#[derive(Clone)]
pub struct Become {
    pub(crate) user: String,
    pub(crate) program: String,
    pub(crate) password: Option<Arc<dyn SecretSource>>,
}

impl Become {
    /// As root.
    pub fn root() -> Self {
        Self::user("root")
    }

    /// As that user.
    pub fn user(name: impl Into<String>) -> Self {
        Self { user: name.into(), program: "sudo".to_owned(), password: None }
    }

    /// With the password that `sudo` asks for, fetched at each command.
    #[must_use]
    pub fn password(mut self, source: impl SecretSource + 'static) -> Self {
        self.password = Some(Arc::new(source));
        self
    }

    /// Where the host keeps `sudo`, when it is not in the `PATH` of the session.
    #[must_use]
    pub fn program(mut self, path: impl Into<String>) -> Self {
        self.program = path.into();
        self
    }

    /// As whom.
    pub fn name(&self) -> &str {
        &self.user
    }

    fn check(&self) -> Result<()> {
        let fine = |text: &str| !text.is_empty() && !text.starts_with('-') && !text.contains('\0');
        match (fine(&self.user), fine(&self.program)) {
            (true, true) => Ok(()),
            (false, _) => Err(invalid(format!("{:?} is no name of a user", self.user))),
            (_, false) => Err(invalid(format!("{:?} is no program", self.program))),
        }
    }
}

impl fmt::Debug for Become {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has_password = self.password.is_some();
        f.debug_struct("Become").field("user", &self.user).field("has_password", &has_password).finish()
    }
}
