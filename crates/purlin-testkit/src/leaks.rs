//! What a piece of work has left behind in this process.

mod snapshot;

use crate::wait;
use purlin_core::{Error, ErrorKind, Result};
use snapshot::Snapshot;
use std::time::Duration;

/// Counts what this process holds (open descriptors, threads, child processes, memory) and tells later what it
/// holds more. Linux only: it reads `/proc`.
///
/// It sees the whole process, so nothing else may run in it meanwhile: under nextest each test has a process of its
/// own. What is made once and kept, such as a runtime's first timer, belongs before the start.
///
/// ```
/// use purlin_testkit::Leaks;
/// use std::time::Duration;
///
/// # fn main() -> purlin_core::Result<()> {
/// let leaks = Leaks::start()?.within(Duration::from_millis(50));
/// let file = std::fs::File::open("/dev/null").unwrap();
/// let error = leaks.check().unwrap_err();
/// assert!(error.to_string().contains("-> /dev/null"), "{error}");
/// drop(file);
/// leaks.check()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Leaks {
    before: Snapshot,
    within: Duration,
    memory: Option<u64>,
}

impl Leaks {
    /// Counts what there is now.
    ///
    /// # Errors
    /// The system's, when `/proc` cannot be read.
    pub fn start() -> Result<Self> {
        let before = Snapshot::take().map_err(|error| Error::io("leaks.start", error))?;
        Ok(Self { before, within: Duration::from_secs(5), memory: None })
    }

    /// How long [`check`](Self::check) waits for things to go; 5 s unless set.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.within = limit;
        self
    }

    /// How many bytes of resident memory may be added; unless set, memory is not looked at. Allocators keep what
    /// was freed, so this takes many rounds of the work and a bound of some mebibytes.
    #[must_use]
    pub fn memory(mut self, bytes: u64) -> Self {
        self.memory = Some(bytes);
        self
    }

    /// Waits until there is no more of anything than at the start.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] when there still is in the end, naming each descriptor, thread and child process
    /// that is new; the system's when `/proc` cannot be read.
    pub fn check(&self) -> Result<()> {
        let mut last = None;
        let clean = wait::until(self.within, || match Snapshot::take() {
            Ok(now) => {
                let more = now.more_than(&self.before, self.memory);
                let clean = more.is_empty();
                last = Some(Ok(more));
                clean.then_some(())
            }
            Err(error) => {
                last = Some(Err(error));
                None
            }
        });
        match (clean, last) {
            (Some(()), _) | (None, None) => Ok(()),
            (None, Some(Ok(more))) => {
                Err(Error::new(ErrorKind::Internal, more.join("; ")).with_operation("leaks.check"))
            }
            (None, Some(Err(error))) => Err(Error::io("leaks.check", error)),
        }
    }
}
