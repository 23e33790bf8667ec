//! No source is waited for longer than it may take.

use purlin_core::{Cx, Error, ErrorKind, Result};
use std::future::Future;
use std::task::Poll;
use std::time::Duration;

/// Waits for work that heeds its context, and so much longer at the deadline or after a cancellation: its own error says
/// why it ended, and what it has started is ended by then. Work that does not notice is left to itself.
pub(super) async fn in_time<T>(
    cx: &Cx,
    operation: &'static str,
    grace: Duration,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    cx.check(operation)?;
    let outer = Cx::background().with_clock(cx.clock().clone());
    let outer = match cx.remaining() {
        Some(left) => outer.with_timeout(left.saturating_add(grace)),
        None => outer,
    };
    let mut result = std::pin::pin!(outer.run(operation, work));
    let mut cancelled = std::pin::pin!(async {
        cx.cancelled().await;
        outer.clock().sleep(grace).await;
    });
    let cut_off = || {
        let error = || Error::new(ErrorKind::Cancelled, "cancelled by the caller").with_operation(operation);
        cx.check(operation).err().unwrap_or_else(error)
    };
    std::future::poll_fn(|context| match result.as_mut().poll(context) {
        Poll::Ready(result) => Poll::Ready(result),
        Poll::Pending => cancelled.as_mut().poll(context).map(|()| Err(cut_off())),
    })
    .await
}
