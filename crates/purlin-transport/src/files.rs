//! Files of a host: read, written whole or not at all, looked at, renamed, removed.

mod ask;
mod complaint;
mod digest;
mod download;
mod script;
mod stat;
mod upload;

pub use stat::{FileKind, Stat};

pub(crate) use ask::ask;
pub(crate) use digest::Digest;
pub(crate) use download::read;
pub(crate) use upload::write;

use crate::Become;
use crate::fault::invalid;
use bytes::Bytes;
use purlin_core::Result;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// A file to read.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReadFile {
    /// Where it is.
    pub path: String,
    /// How long it may be; no limit unless set.
    pub limit: Option<u64>,
    /// As whom to read it.
    pub elevation: Option<Become>,
}

impl ReadFile {
    /// A file at that path; a relative one begins at the session's folder.
    pub fn new(path: impl Into<String>) -> Self {
        Self { path: path.into(), limit: None, elevation: None }
    }

    /// Refuses a file that is longer.
    #[must_use]
    pub fn at_most(mut self, bytes: u64) -> Self {
        self.limit = Some(bytes);
        self
    }

    /// Reads it as somebody else.
    #[must_use]
    pub fn elevated(mut self, elevation: Become) -> Self {
        self.elevation = Some(elevation);
        self
    }
}

/// A file that was read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileRead {
    /// How long it was.
    pub size: u64,
    /// The SHA-256 of what arrived, in hexadecimal.
    pub sha256: String,
}

impl FileRead {
    pub(crate) fn new(size: u64, sha256: String) -> Self {
        Self { size, sha256 }
    }
}

/// What a file is made of.
#[derive(Clone)]
#[non_exhaustive]
pub enum Content {
    /// These bytes.
    Bytes(Bytes),
    /// A file of this machine.
    File(PathBuf),
}

impl From<Bytes> for Content {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl From<&'static [u8]> for Content {
    fn from(bytes: &'static [u8]) -> Self {
        Self::Bytes(Bytes::from_static(bytes))
    }
}

impl From<&'static str> for Content {
    fn from(text: &'static str) -> Self {
        Self::Bytes(Bytes::from_static(text.as_bytes()))
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::Bytes(text.into())
    }
}

impl From<PathBuf> for Content {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl fmt::Debug for Content {
    /// Without the bytes: they may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::File(path) => write!(f, "the file {}", path.display()),
        }
    }
}

/// How far an upload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// So many bytes are on their way.
    pub sent: u64,
    /// Of so many.
    pub total: u64,
}

type OnProgress = Arc<dyn Fn(Progress) + Send + Sync>;

/// A file to write.
///
/// ```
/// use purlin_transport::WriteFile;
///
/// let file = WriteFile::new("/etc/map.conf", "port = 8080\n").mode(0o640).owner("root:map");
/// assert_eq!(file.mode, 0o640);
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct WriteFile {
    /// Where. A symbolic link there is replaced, not followed; the folder must exist.
    pub path: String,
    /// What.
    pub content: Content,
    /// Its permission bits; 0644 unless set, whatever the host's umask.
    pub mode: u32,
    /// `USER`, `USER:GROUP` or `:GROUP`, by names or numbers; as the session's user has them unless set.
    pub owner: Option<String>,
    /// As whom to write it.
    pub elevation: Option<Become>,
    progress: Option<OnProgress>,
    is_rehearsal: bool,
}

impl WriteFile {
    /// A file at that path with that content.
    pub fn new(path: impl Into<String>, content: impl Into<Content>) -> Self {
        Self {
            path: path.into(),
            content: content.into(),
            mode: 0o644,
            owner: None,
            elevation: None,
            progress: None,
            is_rehearsal: false,
        }
    }

    /// Its permission bits.
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    /// Its owner.
    #[must_use]
    pub fn owner(mut self, owner: impl Into<String>) -> Self {
        self.owner = Some(owner.into());
        self
    }

    /// Writes it as somebody else.
    #[must_use]
    pub fn elevated(mut self, elevation: Become) -> Self {
        self.elevation = Some(elevation);
        self
    }

