//! Reading a file over a shell.

use super::ask::command;
use super::{Digest, FileRead, ReadFile, checked, complaint, script};
use crate::output::Sink;
use crate::{Event, Output, Session, SessionExt};
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// Of the far side's complaints.
const COMPLAINT: u64 = 64 * 1024;

pub(crate) async fn read<S: Session + ?Sized>(
    session: &S,
    cx: &Cx,
    request: &ReadFile,
    into: &mut (dyn AsyncWrite + Send + Unpin),
) -> Result<FileRead> {
    let cx = cx.with_timeout(crate::running::RUN_LIMIT);
    let path = checked(&request.path)?;
    let command = command(script::READ, &[&path], request.elevation.as_ref());
    let mut running = session.start(&cx, &command).await?;
    let (mut digest, mut complaints) = (Digest::default(), Sink::new(COMPLAINT));
    while let Some(event) = running.next(&cx).await? {
        match event {
            Event::Stdout(bytes) => {
                digest.take(&bytes);
                if request.limit.is_some_and(|limit| digest.size() > limit) {
                    return Err(too_long(request));
                }
                let writing = async { into.write_all(&bytes).await.map_err(of_sink) };
                cx.run("transport.read", writing).await?;
            }
            Event::Stderr(bytes) => complaints.take(&bytes),
            _ => {}
        }
    }
    let flushing = async { into.flush().await.map_err(of_sink) };
    cx.run("transport.read", flushing).await?;
    match running.exit() {
        Some(exit) if exit.is_success() => Ok(FileRead::new(digest.size(), digest.hex())),
        Some(exit) => {
            let output = Output::of(session.host(), exit.clone(), complaints.done());
            Err(complaint::of(&output, "transport.read", &request.path))
        }
        None => Err(crate::running::tell(crate::running::lost(), session.host(), session.endpoint())),
    }
}

fn of_sink(error: std::io::Error) -> Error {
    Error::io("transport.read", error).with_note("where it was to be written")
}

fn too_long(request: &ReadFile) -> Error {
    let limit = request.limit.unwrap_or_default();
    Error::new(ErrorKind::Invalid, format!("the file is longer than {limit} bytes"))
        .with_operation("transport.read")
        .with_note(request.path.clone())
        .with_outcome(Outcome::Sent)
}
