//! The way to the server: plain, or TLS by purlin.

use purlin_core::{Cx, Endpoint, Result, net};
use purlin_tls::TlsClient;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// How a server is reached.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    pub(crate) endpoint: Endpoint,
    /// None: everything in the clear.
    pub(crate) tls: Option<TlsClient>,
}

impl Way {
    /// Dials, and shakes hands where TLS is wanted.
    pub(crate) async fn dial(&self, cx: &Cx) -> Result<Channel> {
        let stream = net::dial(cx, &self.endpoint).await?.stream;
        self.secure(cx, stream).await
    }

    async fn secure(&self, cx: &Cx, stream: TcpStream) -> Result<Channel> {
        match &self.tls {
            Some(tls) => Ok(Channel::Tls(Box::new(tls.handshake(cx, &self.endpoint, stream).await?))),
            None => Ok(Channel::Plain(stream)),
        }
    }

    /// Shakes hands anew on the same connection, as a listener asks for that hands it over to the database.
    pub(crate) async fn renew(&self, cx: &Cx, channel: Channel) -> Result<Channel> {
        match channel {
            Channel::Plain(stream) => Ok(Channel::Plain(stream)),
            Channel::Tls(stream) => self.secure(cx, stream.into_inner().0).await,
        }
    }
}

pub(crate) enum Channel {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Channel {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Channel {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
