//! A connection, with TLS or without.

use super::OPERATION;
use purlin_core::{Error, Result};
use std::io;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// As much as any answer has.
const CHUNK: usize = 8192;

pub(super) enum Wire {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Wire {
    pub(super) fn tls(stream: TlsStream<TcpStream>) -> Self {
        Self::Tls(Box::new(stream))
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        match self {
            Self::Plain(stream) => stream.write_all(bytes).await.map_err(lost),
            Self::Tls(stream) => {
                stream.write_all(bytes).await.map_err(lost)?;
                stream.flush().await.map_err(lost)
            }
        }
    }

    /// Nothing: the other side has closed.
    pub(super) async fn read(&mut self) -> Result<Vec<u8>> {
        let mut bytes = vec![0; CHUNK];
        let size = match self {
            Self::Plain(stream) => stream.read(&mut bytes).await,
            Self::Tls(stream) => stream.read(&mut bytes).await,
        };
        bytes.truncate(size.map_err(lost)?);
        Ok(bytes)
    }

    pub(super) fn into_tcp(self) -> TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.into_inner().0,
        }
    }
}

fn lost(error: io::Error) -> Error {
    purlin_tls::stream_error(OPERATION, error)
}
