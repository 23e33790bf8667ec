//! A stream that can be cut from outside, so that the task which russh starts for it ends with its owner.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

pub(super) struct Cord<S> {
    stream: S,
    knife: Knife,
}

/// What cuts a cord.
#[derive(Clone, Default)]
pub(super) struct Knife(Arc<Mutex<State>>);

/// The owner of a cord, who takes it along, also when a future that holds it is dropped half-way.
#[derive(Default)]
pub(super) struct Owner(Knife);

impl Owner {
    pub(super) fn knife(&self) -> Knife {
        self.0.clone()
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.cut();
    }
}

#[derive(Default)]
struct State {
    is_cut: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Knife {
    fn cut(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_cut = true;
        let wakers = [state.reader.take(), state.writer.take()];
        drop(state);
        wakers.into_iter().flatten().for_each(Waker::wake);
    }

    fn check(&self, waker: &Waker, reads: bool) -> io::Result<()> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.is_cut {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        let place = if reads { &mut state.reader } else { &mut state.writer };
        match place {
            Some(known) if known.will_wake(waker) => {}
            place => *place = Some(waker.clone()),
        }
        Ok(())
    }
}

impl<S> Cord<S> {
    pub(super) fn new(stream: S, knife: Knife) -> Self {
        Self { stream, knife }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Cord<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.knife.check(context.waker(), true)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Cord<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.knife.check(context.waker(), false)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.knife.check(context.waker(), false)?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.knife.check(context.waker(), false)?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
