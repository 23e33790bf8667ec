//! A command under way, with its deadlines.

mod gate;
mod pump;

use crate::command::Input;
use crate::fault::invalid;
use crate::output::{Output, Sink};
use crate::{Event, Exit, FaultClass, Host, Launch, Process};
use bytes::Bytes;
pub(crate) use pump::lost;

use gate::Gate;
use pump::Pump;
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Instant, Outcome, Result, Secret};
use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// How long a command may run where the call has no deadline.
pub(crate) const RUN_LIMIT: Duration = Duration::from_secs(600);
/// How long the end of a command that was killed is waited for.
const KILL_LIMIT: Duration = Duration::from_secs(2);
/// How long outputs are read on that something else holds open after the command's exit.
const LINGER: Duration = Duration::from_secs(1);

/// A command that runs: what it says is read piece by piece. Dropping it ends the command, and what it has started,
/// where the session can do that ([`Capability::KillsGroup`](crate::Capability::KillsGroup)).
///
/// Its calls end at the deadline of their [`Cx`], or after 10 minutes. The command goes on then; it is
/// [ended](Self::kill) or dropped by the caller. [`output`](Self::output) ends it by itself.
pub struct Running {
    pump: Pump,
    host: Host,
    endpoint: Option<Endpoint>,
    begun: Instant,
    kept: u64,
}

impl Running {
    pub(crate) fn new(
        cx: &Cx,
        process: Box<dyn Process>,
        launch: &Launch,
        password: Option<Secret<String>>,
        at: (&Host, Option<&Endpoint>),
    ) -> Self {
        let command = launch.command();
        let gate = launch.gate().cloned().map(|words| Gate::new(words, password.is_some()));
        let mut pump = Pump::new(process, gate, password);
        if let Some(elevation) = command.elevation() {
            pump.becomes(elevation.name());
        }
        pump.give(Bytes::copy_from_slice(launch.prelude()));
        if let Input::Bytes(bytes) = command.input() {
            pump.give(bytes.clone());
        }
        if !matches!(command.input(), Input::Open) {
            pump.close();
        }
        Self { pump, host: at.0.clone(), endpoint: at.1.cloned(), begun: cx.now(), kept: command.kept() }
    }

    /// What it says next; none when it has exited and both its outputs have ended, or when something that it left
    /// running holds them open for a second more.
    ///
    /// # Errors
    /// [`FaultClass::LinkLost`] with [`Outcome::Maybe`]: whether it came to its end is not known. The classes of
    /// [`Become`](crate::Become) with [`Outcome::NotSent`]. Timeout and Cancelled, after which it can be called again.
    pub async fn next(&mut self, cx: &Cx) -> Result<Option<Event>> {
        let cx = cx.with_timeout(RUN_LIMIT);
        let result = match self.pump.exit() {
            None => cx.run("transport.exec", poll_fn(|context| self.pump.poll_next(context))).await,
            Some(_) => self.rest(&cx).await,
        };
        result.map_err(|error| self.told(error))
    }

    /// After the exit: what is left in the outputs, and no longer than it is worth.
    async fn rest(&mut self, cx: &Cx) -> Result<Option<Event>> {
        let lingering = cx.with_timeout(LINGER);
        let event = poll_fn(|context| self.pump.poll_next(context));
        match lingering.run("transport.exec", event).await {
            Err(error) if error.kind() == ErrorKind::Timeout && cx.check("transport.exec").is_ok() => {
                self.pump.end_of_patience().map(|()| None)
            }
            result => result,
        }
    }

    /// Gives it something to read; for a command with [`open_stdin`](crate::Command::open_stdin). Returns when it is
    /// written, or passed over because the command reads no more. Meanwhile its outputs are read into memory, up to
    /// 1 MiB, so that it does not wait for us while we wait for it.
    ///
    /// # Errors
    /// As [`next`](Self::next); [`ErrorKind::Invalid`] after [`close_stdin`](Self::close_stdin).
    pub async fn write(&mut self, cx: &Cx, input: impl Into<Bytes>) -> Result<()> {
        if self.pump.is_closing() {
            return Err(self.told(invalid("its input is closed")));
        }
        self.pump.give(input.into());
        self.drain(cx).await
    }

