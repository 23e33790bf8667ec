//! What to run.

use crate::skip::find_program;
use purlin_core::{Error, ErrorKind, Result};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// A program with its arguments and its environment. Of the caller's environment it gets `PATH` and nothing else.
///
/// ```
/// let program = purlin_testkit::Program::new("sleep").arg("60").env("TZ", "UTC");
/// assert_eq!(program.path(), std::path::Path::new("sleep"));
/// ```
#[derive(Debug, Clone)]
pub struct Program {
    path: PathBuf,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
}

impl Program {
    /// A path, or a name that is looked up in `PATH`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), args: Vec::new(), env: Vec::new() }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of its environment; a later one of the same name wins.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// The path or name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn arguments(&self) -> &[OsString] {
        &self.args
    }

    /// Where it is; see [`find`].
    pub(crate) fn resolved(&self) -> Result<PathBuf> {
        find(&self.path)
    }

    /// `PATH`, `defaults`, then what was set.
    pub(crate) fn environment<'a>(&'a self, defaults: &[(&'a str, &'a OsStr)]) -> Vec<(OsString, OsString)> {
        let path = std::env::var_os("PATH").map(|path| (OsString::from("PATH"), path));
        let defaults = defaults.iter().map(|(name, value)| (name.into(), value.into()));
        path.into_iter().chain(defaults).chain(self.env.iter().cloned()).collect()
    }
}

/// A path as it is, a name from `PATH` or the system's folders; absolute, since the program may run elsewhere.
pub(crate) fn find(path: &Path) -> Result<PathBuf> {
    let found = match path.components().count() {
        1 => path.to_str().and_then(find_program),
        _ => std::path::absolute(path).ok().filter(|path| path.is_file()),
    };
    found.ok_or_else(|| {
        let message = format!("there is no program {}", path.display());
        Error::new(ErrorKind::NotFound, message).with_operation("program.find")
    })
}
