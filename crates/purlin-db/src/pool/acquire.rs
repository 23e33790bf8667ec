//! The way to a session.

use super::fault;
use super::lane::{Purpose, Waiter};
use super::lent::Pooled;
use super::shared::Shared;
use purlin_core::{Cx, Error, ErrorKind, Instant, Outcome, Result};
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::oneshot;

type Waiting<'p> = Pin<Box<dyn Future<Output = Result<Pooled>> + Send + 'p>>;

/// A call of [`Pool::acquire`](super::Pool::acquire); await it.
#[must_use = "it asks when it is awaited"]
pub struct Acquire<'p> {
    shared: &'p Arc<Shared>,
    cx: &'p Cx,
    purpose: Purpose,
    location: &'static Location<'static>,
    waiting: Option<Waiting<'p>>,
}

impl fmt::Debug for Acquire<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire").field("location", &self.location).finish_non_exhaustive()
    }
}

/// What there was at the first look.
enum Taken {
    Lent(Pooled),
    Place(oneshot::Receiver<Result<Pooled>>, Instant),
}

impl<'p> Acquire<'p> {
    pub(super) fn new(
        shared: &'p Arc<Shared>,
        cx: &'p Cx,
        purpose: Purpose,
        location: &'static Location<'static>,
    ) -> Self {
        Self { shared, cx, purpose, location, waiting: None }
    }

    /// A session that rests, if there is one that needs no proof; else a place in the queue.
    fn take(&self) -> Result<Taken> {
        let Self { shared, purpose, location, .. } = *self;
        self.cx.check("db.acquire").map_err(|error| error.or_endpoint(&shared.endpoint))?;
        let now = shared.clock.now();
        let mut state = shared.state();
        if state.closed {
            return Err(fault::closed(&shared.endpoint));
        }
        Shared::wake(shared, &mut state);
        while let Some(entry) = state.lane(purpose).take() {
            if entry.expires <= now {
                state.lane(purpose).lost();
                super::close::politely(&mut state, shared, entry);
                continue;
            }
            let rested = now.since(entry.rested_since);
            if entry.generation != state.generation || rested >= shared.settings.test_after {
                state.lane(purpose).busy += 1;
                super::keep::settle(shared, &mut state, purpose, entry, super::keep::Need::Proof);
                break;
            }
            let mut lent = Pooled::new(entry, shared, purpose, now);
            lent.slot = state.lend(location, now);
            return Ok(Taken::Lent(lent));
        }
        let (answer, receiver) = oneshot::channel();
        state.lane(purpose).waiters.push_back(Waiter { answer, location });
        Shared::connect_for_waiters(shared, &mut state, purpose);
        Ok(Taken::Place(receiver, now))
    }
}

impl Future for Acquire<'_> {
    type Output = Result<Pooled>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.waiting.is_none() {
            match self.take()? {
                Taken::Lent(lent) => return Poll::Ready(Ok(lent)),
                Taken::Place(receiver, since) => {
                    let waiting = wait(self.shared, self.cx, self.purpose, receiver, since);
                    self.waiting = Some(Box::pin(waiting));
                }
            }
        }
        match &mut self.waiting {
            Some(waiting) => waiting.as_mut().poll(context),
            // Set just above.
            None => Poll::Pending,
        }
    }
}

async fn wait(
    shared: &Arc<Shared>,
    cx: &Cx,
    purpose: Purpose,
    receiver: oneshot::Receiver<Result<Pooled>>,
    since: Instant,
) -> Result<Pooled> {
    let bounded = match cx.deadline() {
        Some(_) => cx.clone(),
        None => cx.with_timeout(shared.settings.acquire),
    };
    let answer = async {
        receiver
            .await
            .unwrap_or_else(|_| Err(fault::closed(&shared.endpoint)))
            .map(Ok)
            .or_else(|e| Ok(Err(e)))
    };
    match bounded.run("db.acquire", answer).await {
        Ok(Ok(mut lent)) => {
            let now = shared.clock.now();
            shared.state().stats.wait_time += now.since(since);
            lent.since = now;
            Ok(lent)
        }
        Ok(Err(refused)) => Err(refused),
        Err(cut) if cut.kind() == ErrorKind::Timeout => Err(in_vain(shared, purpose, cut)),
        Err(cut) => Err(cut.or_endpoint(&shared.endpoint).with_outcome(Outcome::NotSent)),
    }
}

/// Why nothing came until the deadline.
fn in_vain(shared: &Shared, purpose: Purpose, cut: Error) -> Error {
    let now = shared.clock.now();
    let mut state = shared.state();
    state.stats.timeouts += 1;
    let lane = state.lane(purpose);
    let (lent, waiting) = (lane.lent(), lane.waiting());
    if lent > 0 && lent + lane.busy >= lane.max {
        let longest = state.longest(now).into_iter().next();
        let longest =
            longest.map(|by| (by.lent_for, format!("{}:{}", by.location.file(), by.location.line())));
        return fault::saturated(&shared.endpoint, lent, waiting, longest);
    }
    let cut = cut.or_endpoint(&shared.endpoint).with_outcome(Outcome::NotSent);
    match state.last_failure.clone() {
        Some(cause) => cut.with_note("the last connect failed").with_source(cause),
        None => cut.with_note("the server has not answered the connect yet"),
    }
}
