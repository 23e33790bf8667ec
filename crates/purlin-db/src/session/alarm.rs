//! The timer that wakes a call at its end.

use purlin_core::{Clock, Instant};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::runtime::{Handle, Id};

/// A timer that is kept from call to call: to set one and to take it away again costs more than all else that is done
/// around a short statement. One that goes off before its time is set anew.
#[derive(Default)]
pub(crate) struct Alarm(Option<Timer>);

struct Timer {
    at: Instant,
    /// Whose it is: a runtime that nobody drives at present wakes nobody.
    runtime: Option<Id>,
    sleep: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Alarm {
    /// Whether that moment has come; wakes the task when it does.
    pub(crate) fn poll(&mut self, clock: &Clock, until: Instant, context: &mut Context<'_>) -> Poll<()> {
        let runtime = Handle::try_current().ok().map(|runtime| runtime.id());
        loop {
            self.0.take_if(|timer| timer.at > until || timer.runtime != runtime);
            let timer = self.0.get_or_insert_with(|| {
                let clock = clock.clone();
                Timer { at: until, runtime, sleep: Box::pin(async move { clock.sleep_until(until).await }) }
            });
            ready!(timer.sleep.as_mut().poll(context));
            let at = timer.at;
            self.0 = None;
            if at >= until {
                return Poll::Ready(());
            }
        }
    }
}

impl fmt::Debug for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Alarm").field(&self.0.as_ref().map(|timer| timer.at)).finish()
    }
}