    /// Tells how far it is, after each 64 KiB at the most; from the task that writes, so it should be quick.
    #[must_use]
    pub fn on_progress(mut self, told: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(told));
        self
    }

    pub(crate) fn tell(&self, sent: u64, total: u64) {
        if let Some(told) = &self.progress {
            told(Progress { sent, total });
        }
    }

    /// Only looks whether it would have to be written: [`Written::changed`] says so, and nothing is written.
    #[must_use]
    pub fn rehearse(mut self) -> Self {
        self.is_rehearsal = true;
        self
    }

    /// Whether nothing is written.
    pub fn is_rehearsal(&self) -> bool {
        self.is_rehearsal
    }

    /// Whether any host can write it as it stands.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid): no path, a mode of more than permission bits, no owner
    /// that can be. Every call with it would say the same.
    pub fn check(&self) -> Result<()> {
        checked(&self.path)?;
        if self.mode > 0o7777 {
            return Err(invalid(format!("mode {:o} has more than permission bits", self.mode)));
        }
        let owner = self.owner.as_deref().unwrap_or("root");
        if owner.is_empty() || owner.starts_with('-') || owner.contains(['\0', '\n']) {
            return Err(invalid(format!("{owner:?} is no owner: USER, USER:GROUP or :GROUP")));
        }
        Ok(())
    }
}

impl fmt::Debug for WriteFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteFile")
            .field("path", &self.path)
            .field("content", &self.content)
            .field("mode", &format_args!("{:o}", self.mode))
            .field("owner", &self.owner)
            .field("elevation", &self.elevation)
            .finish_non_exhaustive()
    }
}

/// A file that is as wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// Whether anything had to be written.
    pub changed: bool,
    /// How long it is.
    pub size: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
    /// Whether the host has computed the SHA-256 itself. Not where it has no program for that: only the length was
    /// compared then.
    pub verified: bool,
}

impl Written {
    pub(crate) fn new(changed: bool, size: u64, sha256: String) -> Self {
        Self { changed, size, sha256, verified: true }
    }

    pub(crate) fn unverified(mut self) -> Self {
        self.verified = false;
        self
    }
}

/// A question about a path, or a change of its name.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FileRequest {
    /// Which.
    pub verb: FileVerb,
    /// As whom.
    pub elevation: Option<Become>,
}

/// What a [`FileRequest`] asks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileVerb {
    /// What is at that path?
    Stat(String),
    /// What is in that folder?
    List(String),
    /// Another name for it.
    Rename {
        /// What it is called.
        from: String,
        /// What it is to be called.
        to: String,
    },
    /// Away with it: a file, a link, or an empty folder.
    Remove(String),
    /// Away with it, and with everything below it.
    RemoveAll(String),
}

impl FileRequest {
    fn new(verb: FileVerb) -> Self {
        Self { verb, elevation: None }
    }

    /// What is at that path?
    pub fn stat(path: impl Into<String>) -> Self {
        Self::new(FileVerb::Stat(path.into()))
    }

    /// What is in that folder?
    pub fn list(path: impl Into<String>) -> Self {
        Self::new(FileVerb::List(path.into()))
    }

    /// Another name for it.
    pub fn rename(from: impl Into<String>, to: impl Into<String>) -> Self {
        Self::new(FileVerb::Rename { from: from.into(), to: to.into() })
    }

    /// Away with a file, a link or an empty folder. That there is none is no error.
    pub fn remove(path: impl Into<String>) -> Self {
        Self::new(FileVerb::Remove(path.into()))
    }

    /// Away with it and with everything below it. The root and paths that end in `.` or `..` are refused.
    pub fn remove_all(path: impl Into<String>) -> Self {
        Self::new(FileVerb::RemoveAll(path.into()))
    }

    /// Asks as somebody else.
    #[must_use]
    pub fn elevated(mut self, elevation: Become) -> Self {
        self.elevation = Some(elevation);
        self
    }

    pub(crate) fn check(&self) -> Result<()> {
        match &self.verb {
            FileVerb::Stat(path) | FileVerb::List(path) | FileVerb::Remove(path) => checked(path).map(drop),
            FileVerb::Rename { from, to } => checked(from).and_then(|_| checked(to)).map(drop),
            FileVerb::RemoveAll(path) => {
                checked(path)?;
                let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
                if matches!(last, "" | "." | "..") {
                    return Err(invalid(format!("{path:?} is not removed with everything below it")));
                }
                Ok(())
            }
        }
    }
}

/// The answer to a [`FileRequest`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileReply {
    /// What is there.
    Stat(Stat),
    /// What is in the folder, by name; without `.` and `..`. What is no UTF-8 in a name is shown as U+FFFD.
    List(Vec<(String, Stat)>),
    /// It is done.
    Done {
        /// Whether anything had to be.
        changed: bool,
    },
}

/// A path as a program takes it: what begins with a hyphen would be an option, or standard input.
pub(crate) fn checked(path: &str) -> Result<String> {
    if path.is_empty() || path.contains('\0') {
        return Err(invalid(format!("{path:?} is no path")));
    }
    Ok(if path.starts_with('-') { format!("./{path}") } else { path.to_owned() })
}
