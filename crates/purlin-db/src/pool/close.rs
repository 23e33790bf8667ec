//! The beginning and the end of a pool.

use super::fault;
use super::lane::Purpose;
use super::locked::Phase;
use super::shared::Shared;
use super::task::{Doing, Underway, part};
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use std::sync::Arc;
use std::time::Duration;

/// How long a pool without a deadline waits for its sessions.
const CLOSE_LIMIT: Duration = Duration::from_secs(10);

/// What has to be done for [`Shared::warm_up`].
enum Warming {
    Done,
    Open(Underway),
    /// Enough are being opened already.
    Wait,
}

impl Shared {
    pub(super) async fn warm_up(self: &Arc<Self>, cx: &Cx, sessions: u32) -> Result<()> {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            match self.warming(sessions)? {
                Warming::Done => return Ok(()),
                Warming::Wait => {
                    let waited = async {
                        changed.await;
                        Ok(())
                    };
                    cx.run("db.connect", waited).await.map_err(|error| error.or_endpoint(&self.endpoint))?;
                }
                Warming::Open(place) => self.warm(cx, place).await?,
            }
        }
    }

    fn warming(self: &Arc<Self>, sessions: u32) -> Result<Warming> {
        let mut state = self.lock();
        if state.is_closed() {
            return Err(fault::closed(&self.endpoint));
        }
        super::keep::wake(&mut state);
        let lane = state.lane(Purpose::Work);
        if lane.resting() >= sessions {
            return Ok(Warming::Done);
        }
        if lane.opening > 0 && (lane.resting() + lane.opening >= sessions || lane.room() == 0) {
            return Ok(Warming::Wait);
        }
        if lane.room() == 0 {
            return Ok(Warming::Done);
        }
        Ok(Warming::Open(Underway::new(&mut state, Purpose::Work, Doing::Opening).by_caller()))
    }

    async fn warm(self: &Arc<Self>, cx: &Cx, place: Underway) -> Result<()> {
        let mut phase = self.phase.subscribe();
        let mut opening = std::pin::pin!(self.open());
        let mut closed = std::pin::pin!(async {
            drop(phase.wait_for(|phase| *phase >= Phase::Closed).await);
        });
        let either = std::future::poll_fn(|context| {
            if closed.as_mut().poll(context).is_ready() {
                return std::task::Poll::Ready(Err(fault::closed(&self.endpoint)));
            }
            opening.as_mut().poll(context).map(Ok)
        });
        // Where the caller's time is over, the server is not to blame: the place is given back and nobody is told.
        let result = cx.run("db.connect", either).await.map_err(|error| error.or_endpoint(&self.endpoint))?;
        let failure = result.as_ref().err().cloned();
        place.opened(result);
        failure.map_or(Ok(()), Err)
    }

    pub(super) async fn close(self: &Arc<Self>, cx: &Cx) -> Result<()> {
        self.shut();
        let cx = match cx.deadline() {
            Some(_) => cx.clone(),
            None => cx.with_timeout(CLOSE_LIMIT),
        };
        let empty = async {
            loop {
                let mut changed = std::pin::pin!(self.changed.notified());
                changed.as_mut().enable();
                if self.lock().lanes().iter().all(|lane| lane.open == 0 && lane.leaving == 0) {
                    return Ok(());
                }
                changed.await;
            }
        };
        cx.run("db.close", empty).await.map_err(|error| self.still_held(error))
    }

    /// Lends nothing any more, and has all resting sessions say good-bye at once.
    fn shut(self: &Arc<Self>) {
        let mut state = self.lock();
        state.phase = state.phase.max(Phase::Closed);
        for purpose in [Purpose::Work, Purpose::Probe] {
            let lane = state.lane(purpose);
            let (over, waiters) = (std::mem::take(&mut lane.idle), lane.waiters.drain().collect::<Vec<_>>());
            for entry in over {
                state.lane(purpose).lost();
                part(&mut state, purpose, entry);
            }
            for waiter in waiters {
                state.answer(waiter, Err(fault::closed(&self.endpoint)));
            }
        }
        drop(state);
        self.phase.send_if_modified(|phase| {
            *phase < Phase::Closed && {
                *phase = Phase::Closed;
                true
            }
        });
    }

    fn still_held(self: &Arc<Self>, error: Error) -> Error {
        if error.kind() != ErrorKind::Timeout {
            return error.or_endpoint(&self.endpoint);
        }
        let held: Vec<_> = self.borrowers().iter().take(5).map(ToString::to_string).collect();
        let message = if held.is_empty() {
            self.still_busy()
        } else {
            format!("sessions are still lent: {}", held.join(", "))
        };
        Error::new(ErrorKind::Timeout, message)
            .with_operation("db.close")
            .with_endpoint(self.endpoint.clone())
            .with_outcome(Outcome::NotSent)
    }

    fn still_busy(self: &Arc<Self>) -> String {
        let state = self.lock();
        let (mut opening, mut proving, mut leaving) = (0, 0, 0);
        for lane in state.lanes() {
            opening += lane.opening;
            proving += lane.proving;
            leaving += lane.leaving;
        }
        let doing = [(opening, "opened"), (proving, "brought into order"), (leaving, "closed")];
        let doing = doing.iter().filter(|(count, _)| *count > 0);
        let doing: Vec<_> = doing.map(|(count, what)| format!("{count} being {what}")).collect();
        format!("no session is lent, but not all are gone: {}", doing.join(", "))
    }
}
