//! The way to a session.

use super::fault;
use super::lane::{Entry, Purpose};
use super::lent::Pooled;
use super::queue::Place;
use super::shared::Shared;
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// A call of [`Pool::acquire`](super::Pool::acquire) or [`Pool::probe`](super::Pool::probe); await it.
///
/// It may be dropped at any time: it leaves the queue then, and a session that is on its way to it goes to the next
/// caller.
#[must_use = "it asks when it is awaited"]
pub struct Acquire<'p> {
    shared: &'p Arc<Shared>,
    cx: Cx,
    purpose: Purpose,
    location: &'static Location<'static>,
    place: Option<Place>,
    end: Option<Pin<Box<dyn Future<Output = Error> + Send>>>,
    /// It asked a second time, since the task that served it went with its runtime.
    again: bool,
}

impl fmt::Debug for Acquire<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire").field("location", &self.location).finish_non_exhaustive()
    }
}

impl<'p> Acquire<'p> {
    pub(super) fn new(
        shared: &'p Arc<Shared>,
        cx: &Cx,
        purpose: Purpose,
        location: &'static Location<'static>,
    ) -> Self {
        Self { shared, cx: cx.clone(), purpose, location, place: None, end: None, again: false }
    }

    /// A session that rests, if there is one that needs no proof; else a place in the queue.
    fn take(&mut self) -> Result<Option<Pooled>> {
        let Self { shared, purpose, location, .. } = *self;
        self.cx.check("db.acquire").map_err(|error| error.or_endpoint(&shared.endpoint))?;
        let now = shared.clock.now();
        let mut state = shared.lock();
        if state.is_closed() {
            return Err(fault::closed(&shared.endpoint));
        }
        super::keep::wake(&mut state);
        let (generation, test_after) = (state.generation, shared.settings.test_after);
        let fit = |entry: &Entry| {
            let rested = now.since(entry.rested_since);
            entry.generation == generation && entry.expires > now && rested < test_after
        };
        if let Some(entry) = state.lane(purpose).take(fit) {
            let mut lent = Pooled::new(entry, shared, purpose, now);
            lent.slot = state.lend(purpose, location, now);
            return Ok(Some(lent));
        }
        self.place = Some(state.lane(purpose).waiters.push(location, now));
        Shared::serve(&mut state, purpose);
        Ok(None)
    }

    /// Gives up the place in the queue; an answer that is on its way goes back.
    fn leave(&mut self) {
        if let Some(mut place) = self.place.take() {
            self.shared.lock().lane(self.purpose).waiters.leave(&mut place);
        }
    }
}

impl Future for Acquire<'_> {
    type Output = Result<Pooled>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        loop {
            let Some(place) = &mut this.place else {
                match this.take()? {
                    Some(lent) => return Poll::Ready(Ok(lent)),
                    None => continue,
                }
            };
            match Pin::new(&mut place.answer).poll(context) {
                Poll::Pending => break,
                Poll::Ready(answer) => {
                    this.place = None;
                    match answer {
                        Ok(answer) => return Poll::Ready(answer),
                        Err(_) if this.again => {
                            return Poll::Ready(Err(fault::no_runtime(&this.shared.endpoint)));
                        }
                        Err(_) => this.again = true,
                    }
                }
            }
        }
        let (shared, limit) = (this.shared, this.shared.settings.acquire);
        let end = this.end.get_or_insert_with(|| Box::pin(end_of(this.cx.clone(), limit)));
        let cut = std::task::ready!(end.as_mut().poll(context));
        let error = match cut.kind() {
            ErrorKind::Timeout => in_vain(shared, this.purpose),
            _ => cut.or_endpoint(&shared.endpoint).with_outcome(Outcome::NotSent),
        };
        this.leave();
        Poll::Ready(Err(error))
    }
}

impl Drop for Acquire<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Ends when the call does, and says why.
async fn end_of(cx: Cx, limit: Duration) -> Error {
    let cx = match cx.deadline() {
        Some(_) => cx,
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
fn in_vain(shared: &Arc<Shared>, purpose: Purpose) -> Error {
    let now = shared.clock.now();
    let mut state = shared.lock();
    state.stats.timeouts += 1;
    let lane = state.lane(purpose);
    let (lent, waiting, opening, proving) = (lane.lent(), lane.waiters.len(), lane.opening, lane.proving);
    if lent >= lane.max {
        let longest = state.loans.longest(Some(purpose), now);
        return match purpose {
            Purpose::Work => fault::saturated(&shared.endpoint, lent, waiting, longest.first()),
            Purpose::Probe => fault::probing(&shared.endpoint, longest.first()),
        };
    }
    let cut = Error::new(ErrorKind::Timeout, "no session came in time")
        .with_operation("db.acquire")
        .with_endpoint(shared.endpoint.clone())
        .with_outcome(Outcome::NotSent);
    match state.last_failure.clone() {
        Some(cause) if opening > 0 || proving == 0 => {
            cut.with_note("the last connect failed").with_source(cause)
        }
        _ if opening > 0 && proving > 0 => cut
            .with_note("a session that rested does not answer, nor does the server answer a new connect yet"),
        _ if proving > 0 => cut.with_note("a session that is to be lent again does not answer"),
        _ => cut.with_note("the server has not answered the connect yet"),
    }
}
