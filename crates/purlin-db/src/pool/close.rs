//! The end of sessions and of pools.

use super::lane::Entry;
use super::shared::{Shared, State};
use super::{Purpose, fault};
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use std::sync::Arc;
use std::time::Duration;

/// How long a pool without a deadline waits for its sessions.
const CLOSE_LIMIT: Duration = Duration::from_secs(10);

/// Ends a session in the background; the lane has forgotten it.
pub(super) fn politely(state: &mut State, shared: &Arc<Shared>, entry: Box<Entry>) {
    let _ = shared;
    Shared::spawn(state, async move {
        // It is gone either way.
        let _ = entry.session.close(&Cx::background()).await;
    });
}

impl Shared {
    pub(super) async fn warm_up(shared: &Arc<Self>, cx: &Cx, sessions: u32) -> Result<()> {
        loop {
            let generation = {
                let mut state = shared.state();
                if state.closed {
                    return Err(fault::closed(&shared.endpoint));
                }
                Self::wake(shared, &mut state);
                let generation = state.generation;
                let lane = state.lane(Purpose::Work);
                let resting = u32::try_from(lane.idle.len()).unwrap_or(u32::MAX);
                if resting >= sessions || lane.open >= lane.max {
                    return Ok(());
                }
                lane.open += 1;
                lane.busy += 1;
                generation
            };
            let opening = Opening { shared, done: false };
            let begun = shared.clock.now();
            let session =
                cx.run("db.connect", shared.open()).await.map_err(|e| e.or_endpoint(&shared.endpoint))?;
            opening.finish(session, generation, begun);
        }
    }

    pub(super) async fn close(&self, cx: &Cx) -> Result<()> {
        let (over, waiters) = {
            let mut state = self.state();
            state.closed = true;
            let (mut over, mut waiters) = (Vec::new(), Vec::new());
            for lane in state.lanes() {
                lane.open -= u32::try_from(lane.idle.len()).unwrap_or(0);
                over.append(&mut lane.idle);
                waiters.extend(lane.waiters.drain(..));
            }
            (over, waiters)
        };
        for waiter in waiters {
            let _ = waiter.answer.send(Err(fault::closed(&self.endpoint)));
        }
        let cx = match cx.deadline() {
            Some(_) => cx.clone(),
            None => cx.with_timeout(CLOSE_LIMIT),
        };
        for entry in over {
            let _ = entry.session.close(&cx).await;
        }
        let empty = async {
            loop {
                let changed = self.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                if self.state().lanes().iter().all(|lane| lane.open == 0) {
                    return Ok(());
                }
                changed.await;
            }
        };
        cx.run("db.close", empty).await.map_err(|error| self.still_held(error))
    }

    fn still_held(&self, error: Error) -> Error {
        if error.kind() != ErrorKind::Timeout {
            return error.or_endpoint(&self.endpoint);
        }
        let held: Vec<_> = self.borrowers().iter().take(5).map(ToString::to_string).collect();
        let message = format!("sessions are still lent: {}", held.join(", "));
        Error::new(ErrorKind::Timeout, message)
            .with_operation("db.close")
            .with_endpoint(self.endpoint.clone())
            .with_outcome(Outcome::NotSent)
    }
}

/// The place of a session that is being opened for a caller; given up when the caller leaves.
struct Opening<'p> {
    shared: &'p Arc<Shared>,
    done: bool,
}

impl Opening<'_> {
    fn finish(mut self, session: crate::Session, generation: u64, begun: purlin_core::Instant) {
        self.done = true;
        let now = self.shared.clock.now();
        let mut state = self.shared.state();
        state.stats.created += 1;
        state.stats.create_time += now.since(begun);
        state.lane(Purpose::Work).busy -= 1;
        let entry = self.shared.entry(session, generation, now);
        Shared::free(self.shared, state, Purpose::Work, entry, now);
    }
}

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        if !self.done {
            let mut state = self.shared.state();
            state.lane(Purpose::Work).busy -= 1;
            state.lane(Purpose::Work).lost();
            Shared::connect_for_waiters(self.shared, &mut state, Purpose::Work);
        }
    }
}
