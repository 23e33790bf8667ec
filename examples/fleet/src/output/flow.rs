//! An answer that may be too long to be held: written while it comes.

use super::stream::Stream;
use purlin::{Cx, Error, ErrorKind, Result};
use std::io::Write;
use std::thread::JoinHandle;
use tokio::sync::mpsc;

/// So much is held back. A shorter answer is written as a whole once it is complete, so that a failure leaves standard
/// output empty.
const HELD: usize = 1024 * 1024;
/// What is handed over at once beyond it, in bytes.
const PORTION: usize = 64 * 1024;
/// How many portions may wait for a slow reader.
const WAITING: usize = 4;

/// Standard output as an answer flows into it. A thread of its own writes, so that signals and deadlines are obeyed
/// while a reader does not read.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    held: Vec<u8>,
    writer: Option<Writer>,
    /// Whether nothing is held back.
    is_live: bool,
}

#[derive(Debug)]
struct Writer {
    portions: mpsc::Sender<Vec<u8>>,
    thread: JoinHandle<Result<()>>,
}

impl Flow {
    /// One whose parts are written as they come, for whoever follows it.
    pub(crate) fn live() -> Self {
        Self { is_live: true, ..Self::default() }
    }

    /// Whether something may have been written already.
    pub(crate) fn has_begun(&self) -> bool {
        self.writer.is_some()
    }

    /// Adds to it; `false` where nobody reads any more, and the rest need not be made.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] and [`ErrorKind::Cancelled`] while a reader does not read.
    pub(crate) async fn push(&mut self, cx: &Cx, bytes: &[u8]) -> Result<bool> {
        self.held.extend_from_slice(bytes);
        let limit = match (self.is_live, &self.writer) {
            (true, _) => 0,
            (false, Some(_)) => PORTION,
            (false, None) => HELD,
        };
        if self.held.len() < limit {
            return Ok(true);
        }
        let writer = match &self.writer {
            Some(writer) => writer,
            None => self.writer.insert(Writer::start()?),
        };
        let portion = std::mem::take(&mut self.held);
        cx.run("output.write", async { Ok(writer.portions.send(portion).await.is_ok()) }).await
    }

    /// Adds the last words to it.
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
    }

    /// Writes what is left, and waits until all is written.
    ///
    /// # Errors
    /// Those of the system, such as a full disk; a reader that has left is none.
    pub(crate) fn finish(self) -> Result<()> {
        let Self { held, writer, .. } = self;
        match writer {
            None => Stream::Out.write_with(|to| to.write_all(&held)),
            Some(writer) => {
                // Nobody takes it where the writer has ended; it says why.
                let _ = writer.portions.blocking_send(held);
                drop(writer.portions);
                let broken = |_| Error::new(ErrorKind::Internal, "the thread that writes has panicked");
                writer.thread.join().map_err(broken)?
            }
        }
    }
}

impl Writer {
    fn start() -> Result<Self> {
        let (portions, mut coming) = mpsc::channel::<Vec<u8>>(WAITING);
        let write = move || {
            Stream::Out.write_with(|to: &mut dyn Write| {
                while let Some(portion) = coming.blocking_recv() {
                    to.write_all(&portion)?;
                    to.flush()?;
                }
                Ok(())
            })
        };
        let thread = std::thread::Builder::new().name("output".to_owned()).spawn(write);
        let thread = thread.map_err(|error| Error::io("output.write", error))?;
        Ok(Self { portions, thread })
    }
}
