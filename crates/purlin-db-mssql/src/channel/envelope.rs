//! TDS 7 wraps the records of a TLS handshake in packets of its own, and nothing after it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

const HEADER: usize = 8;
const PRELOGIN: u8 = 0x12;
const END_OF_MESSAGE: u8 = 1;
/// The size of packets before the login has agreed on another.
const PACKET: usize = 4096;

/// A stream within such packets, until it is [opened](Self::open).
pub(crate) struct Envelope<S> {
    stream: S,
    /// The handshake is over.
    is_open: bool,
    /// Nothing in packets comes any more: the first record without one has come.
    is_bare: bool,
    header: [u8; HEADER],
    have: usize,
    left: usize,
    /// What the handshake wrote since the last flush.
    waiting: Vec<u8>,
    /// Packets that are being written.
    leaving: Vec<u8>,
    left_at: usize,
}

impl<S> Envelope<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self {
            stream,
            is_open: false,
            is_bare: false,
            header: [0; HEADER],
            have: 0,
            left: 0,
            waiting: Vec::new(),
            leaving: Vec::new(),
            left_at: 0,
        }
    }

    /// The handshake is over: records go out as they are.
    pub(crate) fn open(&mut self) {
        self.is_open = true;
    }

    fn wrap(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        let mut pieces = waiting.chunks(PACKET - HEADER).peekable();
        while let Some(piece) = pieces.next() {
            let status = if pieces.peek().is_none() { END_OF_MESSAGE } else { 0 };
            let [high, low] = ((piece.len() + HEADER) as u16).to_be_bytes();
            self.leaving.extend_from_slice(&[PRELOGIN, status, high, low, 0, 0, 0, 0]);
            self.leaving.extend_from_slice(piece);
        }
    }
}

impl<S: AsyncRead + Unpin> Envelope<S> {
    /// Reads a packet's header, or finds out that there is none; then the first byte of a record is in `header`.
    fn poll_header(&mut self, context: &mut Context<'_>) -> Poll<io::Result<bool>> {
        while self.have < HEADER {
            // Byte by byte at first, so that no record is read into the header.
            let until = if self.have == 0 { 1 } else { HEADER };
            let mut part = ReadBuf::new(&mut self.header[self.have..until]);
            ready!(Pin::new(&mut self.stream).poll_read(context, &mut part))?;
            match part.filled().len() {
                0 => return Poll::Ready(Ok(false)),
                count => self.have += count,
            }
            if self.header[0] != PRELOGIN && self.header[0] != 0x04 {
                if !self.is_open {
                    let message = "the server did not answer the TLS handshake with TLS";
                    return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, message)));
                }
                self.is_bare = true;
                return Poll::Ready(Ok(true));
            }
        }
        let size = usize::from(u16::from_be_bytes([self.header[2], self.header[3]]));
        match size.checked_sub(HEADER) {
            Some(left) => self.left = left,
            None => return Poll::Ready(Err(io::ErrorKind::InvalidData.into())),
        }
        Poll::Ready(Ok(true))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Envelope<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.is_bare {
                if this.have > 0 && buffer.remaining() > 0 {
                    buffer.put_slice(&this.header[..1]);
                    this.have = 0;
                    return Poll::Ready(Ok(()));
                }
                return Pin::new(&mut this.stream).poll_read(context, buffer);
            }
            if this.left == 0 {
                this.have = if this.have == HEADER { 0 } else { this.have };
                if !ready!(this.poll_header(context))? {
                    return Poll::Ready(Ok(()));
                }
                continue;
            }
            let mut scratch = [0; 1024];
            let count = scratch.len().min(this.left).min(buffer.remaining());
            let mut part = ReadBuf::new(&mut scratch[..count]);
            ready!(Pin::new(&mut this.stream).poll_read(context, &mut part))?;
            let count = part.filled().len();
            buffer.put_slice(part.filled());
            this.left -= count;
            return Poll::Ready(Ok(()));
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Envelope<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if !this.is_open {
            this.waiting.extend_from_slice(bytes);
            return Poll::Ready(Ok(bytes.len()));
        }
        ready!(Pin::new(&mut *this).poll_flush(context))?;
        Pin::new(&mut this.stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.wrap();
        while let Some(rest) = this.leaving.get(this.left_at..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut this.stream).poll_write(context, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => this.left_at += count,
            }
        }
        this.leaving.clear();
        this.left_at = 0;
        Pin::new(&mut this.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_flush(context))?;
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
