//! Writing a file over a shell: whole or not at all.

use super::ask::command;
use super::{Content, Digest, WriteFile, Written, checked, complaint, script};
use crate::{Output, Running, Session, SessionExt};
use bytes::{Bytes, BytesMut};
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use std::path::Path;
use std::time::Duration;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

/// How much is given to the channel at a time.
const PIECE: usize = 64 * 1024;
/// How long the far side has to clean up when an upload is given up.
const CLEANING: Duration = Duration::from_secs(2);

const OPERATION: &str = "transport.write";

pub(crate) async fn write<S: Session + ?Sized>(session: &S, cx: &Cx, request: &WriteFile) -> Result<Written> {
    request.check()?;
    let cx = cx.with_timeout(crate::running::RUN_LIMIT);
    let named = |error: Error| error.with_operation(OPERATION);
    let mut source = cx.run(OPERATION, Source::open(&request.content)).await?;
    let path = checked(&request.path)?;
    let elevation = request.elevation.as_ref();

    let look = command(script::LOOK, &[&path, &source.size.to_string()], elevation);
    let looked = session.run(&cx, &look).await.map_err(named)?;
    if !looked.is_success() {
        return Err(complaint::of(&looked, OPERATION, &request.path));
    }
    if is_as_wanted(&looked.stdout.text(), request, &source.sha256) {
        request.tell(source.size, source.size);
        return Ok(Written::new(false, source.size, source.sha256));
    }

    if request.is_rehearsal() {
        return Ok(Written::new(true, source.size, source.sha256).unverified());
    }

    let temporary = beside(&path);
    let (mode, size) = (format!("{:o}", request.mode), source.size.to_string());
    let owner = request.owner.as_deref().unwrap_or_default();
    let arguments = [path.as_str(), &temporary, &mode, owner, &source.sha256, &size];
    let store = command(script::STORE, &arguments, elevation).open_stdin();
    let mut running = session.start(&cx, &store).await.map_err(named)?;
    if let Err(error) = source.send(&cx, &mut running, request).await {
        return Err(given_up(&cx, running, error).await);
    }
    let output = running.output(&cx).await.map_err(named)?;
    stored(&output, request, source)
}

fn stored(output: &Output, request: &WriteFile, source: Source<'_>) -> Result<Written> {
    if !output.is_success() {
        return Err(complaint::of(output, OPERATION, &request.path));
    }
    let written = Written::new(true, source.size, source.sha256);
    Ok(if output.stdout.line() == "verified" { written } else { written.unverified() })
}

/// The far side sees the end of its input, finds the file too short, and removes it.
async fn given_up(cx: &Cx, mut running: Running, error: Error) -> Error {
    let cleaning = cx.detached().with_timeout(CLEANING);
    let outcome = match running.close_stdin(&cleaning).await {
        Ok(()) => running.output(&cleaning).await.map(|output| output.is_success()),
        Err(error) => Err(error),
    };
    let error = error.with_operation(OPERATION);
    match outcome {
        Ok(false) => error.with_outcome(Outcome::NotSent).with_note("the old file is left as it was"),
        _ => error.with_outcome(Outcome::Maybe),
    }
}

/// Whether `SUM MODE USER GROUP UID GID` is what is wanted.
fn is_as_wanted(answer: &str, request: &WriteFile, sha256: &str) -> bool {
    let fields: Vec<&str> = answer.split_whitespace().collect();
    let [sum, mode, user, group, uid, gid] = fields[..] else { return false };
    let is = |wanted: &str, name, number| wanted.is_empty() || wanted == name || wanted == number;
    let (wanted_user, wanted_group) = match request.owner.as_deref().map(|owner| owner.split_once(':')) {
        None => ("", ""),
        Some(None) => (request.owner.as_deref().unwrap_or_default(), ""),
        Some(Some(both)) => both,
    };
    sum == sha256
        && u32::from_str_radix(mode, 8) == Ok(request.mode)
        && is(wanted_user, user, uid)
        && is(wanted_group, group, gid)
}

/// A name in the same folder that nobody else has.
fn beside(path: &str) -> String {
    let (folder, name) = match path.rfind('/') {
        Some(at) => path.split_at(at + 1),
        None => ("", path),
    };
    // A name may be 255 bytes long.
    let name: String = name.chars().take(40).collect();
    format!("{folder}.{name}.purlin-{}", crate::launch::nonce())
}

struct Source<'c> {
    content: &'c Content,
    file: Option<File>,
    size: u64,
    sha256: String,
}

impl<'c> Source<'c> {
    async fn open(content: &'c Content) -> Result<Self> {
        let path = match content {
            Content::Bytes(bytes) => {
                let (size, sha256) = (bytes.len() as u64, Digest::of(bytes));
                return Ok(Self { content, file: None, size, sha256 });
            }
            Content::File(path) => path,
        };
        let of_file = |error| of_file(error, path);
        let mut file = File::open(path).await.map_err(of_file)?;
        let (mut digest, mut piece) = (Digest::default(), BytesMut::with_capacity(PIECE));
        while file.read_buf(&mut piece).await.map_err(of_file)? > 0 {
            digest.take(&piece);
            piece.clear();
        }
        file.rewind().await.map_err(of_file)?;
        Ok(Self { content, file: Some(file), size: digest.size(), sha256: digest.hex() })
    }

    async fn send(&mut self, cx: &Cx, running: &mut Running, request: &WriteFile) -> Result<()> {
        let (total, mut sent) = (self.size, 0);
        while sent < total && running.exit().is_none() {
            let piece = self.piece(sent).await?;
            if piece.is_empty() {
                let message = "the file became shorter while it was read";
                return Err(Error::new(ErrorKind::Conflict, message).with_outcome(Outcome::NotSent));
            }
            sent += piece.len() as u64;
            running.write(cx, piece).await?;
            request.tell(sent, total);
        }
        running.close_stdin(cx).await
    }

    async fn piece(&mut self, from: u64) -> Result<Bytes> {
        match (self.content, &mut self.file) {
            (Content::File(path), Some(file)) => {
                let mut piece = BytesMut::with_capacity(PIECE);
                file.read_buf(&mut piece).await.map_err(|error| of_file(error, path))?;
                Ok(piece.freeze())
            }
            (Content::Bytes(bytes), _) => {
                let from = usize::try_from(from).unwrap_or(usize::MAX).min(bytes.len());
                Ok(bytes.slice(from..(from + PIECE).min(bytes.len())))
            }
            (Content::File(_), None) => Ok(Bytes::new()),
        }
    }
}

fn of_file(error: std::io::Error, path: &Path) -> Error {
    Error::io(OPERATION, error).with_note(path.display().to_string()).with_outcome(Outcome::NotSent)
}
