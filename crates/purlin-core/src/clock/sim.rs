//! A clock that a test moves.

use crate::{Instant, Timestamp};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// A clock that stands still until somebody moves it. Clones are the same clock.
///
/// ```
/// use purlin_core::{Clock, Cx, ErrorKind, Result, SimClock};
/// use std::time::Duration;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let sim = SimClock::new();
/// let cx = Cx::background().with_clock(sim.clone()).with_timeout(Duration::from_secs(3600));
///
/// // An hour passes at once.
/// let answer: Result<()> = sim.drive(cx.run("db.query", std::future::pending())).await;
/// assert_eq!(answer.unwrap_err().kind(), ErrorKind::Timeout);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct SimClock(Arc<Shared>);

struct Shared {
    start: Instant,
    start_wall: Timestamp,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    elapsed: Duration,
    /// By moment, then by order of registration: equal moments wake in the order in which they were asked for.
    timers: BTreeMap<(Duration, u64), Waker>,
    next_id: u64,
}

impl SimClock {
    /// A clock that shows 2000-01-01T00:00:00Z.
    pub fn new() -> Self {
        Self::starting_at(Timestamp::from_unix_seconds(946_684_800))
    }

    /// A clock that shows this wall time.
    pub fn starting_at(wall: Timestamp) -> Self {
        Self(Arc::new(Shared { start: Instant::of_system(), start_wall: wall, state: Mutex::default() }))
    }

    /// The present moment.
    pub fn now(&self) -> Instant {
        self.0.start.saturating_add(self.elapsed())
    }

    /// The present wall time.
    pub fn timestamp(&self) -> Timestamp {
        self.0.start_wall.saturating_add(self.elapsed())
    }

    /// The time that has passed since the clock was made.
    pub fn elapsed(&self) -> Duration {
        self.state().elapsed
    }

    /// Moves on by that much and wakes whoever waited for a moment on the way, the earliest first.
    pub fn advance(&self, time: Duration) {
        let target = self.elapsed().saturating_add(time);
        while let Some(moment) = self.next_timer().filter(|moment| *moment <= target) {
            self.move_to(moment);
        }
        self.move_to(target);
    }

    /// Moves on to the next moment that somebody waits for; false when nobody waits.
    pub fn advance_to_next(&self) -> bool {
        match self.next_timer() {
            Some(moment) => {
                self.move_to(moment);
                true
            }
            None => false,
        }
    }

    /// Runs a future to its end, moving the clock on to the next moment that somebody waits for whenever the future
    /// has nothing else to do: when it is pending twice in a row, without having been woken in between.
    ///
    /// Between the two, each other task of a current-thread runtime that was ready has had one turn. What waits for
    /// longer work of a task, or for the outside world (a socket, a thread), is not seen, and time passes meanwhile:
    /// a deadline on this clock would pass at once.
    pub async fn drive<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let mut was_idle = false;
        let ear = Arc::new(Ear::default());
        let waker = Waker::from(ear.clone());
        std::future::poll_fn(|context| {
            was_idle &= !ear.listen(context.waker());
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Poll::Ready(output);
            }
            if ear.was_told() {
                was_idle = false;
                return Poll::Pending;
            }
            if !was_idle || self.advance_to_next() {
                context.waker().wake_by_ref();
            }
            was_idle = !was_idle;
            Poll::Pending
        })
        .await
    }

    pub(super) fn sleep_until(&self, moment: Instant) -> Sleep {
        Sleep { clock: self.clone(), until: moment.since(self.0.start), id: None }
    }

    fn next_timer(&self) -> Option<Duration> {
        self.state().timers.first_key_value().map(|((moment, _), _)| *moment)
    }

    fn move_to(&self, moment: Duration) {
        let mut due = Vec::new();
        {
            let mut state = self.state();
            state.elapsed = state.elapsed.max(moment);
            while let Some(timer) = state.timers.first_entry() {
                if timer.key().0 > moment {
                    break;
                }
                due.push(timer.remove());
            }
        }
        // Outside the lock: a waker may poll at once.
        due.into_iter().for_each(Waker::wake);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for SimClock {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for SimClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.state();
        f.debug_struct("SimClock")
            .field("elapsed", &state.elapsed)
            .field("timers", &state.timers.len())
            .finish_non_exhaustive()
    }
}

/// Hears whether a future was woken, and passes it on to the task.
#[derive(Default)]
struct Ear {
    told: AtomicBool,
    task: Mutex<Option<Waker>>,
}

impl Ear {
    /// Starts anew, for this task; whether it was told anything since the last time.
    fn listen(&self, task: &Waker) -> bool {
        *self.task() = Some(task.clone());
        self.told.swap(false, Ordering::AcqRel)
    }

    fn was_told(&self) -> bool {
        self.told.load(Ordering::Acquire)
    }

    fn task(&self) -> MutexGuard<'_, Option<Waker>> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Ear {
    fn wake(self: Arc<Self>) {
        self.told.store(true, Ordering::Release);
        let task = self.task().clone();
        task.iter().for_each(Waker::wake_by_ref);
    }
}

pub(super) struct Sleep {
    clock: SimClock,
    until: Duration,
    id: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock.clone();
        let mut state = clock.state();
        if state.elapsed >= self.until {
            return Poll::Ready(());
        }
        let id = *self.id.get_or_insert_with(|| {
            state.next_id += 1;
            state.next_id
        });
        state.timers.insert((self.until, id), context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.clock.state().timers.remove(&(self.until, id));
        }
    }
}
