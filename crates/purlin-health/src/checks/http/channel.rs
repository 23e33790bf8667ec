//! A connection to a web server, and one question over it.

use super::address::Address;
use super::request::Message;
use crate::{Cause, Failure, Phase, Phases};
use bytes::{Bytes, BytesMut};
use http::response::Parts;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Result, net};
use purlin_tls::TlsClient;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::Poll;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// So much may the head of an answer be.
const HEAD: usize = 64 * 1024;

/// How a server is reached.
#[derive(Debug, Clone, Default)]
pub(super) struct Route {
    pub(super) connect_to: Option<Endpoint>,
    pub(super) proxy: Option<Endpoint>,
}

impl Route {
    /// The way to another server than the one that the check is about.
    pub(super) fn abroad(&self) -> Self {
        Self { connect_to: None, proxy: self.proxy.clone() }
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Broken {
    /// A step failed.
    Target(Phase, Error),
    /// The answer is not as it must be.
    Assertion(Failure),
    /// We could not ask.
    Prober(Error),
}

impl Broken {
    pub(super) fn assertion(phase: Phase, what: &str, message: String) -> Self {
        Self::Assertion(Failure::new(phase, Cause::Assertion(what.to_owned()), message))
    }

    /// Whether a kept connection had come to its end before the question: the server has not seen it then.
    pub(super) fn is_stale_connection(&self) -> bool {
        matches!(self, Self::Target(Phase::FirstByte, error) if error.kind() == ErrorKind::Unavailable)
    }
}

/// Faults before anything was sent: settings, secrets, certificates.
impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self::Prober(error)
    }
}

/// What a server answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) head: Parts,
    pub(super) body: Bytes,
    pub(super) is_reusable: bool,
}

impl Answer {
    pub(super) fn status_line(&self) -> String {
        self.head.status.to_string()
    }

