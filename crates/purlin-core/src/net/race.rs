//! Who answers first: several addresses, started one after the other (RFC 8305, section 5).

use crate::Clock;
use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// The connection attempt delay of RFC 8305: how long an address has to itself before the next one is started.
const HEAD_START: Duration = Duration::from_millis(250);

type Pause<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Attempts to connect, of which the first to succeed wins. Dropping it drops those that are on their way.
pub(super) struct Race<'a, C, F> {
    clock: &'a Clock,
    connect: C,
    waiting: VecDeque<SocketAddr>,
    /// In the order in which they were started.
    running: Vec<(SocketAddr, Pin<Box<F>>)>,
    /// Until the next one is started, if nothing happens before.
    head_start: Option<Pause<'a>>,
    failed: Vec<(SocketAddr, io::Error)>,
}

impl<'a, T, C, F> Race<'a, C, F>
where
    C: Fn(SocketAddr) -> F,
    F: Future<Output = io::Result<T>>,
{
    pub(super) fn new(clock: &'a Clock, addresses: &[SocketAddr], connect: C) -> Self {
        Self {
            clock,
            connect,
            waiting: addresses.iter().copied().collect(),
            running: Vec::new(),
            head_start: None,
            failed: Vec::new(),
        }
    }

    /// The first connection and its address; none when all addresses have failed.
    pub(super) async fn winner(&mut self) -> Option<(T, SocketAddr)> {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<(T, SocketAddr)>> {
        loop {
            let failed = self.failed.len();
            if let Some(won) = self.poll_running(context) {
                return Poll::Ready(Some(won));
            }
            let Some(next) = self.waiting.front().copied() else {
                return if self.running.is_empty() { Poll::Ready(None) } else { Poll::Pending };
            };
            let over = self.head_start.as_mut().is_none_or(|pause| pause.as_mut().poll(context).is_ready());
            if !over && self.failed.len() == failed {
                return Poll::Pending;
            }
            self.waiting.pop_front();
            self.running.push((next, Box::pin((self.connect)(next))));
            self.head_start = Some(Box::pin(self.clock.sleep(HEAD_START)));
        }
    }

    fn poll_running(&mut self, context: &mut Context<'_>) -> Option<(T, SocketAddr)> {
        let mut index = 0;
        while let Some((address, attempt)) = self.running.get_mut(index) {
            let address = *address;
            match attempt.as_mut().poll(context) {
                Poll::Ready(Ok(stream)) => return Some((stream, address)),
                Poll::Ready(Err(error)) => {
                    self.failed.push((address, error));
                    self.running.remove(index);
                }
                Poll::Pending => index += 1,
            }
        }
        None
    }

    /// The addresses that were asked and have not answered.
    pub(super) fn silent(&self) -> Vec<SocketAddr> {
        self.running.iter().map(|(address, _)| *address).collect()
    }

    /// The failure that tells most: the first that says more than that there is no way to the address, which is all
    /// that an address of a family without a route ever says.
    pub(super) fn telling(mut self) -> Option<(SocketAddr, io::Error)> {
        let unreachable = |error: &io::Error| {
            use io::ErrorKind as Kind;
            matches!(error.kind(), Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::AddrNotAvailable)
        };
        let telling = self.failed.iter().position(|(_, error)| !unreachable(error)).unwrap_or(0);
        (telling < self.failed.len()).then(|| self.failed.swap_remove(telling))
    }
}

#[cfg(test)]
mod tests;
