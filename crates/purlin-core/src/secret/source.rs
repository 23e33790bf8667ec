//! Where secrets come from.

use super::Secret;
#[cfg(unix)]
use super::command;
use crate::{Cx, Error, ErrorKind, Outcome, Result};
use async_trait::async_trait;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zeroize::{Zeroize, Zeroizing};

/// A secret is resolved within this time, unless the call ends earlier.
const DEFAULT_LIMIT: Duration = Duration::from_secs(10);
/// The largest secret: enough for keys with their chains, too small to hurt.
pub(super) const MAX_SIZE: usize = 64 * 1024;

/// Something that can be asked for a secret, at each connect, so that a rotated one is taken up without a restart.
///
/// Implementations never put the secret into an error, a span or their `Debug`; `purlin-testkit` has the suite
/// that checks it.
#[async_trait]
pub trait SecretSource: Send + Sync + fmt::Debug {
    /// Fetches the secret of this moment.
    ///
    /// # Errors
    /// Kinds that fit the source; [`ErrorKind::Timeout`] when it takes longer than the call or the source allows.
    async fn resolve(&self, cx: &Cx) -> Result<Secret<String>>;
}

/// A secret by reference: an environment variable, a file, a command; or, in code only, the value itself.
///
/// In configuration files it has one form everywhere: `{ env = "NAME" }`, `{ file = "PATH" }` or
/// `{ command = ["pass", "show", "db"] }`.
///
/// A file's or command's last line break is cut off; the text is UTF-8, not empty and at most 64 KiB. It is resolved
/// within 10 s, or within the call's time if that is less. Clones share one read: while a file system does not answer,
/// one thread of this process waits for it, and callers wait for that thread until their own deadline.
///
/// A command runs without a shell, without standard input, and in a process group of its own. At the deadline, or
/// when the caller leaves, the whole group is killed before the caller goes on; what moves to a group of its own is
/// not found. When the command ends by itself, what it has left running is neither killed nor waited for. Its
/// standard output is a socket and not a pipe, so it can write to it, but not open it by a name such as
/// `/dev/stdout`. When it fails, the last line that it wrote to standard error becomes part of the error, without
/// anything that it has printed on standard output.
///
/// ```
/// use purlin_core::{Cx, SecretRef, SecretSource};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let token = SecretRef::command(["printf", "s3cret\n"]);
/// assert_eq!(token.resolve(&Cx::background()).await?.expose(), "s3cret");
/// # Ok::<(), purlin_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct SecretRef {
    kind: Kind,
    /// Held by the thread that reads, for as long as the system keeps it.
    reading: Arc<Semaphore>,
}

#[derive(Clone)]
enum Kind {
    Env(String),
    File(PathBuf),
    Command(Vec<String>),
    Literal(Secret<String>),
}

impl SecretRef {
    fn of(kind: Kind) -> Self {
        Self { kind, reading: Arc::new(Semaphore::new(1)) }
    }

    /// The value of an environment variable, read at each use.
    pub fn env(name: impl Into<String>) -> Self {
        Self::of(Kind::Env(name.into()))
    }

    /// The text of a file, read at each use.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::of(Kind::File(path.into()))
    }

    /// What a command prints, run at each use.
    pub fn command(argv: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::of(Kind::Command(argv.into_iter().map(Into::into).collect()))
    }

    /// The secret itself. There is no such form in configuration files.
    pub fn literal(secret: impl Into<Secret<String>>) -> Self {
        Self::of(Kind::Literal(secret.into()))
    }

    /// What is referred to, for whoever writes it into a file again; none for a literal, which has no written form.
    pub fn written(&self) -> Option<WrittenRef<'_>> {
        match &self.kind {
            Kind::Env(name) => Some(WrittenRef::Env(name)),
            Kind::File(path) => Some(WrittenRef::File(path)),
            Kind::Command(argv) => Some(WrittenRef::Command(argv)),
            Kind::Literal(_) => None,
        }
    }
}

