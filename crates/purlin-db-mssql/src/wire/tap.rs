//! What is known of a connection by looking at its packets, without I/O.

use super::bytes::Malformed;
use super::scan::{Event, Scanner};
use purlin_core::Error;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use tokio::sync::Notify;

pub(super) const HEADER: usize = 8;
const END_OF_MESSAGE: u8 = 1;
pub(super) const ANSWER: u8 = 0x04;

/// Where a cancellation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Attention {
    #[default]
    None,
    /// Asked for, and not all of it written.
    Wanted,
    /// Written; the server owes its word that it was seen.
    Owed,
}

/// The packets of one direction.
#[derive(Debug, Default)]
struct Framing {
    header: [u8; HEADER],
    have: usize,
    left: usize,
}

/// A part of a message: its packet's kind, how many of the bytes it takes, and whether they are a header's.
struct Part {
    size: usize,
    is_payload: bool,
    /// The first bytes of a packet, whose kind is known now.
    begins: Option<u8>,
    ends_message: bool,
}

impl Framing {
    fn is_between_packets(&self) -> bool {
        self.have == 0
    }

    /// The next part of these bytes.
    fn part(&mut self, bytes: &[u8]) -> Result<Part, Malformed> {
        let mut part = Part { size: 0, is_payload: false, begins: None, ends_message: false };
        if self.have < HEADER {
            part.size = bytes.len().min(HEADER - self.have);
            for byte in &bytes[..part.size] {
                self.header[self.have] = *byte;
                self.have += 1;
            }
            if self.have < HEADER {
                return Ok(part);
            }
            let size = usize::from(u16::from_be_bytes([self.header[2], self.header[3]]));
            let Some(left) = size.checked_sub(HEADER) else {
                return Err(Malformed(format!("a packet of {size} bytes")));
            };
            self.left = left;
            part.begins = Some(self.header[0]);
        } else {
            part.size = bytes.len().min(self.left);
            part.is_payload = true;
            self.left -= part.size;
        }
        if self.left == 0 {
            self.have = 0;
            part.ends_message = self.header[1] & END_OF_MESSAGE != 0;
        }
        Ok(part)
    }
}

#[derive(Debug)]
pub(crate) struct Tap {
    outgoing: Framing,
    incoming: Framing,
    pub(super) scanner: Scanner,
    /// A request was begun and its answer has not ended.
    pub(super) in_flight: bool,
    /// All of the request was written.
    pub(super) sent: bool,
    /// A message of the client is under way.
    within_request: bool,
    /// The message that comes in is not for the driver, and is none of the answer's: it is read by this.
    aside: Option<Scanner>,
    pub(super) attention: Attention,
    /// The connection's own error, which the driver turns into text.
    pub(super) fault: Option<io::Error>,
    pub(super) is_over: bool,
    pub(super) reader: Option<Waker>,
}

impl Tap {
    fn new() -> Self {
        Self {
            outgoing: Framing::default(),
            incoming: Framing::default(),
            scanner: Scanner::new(),
            in_flight: false,
            sent: false,
            within_request: false,
            aside: None,
            attention: Attention::None,
            fault: None,
            is_over: false,
            reader: None,
        }
    }

    /// These bytes of requests were written.
    pub(super) fn wrote(&mut self, mut bytes: &[u8]) -> Result<(), Malformed> {
        while !bytes.is_empty() {
            let part = self.outgoing.part(bytes)?;
            if part.begins.is_some() && !self.within_request {
                self.within_request = true;
                (self.in_flight, self.sent) = (true, false);
                self.scanner.begins();
            }
            if part.ends_message {
                (self.within_request, self.sent) = (false, true);
            }
            bytes = &bytes[part.size..];
        }
        Ok(())
    }

    /// Whether something may come in now that is not for the driver.
    pub(super) fn may_mix(&self) -> bool {
        self.attention == Attention::Owed
    }

