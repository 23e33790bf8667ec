//! The way to the server: plain, or TLS by purlin.

mod envelope;

pub(crate) use envelope::Envelope;

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

pub(crate) enum Channel {
    /// Everything in the clear.
    Plain(TcpStream),
    /// TLS whose handshake lay in packets of TDS, as TDS 7 has it.
    Within(Box<TlsStream<Envelope<TcpStream>>>),
    /// TLS around all of TDS, as TDS 8 has it.
    Around(Box<TlsStream<TcpStream>>),
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain",
            Self::Within(_) => "Within",
            Self::Around(_) => "Around",
        })
    }
}

impl AsyncRead for Channel {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Within(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Around(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Channel {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Within(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Around(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Within(stream) => Pin::new(stream).poll_flush(context),
            Self::Around(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Within(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Around(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
