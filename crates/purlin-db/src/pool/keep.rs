//! What a pool does beside its callers: tests, order, ends and replacements.

use super::lane::{Entry, Purpose};
use super::locked::{Locked, Phase};
use super::shared::Shared;
use super::task::{Doing, Underway, part};
use crate::{Session, SessionState};
use purlin_core::{Cx, Error, ErrorKind, Result};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// What a session needs before it is lent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// A sign of life.
    Proof,
    /// Whatever its last borrower left behind cleared away.
    Order,
}

/// Sees to it in the background.
pub(super) fn settle(state: &mut Locked<'_>, purpose: Purpose, entry: Box<Entry>, need: Need) {
    let place = Underway::new(state, purpose, Doing::Proving);
    state.spawn(Phase::Ended, async move {
        // In this order: where the task is dropped, the session goes before its place is given back.
        let mut place = place;
        let mut entry = entry;
        let limit = place.shared.settings.limits.cancel;
        match place.patiently(prove(&mut entry.session, need, limit)).await {
            Ok(()) => place.settled(entry),
            Err(error) => {
                tracing::debug!(error = %error, "a session was thrown away");
                let broke = need == Need::Proof || entry.session.state() == SessionState::Closed;
                let _leaving = place.discarded(broke);
                entry.session.abandon().await;
            }
        }
    });
}

async fn prove(session: &mut Session, need: Need, limit: Duration) -> Result<()> {
    let cx = Cx::background();
    match need {
        Need::Proof => session.ping(&cx.with_timeout(limit)).await?,
        Need::Order => session.reset(&cx).await?,
    }
    match session.state() {
        SessionState::Idle => Ok(()),
        _ => Err(Error::new(ErrorKind::Internal, "the session is not in order").with_operation("db.reset")),
    }
}

/// The pool's keeper is at work as long as this lives.
struct Keeper(Arc<Shared>);

impl Drop for Keeper {
    fn drop(&mut self) {
        self.0.lock().kept = false;
    }
}

/// At the first call within a runtime: what keeps the sessions begins; and again where it went with its runtime.
pub(super) fn wake(state: &mut Locked<'_>) {
    if state.kept {
        return;
    }
    let Ok(runtime) = Handle::try_current() else { return };
    if state.runtime.replace(runtime).is_some() {
        // The sessions may have lost their sockets with the runtime.
        state.distrust();
    }
    state.kept = true;
    let keeper = Keeper(state.shared().clone());
    state.spawn(Phase::Closed, async move {
        let shared = &keeper.0;
        let period = period(shared);
        loop {
            tick(shared);
            shared.clock.sleep(period).await;
        }
    });
}

/// Often enough for the shortest of its times, and never busy.
fn period(shared: &Shared) -> Duration {
    let keep = &shared.settings;
    let times =
        [keep.max_lifetime, keep.idle_timeout, keep.keepalive, keep.leak_after.unwrap_or(Duration::MAX)];
    let shortest = times.into_iter().min().unwrap_or(Duration::MAX);
    (shortest / 4).clamp(Duration::from_millis(50), Duration::from_secs(15))
}

fn tick(shared: &Arc<Shared>) {
    let now = shared.clock.now();
    let mut state = shared.lock();
    if state.is_closed() {
        return;
    }
    for purpose in [Purpose::Work, Purpose::Probe] {
        let floor = if purpose == Purpose::Work { shared.settings.min_idle } else { 0 };
        let (over, asked) = state.lane(purpose).due(&shared.settings, floor, now);
        for entry in over {
            state.lane(purpose).lost();
            part(&mut state, purpose, entry);
        }
        for entry in asked {
            settle(&mut state, purpose, entry, Need::Proof);
        }
        Shared::make_up(&mut state, purpose);
    }
    if let Some(limit) = shared.settings.leak_after {
        for leak in state.loans.leaks(limit, now) {
            tracing::warn!(server.address = %shared.endpoint, borrower = %leak, "a session is lent for long");
        }
    }
}
