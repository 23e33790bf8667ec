//! The way to a session.

use super::fault;
use super::lane::{Purpose, Waiter};
use super::lent::Pooled;
use super::shared::Shared;
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::oneshot;

/// A call of [`Pool::acquire`](super::Pool::acquire); await it.
#[must_use = "it asks when it is awaited"]
pub struct Acquire<'p> {
    shared: &'p Arc<Shared>,
    cx: &'p Cx,
    purpose: Purpose,
    location: &'static Location<'static>,
    place: Option<oneshot::Receiver<Result<Pooled>>>,
    end: Option<Pin<Box<dyn Future<Output = Error> + Send + 'p>>>,
}

impl fmt::Debug for Acquire<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire").field("location", &self.location).finish_non_exhaustive()
    }
}

/// What there was at the first look.
enum Taken {
    Lent(Pooled),
    Place(oneshot::Receiver<Result<Pooled>>),
}

impl<'p> Acquire<'p> {
    pub(super) fn new(
        shared: &'p Arc<Shared>,
        cx: &'p Cx,
        purpose: Purpose,
        location: &'static Location<'static>,
    ) -> Self {
        Self { shared, cx, purpose, location, place: None, end: None }
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
        state.lane(purpose).waiters.push_back(Waiter { answer, location, since: now });
        Shared::connect_for_waiters(shared, &mut state, purpose);
        Ok(Taken::Place(receiver))
    }
}

impl Future for Acquire<'_> {
    type Output = Result<Pooled>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if this.place.is_none() {
            match this.take()? {
                Taken::Lent(lent) => return Poll::Ready(Ok(lent)),
                Taken::Place(receiver) => this.place = Some(receiver),
            }
        }
        let Some(receiver) = &mut this.place else { return Poll::Pending };
        if let Poll::Ready(answer) = Pin::new(receiver).poll(context) {
            return Poll::Ready(answer.unwrap_or_else(|_| Err(fault::closed(&this.shared.endpoint))));
        }
        let (shared, cx) = (this.shared, this.cx);
        let end = this.end.get_or_insert_with(|| Box::pin(end_of(cx, shared.settings.acquire)));
        let cut = std::task::ready!(end.as_mut().poll(context));
        Poll::Ready(Err(match cut.kind() {
            ErrorKind::Timeout => in_vain(shared, this.purpose),
            _ => cut.or_endpoint(&shared.endpoint).with_outcome(Outcome::NotSent),
        }))
    }
}

/// Ends when the call does, and says why.
async fn end_of(cx: &Cx, limit: Duration) -> Error {
    let cx = match cx.deadline() {
        Some(_) => cx.clone(),
        None => cx.with_timeout(limit),
    };
    loop {
        let mut cancelled = pin!(cx.cancelled());
        let mut over = pin!(cx.clock().sleep_until(cx.deadline().unwrap_or_else(|| cx.now())));
        poll_fn(|context| {
            if cancelled.as_mut().poll(context).is_ready() {
                return Poll::Ready(());
            }
            over.as_mut().poll(context)
        })
        .await;
        if let Err(cut) = cx.check("db.acquire") {
            return cut;
        }
    }
}

/// Why nothing came until the deadline.
fn in_vain(shared: &Shared, purpose: Purpose) -> Error {
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
    let cut = Error::new(ErrorKind::Timeout, "no session came in time")
        .with_operation("db.acquire")
        .with_endpoint(shared.endpoint.clone())
        .with_outcome(Outcome::NotSent);
    match state.last_failure.clone() {
        Some(cause) => cut.with_note("the last connect failed").with_source(cause),
        None => cut.with_note("the server has not answered the connect yet"),
    }
}
