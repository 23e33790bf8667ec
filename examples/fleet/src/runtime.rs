//! Runs what waits: a runtime of one thread, made only for the commands that need it, and the two signals that end it.

use purlin::{Cx, Error, ErrorKind, Result};
use std::future::Future;
use std::pin::pin;
use tokio::signal::unix::{self, SignalKind};

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

/// Runs work to its end. The first INT or TERM cancels its [`Cx`], so that it can leave cleanly; the second ends it at
/// once.
///
/// # Errors
/// Those of the work; after a signal, [`ErrorKind::Cancelled`] with the [`Signal`] as detail. An answer that was
/// complete all the same is given.
pub(crate) fn block_on<T, F>(work: impl FnOnce(Cx) -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::io("runtime.start", error))?;
    let result = runtime.block_on(supervise(work));
    // A thread that still looks up a name is not waited for.
    runtime.shutdown_background();
    result
}

async fn supervise<T, F>(work: impl FnOnce(Cx) -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let mut signals = Signals::new()?;
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
        let deaf = block_on(|cx: Cx| async move {
            kill_process(getpid(), Raw::TERM).unwrap();
            cx.cancelled().await;
            kill_process(getpid(), Raw::INT).unwrap();
            std::future::pending::<Result<()>>().await
        });
        let deaf = deaf.unwrap_err();
        assert_eq!(deaf.detail(), Some(&Signal::Terminate), "the first one names the exit code");
        assert_eq!(deaf.to_string(), "ended by SIGTERM");

        let polite = block_on(|cx: Cx| async move {
            kill_process(getpid(), Raw::INT).unwrap();
            cx.run("work.wait", std::future::pending::<Result<()>>()).await
        });
        let polite = polite.unwrap_err();
        assert_eq!(polite.detail(), Some(&Signal::Interrupt));
        assert_eq!(polite.to_string(), "work.wait: ended by SIGINT");
    }
}
