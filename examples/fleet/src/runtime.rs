//! Runs what waits: a runtime of one thread, made only for the commands that need it, and the two signals that end it
//! and whatever comes behind it.

use purlin::{Cx, Error, ErrorKind, Result};
use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::thread::JoinHandle;
use tokio::signal::unix::{self, SignalKind};
use tokio::sync::oneshot;

/// A signal that asks for the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Signal {
    /// SIGINT: somebody pressed Ctrl-C.
    Interrupt,
    /// SIGTERM: the system or a supervisor asks.
    Terminate,
}

impl Signal {
    /// 128 and the signal's number, as shells say it.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        }
    }
}

/// Where work that waits is run. While it lives, INT and TERM are obeyed between and behind the works too, where a
/// process that has listened for them once would ignore them: an answer may be written to a reader that has stopped.
#[derive(Debug, Default)]
pub(crate) struct Runtime {
    watch: RefCell<Option<Watch>>,
}

impl Runtime {
    /// Runs work to its end. The first INT or TERM cancels its [`Cx`], so that it can leave cleanly; the second ends it
    /// at once. Afterwards, until the next work, one of them ends the process.
    ///
    /// # Errors
    /// Those of the work; after a signal, [`ErrorKind::Cancelled`] with the [`Signal`] as detail. An answer that was
    /// complete all the same is given.
    pub(crate) fn block_on<T, F>(&self, work: impl FnOnce(Cx) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        self.watch.take();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::io("runtime.start", error))?;
        let (signals, result) = runtime.block_on(async {
            let mut signals = Signals::new()?;
            let result = supervise(&mut signals, work).await;
            Ok::<_, Error>((signals, result))
        })?;
        *self.watch.borrow_mut() = Some(Watch::start(runtime, signals)?);
        result
    }
}

/// A thread that ends the process at a signal. Dropping it ends the thread instead.
#[derive(Debug)]
struct Watch {
    /// Closed to end the thread.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Takes over the signals, so that none is lost between the work and the watch.
    fn start(runtime: tokio::runtime::Runtime, mut signals: Signals) -> Result<Self> {
        let (stop, stopped) = oneshot::channel::<()>();
        let watch = move || {
            let signal = runtime.block_on(async {
                tokio::select! {
                    biased;
                    signal = signals.next() => Some(signal),
                    _ = stopped => None,
                }
            });
            // A thread that still looks up a name is not waited for.
            runtime.shutdown_background();
            if let Some(signal) = signal {
                end(signal);
            }
        };
        let thread = std::thread::Builder::new().name("signals".to_owned()).spawn(watch);
        let thread = thread.map_err(|error| Error::io("runtime.start", error))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // It cannot panic, and who is leaving could do nothing about it.
            let _ = thread.join();
        }
    }
}

#[expect(clippy::exit, reason = "the main thread may be stuck in a write that nobody reads")]
fn end(signal: Signal) {
    std::process::exit(signal.exit_code().into());
}

async fn supervise<T, F>(signals: &mut Signals, work: impl FnOnce(Cx) -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let (cx, canceller) = Cx::background().cancellable();
    let mut work = pin!(work(cx));
    let first = tokio::select! {
        biased;
        result = &mut work => return result,
        signal = signals.next() => signal,
    };
    tracing::info!("{}: leaving; a second signal ends at once", first.name());
    canceller.cancel();
    tokio::select! {
        biased;
        result = &mut work => result.map_err(|error| ended(first, Some(error))),
        _ = signals.next() => Err(ended(first, None)),
    }
}

/// What the work was at when the signal came, where it said so.
fn ended(by: Signal, error: Option<Error>) -> Error {
    let cancelled = match error {
        Some(error) if error.kind() != ErrorKind::Cancelled => error,
        error => {
            let mut ended = Error::new(ErrorKind::Cancelled, format!("ended by {}", by.name()));
            let operation = error.as_ref().and_then(Error::operation).map(str::to_owned);
            if let Some(operation) = operation {
                ended = ended.with_operation(operation);
            }
            match error.as_ref().and_then(Error::endpoint) {
                Some(endpoint) => ended.with_endpoint(endpoint.clone()),
                None => ended,
            }
        }
    };
    cancelled.with_detail(by)
}

#[derive(Debug)]
struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
}

impl Signals {
    fn new() -> Result<Self> {
        let listen = |kind| unix::signal(kind).map_err(|error| Error::io("signal.listen", error));
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{Signal as Raw, getpid, kill_process};

    /// One test, since signals reach the whole process.
    #[test]
    fn the_first_signal_cancels_and_the_second_ends_work_that_does_not_leave() {
        let runtime = Runtime::default();
        let deaf = runtime.block_on(|cx: Cx| async move {
            kill_process(getpid(), Raw::TERM).unwrap();
            cx.cancelled().await;
            kill_process(getpid(), Raw::INT).unwrap();
            std::future::pending::<Result<()>>().await
        });
        let deaf = deaf.unwrap_err();
        assert_eq!(deaf.detail(), Some(&Signal::Terminate), "the first one names the exit code");
        assert_eq!(deaf.to_string(), "ended by SIGTERM");

        // The watch behind the first work has left the signals to the second.
        let polite = runtime.block_on(|cx: Cx| async move {
            kill_process(getpid(), Raw::INT).unwrap();
            cx.run("work.wait", std::future::pending::<Result<()>>()).await
        });
        let polite = polite.unwrap_err();
        assert_eq!(polite.detail(), Some(&Signal::Interrupt));
        assert_eq!(polite.to_string(), "work.wait: ended by SIGINT");
    }
}