/// A [`SecretRef`] as configuration files write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WrittenRef<'a> {
    /// `{ env = "NAME" }`
    Env(&'a str),
    /// `{ file = "PATH" }`
    File(&'a Path),
    /// `{ command = ["PROGRAM", …] }`
    Command(&'a [String]),
}

impl fmt::Display for SecretRef {
    /// What is referred to, never the secret: `env NAME`, `file PATH`, `command pass …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Env(name) => write!(f, "env {name}"),
            Kind::File(path) => write!(f, "file {}", path.display()),
            // The arguments are left out: careless ones hold secrets.
            Kind::Command(argv) => write!(f, "command {} …", argv.first().map_or("", String::as_str)),
            Kind::Literal(_) => f.write_str("literal ***"),
        }
    }
}

impl fmt::Debug for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretRef({self})")
    }
}

#[async_trait]
impl SecretSource for SecretRef {
    async fn resolve(&self, cx: &Cx) -> Result<Secret<String>> {
        let cx = cx.with_timeout(DEFAULT_LIMIT);
        // Whatever went wrong, nothing has been sent to the server that the secret is for.
        self.fetch(&cx).await.map_err(|error| {
            let note = self.to_string();
            error.with_operation("secret.resolve").with_note(note).with_outcome(Outcome::NotSent)
        })
    }
}

impl SecretRef {
    async fn fetch(&self, cx: &Cx) -> Result<Secret<String>> {
        match &self.kind {
            Kind::Env(name) => from_env(name),
            Kind::File(path) => {
                let (turn, path) = (self.turn(cx).await?, path.clone());
                let read = move |_: &Cx| {
                    let _turn = turn;
                    from_file(&path)
                };
                cx.run_blocking("secret.resolve", read).await
            }
            Kind::Command(argv) => from_command(argv, self.turn(cx).await?, cx).await,
            Kind::Literal(secret) => Ok(secret.clone()),
        }
    }

    async fn turn(&self, cx: &Cx) -> Result<OwnedSemaphorePermit> {
        let turn = async {
            let turn = self.reading.clone().acquire_owned().await;
            // It is never closed.
            turn.map_err(|_| Error::new(ErrorKind::Internal, "the semaphore was closed"))
        };
        cx.run("secret.resolve", turn).await
    }
}

#[async_trait]
impl SecretSource for Secret<String> {
    /// Itself: the double for tests, and for values that the caller fetched in its own way.
    async fn resolve(&self, _: &Cx) -> Result<Secret<String>> {
        Ok(self.clone())
    }
}

fn from_env(name: &str) -> Result<Secret<String>> {
    let fault = |kind, message| Err(Error::new(kind, message));
    match std::env::var(name) {
        Ok(value) if value.is_empty() => fault(ErrorKind::Invalid, "the environment variable is empty"),
        Ok(value) => Ok(Secret::new(value)),
        Err(std::env::VarError::NotPresent) => {
            fault(ErrorKind::NotFound, "the environment variable is not set")
        }
        Err(std::env::VarError::NotUnicode(_)) => {
            fault(ErrorKind::Invalid, "the environment variable is not UTF-8")
        }
    }
}

fn from_file(path: &Path) -> Result<Secret<String>> {
    let read = || {
        // Room for all of it at once: a buffer that grows leaves unzeroed copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_SIZE + 1));
        std::fs::File::open(path)?.take(MAX_SIZE as u64 + 1).read_to_end(&mut bytes)?;
        Ok(std::mem::take(&mut *bytes))
    };
    read().map_err(|error| Error::io("secret.resolve", error)).and_then(text)
}

#[cfg(unix)]
async fn from_command(argv: &[String], turn: OwnedSemaphorePermit, cx: &Cx) -> Result<Secret<String>> {
    command::resolve(argv, turn, cx).await
}

#[cfg(not(unix))]
async fn from_command(_: &[String], _: OwnedSemaphorePermit, _: &Cx) -> Result<Secret<String>> {
    Err(Error::new(ErrorKind::Unsupported, "a secret by command needs Unix"))
}

/// The rules for what a file or a command may give.
pub(super) fn text(bytes: Vec<u8>) -> Result<Secret<String>> {
    let fault = |message: &'static str| Err(Error::new(ErrorKind::Invalid, message));
    if bytes.len() > MAX_SIZE {
        zeroed(bytes);
        return fault("the secret is larger than 64 KiB");
    }
    let mut text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            zeroed(error.into_bytes());
            return fault("the secret is not UTF-8");
        }
    };
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    if text.is_empty() { fault("the secret is empty") } else { Ok(Secret::new(text)) }
}

fn zeroed(mut bytes: Vec<u8>) {
    bytes.zeroize();
}
