//! How many threads of the driver there are, and how many of them nobody waits for any more.

use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use tokio::sync::Notify;

/// With so many threads that did not end after their session, no further one is begun.
const MOST_LEFT: usize = 64;

const RUNNING: u8 = 0;
const LEFT: u8 = 1;
const ENDED: u8 = 2;

/// The threads of a connector and its clones, at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ThreadStats {
    /// Threads that there are: one for each session, and those that were left.
    pub running: usize,
    /// Those whose session is gone. Its connection is closed with it, so that they end as soon as the driver looks at
    /// it; one that computes goes on until then.
    pub left: usize,
    /// Connections of the driver that were given up, with a descriptor and some memory each, because the driver had
    /// panicked in the midst of a call: to take them apart could end the whole process.
    pub given_up: usize,
}

/// The counts of a connector.
#[derive(Debug, Default)]
pub(crate) struct Threads {
    running: AtomicUsize,
    left: AtomicUsize,
    given_up: AtomicUsize,
    ended: Notify,
}

impl Threads {
    pub(crate) fn stats(&self) -> ThreadStats {
        ThreadStats {
            running: self.running.load(Ordering::Relaxed),
            left: self.left.load(Ordering::Relaxed),
            given_up: self.given_up.load(Ordering::Relaxed),
        }
    }

    /// Waits until there is room for one more. The caller's time bounds it.
    pub(crate) async fn room(&self, cx: &Cx) -> Result<()> {
        loop {
            let ended = self.ended.notified();
            let stats = self.stats();
            if stats.given_up >= MOST_LEFT {
                return Err(full(stats));
            }
            if stats.left < MOST_LEFT {
                return Ok(());
            }
            let waiting = async {
                ended.await;
                Ok(())
            };
            let waited = cx.run("db.connect", waiting).await;
            waited.map_err(|error| if error.kind() == ErrorKind::Timeout { full(stats) } else { error })?;
        }
    }

    /// A thread begins: its own end of the count, and its session's.
    pub(crate) fn begin(self: &Arc<Self>) -> (Ticket, Watched) {
        self.running.fetch_add(1, Ordering::Relaxed);
        let state = Arc::new(AtomicU8::new(RUNNING));
        (Ticket { threads: self.clone(), state: state.clone() }, Watched { threads: self.clone(), state })
    }
}

fn full(stats: ThreadStats) -> Error {
    let message = format!(
        "{} threads of ended sessions have not come back and {} connections were given up after a panic of the \
         driver: no further session is begun",
        stats.left, stats.given_up
    );
    Error::new(ErrorKind::Unavailable, message).with_operation("db.connect").with_outcome(Outcome::NotSent)
}

/// Held by the thread.
#[derive(Debug)]
pub(crate) struct Ticket {
    threads: Arc<Threads>,
    state: Arc<AtomicU8>,
}

impl Ticket {
    /// A connection of the driver cannot be taken apart.
    pub(crate) fn gives_up(&self) {
        self.threads.given_up.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.threads.running.fetch_sub(1, Ordering::Relaxed);
        if self.state.swap(ENDED, Ordering::Relaxed) == LEFT {
            self.threads.left.fetch_sub(1, Ordering::Relaxed);
            self.threads.ended.notify_waiters();
        }
    }
}

/// Held by the session.
#[derive(Debug)]
pub(crate) struct Watched {
    threads: Arc<Threads>,
    state: Arc<AtomicU8>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        // Before the thread can see that it was left.
        self.threads.left.fetch_add(1, Ordering::Relaxed);
        let left = self.state.compare_exchange(RUNNING, LEFT, Ordering::Relaxed, Ordering::Relaxed);
        if left.is_err() {
            self.threads.left.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn soon() -> Cx {
        Cx::background().with_timeout(Duration::from_millis(20))
    }

    #[tokio::test]
    async fn threads_that_do_not_come_back_are_counted_and_capped() {
        let threads = Arc::new(Threads::default());
        let mut tickets = Vec::new();
        for left in 0..MOST_LEFT {
            let (ticket, watched) = threads.begin();
            tickets.push(ticket);
            assert_eq!(threads.stats().left, left);
            threads.room(&soon()).await.unwrap();
            // The session goes, and its thread stays.
            drop(watched);
        }
        let error = threads.room(&soon()).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unavailable, Outcome::NotSent));
        assert!(error.message().starts_with("64 threads of ended sessions have not come back"), "{error}");
        // Whoever waits goes on as soon as one comes back.
        let cx = Cx::background().with_timeout(Duration::from_secs(60));
        let (room, ()) = tokio::join!(threads.room(&cx), async { drop(tickets.pop()) });
        room.unwrap();
        drop(tickets);
        assert_eq!(threads.stats(), ThreadStats::default());
    }

    #[tokio::test]
    async fn connections_that_were_given_up_are_capped_for_good() {
        let threads = Arc::new(Threads::default());
        for _ in 0..MOST_LEFT {
            threads.room(&soon()).await.unwrap();
            let (ticket, watched) = threads.begin();
            ticket.gives_up();
            drop(ticket);
            drop(watched);
        }
        let error = threads.room(&Cx::background()).await.unwrap_err();
        assert!(error.message().contains("64 connections were given up"), "{error}");
        assert_eq!(threads.stats(), ThreadStats { running: 0, left: 0, given_up: MOST_LEFT });
    }
}
