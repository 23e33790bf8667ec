//! A listener that does what a test says, and nothing else.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

/// What is done with one connection.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Waits for a question, which is kept.
    Hear,
    Say(Vec<u8>),
    /// Says nothing more, and keeps the connection until the other side has left.
    Wait,
    /// Says good-bye.
    Close,
}

/// A listener on 127.0.0.1, ended when it is dropped.
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
    task: JoinHandle<()>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Peer {
    /// The first connection gets the first of these, the last one's is for all that follow.
    pub(crate) async fn start(connections: impl IntoIterator<Item = Vec<Act>>) -> Self {
        Self::with(|_| connections.into_iter().collect()).await
    }

    /// The same for those who need to know their address.
    pub(crate) async fn with(acts: impl FnOnce(SocketAddr) -> Vec<Vec<Act>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (mut acts, heard): (VecDeque<_>, _) = (acts(address).into(), Arc::new(Mutex::new(Vec::new())));
        let kept = heard.clone();
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        let Ok((stream, _)) = accepted else { return };
                        let todo = if acts.len() > 1 { acts.pop_front() } else { acts.front().cloned() };
                        connections.spawn(perform(stream, todo.unwrap_or_default(), kept.clone()));
                    }
                    Some(_) = connections.join_next() => {}
                }
            }
        });
        Self { address, heard, task }
    }

    /// What was asked, connection by connection.
    pub(crate) fn heard(&self) -> Vec<Vec<u8>> {
        self.heard.lock().unwrap().clone()
    }
}

/// Does all that on a stream.
pub(crate) async fn perform<S>(mut stream: S, acts: Vec<Act>, heard: Arc<Mutex<Vec<Vec<u8>>>>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    for act in acts {
        match act {
            Act::Hear => {
                let mut bytes = vec![0; 4096];
                let Ok(size @ 1..) = stream.read(&mut bytes).await else { return };
                heard.lock().unwrap().push(bytes[..size].to_vec());
            }
            Act::Say(bytes) => {
                if stream.write_all(&bytes).await.is_err() || stream.flush().await.is_err() {
                    return;
                }
            }
            Act::Wait => return until_gone(&mut stream).await,
            Act::Close => {
                // A good-bye, and not a reset that could overtake what was said.
                let _ = stream.shutdown().await;
                return until_gone(&mut stream).await;
            }
        }
    }
}

/// Until the other side has closed.
async fn until_gone(stream: &mut (impl AsyncRead + Unpin)) {
    let mut rest = [0; 4096];
    while stream.read(&mut rest).await.is_ok_and(|size| size > 0) {}
}

pub(crate) fn packet(kind: u8, flags: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = ((8 + body.len()) as u16).to_be_bytes().to_vec();
    bytes.extend_from_slice(&[0, 0, kind, flags, 0, 0]);
    bytes.extend_from_slice(body);
    bytes
}

pub(crate) fn accept(version: u16, flags: u8) -> Vec<u8> {
    let mut body = version.to_be_bytes().to_vec();
    body.extend_from_slice(&[0; 12]);
    body.extend_from_slice(&[flags, 0]);
    body.resize(if version < 315 { 24 } else { 37 }, 0);
    packet(2, 0, &body)
}

pub(crate) fn refuse(text: &str) -> Vec<u8> {
    let mut body = vec![0x22, 0];
    body.extend_from_slice(&(text.len() as u16).to_be_bytes());
    body.extend_from_slice(text.as_bytes());
    packet(4, 0, &body)
}

pub(crate) fn refuse_with(code: &str) -> Vec<u8> {
    refuse(&format!(
        "(DESCRIPTION=(TMP=)(VSNNUM=352321536)(ERR={code})(ERROR_STACK=(ERROR=(CODE={code})(EMFI=4))))"
    ))
}

pub(crate) fn redirect(to: SocketAddr, protocol: &str) -> Vec<u8> {
    let text = format!(
        "(ADDRESS=(PROTOCOL={protocol})(HOST={})(PORT={}))\0(DESCRIPTION=(CONNECT_DATA=(SERVICE_NAME=map)))",
        to.ip(),
        to.port()
    );
    let mut body = (text.len() as u16).to_be_bytes().to_vec();
    body.extend_from_slice(text.as_bytes());
    packet(5, 0, &body)
}
