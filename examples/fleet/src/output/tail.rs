//! Lines that come one by one for as long as a command watches.

use purlin::{Error, Result};
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

/// How many lines may wait for a slow reader; what comes beyond them is counted, not shown.
const WAITING: usize = 10_000;

/// How long the last lines may take to be taken.
const FAREWELL: Duration = Duration::from_secs(1);

/// Standard output of a command that watches. A thread of its own writes, so that a reader who has stopped holds up
/// nothing.
#[derive(Debug)]
pub(crate) struct Tail {
    lines: mpsc::SyncSender<String>,
    has_left: Arc<AtomicBool>,
    ended: mpsc::Receiver<()>,
    thread: JoinHandle<()>,
    lost: u64,
}

impl Tail {
    /// Starts the thread.
    ///
    /// # Errors
    /// Those of the system.
    pub(crate) fn start() -> Result<Self> {
        let (lines, coming) = mpsc::sync_channel::<String>(WAITING);
        let (done, ended) = mpsc::channel();
        let has_left = Arc::new(AtomicBool::new(false));
        let left = has_left.clone();
        let write = move || {
            let mut out = io::stdout();
            for line in coming {
                if out.write_all(line.as_bytes()).and_then(|()| out.flush()).is_err() {
                    left.store(true, Ordering::Release);
                    break;
                }
            }
            // Nobody may wait for it.
            let _ = done.send(());
        };
        let thread = std::thread::Builder::new().name("output".to_owned()).spawn(write);
        let thread = thread.map_err(|error| Error::io("output.write", error))?;
        Ok(Self { lines, has_left, ended, thread, lost: 0 })
    }

    /// Writes a line, its break included; false where nobody reads any more.
    pub(crate) fn tell(&mut self, line: String) -> bool {
        match self.lines.try_send(line) {
            Ok(()) => {}
            Err(mpsc::TrySendError::Full(_)) => {
                self.lost += 1;
                if self.lost.is_power_of_two() {
                    tracing::warn!(lost = self.lost, "nobody reads: lines are not shown");
                }
            }
            Err(mpsc::TrySendError::Disconnected(_)) => return false,
        }
        self.is_read()
    }

    /// Whether somebody may read.
    pub(crate) fn is_read(&self) -> bool {
        !self.has_left.load(Ordering::Acquire)
    }

    /// Waits until all is written, but not for a reader who has stopped.
    pub(crate) fn finish(self) {
        drop(self.lines);
        if self.ended.recv_timeout(FAREWELL).is_ok() {
            // It is at its end, and does not panic.
            let _ = self.thread.join();
        }
    }
}