    /// These bytes came in. Where [not all](Self::may_mix) are for the driver, those that are go to `kept`.
    pub(super) fn read(&mut self, mut bytes: &[u8], mut kept: Option<&mut Vec<u8>>) -> Result<(), Malformed> {
        while !bytes.is_empty() {
            if self.incoming.is_between_packets() && !self.in_flight && self.aside.is_none() {
                if self.attention != Attention::Owed {
                    return Err(Malformed("an answer to no question".to_owned()));
                }
                self.aside = Some(Scanner::new());
            }
            let part = self.incoming.part(bytes)?;
            let (these, rest) = bytes.split_at(part.size);
            if let Some(kind) = part.begins.filter(|kind| *kind != ANSWER) {
                return Err(Malformed(format!("a packet of kind 0x{kind:02x}")));
            }
            match &mut self.aside {
                Some(aside) if part.is_payload => aside.feed(these)?,
                Some(_) => {}
                None => {
                    if part.is_payload {
                        self.scanner.feed(these)?;
                    }
                    if let Some(kept) = &mut kept {
                        kept.extend_from_slice(these);
                    }
                }
            }
            if part.ends_message {
                self.message_ended()?;
            }
            bytes = rest;
        }
        Ok(())
    }

    fn message_ended(&mut self) -> Result<(), Malformed> {
        let acknowledged = match self.aside.take() {
            Some(mut aside) => {
                aside.ends()?;
                // A cancellation may roll back.
                self.scanner.in_transaction = aside.in_transaction.or(self.scanner.in_transaction);
                aside.acknowledged
            }
            None => {
                self.scanner.ends()?;
                self.in_flight = false;
                self.scanner.acknowledged
            }
        };
        if self.attention == Attention::Owed && acknowledged {
            self.attention = Attention::None;
        }
        Ok(())
    }

    /// Whether a cancellation can be written now: never within a request.
    pub(super) fn may_interrupt(&mut self) -> bool {
        if self.attention == Attention::Wanted && !self.in_flight {
            self.attention = Attention::None;
        }
        self.attention == Attention::Wanted && self.sent
    }

    /// Whether the server's word has to be waited for before anything else is written.
    pub(super) fn owes(&self) -> bool {
        self.attention == Attention::Owed && !self.in_flight
    }
}

/// The tap of a connection, shared by the wire, the session and whoever cancels.
#[derive(Debug)]
pub(crate) struct Shared {
    tap: Mutex<Tap>,
    pub(crate) changed: Notify,
}

impl Shared {
    pub(crate) fn new() -> Self {
        Self { tap: Mutex::new(Tap::new()), changed: Notify::new() }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Tap> {
        // Whatever panicked, the state is checked at each step.
        self.tap.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next thing that the answer said.
    pub(crate) fn event(&self) -> Option<Event> {
        self.lock().scanner.events.pop_front()
    }

    /// The first error that has not been told.
    pub(crate) fn first_error(&self) -> Option<super::ServerMessage> {
        self.lock().scanner.events.iter().find_map(|event| match event {
            Event::Error(message) => Some(message.clone()),
            _ => None,
        })
    }

    /// Takes the money of a row.
    pub(crate) fn money(&self, count: usize, into: &mut Vec<i64>) {
        let money = &mut self.lock().scanner.money;
        let count = count.min(money.len());
        into.clear();
        into.extend(money.drain(..count));
    }

    pub(crate) fn in_transaction(&self) -> bool {
        self.lock().scanner.in_transaction == Some(true)
    }

    /// Whether the last answer ends where a cancellation has cut it.
    pub(crate) fn was_cancelled(&self) -> bool {
        self.lock().scanner.acknowledged
    }

    /// The connection's own error.
    pub(crate) fn fault(&self) -> Option<io::Error> {
        self.lock().fault.take()
    }

    /// Wants what is under way to be cancelled. Whether that is still to be done.
    pub(crate) fn interrupt(&self) -> bool {
        let mut tap = self.lock();
        if !tap.in_flight || tap.is_over || tap.attention == Attention::Owed {
            return false;
        }
        tap.attention = Attention::Wanted;
        if let Some(reader) = tap.reader.take() {
            reader.wake();
        }
        true
    }
}

/// For what the driver reports as text.
pub(super) fn copy(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), error.to_string())
}

impl From<Malformed> for io::Error {
    fn from(malformed: Malformed) -> Self {
        Self::new(io::ErrorKind::InvalidData, malformed)
    }
}

/// What kind of failure it is that a [`Malformed`] answer stands behind.
pub(crate) fn malformed(error: &io::Error) -> Option<Error> {
    let inner = error.get_ref()?.downcast_ref::<Malformed>()?;
    Some(Error::new(purlin_core::ErrorKind::Protocol, inner.to_string()))
}
