//! What users of a session call.

use crate::files::{FileReply, FileRequest, ReadFile, Stat, WriteFile, Written};
use crate::running::{Running, tell};
use crate::{Command, Launch, Output, Session};
use async_trait::async_trait;
use bytes::Bytes;
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result, Secret};
use std::time::Duration;
use tracing::Instrument;
use tracing::field::Empty;

/// How long a command's start may take.
const START_LIMIT: Duration = Duration::from_secs(30);

/// The comfortable side of every [`Session`].
#[async_trait]
pub trait SessionExt: Session {
    /// Starts a command, to be read while it runs. Default limit: 30 s.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a command that cannot be (an empty program, a NUL); those of [`Session::exec`].
    async fn start(&self, cx: &Cx, command: &Command) -> Result<Running> {
        let told = |error: Error| tell(error, self.host(), self.endpoint());
        let launch = Launch::new(command).map_err(told)?;
        let password = password(cx, command).await.map_err(told)?;
        let cx = cx.with_timeout(START_LIMIT);
        let process = cx.run("transport.exec", self.exec(&cx, &launch)).await.map_err(told)?;
        Ok(Running::new(&cx, process, &launch, password, (self.host(), self.endpoint())))
    }

    /// Runs a command to its end. Default limit: 10 minutes; at the deadline the command is killed.
    ///
    /// # Errors
    /// Those of [`start`](Self::start) and of [`Running::output`]. A status other than 0 is none.
    async fn run(&self, cx: &Cx, command: &Command) -> Result<Output> {
        let span = tracing::debug_span!(
            "purlin.transport.exec",
            server.address = self.host().name.as_str(),
            process.command = command.argv().first().map(String::as_str),
            process.exit.code = Empty,
            error.r#type = Empty,
        );
        let ran = async { self.start(cx, command).await?.output(cx).await };
        let ran = ran.instrument(span.clone()).await;
        match &ran {
            Ok(output) => span.record("process.exit.code", output.exit.code()),
            Err(error) => span.record("error.type", error.kind().as_str()),
        };
        ran
    }

    /// The content of a file; at most 16 MiB, else see [`Session::read`].
    ///
    /// # Errors
    /// Those of [`Session::read`]; [`ErrorKind::Invalid`] for a larger one.
    async fn contents(&self, cx: &Cx, path: &str) -> Result<Bytes> {
        let mut bytes = Vec::new();
        self.read(cx, &ReadFile::new(path).at_most(16 * 1024 * 1024), &mut bytes).await?;
        Ok(bytes.into())
    }

    /// Makes a file of these bytes, with mode 0644; more can be said by [`Session::write`].
    ///
    /// # Errors
    /// Those of [`Session::write`].
    async fn put(&self, cx: &Cx, path: &str, content: Bytes) -> Result<Written> {
        self.write(cx, &WriteFile::new(path, content)).await
    }

    /// What a path is; none where there is nothing. A symbolic link is looked at itself.
    ///
    /// # Errors
    /// Those of [`Session::file`].
    async fn stat(&self, cx: &Cx, path: &str) -> Result<Option<Stat>> {
        match self.file(cx, &FileRequest::stat(path)).await {
            Ok(FileReply::Stat(stat)) => Ok(Some(stat)),
            Ok(other) => Err(unexpected(&other)),
            Err(error) if error.kind() == ErrorKind::NotFound && error.outcome() == Outcome::Sent => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What is in a folder, by name; without `.` and `..`.
    ///
    /// # Errors
    /// Those of [`Session::file`].
    async fn list(&self, cx: &Cx, path: &str) -> Result<Vec<(String, Stat)>> {
        match self.file(cx, &FileRequest::list(path)).await? {
            FileReply::List(entries) => Ok(entries),
            other => Err(unexpected(&other)),
        }
    }

    /// Gives a file, link or folder another name in the same file system, over what has that name (never into it).
    ///
    /// # Errors
    /// Those of [`Session::file`].
    async fn rename(&self, cx: &Cx, from: &str, to: &str) -> Result<()> {
        self.file(cx, &FileRequest::rename(from, to)).await.map(drop)
    }

    /// Removes a file, a link or an empty folder; says whether there was one.
    ///
    /// # Errors
    /// Those of [`Session::file`].
    async fn remove(&self, cx: &Cx, path: &str) -> Result<bool> {
        match self.file(cx, &FileRequest::remove(path)).await? {
            FileReply::Done { changed } => Ok(changed),
            other => Err(unexpected(&other)),
        }
    }
}

impl<S: Session + ?Sized> SessionExt for S {}

async fn password(cx: &Cx, command: &Command) -> Result<Option<Secret<String>>> {
    match command.elevation().and_then(|elevation| elevation.password.as_ref()) {
        Some(source) => {
            let password = source.resolve(cx).await?;
            if password.expose().contains('\n') {
                let message = "the password holds a line break, which sudo cannot be told";
                return Err(Error::new(ErrorKind::Invalid, message).with_outcome(Outcome::NotSent));
            }
            Ok(Some(password))
        }
        None => Ok(None),
    }
}

fn unexpected(reply: &FileReply) -> Error {
    Error::new(ErrorKind::Internal, format!("the session answers another question: {reply:?}"))
}
