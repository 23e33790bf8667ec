//! Whether a server that asked for a client certificate accepts what it got.

use crate::fault;
use purlin_core::{Cx, Result};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::client::TlsStream;

/// How the server refused us, in words; none if it accepts us or has said nothing by the end of the call.
///
/// A server that accepts us sends a ticket for the next session as a rule, and one that speaks first sends that.
pub(super) async fn hear<S>(cx: &Cx, stream: &mut TlsStream<S>) -> Option<String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let first = std::future::poll_fn(|context| poll_first(stream, context));
    // Nothing in time is no refusal.
    let heard: Result<_> = cx.run("tls.read", async { Ok(first.await) }).await;
    match heard.ok()? {
        First::Accepted => None,
        First::Closed => {
            Some("the server asked for a client certificate and then closed the connection".to_owned())
        }
        First::Failed(error) => Some(fault::stream_error("tls.read", error).message().to_owned()),
    }
}

enum First {
    Accepted,
    Closed,
    Failed(io::Error),
}

fn poll_first<S>(stream: &mut TlsStream<S>, context: &mut Context<'_>) -> Poll<First>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut byte = [0];
    let mut buffer = ReadBuf::new(&mut byte);
    match Pin::new(&mut *stream).poll_read(context, &mut buffer) {
        Poll::Ready(Ok(())) if buffer.filled().is_empty() => Poll::Ready(First::Closed),
        Poll::Ready(Ok(())) => Poll::Ready(First::Accepted),
        Poll::Ready(Err(error)) if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) => {
            Poll::Ready(First::Failed(error))
        }
        Poll::Ready(Err(_)) => Poll::Ready(First::Closed),
        Poll::Pending if stream.get_ref().1.tls13_tickets_received() > 0 => Poll::Ready(First::Accepted),
        Poll::Pending => Poll::Pending,
    }
}
