//! A session with a fake host.

use super::process::FakeProcess;
use super::reply::End;
use super::{FakeHost, Observed, Reply};
use crate::files::{
    Content, Digest, FileRead, FileReply, FileRequest, FileVerb, ReadFile, WriteFile, Written,
};
use crate::{Capabilities, FaultClass, Host, Launch, Process, Session};
use async_trait::async_trait;
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, Result};
use tokio::io::{AsyncWrite, AsyncWriteExt};

#[derive(Debug)]
pub(super) struct FakeSession {
    host: Host,
    endpoint: Option<Endpoint>,
    fake: FakeHost,
}

impl FakeSession {
    pub(super) fn new(host: Host, endpoint: Option<Endpoint>, fake: FakeHost) -> Self {
        Self { host, endpoint, fake }
    }

    fn told<T>(&self, result: Result<T>, operation: &'static str, path: &str) -> Result<T> {
        result.map_err(|error| {
            let error = error.with_operation(operation).with_note(path.to_owned());
            crate::running::tell(error, &self.host, self.endpoint.as_ref())
        })
    }
}

#[async_trait]
impl Session for FakeSession {
    fn host(&self) -> &Host {
        &self.host
    }

    fn endpoint(&self) -> Option<&Endpoint> {
        self.endpoint.as_ref()
    }

    fn capabilities(&self) -> Capabilities {
        FakeHost::capabilities()
    }

    async fn exec(&self, cx: &Cx, launch: &Launch) -> Result<Box<dyn Process>> {
        let command = launch.command();
        let reply: Reply = self.fake.reply(command.argv());
        if reply.end == End::Busy {
            return Err(FaultClass::Busy.error("the host takes no further command"));
        }
        let is_worker = command.argv().get(2).is_some_and(|text| text == crate::shell::frame::WORKER);
        if !is_worker {
            let user = command.elevation().map(|elevation| elevation.name().to_owned());
            self.fake.saw(Observed::Ran { argv: command.argv().to_vec(), user });
        }
        Ok(Box::new(FakeProcess::new(self.fake.clone(), cx, launch, reply)))
    }

    async fn read(
        &self,
        cx: &Cx,
        request: &ReadFile,
        into: &mut (dyn AsyncWrite + Send + Unpin),
    ) -> Result<FileRead> {
        cx.check("transport.read")?;
        let checked = crate::files::checked(&request.path).map(drop);
        self.told(checked, "transport.read", &request.path)?;
        let found = self.fake.state().files.read(&request.path);
        let content = self.told(found, "transport.read", &request.path)?;
        let size = content.len() as u64;
        if let Some(limit) = request.limit.filter(|limit| size > *limit) {
            let error = Error::new(ErrorKind::Invalid, format!("the file is longer than {limit} bytes"));
            return self.told(Err(error.with_outcome(Outcome::Sent)), "transport.read", &request.path);
        }
        let writing =
            async { into.write_all(&content).await.map_err(|error| Error::io("transport.read", error)) };
        cx.run("transport.read", writing).await?;
        Ok(FileRead::new(size, Digest::of(&content)))
    }

    async fn write(&self, cx: &Cx, request: &WriteFile) -> Result<Written> {
        cx.check("transport.write")?;
        request.check()?;
        let content = match &request.content {
            Content::Bytes(bytes) => bytes.to_vec(),
            Content::File(path) => tokio::fs::read(path).await.map_err(|error| {
                let error = Error::io("transport.write", error).with_note(path.display().to_string());
                error.with_outcome(Outcome::NotSent)
            })?,
        };
        let (size, sha256) = (content.len() as u64, Digest::of(&content));
        let stored = self.fake.state().files.write(request, content, cx.clock().timestamp());
        let changed = self.told(stored, "transport.write", &request.path)?;
        if changed {
            self.fake.saw(Observed::Wrote(request.path.clone()));
        }
        request.tell(size, size);
        Ok(Written::new(changed, size, sha256))
    }

    async fn file(&self, cx: &Cx, request: &FileRequest) -> Result<FileReply> {
        request.check()?;
        let (operation, path) = match &request.verb {
            FileVerb::Stat(path) => ("transport.stat", path),
            FileVerb::List(path) => ("transport.list", path),
            FileVerb::Rename { from, .. } => ("transport.rename", from),
            FileVerb::Remove(path) | FileVerb::RemoveAll(path) => ("transport.remove", path),
        };
        cx.check(operation)?;
        let reply = self.fake.state().files.ask(&request.verb);
        let reply = self.told(reply, operation, path)?;
        match (&request.verb, &reply) {
            (FileVerb::Remove(path) | FileVerb::RemoveAll(path), FileReply::Done { changed: true }) => {
                self.fake.saw(Observed::Removed(path.clone()));
            }
            (FileVerb::Rename { from, to }, _) => self.fake.saw(Observed::Renamed(from.clone(), to.clone())),
            _ => {}
        }
        Ok(reply)
    }
}
