//! Shaking hands, with an eye on how far it came: rustls' own error does not tell a server that speaks no TLS from one
//! that broke off, nor a refused client certificate from versions that do not fit.

use crate::fault::{self, Progress};
use purlin_core::{Error, ErrorKind, Outcome};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, ProtocolVersion, SupportedCipherSuite};
use std::io::{self, Read, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A handshake that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    cause: Cause,
    progress: Progress,
    pub(crate) protocol: Option<ProtocolVersion>,
    pub(crate) suite: Option<SupportedCipherSuite>,
}

#[derive(Debug)]
enum Cause {
    Tls(rustls::Error),
    Io(io::Error),
    Closed,
}

impl Failure {
    fn new(cause: Cause) -> Self {
        Self { cause, progress: Progress::Begun, protocol: None, suite: None }
    }

    pub(crate) fn into_error(self) -> Error {
        let error = match self.cause {
            Cause::Tls(fault) => fault::of_rustls(&fault, self.progress),
            Cause::Io(error) => Error::io("tls.handshake", error),
            Cause::Closed => {
                Error::new(ErrorKind::Unavailable, "the server closed the connection during the handshake")
            }
        };
        error.with_operation("tls.handshake").with_outcome(Outcome::NotSent)
    }
}

/// Shakes hands. `blank` is a configuration that keeps no sessions and makes no keys, see [`into_stream`].
pub(crate) async fn shake<S>(
    config: Arc<ClientConfig>,
    blank: Arc<ClientConfig>,
    name: ServerName<'static>,
    mut stream: S,
) -> Result<TlsStream<S>, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut session =
        ClientConnection::new(config, name.clone()).map_err(|fault| Failure::new(Cause::Tls(fault)))?;
    let (mut opening, mut unflushed) = (Opening::default(), false);
    let shaken = std::future::poll_fn(|context| {
        let mut wire =
            Wire { stream: &mut stream, context, opening: &mut opening, unflushed: &mut unflushed };
        poll(&mut session, &mut wire)
    });
    if let Err(cause) = shaken.await {
        let protocol = session.protocol_version();
        let progress = match protocol {
            Some(_) => Progress::Agreed,
            None if opening.is_tls() => Progress::Speaking,
            None => Progress::Begun,
        };
        return Err(Failure { cause, progress, protocol, suite: session.negotiated_cipher_suite() });
    }
    into_stream(blank, name, stream, session).await.map_err(|error| Failure::new(Cause::Io(error)))
}

fn poll<S>(session: &mut ClientConnection, wire: &mut Wire<'_, '_, S>) -> Poll<Result<(), Cause>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        ready!(flush(session, wire)).map_err(Cause::Io)?;
        if !session.is_handshaking() {
            return Poll::Ready(Ok(()));
        }
        match session.read_tls(wire) {
            Ok(0) => return Poll::Ready(Err(Cause::Closed)),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Poll::Pending,
            Err(error) => return Poll::Ready(Err(Cause::Io(error))),
        }
        if let Err(fault) = session.process_new_packets() {
            // The server is told why, if it can be told at once.
            let _ = flush(session, wire);
            return Poll::Ready(Err(Cause::Tls(fault)));
        }
    }
}

fn flush<S>(session: &mut ClientConnection, wire: &mut Wire<'_, '_, S>) -> Poll<io::Result<()>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    while session.wants_write() {
        match session.write_tls(wire) {
            Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            Ok(_) => *wire.unflushed = true,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Poll::Pending,
            Err(error) => return Poll::Ready(Err(error)),
        }
    }
    if *wire.unflushed {
        ready!(Pin::new(&mut *wire.stream).poll_flush(wire.context))?;
        *wire.unflushed = false;
    }
    Poll::Ready(Ok(()))
}

/// tokio-rustls makes a stream only of a handshake of its own. It is given a blank session, which makes no key and
/// takes no saved session out of the store, and finds that hands are shaken already.
async fn into_stream<S>(
    blank: Arc<ClientConfig>,
    name: ServerName<'static>,
    stream: S,
    session: ClientConnection,
) -> io::Result<TlsStream<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    TlsConnector::from(blank).connect_with(name, stream, |fresh| *fresh = session).await
}

/// The first bytes that the server sent.
#[derive(Debug, Default)]
struct Opening {
    bytes: [u8; 2],
    count: usize,
}

impl Opening {
    fn note(&mut self, received: &[u8]) {
        for (place, byte) in self.bytes.iter_mut().skip(self.count).zip(received) {
            *place = *byte;
            self.count += 1;
        }
    }

    /// Whether they begin a record (RFC 8446, section 5.1): alert or handshake, of a version 3.x.
    fn is_tls(&self) -> bool {
        self.count == 2 && matches!(self.bytes, [0x15 | 0x16, 3])
    }
}

/// An asynchronous stream in the form that rustls reads and writes.
struct Wire<'a, 'b, S> {
    stream: &'a mut S,
    context: &'a mut Context<'b>,
    opening: &'a mut Opening,
    unflushed: &'a mut bool,
}

impl<S: AsyncRead + Unpin> Read for Wire<'_, '_, S> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut buffer = ReadBuf::new(bytes);
        match Pin::new(&mut *self.stream).poll_read(self.context, &mut buffer) {
            Poll::Ready(Ok(())) => {
                self.opening.note(buffer.filled());
                Ok(buffer.filled().len())
            }
            Poll::Ready(Err(error)) => Err(error),
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl<S: AsyncWrite + Unpin> Write for Wire<'_, '_, S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match Pin::new(&mut *self.stream).poll_write(self.context, bytes) {
            Poll::Ready(written) => written,
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match Pin::new(&mut *self.stream).poll_flush(self.context) {
            Poll::Ready(flushed) => flushed,
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}