    /// Where a redirect leads.
    pub(super) fn location(&self) -> Option<&str> {
        let is_redirect = matches!(self.head.status.as_u16(), 301 | 302 | 303 | 307 | 308);
        self.head.headers.get(http::header::LOCATION).filter(|_| is_redirect)?.to_str().ok()
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// What moves bytes while a question is asked; it is part of the asking future, so that nothing runs on its own.
type Engine = Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>;

/// A connection over which one question after the other can be asked.
pub(super) struct Channel {
    sender: SendRequest<Full<Bytes>>,
    /// None once the connection has ended.
    engine: Option<Engine>,
}

impl Channel {
    /// Connects, by way of the proxy where there is one, and shakes hands.
    pub(super) async fn open(
        cx: &Cx,
        address: &Address,
        route: &Route,
        tls: Option<&TlsClient>,
        phases: &mut Phases,
    ) -> std::result::Result<Self, Broken> {
        let server = route.connect_to.as_ref().unwrap_or(address.endpoint());
        let first = route.proxy.as_ref().unwrap_or(server);
        let mut stream = dial(cx, first, phases).await?;
        if route.proxy.is_some() && tls.is_some() {
            tunnel(cx, &mut stream, server).await.map_err(|error| Broken::Target(Phase::Connect, error))?;
        }
        let stream: Box<dyn Stream> = match tls {
            Some(tls) => {
                let begun = cx.now();
                let shaken = tls.handshake(cx, address.endpoint(), stream).await;
                phases.push(Phase::Tls, cx.now().since(begun));
                Box::new(shaken.map_err(|error| Broken::Target(Phase::Tls, error))?)
            }
            None => Box::new(stream),
        };
        let shake = http1::Builder::new().max_buf_size(HEAD).handshake(TokioIo::new(stream));
        let (sender, engine) =
            shake.await.map_err(|error| Broken::Target(Phase::FirstByte, of_hyper(error)))?;
        Ok(Self { sender, engine: Some(Box::pin(engine)) })
    }

    /// Asks, and reads the answer to its end.
    pub(super) async fn ask(
        &mut self,
        cx: &Cx,
        message: Message,
        most: usize,
        phases: &mut Phases,
    ) -> std::result::Result<Answer, Broken> {
        let begun = cx.now();
        let sent = self.sender.send_request(message);
        let head = cx.run("http.ask", with(&mut self.engine, async { sent.await.map_err(of_hyper) })).await;
        phases.push(Phase::FirstByte, cx.now().since(begun));
        let (head, mut body) = head.map_err(|error| Broken::Target(Phase::FirstByte, error))?.into_parts();
        let begun = cx.now();
        let read = async {
            let mut bytes = BytesMut::new();
            while let Some(frame) = body.frame().await {
                let Ok(data) = frame.map_err(of_hyper)?.into_data() else { continue };
                if bytes.len() + data.len() > most {
                    return Ok(None);
                }
                bytes.extend_from_slice(&data);
            }
            Ok(Some(bytes.freeze()))
        };
        let read = cx.run("http.read", with(&mut self.engine, read)).await;
        phases.push(Phase::Transfer, cx.now().since(begun));
        let Some(body) = read.map_err(|error| Broken::Target(Phase::Transfer, error))? else {
            let message = format!("{}, and a body of more than {most} bytes", head.status);
            return Err(Broken::assertion(Phase::Transfer, "size", message));
        };
        let is_reusable = !self.sender.is_closed() && !says_close(&head);
        Ok(Answer { head, body, is_reusable })
    }
}

fn says_close(head: &Parts) -> bool {
    let close = head
        .headers
        .get(http::header::CONNECTION)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"));
    close || head.version == http::Version::HTTP_10
}

async fn dial(
    cx: &Cx,
    endpoint: &Endpoint,
    phases: &mut Phases,
) -> std::result::Result<tokio::net::TcpStream, Broken> {
    let begun = cx.now();
    match net::dial(cx, endpoint).await {
        Ok(dialled) => {
            phases.push(Phase::Resolve, dialled.resolve);
            phases.push(Phase::Connect, dialled.connect);
            Ok(dialled.stream)
        }
        Err(error) => {
            let is_name = error.operation() == Some("dns.resolve");
            let phase = if is_name { Phase::Resolve } else { Phase::Connect };
            phases.push(phase, cx.now().since(begun));
            Err(Broken::Target(phase, error))
        }
    }
}

/// Asks a proxy for a way to the server (RFC 9110, section 9.3.6).
async fn tunnel(cx: &Cx, stream: &mut tokio::net::TcpStream, server: &Endpoint) -> Result<()> {
    let ask = async {
        let io = |error| Error::io("http.connect", error);
        let hello = format!("CONNECT {server} HTTP/1.1\r\nHost: {server}\r\n\r\n");
        stream.write_all(hello.as_bytes()).await.map_err(io)?;
        let mut head = Vec::new();
        // Byte by byte: what comes after the head is the server's.
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() > HEAD {
                return Err(refused("its answer has no end"));
            }
            head.push(stream.read_u8().await.map_err(io)?);
        }
        let line = String::from_utf8_lossy(&head);
        let line = line.lines().next().unwrap_or_default();
        match line.split(' ').nth(1) {
            Some(status) if status.len() == 3 && status.starts_with('2') => Ok(()),
            _ => Err(refused(line)),
        }
    };
    cx.run("http.connect", ask).await
}

fn refused(line: &str) -> Error {
    let message = format!("the proxy does not connect: {}", crate::judge::one_line(line));
    Error::new(ErrorKind::Refused, message).with_operation("http.connect")
}

/// Runs a question together with what moves its bytes.
async fn with<T>(engine: &mut Option<Engine>, asking: impl Future<Output = Result<T>>) -> Result<T> {
    let mut asking = pin!(asking);
    std::future::poll_fn(|context| {
        if let Poll::Ready(answer) = asking.as_mut().poll(context) {
            return Poll::Ready(answer);
        }
        if engine.as_mut().is_some_and(|engine| engine.as_mut().poll(context).is_ready()) {
            *engine = None;
        }
        // What the engine has read is there at once.
        asking.as_mut().poll(context)
    })
    .await
}

fn of_hyper(error: hyper::Error) -> Error {
    use std::io::ErrorKind::{InvalidData, InvalidInput};
    let io = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<std::io::Error>());
    let (kind, message) = match io {
        _ if error.is_parse() => (ErrorKind::Protocol, "the answer is no HTTP".to_owned()),
        _ if error.is_incomplete_message() => {
            (ErrorKind::Unavailable, "the server hung up in the midst of it".to_owned())
        }
        // Chunks that are none are told in this way.
        Some(io) if matches!(io.kind(), InvalidData | InvalidInput) => {
            (ErrorKind::Protocol, "the body is no HTTP".to_owned())
        }
        Some(io) => return Error::io("http.ask", std::io::Error::new(io.kind(), error)),
        _ => (ErrorKind::Unavailable, "the connection is closed".to_owned()),
    };
    Error::new(kind, message).with_operation("http.ask").with_source(error)
}

impl std::fmt::Debug for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Channel").finish_non_exhaustive()
    }
}
