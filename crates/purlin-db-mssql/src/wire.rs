//! The stream under the driver: it reads along, cancels, and keeps the two sides in step.

mod bytes;
mod message;
mod scan;
mod tap;
mod types;

pub use message::ServerMessage;
pub(crate) use scan::Event;
pub(crate) use tap::{Shared, malformed};
pub(crate) use types::Kind;

use crate::channel::Channel;
use futures_io::{AsyncRead, AsyncWrite};
use std::fmt;
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tap::{Attention, copy};
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};

const CHUNK: usize = 32 << 10;
/// Cancels what is under way: a packet of its own, without a payload.
const ATTENTION: [u8; 8] = [0x06, 0x01, 0, 8, 0, 0, 1, 0];

/// The stream that [`tiberius::Client`] speaks over: encrypted and past the first exchange, which purlin does itself.
/// It has no methods of its own; it is public because the type of [`Client`](crate::Client) has its name.
pub struct Wire {
    channel: Channel,
    shared: Arc<Shared>,
    /// What came in last.
    chunk: Box<[u8]>,
    /// The part of it that the driver has not read.
    ahead: Range<usize>,
    /// The same where not all that came in is for the driver; it is read first.
    kept: Vec<u8>,
    read: usize,
    /// How much of a cancellation is written.
    written: usize,
    /// It may not have left yet.
    leaving: bool,
    /// The driver's own first exchange, which is answered here: the answer, as it is given.
    greeting: Option<Vec<u8>>,
    greeted: Vec<u8>,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("channel", &self.channel).finish_non_exhaustive()
    }
}

impl Wire {
    pub(crate) fn new(channel: Channel, shared: Arc<Shared>, greeting: Vec<u8>) -> Self {
        Self {
            channel,
            shared,
            chunk: vec![0; CHUNK].into_boxed_slice(),
            ahead: 0..0,
            kept: Vec::new(),
            read: 0,
            written: 0,
            leaving: false,
            greeting: Some(greeting),
            greeted: Vec::new(),
        }
    }

    /// Reads once, and looks at what came; `false` at the end.
    fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<io::Result<bool>> {
        if self.read == self.kept.len() {
            self.kept.clear();
            self.read = 0;
        }
        let mut buffer = ReadBuf::new(&mut self.chunk);
        let polled = Pin::new(&mut self.channel).poll_read(context, &mut buffer);
        let mut tap = self.shared.lock();
        let result = match polled {
            Poll::Pending => {
                tap.reader = Some(context.waker().clone());
                return Poll::Pending;
            }
            Poll::Ready(Ok(())) => {
                let mixed = tap.may_mix();
                let kept = mixed.then_some(&mut self.kept);
                self.ahead = 0..if mixed { 0 } else { buffer.filled().len() };
                tap.read(buffer.filled(), kept).map_err(io::Error::from)
            }
            Poll::Ready(Err(error)) => Err(error),
        };
        match result {
            Ok(()) => {
                tap.is_over |= buffer.filled().is_empty();
                if tap.is_over || !tap.in_flight {
                    self.shared.changed.notify_waiters();
                }
                Poll::Ready(Ok(!buffer.filled().is_empty()))
            }
            Err(error) => {
                let told = copy(&error);
                tap.fault = Some(error);
                tap.is_over = true;
                self.shared.changed.notify_waiters();
                Poll::Ready(Err(told))
            }
        }
    }

    /// Writes the cancellation that is wanted, as far as it goes now.
    fn poll_interrupt(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if self.written > 0 || self.shared.lock().may_interrupt() {
            while let Some(rest) = ATTENTION.get(self.written..).filter(|rest| !rest.is_empty()) {
                match Pin::new(&mut self.channel).poll_write(context, rest) {
                    Poll::Pending => return Ok(()),
                    Poll::Ready(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
                    Poll::Ready(Ok(count)) => self.written += count,
                    Poll::Ready(Err(error)) => return Err(error),
                }
            }
            (self.written, self.leaving) = (0, true);
            self.shared.lock().attention = Attention::Owed;
            self.shared.changed.notify_waiters();
        }
        if self.leaving {
            match Pin::new(&mut self.channel).poll_flush(context) {
                Poll::Pending => {}
                Poll::Ready(flushed) => {
                    self.leaving = false;
                    return flushed;
                }
            }
        }
        Ok(())
    }

    /// Until nothing more of an earlier answer can come.
    fn poll_settled(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            // A cancellation that is half written is written to its end, or the stream is of no more use.
            self.poll_interrupt(context)?;
            if self.written > 0 {
                return Poll::Pending;
            }
            if !self.shared.lock().owes() {
                return Poll::Ready(Ok(()));
            }
            if !ready!(self.poll_more(context))? {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
        }
    }

    /// The driver's first message stays here, and its answer is the one that purlin was given.
    fn greet(&mut self, bytes: &[u8]) -> usize {
        self.greeted.extend_from_slice(bytes);
        let size = self.greeted.get(2..4).map(|size| usize::from(size[0]) << 8 | usize::from(size[1]));
        if size.is_some_and(|size| self.greeted.len() >= size)
            && let Some(greeting) = self.greeting.take()
        {
            self.kept.extend_from_slice(&greeting);
            self.greeted = Vec::new();
        }
        bytes.len()
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        loop {
            let kept = this.kept.get(this.read..).unwrap_or_default();
            let (from, is_kept) = match kept.is_empty() {
                true => (this.chunk.get(this.ahead.clone()).unwrap_or_default(), false),
                false => (kept, true),
            };
            let count = from.len().min(buffer.len());
            if count > 0 {
                buffer[..count].copy_from_slice(&from[..count]);
                if is_kept {
                    this.read += count;
                } else {
                    this.ahead.start += count;
                }
                return Poll::Ready(Ok(count));
            }
            this.poll_interrupt(context)?;
            if !ready!(this.poll_more(context))? {
                return Poll::Ready(Ok(0));
            }
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.greeting.is_some() {
            return Poll::Ready(Ok(this.greet(bytes)));
        }
        ready!(this.poll_settled(context))?;
        let written = ready!(Pin::new(&mut this.channel).poll_write(context, bytes));
        let written = written.and_then(|count| {
            this.shared.lock().wrote(&bytes[..count.min(bytes.len())])?;
            Ok(count)
        });
        Poll::Ready(written.map_err(|error| {
            let told = copy(&error);
            this.shared.lock().fault = Some(error);
            told
        }))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().channel).poll_flush(context)
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().channel).poll_shutdown(context)
    }
}
