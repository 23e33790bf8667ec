//! What a pool does beside its callers: tests, order, ends and replacements.

use super::lane::{Entry, Purpose};
use super::shared::{Shared, State};
use purlin_core::{Clock, Cx};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// What a session needs before it is lent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// A sign of life.
    Proof,
    /// Whatever its last borrower left behind cleared away.
    Order,
}

/// Sees to it in the background; the lane has counted the session as busy.
pub(super) fn settle(
    shared: &Arc<Shared>,
    state: &mut State,
    purpose: Purpose,
    entry: Box<Entry>,
    need: Need,
) {
    let pool = shared.clone();
    Shared::spawn(state, async move {
        let mut entry = entry;
        let cx = Cx::background();
        let done = match need {
            Need::Proof => {
                let limit = pool.settings.limits.connect;
                entry.session.ping(&cx.with_timeout(limit)).await
            }
            Need::Order => entry.session.reset(&cx).await,
        };
        match done {
            Ok(()) => settled(&pool, purpose, entry),
            Err(error) => {
                tracing::debug!(error = %error, "a session was thrown away");
                // Counted as gone at once, so that a replacement need not wait for the good-byes.
                discarded(&pool, purpose);
                entry.session.abandon().await;
            }
        }
    });
}

fn settled(shared: &Arc<Shared>, purpose: Purpose, mut entry: Box<Entry>) {
    let now = shared.clock.now();
    let mut state = shared.state();
    state.lane(purpose).busy -= 1;
    entry.rested_since = now;
    entry.generation = state.generation;
    Shared::free(shared, state, purpose, entry, now);
}

fn discarded(shared: &Arc<Shared>, purpose: Purpose) {
    let mut state = shared.state();
    state.stats.discarded += 1;
    let lane = state.lane(purpose);
    lane.busy -= 1;
    lane.lost();
    Shared::connect_for_waiters(shared, &mut state, purpose);
    drop(state);
    shared.changed.notify_waiters();
}

/// Looks after the sessions until the pool is gone.
pub(super) async fn run(pool: Weak<Shared>) {
    let (clock, period) = match pool.upgrade() {
        Some(shared) => (Clock::system(), period(&shared)),
        None => return,
    };
    loop {
        clock.sleep(period).await;
        let Some(shared) = pool.upgrade() else { return };
        tick(&shared);
    }
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
    let mut state = shared.state();
    if state.closed {
        return;
    }
    for purpose in [Purpose::Work, Purpose::Probe] {
        let floor = if purpose == Purpose::Work { shared.settings.min_idle } else { 0 };
        let (over, asked) = state.lane(purpose).due(&shared.settings, floor, now);
        for entry in over {
            super::close::politely(&mut state, shared, entry);
        }
        for entry in asked {
            settle(shared, &mut state, purpose, entry, Need::Proof);
        }
        Shared::connect_for_waiters(shared, &mut state, purpose);
    }
    let lane = state.lane(Purpose::Work);
    let resting = u32::try_from(lane.idle.len()).unwrap_or(u32::MAX) + lane.busy;
    let missing = shared.settings.min_idle.saturating_sub(resting).min(lane.max.saturating_sub(lane.open));
    lane.open += missing;
    lane.busy += missing;
    for _ in 0..missing {
        Shared::connect(shared, &mut state, Purpose::Work);
    }
    if let Some(limit) = shared.settings.leak_after {
        for leak in state.leaks(limit, now) {
            tracing::warn!(server.address = %shared.endpoint, borrower = %leak, "a session is lent for long");
        }
    }
}
