//! What a transport implements: [`Transport`], [`Session`], [`Process`].

use crate::files::{self, FileRead, FileReply, FileRequest, ReadFile, WriteFile, Written};
use crate::{Capabilities, Host, Launch};
use async_trait::async_trait;
use bytes::Bytes;
use purlin_core::{Cx, Endpoint, Result};
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::AsyncWrite;

/// A way to reach hosts: one set of credentials and rules, for any number of them.
#[async_trait]
pub trait Transport: Send + Sync + fmt::Debug {
    /// What it is called in messages and spans, such as `ssh`.
    fn name(&self) -> &'static str;

    /// A session with that host. Whoever asks for the same host shares what it costs; the session stays usable while
    /// somebody holds it. Default limit: 30 s.
    ///
    /// # Errors
    /// The kind of the step that failed, with the host's address: Unresolved, Refused, Timeout, Tls (the host's key),
    /// Unauthenticated; [`FaultClass::Busy`](crate::FaultClass::Busy) where the host turns away for now. Nothing was run
    /// in any of them.
    async fn connect(&self, cx: &Cx, host: &Host) -> Result<Arc<dyn Session>>;
}

/// A session with one host, for any number of callers at once. Users call it through
/// [`SessionExt`](crate::SessionExt).
///
/// An implementation gives [`exec`](Self::exec); files are moved and looked at by a POSIX shell over it, unless it has
/// something better.
#[async_trait]
pub trait Session: Send + Sync + fmt::Debug {
    /// The host.
    fn host(&self) -> &Host;

    /// Where it is, for errors; none for this machine.
    fn endpoint(&self) -> Option<&Endpoint> {
        None
    }

    /// What can be done there.
    fn capabilities(&self) -> Capabilities;

    /// Starts the [argument list](Launch::argv) as it is. The future may be dropped at any await point: what it may have
    /// started is ended then.
    ///
    /// # Errors
    /// [`Outcome::NotSent`](purlin_core::Outcome) where the host surely ran nothing. A program that is not there is none:
    /// it exits with 127, as a shell says it, and one that may not be run with 126.
    async fn exec(&self, cx: &Cx, launch: &Launch) -> Result<Box<dyn Process>>;

    /// Reads a file into a sink, and says how much it was.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](purlin_core::ErrorKind::NotFound), [`Denied`](purlin_core::ErrorKind::Denied),
    /// [`Invalid`](purlin_core::ErrorKind::Invalid) for a directory; those of [`exec`](Self::exec); the sink's.
    async fn read(
        &self,
        cx: &Cx,
        request: &ReadFile,
        into: &mut (dyn AsyncWrite + Send + Unpin),
    ) -> Result<FileRead> {
        files::read(self, cx, request, into).await
    }

    /// Writes a file: into a temporary one beside it, synced to the disk, with mode and owner, compared by SHA-256,
    /// renamed over the old one. Nothing is written where the file is as wanted already.
    ///
    /// # Errors
    /// Denied, NotFound (no such folder), Invalid (it is a directory);
    /// [`FaultClass::DiskFull`](crate::FaultClass::DiskFull), [`ReadOnly`](crate::FaultClass::ReadOnly),
    /// [`Damaged`](crate::FaultClass::Damaged); those of [`exec`](Self::exec). The old file stays as it is in all of them,
    /// unless the outcome is [`Maybe`](purlin_core::Outcome::Maybe).
    async fn write(&self, cx: &Cx, request: &WriteFile) -> Result<Written> {
        files::write(self, cx, request).await
    }

    /// Looks at a file or a folder, renames, removes.
    ///
    /// # Errors
    /// NotFound, Denied, Invalid, Conflict (a folder that is not empty); those of [`exec`](Self::exec).
    async fn file(&self, cx: &Cx, request: &FileRequest) -> Result<FileReply> {
        files::ask(self, cx, request).await
    }
}

/// A command that runs. Users hold a [`Running`](crate::Running), which keeps the deadlines.
///
/// It is polled like a stream. Dropping it ends the command, with all that it has started where the session
/// [can do that](crate::Capability::KillsGroup).
pub trait Process: Send + fmt::Debug {
    /// What it says next; none when both its outputs have ended, which is not before it has exited.
    ///
    /// # Errors
    /// [`FaultClass::LinkLost`](crate::FaultClass::LinkLost) where its end will never be heard of.
    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Event>>>;

    /// Gives it some of these bytes to read, and says how many it took. Zero: it reads no more.
    ///
    /// # Errors
    /// As [`poll_event`](Self::poll_event).
    fn poll_write(&mut self, context: &mut Context<'_>, input: &[u8]) -> Poll<Result<usize>>;

    /// Ends its input, once what was written is on its way.
    ///
    /// # Errors
    /// As [`poll_event`](Self::poll_event).
    fn poll_close(&mut self, context: &mut Context<'_>) -> Poll<Result<()>>;

    /// Asks for its end, at once and whatever it does (SIGKILL, to its group where that can be had); its exit comes by
    /// [`poll_event`](Self::poll_event). Nothing happens where it has exited.
    fn kill(&mut self);
}

/// What a command says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// On its standard output.
    Stdout(Bytes),
    /// On its standard error.
    Stderr(Bytes),
    /// It has exited. What it left running may still write to its outputs.
    Exited(Exit),
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exit {
    /// By itself, with this status: 0 is success.
    Code(i32),
    /// By a signal, by its name without `SIG`, such as `KILL`.
    Signal(String),
}

impl Exit {
    /// Whether the status is 0.
    pub fn is_success(&self) -> bool {
        *self == Self::Code(0)
    }

    /// The status; none where a signal ended it.
    pub fn code(&self) -> Option<i32> {
        match self {
            Self::Code(code) => Some(*code),
            Self::Signal(_) => None,
        }
    }
}

impl fmt::Display for Exit {
    /// `exit 3` or `signal KILL`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit {code}"),
            Self::Signal(name) => write!(f, "signal {name}"),
        }
    }
}
