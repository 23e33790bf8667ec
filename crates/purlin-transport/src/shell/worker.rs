//! The shell process behind a [`Shell`](super::Shell).

use super::frame::{Scanner, WORKER, numbers, request};
use super::{Probe, ShellSettings};
use crate::launch::nonce;
use crate::running::lost;
use crate::{Command, Event, Exit, Output, Running, Session, SessionExt};
use bytes::Bytes;
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use std::task::Poll;
use std::time::Duration;

/// How long a shell may take to say its first word.
const OPEN_LIMIT: Duration = Duration::from_secs(15);
/// How much a host may say before that: banners, and what start files print.
const BANNER: u64 = 64 * 1024;

pub(super) const ENDED: &str = "the shell was ended";

#[derive(Debug)]
pub(super) struct Worker {
    running: Running,
    nonce: String,
    number: u64,
    stdout: Scanner,
    stderr: Scanner,
}

/// Why a worker answers no more.
#[derive(Debug)]
pub(super) enum Halt {
    /// The probe took longer than its own limit.
    Slow(Error),
    /// The call is over.
    Over(Error),
    /// The shell is gone.
    Gone(Error),
}

impl Worker {
    pub(super) async fn open(cx: &Cx, session: &dyn Session, settings: &ShellSettings) -> Result<Self> {
        let cx = cx.with_timeout(OPEN_LIMIT);
        let nonce = nonce();
        let command = Command::new("sh").args(["-c", WORKER, "sh", &nonce]).open_stdin();
        let command = match &settings.elevation {
            Some(elevation) => command.elevated(elevation.clone()),
            None => command,
        };
        let running = session.start(&cx, &command).await?;
        let (stdout, stderr) = (Scanner::new(&nonce), Scanner::new(&nonce));
        let mut worker = Self { running, nonce, number: 0, stdout, stderr };
        // The mark is looked for behind a line break.
        worker.stdout.keep(BANNER);
        worker.stdout.feed(b"\n");
        loop {
            if let Some(answer) = worker.stdout.next(0) {
                if answer.words == "ready" {
                    return Ok(worker);
                }
                return Err(no_shell("it says something else than it was told"));
            }
            match worker.running.next(&cx).await? {
                Some(Event::Stdout(bytes)) => worker.stdout.feed(&bytes),
                Some(_) => {}
                None => return Err(worker.never_opened()),
            }
        }
    }

    fn never_opened(&self) -> Error {
        let said = String::from_utf8_lossy(self.stdout.rest());
        let line = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        match self.running.exit() {
            Some(exit) => no_shell(&format!("it ended at once ({exit}) {line}")),
            None => no_shell(line),
        }
    }

    /// Itself, unless it has ended while nobody looked.
    pub(super) fn if_alive(mut self) -> Option<Self> {
        loop {
            match self.running.look() {
                // What comes between two answers belongs to none.
                Poll::Ready(Ok(Some(Event::Stdout(_) | Event::Stderr(_)))) => {}
                Poll::Ready(_) => return None,
                Poll::Pending => return Some(self),
            }
        }
    }

    /// Asks, and adds an answer for each probe until something stops it.
    pub(super) async fn ask(
        &mut self,
        cx: &Cx,
        probes: &[Probe],
        answers: &mut Vec<Result<Output>>,
    ) -> std::result::Result<(), Halt> {
        let first = self.number;
        let mut frames = String::new();
        for (number, probe) in (first..).zip(probes) {
            // One that cannot be is asked all the same, as nothing, so that the numbers stay in step.
            let empty = Probe::new(":");
            let probe = if probe.check().is_ok() { probe } else { &empty };
            frames.push_str(&request(&self.nonce, number, probe));
            self.number = number + 1;
        }
        self.running.queue(Bytes::from(frames));
        for (number, probe) in (first..).zip(probes) {
            let answer = self.answer(cx, number, probe).await?;
            answers.push(probe.check().map(|()| answer));
        }
        Ok(())
    }

    async fn answer(&mut self, cx: &Cx, number: u64, probe: &Probe) -> std::result::Result<Output, Halt> {
        let begun = cx.now();
        let limited = cx.with_timeout(probe.limit);
        self.stdout.keep(probe.keep);
        self.stderr.keep(probe.keep);
        let (mut out, mut err) = (None, None);
        loop {
            out = out.or_else(|| self.stdout.next(0));
            err = err.or_else(|| self.stderr.next(0));
            if let (Some(out), Some(err)) = (&out, &err) {
                let status = match (numbers(&out.words), numbers(&err.words)) {
                    (Some((one, Some(status))), Some((other, None))) if (one, other) == (number, number) => {
                        status
                    }
                    _ => return Err(Halt::Gone(out_of_step())),
                };
                let host = self.running.host().clone();
                let took = cx.now().since(begun);
                let exit = Exit::Code(status);
                let (stdout, stderr) = (out.said.clone(), err.said.clone());
                return Ok(Output { host, exit, stdout, stderr, left_open: false, took });
            }
            match self.running.next(&limited).await {
                Ok(Some(Event::Stdout(bytes))) => self.stdout.feed(&bytes),
                Ok(Some(Event::Stderr(bytes))) => self.stderr.feed(&bytes),
                Ok(Some(Event::Exited(_))) => {}
                Ok(None) => return Err(Halt::Gone(lost())),
                Err(error) if cx.check("transport.probe").is_err() => return Err(Halt::Over(error)),
                Err(error) if error.kind() == ErrorKind::Timeout => return Err(Halt::Slow(error)),
                Err(error) => return Err(Halt::Gone(error)),
            }
        }
    }

    /// Ends it with what it runs, and says whether that went well.
    pub(super) async fn end(mut self, cx: &Cx, error: Error) -> Error {
        let note = match self.running.kill(cx).await {
            Ok(_) => ENDED,
            Err(_) => "the shell could not be ended and may go on",
        };
        error.with_note(note).with_outcome(Outcome::Maybe)
    }
}

fn no_shell(why: &str) -> Error {
    let message = format!("no POSIX shell answers there: {}", why.trim());
    Error::new(ErrorKind::Unsupported, message).with_outcome(Outcome::NotSent)
}

fn out_of_step() -> Error {
    Error::new(ErrorKind::Protocol, "the shell's answers are out of step").with_outcome(Outcome::Maybe)
}
