//! A command of a fake host.

use super::reply::{End, Reply};
use super::{FakeHost, Observed};
use crate::running::lost;
use crate::shell::frame::{self, WORKER};
use crate::{Event, Exit, Launch, Process};
use bytes::Bytes;
use purlin_core::{Cx, Result};
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

type Delay = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What is under way: a scripted answer, or a kept shell that reads requests.
enum Kind {
    Reply(Reply),
    Shell { nonce: String, input: Vec<u8> },
}

pub(super) struct FakeProcess {
    host: FakeHost,
    cx: Cx,
    kind: Kind,
    delay: Option<Delay>,
    events: VecDeque<Event>,
    /// What it was given to read, for one that echoes.
    heard: Vec<u8>,
    input_ended: bool,
    is_lost: bool,
    exited: bool,
    waker: Option<Waker>,
}

impl FakeProcess {
    pub(super) fn new(host: FakeHost, cx: &Cx, launch: &Launch, reply: Reply) -> Self {
        let cx = cx.detached();
        let argv = launch.command().argv();
        let shell_of = |argv: &[String]| match argv {
            [sh, option, text, name, nonce]
                if (sh.as_str(), option.as_str(), name.as_str()) == ("sh", "-c", "sh") && text == WORKER =>
            {
                Some(nonce.clone())
            }
            _ => None,
        };
        let mut process = Self {
            host,
            cx,
            kind: Kind::Reply(reply),
            delay: None,
            events: VecDeque::new(),
            heard: Vec::new(),
            input_ended: false,
            is_lost: false,
            exited: false,
            waker: None,
        };
        if let Some(words) = launch.gate() {
            // Its sudo lets everybody in.
            process.events.push_back(Event::Stderr(format!("{}\n", words.mark).into()));
        }
        match shell_of(argv) {
            Some(nonce) => {
                process.events.push_back(Event::Stdout(format!("{nonce} ready\n").into()));
                process.kind = Kind::Shell { nonce, input: Vec::new() };
            }
            None => process.begin(),
        }
        process
    }

    fn begin(&mut self) {
        if let Kind::Reply(reply) = &self.kind {
            let (clock, time) = (self.cx.clock().clone(), reply.delay);
            if !time.is_zero() {
                self.delay = Some(Box::pin(async move { clock.sleep(time).await }));
            } else if !reply.echoes {
                self.answer();
            }
        }
    }

    /// Says what it was told to say.
    fn answer(&mut self) {
        let Kind::Reply(reply) = &self.kind else { return };
        let stdout =
            if reply.echoes { Bytes::from(std::mem::take(&mut self.heard)) } else { reply.stdout.clone() };
        for event in [Event::Stdout(stdout), Event::Stderr(reply.stderr.clone())] {
            if !matches!(&event, Event::Stdout(bytes) | Event::Stderr(bytes) if bytes.is_empty()) {
                self.events.push_back(event);
            }
        }
        match &reply.end {
            End::Exit(exit) => self.events.push_back(Event::Exited(exit.clone())),
            End::Lost => self.is_lost = true,
            End::Silence | End::Busy => {}
        }
    }

    /// Answers the requests that have come whole.
    fn serve(&mut self) {
        let Kind::Shell { nonce, input } = &mut self.kind else { return };
        while let Some((number, body)) = frame::read_request(nonce, input) {
            let words = words(&body);
            self.host.saw(Observed::Probed(words.clone()));
            let reply = self.host.reply(&words);
            let code = match &reply.end {
                End::Exit(exit) => exit.code().unwrap_or(137),
                End::Lost => {
                    self.is_lost = true;
                    return;
                }
                // It hangs in this one, and reads no further.
                End::Silence | End::Busy => {
                    self.input_ended = true;
                    return;
                }
            };
            let out = [&reply.stdout[..], format!("\n{nonce} {number} {code}\n").as_bytes()].concat();
            let err = [&reply.stderr[..], format!("\n{nonce} {number}\n").as_bytes()].concat();
            self.events.push_back(Event::Stdout(out.into()));
            self.events.push_back(Event::Stderr(err.into()));
        }
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// Text and arguments of a request, whose first line sets the arguments.
fn words(body: &str) -> Vec<String> {
    let quoted = body.strip_prefix("set -- ").unwrap_or(body);
    let (arguments, rest) = crate::quote::split(quoted);
    let text = rest.strip_suffix('\n').unwrap_or(rest).to_owned();
    std::iter::once(text).chain(arguments).collect()
}

impl Process for FakeProcess {
    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Event>>> {
        if let Some(delay) = &mut self.delay {
            if delay.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.delay = None;
            if !matches!(&self.kind, Kind::Reply(reply) if reply.echoes) {
                self.answer();
            }
        }
        match self.events.pop_front() {
            Some(event) => {
                self.exited |= matches!(event, Event::Exited(_));
                Poll::Ready(Ok(Some(event)))
            }
            None if self.exited => Poll::Ready(Ok(None)),
            None if self.is_lost => Poll::Ready(Err(lost())),
            None => {
                self.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    fn poll_write(&mut self, _: &mut Context<'_>, input: &[u8]) -> Poll<Result<usize>> {
        if self.input_ended || self.exited {
            return Poll::Ready(Ok(0));
        }
        match &mut self.kind {
            Kind::Reply(_) => self.heard.extend_from_slice(input),
            Kind::Shell { input: requests, .. } => {
                requests.extend_from_slice(input);
                self.serve();
            }
        }
        self.wake();
        Poll::Ready(Ok(input.len()))
    }

    fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<Result<()>> {
        let first = !std::mem::replace(&mut self.input_ended, true);
        match &self.kind {
            Kind::Reply(reply) if reply.echoes && first => self.answer(),
            Kind::Shell { .. } if first => self.events.push_back(Event::Exited(Exit::Code(0))),
            _ => {}
        }
        self.wake();
        Poll::Ready(Ok(()))
    }

    fn kill(&mut self) {
        if !self.exited && !self.events.iter().any(|event| matches!(event, Event::Exited(_))) {
            self.host.saw(Observed::Killed);
            self.delay = None;
            self.events.push_back(Event::Exited(Exit::Signal("KILL".to_owned())));
            self.wake();
        }
    }
}

impl Drop for FakeProcess {
    fn drop(&mut self) {
        if !self.is_lost && matches!(self.kind, Kind::Reply(_)) {
            self.kill();
        }
    }
}

impl fmt::Debug for FakeProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeProcess").field("exited", &self.exited).finish_non_exhaustive()
    }
}
