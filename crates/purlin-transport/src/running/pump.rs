//! Input into a command and events out of it, both at once.

use super::gate::{Gate, Turn};
use crate::{Event, Exit, FaultClass, Process};
use bytes::{Buf, Bytes};
use purlin_core::{Error, Result, Secret};
use std::collections::VecDeque;
use std::fmt;
use std::task::{Context, Poll, ready};

/// How much of the outputs is kept while the caller only writes.
const QUEUED: usize = 1024 * 1024;

pub(super) struct Pump {
    process: Box<dyn Process>,
    gate: Option<Gate>,
    user: String,
    password: Option<Secret<String>>,
    /// What goes through the gate, before everything else.
    key: Bytes,
    input: VecDeque<Bytes>,
    closing: bool,
    closed: bool,
    /// It reads no more.
    deaf: bool,
    queue: VecDeque<Event>,
    queued: usize,
    exit: Option<Exit>,
    ended: bool,
    held_open: bool,
}

impl Pump {
    pub(super) fn new(
        process: Box<dyn Process>,
        gate: Option<Gate>,
        password: Option<Secret<String>>,
    ) -> Self {
        Self {
            process,
            gate,
            user: String::new(),
            password,
            key: Bytes::new(),
            input: VecDeque::new(),
            closing: false,
            closed: false,
            deaf: false,
            queue: VecDeque::new(),
            queued: 0,
            exit: None,
            ended: false,
            held_open: false,
        }
    }

    pub(super) fn becomes(&mut self, user: &str) {
        user.clone_into(&mut self.user);
    }

    pub(super) fn give(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.input.push_back(bytes);
        }
    }

    pub(super) fn close(&mut self) {
        self.closing = true;
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing
    }

    pub(super) fn kill(&mut self) {
        if self.exit.is_none() {
            self.process.kill();
        }
    }

    pub(super) fn exit(&self) -> Option<&Exit> {
        self.exit.as_ref()
    }

    /// Its outputs do not end by themselves.
    pub(super) fn end_of_patience(&mut self) -> Result<()> {
        self.held_open = true;
        self.ended = true;
        self.gate.as_ref().map_or(Ok(()), |gate| Err(gate.refusal(&self.user)))
    }

    pub(super) fn was_held_open(&self) -> bool {
        self.held_open
    }

    /// The next event, while input goes in.
    pub(super) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Event>>> {
        loop {
            self.poll_input(context)?;
            if let Some(event) = self.queue.pop_front() {
                self.queued -= weight(&event);
                return Poll::Ready(Ok(Some(event)));
            }
            if self.ended {
                return Poll::Ready(Ok(None));
            }
            ready!(self.poll_heard(context))?;
        }
    }

    /// All input is in, or passed over; what the command says meanwhile is kept.
    pub(super) fn poll_drained(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        loop {
            self.poll_input(context)?;
            if self.is_drained() {
                return Poll::Ready(Ok(()));
            }
            if self.ended || self.queued > QUEUED {
                return if self.ended { Poll::Ready(Ok(())) } else { Poll::Pending };
            }
            ready!(self.poll_heard(context))?;
        }
    }

    fn is_drained(&self) -> bool {
        self.deaf || self.input.is_empty() && self.key.is_empty() && (self.closed || !self.closing)
    }

    /// Takes one event of the process in.
    fn poll_heard(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        let event = ready!(self.process.poll_event(context))?;
        match (event, &self.gate) {
            (None, gate) => {
                self.ended = true;
                return Poll::Ready(gate.as_ref().map_or(Ok(()), |gate| Err(gate.refusal(&self.user))));
            }
            (Some(Event::Stderr(bytes)), Some(_)) => return Poll::Ready(self.at_gate(&bytes)),
            // It is that of sudo, whose last words may still come.
            (Some(Event::Exited(exit)), Some(_)) => self.exit = Some(exit),
            (Some(event), _) => self.keep(event),
        }
        Poll::Ready(Ok(()))
    }

    fn keep(&mut self, event: Event) {
        if let Event::Exited(exit) = &event {
            self.exit = Some(exit.clone());
            self.is_deaf();
        }
        self.queued += weight(&event);
        self.queue.push_back(event);
    }

    fn at_gate(&mut self, bytes: &[u8]) -> Result<()> {
        let Some(gate) = &mut self.gate else { return Ok(()) };
        match gate.hear(bytes) {
            Turn::Wait => {}
            Turn::Password => {
                let password = self.password.take().unwrap_or_default();
                self.key = Bytes::from(format!("{}\n", password.expose()));
            }
            Turn::In(rest) => {
                self.gate = None;
                if !rest.is_empty() {
                    self.keep(Event::Stderr(rest.into()));
                }
            }
            Turn::Refused => {
                let error = gate.refusal(&self.user);
                self.process.kill();
                return Err(error);
            }
        }
        Ok(())
    }

    /// As much input as it takes now.
    fn poll_input(&mut self, context: &mut Context<'_>) -> Result<()> {
        while !self.deaf {
            let bytes = match (&self.gate, self.key.is_empty()) {
                (_, false) => &mut self.key,
                (Some(_), true) => return Ok(()),
                (None, true) => match self.input.front_mut() {
                    Some(bytes) => bytes,
                    None => return self.poll_close(context),
                },
            };
            match self.process.poll_write(context, bytes)? {
                Poll::Pending => return Ok(()),
                Poll::Ready(0) => self.is_deaf(),
                Poll::Ready(count) => {
                    bytes.advance(count);
                    if self.input.front().is_some_and(Bytes::is_empty) {
                        self.input.pop_front();
                    }
                }
            }
        }
        Ok(())
    }

    fn poll_close(&mut self, context: &mut Context<'_>) -> Result<()> {
        if self.closing && !self.closed && self.process.poll_close(context)?.is_ready() {
            self.closed = true;
        }
        Ok(())
    }

    fn is_deaf(&mut self) {
        self.deaf = true;
        self.input.clear();
        self.key.clear();
    }
}

fn weight(event: &Event) -> usize {
    match event {
        Event::Stdout(bytes) | Event::Stderr(bytes) => bytes.len(),
        Event::Exited(_) => 0,
    }
}

/// What a process says whose link broke.
pub(crate) fn lost() -> Error {
    FaultClass::LinkLost.error("the link broke, and whether the command came to its end is not known")
}

impl fmt::Debug for Pump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pump")
            .field("process", &self.process)
            .field("exit", &self.exit)
            .finish_non_exhaustive()
    }
}