    /// Gives it something to read, which goes in while its events are asked for.
    pub(crate) fn queue(&mut self, input: Bytes) {
        self.pump.give(input);
    }

    /// The next event, where it is there already.
    pub(crate) fn look(&mut self) -> Poll<Result<Option<Event>>> {
        self.pump.poll_next(&mut Context::from_waker(Waker::noop()))
    }

    /// Ends its input.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn close_stdin(&mut self, cx: &Cx) -> Result<()> {
        self.pump.close();
        self.drain(cx).await
    }

    async fn drain(&mut self, cx: &Cx) -> Result<()> {
        let cx = cx.with_timeout(RUN_LIMIT);
        let drained = cx.run("transport.exec", poll_fn(|context| self.pump.poll_drained(context))).await;
        drained.map_err(|error| self.told(error))
    }

    /// Ends it at once, and says how it ended; that may be by itself, if it was faster.
    ///
    /// # Errors
    /// As [`next`](Self::next); Timeout when it has not ended 2 s later, which only somebody else's process can do, and
    /// one that waits for a device.
    pub async fn kill(&mut self, cx: &Cx) -> Result<Exit> {
        self.pump.kill();
        let cx = cx.detached().with_timeout(KILL_LIMIT);
        loop {
            if let Some(exit) = self.pump.exit() {
                return Ok(exit.clone());
            }
            let event = cx.run("transport.kill", poll_fn(|context| self.pump.poll_next(context))).await;
            if event.map_err(|error| self.told(error))?.is_none() && self.pump.exit().is_none() {
                return Err(self.told(FaultClass::LinkLost.error("it ended without a word")));
            }
        }
    }

    /// Reads it to its end. At the deadline it is killed, and the error says what became of it.
    ///
    /// # Errors
    /// As [`next`](Self::next). A status other than 0 is none: ask [`Output::checked`].
    pub async fn output(mut self, cx: &Cx) -> Result<Output> {
        let cx = cx.with_timeout(RUN_LIMIT);
        let (mut stdout, mut stderr) = (Sink::new(self.kept), Sink::new(self.kept));
        loop {
            match self.next(&cx).await {
                Ok(Some(Event::Stdout(bytes))) => stdout.take(&bytes),
                Ok(Some(Event::Stderr(bytes))) => stderr.take(&bytes),
                Ok(Some(Event::Exited(_))) => {}
                Ok(None) => break,
                Err(error) => return Err(self.ended(&cx, error).await),
            }
        }
        let Some(exit) = self.pump.exit().cloned() else {
            return Err(self.told(FaultClass::LinkLost.error("it ended without a word")));
        };
        Ok(Output {
            host: self.host.clone(),
            exit,
            stdout: stdout.done(),
            stderr: stderr.done(),
            left_open: self.pump.was_held_open(),
            took: cx.now().since(self.begun),
        })
    }

    /// An error at which the command is ended too.
    async fn ended(&mut self, cx: &Cx, error: Error) -> Error {
        if !matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Cancelled) {
            return error;
        }
        let note = match self.kill(cx).await {
            Ok(Exit::Signal(_)) => "the command was killed",
            Ok(_) => "the command ended meanwhile",
            Err(_) => "the command could not be ended and may run on",
        };
        error.with_note(note).with_outcome(Outcome::Maybe)
    }

    /// The host that it runs on.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// How it exited, if it has.
    pub fn exit(&self) -> Option<&Exit> {
        self.pump.exit()
    }

    fn told(&self, error: Error) -> Error {
        tell(error, &self.host, self.endpoint.as_ref())
    }
}

/// Names operation and host.
pub(crate) fn tell(error: Error, host: &Host, endpoint: Option<&Endpoint>) -> Error {
    let error = if error.operation().is_none() { error.with_operation("transport.exec") } else { error };
    let error = match endpoint {
        Some(endpoint) => error.or_endpoint(endpoint),
        None => error,
    };
    let named = error.note().is_some_and(|note| note.contains(&host.name))
        || error.endpoint().and_then(Endpoint::host).is_some_and(|name| name == host.name);
    if named { error } else { error.with_note(format!("host {}", host.name)) }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("host", &self.host)
            .field("exit", &self.exit())
            .finish_non_exhaustive()
    }
}
