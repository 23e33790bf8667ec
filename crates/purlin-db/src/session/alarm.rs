//! The timer of a session's calls, which is kept from one to the next.

#[cfg(test)]
mod tests;

use purlin_core::{Clock, Instant};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Wake, Waker};
use tokio::runtime::{Handle, Id};

/// Wakes whoever waits for the end of a call.
///
/// Setting a timer and taking it away is a good part of what a short call costs. So the one of a call stays armed when
/// the call is over, with nobody to wake, and serves those after it: it is set anew only for one that ends sooner, and
/// when it has gone off. It may wake too early, never too late.
#[derive(Default)]
pub(crate) struct Alarm {
    armed: Option<Armed>,
    /// Somebody is to be woken.
    listening: bool,
}

struct Armed {
    at: Instant,
    /// Whose timer it is; none of a clock that a test moves.
    runtime: Option<Id>,
    /// Only kept: what it brings, the bell tells.
    _timer: Pin<Box<dyn Future<Output = ()> + Send>>,
    bell: Arc<Bell>,
}

#[derive(Default)]
struct Bell(Mutex<Ring>);

#[derive(Default)]
struct Ring {
    has_rung: bool,
    /// Whom it wakes. Of its own, so that the timer keeps no task alive that has ended.
    listener: Option<Waker>,
}

impl Alarm {
    /// Wakes the task at that moment, or earlier.
    pub(crate) fn wake_at(&mut self, clock: &Clock, moment: Instant, context: &Context<'_>) {
        self.listening = true;
        if self.armed.as_ref().is_some_and(|armed| armed.serves(clock, moment, context.waker())) {
            return;
        }
        // The old timer goes before the new one comes.
        self.armed = None;
        self.armed = Some(Armed::set(clock, moment, context.waker()));
    }

    /// The call is over: nobody is woken any more.
    pub(crate) fn rests(&mut self) {
        if !std::mem::take(&mut self.listening) {
            return;
        }
        match &self.armed {
            Some(Armed { runtime: Some(_), bell, .. }) => drop(bell.ring().listener.take()),
            // Whoever moves a clock sees who waits on it.
            _ => self.armed = None,
        }
    }
}

impl Armed {
    fn set(clock: &Clock, moment: Instant, listener: &Waker) -> Self {
        let bell = Arc::new(Bell::default());
        bell.ring().listener = Some(listener.clone());
        let runtime = if clock.is_simulated() { None } else { present() };
        let clock = clock.clone();
        let mut timer: Pin<Box<dyn Future<Output = ()> + Send>> =
            Box::pin(async move { clock.sleep_until(moment).await });
        let waker = Waker::from(bell.clone());
        if timer.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            waker.wake();
        }
        Self { at: moment, runtime, _timer: timer, bell }
    }

    /// Whether it wakes that task at that moment or earlier.
    fn serves(&self, clock: &Clock, moment: Instant, listener: &Waker) -> bool {
        let same = match clock.is_simulated() {
            // Within one call, which has one clock.
            true => self.runtime.is_none(),
            // A timer of a runtime that nobody drives any more would never go off.
            false => self.runtime.is_some() && self.runtime == present(),
        };
        if !same || moment < self.at {
            return false;
        }
        let mut ring = self.bell.ring();
        if ring.has_rung {
            return false;
        }
        match &mut ring.listener {
            Some(old) => old.clone_from(listener),
            none => *none = Some(listener.clone()),
        }
        true
    }
}

fn present() -> Option<Id> {
    Handle::try_current().ok().map(|runtime| runtime.id())
}

impl Bell {
    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        let listener = {
            let mut ring = self.ring();
            ring.has_rung = true;
            ring.listener.take()
        };
        // Outside the lock: a waker may poll at once.
        listener.into_iter().for_each(Waker::wake);
    }
}

impl fmt::Debug for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alarm").field("listening", &self.listening).finish_non_exhaustive()
    }
}
