//! How a call reaches the watch that runs: a socket in the state folder, a line of JSON each way.

use crate::state::StateFolder;
use purlin::core::Timestamp;
use purlin::health::alarm::Downtime;
use purlin::{Cx, Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;

/// The socket's name in the state folder.
const SOCKET: &str = "check.sock";

/// A request is shorter than this, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// How long one may take to come, and its answer to be taken.
const LIMIT: Duration = Duration::from_secs(10);

/// So many calls are served at the same time.
const CALLS: usize = 16;

/// What a call may want of the watch.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub(super) enum Request {
    Status,
    Explain { id: String },
    Acknowledge { id: String, author: String, comment: String, until: Option<Timestamp> },
    Unacknowledge { id: String },
    Announce { downtime: Box<Downtime> },
    EndDowntime { id: String },
    Downtimes,
    Report { id: String, status: String, message: String },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Response {
    Fine(Value),
    Refused { kind: String, message: String },
}

/// A request, and where its answer goes.
pub(super) type Call = (Request, oneshot::Sender<Result<Value>>);

/// The watch's end. Dropping it ends every call and takes the socket away.
#[derive(Debug)]
pub(super) struct Control {
    calls: mpsc::Receiver<Call>,
    path: std::path::PathBuf,
    _server: JoinSet<()>,
}

impl Control {
    /// Listens in this folder, whose lock the caller has.
    ///
    /// # Errors
    /// Those of the system.
    pub(super) fn listen(folder: &StateFolder) -> Result<Self> {
        let path = folder.short(SOCKET);
        // One that a killed watch has left; the lock says that there is none.
        let _ = std::fs::remove_file(&path);
        let at = |error| Error::io("check.listen", error);
        let listener = UnixListener::bind(&path).map_err(at)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).map_err(at)?;
        let (sender, calls) = mpsc::channel(CALLS);
        let mut server = JoinSet::new();
        server.spawn(serve(listener, sender));
        Ok(Self { calls, path, _server: server })
    }

    /// The next call; it never ends.
    pub(super) async fn next(&mut self) -> Call {
        match self.calls.recv().await {
            Some(call) => call,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        // Whoever finds it without a listener knows that there is no watch.
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn serve(listener: UnixListener, calls: mpsc::Sender<Call>) {
    let room = std::sync::Arc::new(Semaphore::new(CALLS));
    let mut open = JoinSet::new();
    loop {
        // It is never closed.
        let Ok(place) = room.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let calls = calls.clone();
                open.spawn(async move {
                    let _place = place;
                    // A caller that leaves is its own affair.
                    let _ = tokio::time::timeout(LIMIT, call(stream, calls)).await;
                });
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
        while open.try_join_next().is_some() {}
    }
}

async fn call(mut stream: UnixStream, calls: mpsc::Sender<Call>) -> std::io::Result<()> {
    let (reader, mut writer) = stream.split();
    let mut line = String::new();
    BufReader::new(reader.take(LONGEST)).read_line(&mut line).await?;
    let response = match serde_json::from_str::<Request>(&line) {
        Err(error) => Response::refused(&Error::new(ErrorKind::Invalid, error.to_string())),
        Ok(request) => {
            let (sender, receiver) = oneshot::channel();
            let answer = match calls.send((request, sender)).await {
                Ok(()) => receiver.await.ok(),
                Err(_) => None,
            };
            match answer {
                Some(Ok(value)) => Response::Fine(value),
                Some(Err(error)) => Response::refused(&error),
                None => Response::refused(&Error::new(ErrorKind::Unavailable, "the watch is leaving")),
            }
        }
    };
    let mut text = serde_json::to_vec(&response).unwrap_or_default();
    text.push(b'\n');
    writer.write_all(&text).await
}

impl Response {
    fn refused(error: &Error) -> Self {
        Self::Refused { kind: error.kind().to_string(), message: error.message().to_owned() }
    }
}

/// Whether a watch listens in this folder.
pub(super) fn is_there(folder: &StateFolder) -> bool {
    std::os::unix::net::UnixStream::connect(folder.short(SOCKET)).is_ok()
}

/// Asks the watch of this folder; none where nobody listens, or the watch is just leaving.
///
/// # Errors
/// What the watch says; those of the way there.
pub(super) async fn ask(cx: &Cx, folder: &StateFolder, request: &Request) -> Result<Option<Value>> {
    cx.with_timeout(LIMIT)
        .run("check.ask", async {
            let Ok(mut stream) = UnixStream::connect(folder.short(SOCKET)).await else { return Ok(None) };
            let mut text = serde_json::to_vec(request).map_err(unreadable)?;
            text.push(b'\n');
            let mut answer = Vec::new();
            let asked = async {
                stream.write_all(&text).await?;
                stream.read_to_end(&mut answer).await
            };
            if asked.await.is_err() || answer.is_empty() {
                return Ok(None);
            }
            match serde_json::from_slice(&answer).map_err(unreadable)? {
                Response::Fine(value) => Ok(Some(value)),
                Response::Refused { kind, .. } if kind == ErrorKind::Unavailable.to_string() => Ok(None),
                Response::Refused { kind, message } => Err(Error::new(known(&kind), message)),
            }
        })
        .await
}

fn known(kind: &str) -> ErrorKind {
    [ErrorKind::NotFound, ErrorKind::Invalid, ErrorKind::Conflict, ErrorKind::Unsupported]
        .into_iter()
        .find(|known| known.to_string() == kind)
        .unwrap_or(ErrorKind::Protocol)
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Protocol, "the watch and this call do not understand each other").with_source(error)
}
