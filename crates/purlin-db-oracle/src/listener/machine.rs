//! What decides, without a socket.

mod verdict;

pub(super) use verdict::Verdict;

use super::{ListenerAnswer, ListenerStage};
use crate::descriptor::{Address, Attempt};
use crate::packet::{self, FLAG_REDIRECTED, Foreign, Frame, Onwards, Refusal, Reply};
use purlin_core::Endpoint;

/// A scan listener sends on to a node's, and that perhaps to a dispatcher.
const HOPS: usize = 5;
/// Once is what listeners do, and once more after hands were shaken anew.
const RESENDS: usize = 4;
/// The listener was not told which service: it is there.
const NO_NAME_GIVEN: u32 = 12_504;

/// What has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// The connection stands, with TLS where that is spoken.
    Connected,
    /// Everything is written.
    Sent,
    Received(Vec<u8>),
    /// Nobody listens there.
    Nobody,
    /// There is no way there, for this reason of the system's.
    NoWay(String),
    HungUp(ListenerStage),
    /// The time is over.
    Silent(ListenerStage),
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Effect {
    Dial(Address),
    Send(Vec<u8>),
    /// Shake hands anew on the same connection.
    Reshake,
    Receive,
    Done(Verdict),
}

/// One question on its way.
#[derive(Debug)]
pub(super) struct Machine {
    address: Address,
    question: String,
    has_name: bool,
    /// Where it was asked what, the present included.
    asked: Vec<(Address, String)>,
    resends: usize,
    received: Vec<u8>,
    /// How long the text is that says where to.
    awaits_redirect: Option<usize>,
}

impl Machine {
    pub(super) fn new(attempt: Attempt) -> Self {
        let has_name = attempt.connect_data.name.is_some();
        let more = if has_name { "(CID=(PROGRAM=purlin))" } else { "(COMMAND=PING)" };
        Self {
            question: attempt.question(more),
            address: attempt.address,
            has_name,
            asked: Vec::new(),
            resends: 0,
            received: Vec::new(),
            awaits_redirect: None,
        }
    }

    /// Where it asks at present.
    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.address.endpoint
    }

    pub(super) fn redirects(&self) -> usize {
        self.asked.len().saturating_sub(1)
    }

    pub(super) fn start(&mut self) -> Effect {
        self.asked.push((self.address.clone(), self.question.clone()));
        Effect::Dial(self.address.clone())
    }

    pub(super) fn step(&mut self, event: Event) -> Effect {
        match event {
            Event::Connected => self.send(),
            Event::Sent => self.look(),
            Event::Received(bytes) => {
                self.received.extend_from_slice(&bytes);
                self.look()
            }
            Event::Nobody => Effect::Done(Verdict::nobody()),
            Event::NoWay(why) => Effect::Done(Verdict::no_way(&why)),
            Event::HungUp(stage) => Effect::Done(Verdict::hung_up(stage, self.received.len())),
            Event::Silent(stage) => Effect::Done(Verdict::silent(stage, self.received.len())),
        }
    }

    fn send(&self) -> Effect {
        let flags = if self.redirects() > 0 { FLAG_REDIRECTED } else { 0 };
        Effect::Send(packet::connect(&self.question, flags))
    }

    /// What the bytes received so far amount to.
    fn look(&mut self) -> Effect {
        let (reply, size) = match packet::frame(&self.received) {
            Frame::Partial => return Effect::Receive,
            Frame::Foreign(foreign) => return Effect::Done(Verdict::foreign(foreign)),
            Frame::Whole(packet, size) => (Reply::read(packet), size),
        };
        self.received.drain(..size);
        match (reply, self.awaits_redirect.take()) {
            (Err(foreign), _) => Effect::Done(Verdict::foreign(foreign)),
            (Ok(Reply::Data(text)), Some(length)) => {
                self.redirected_by(text.get(..length).unwrap_or_default())
            }
            (Ok(Reply::Data(_)), None) => Effect::Done(Verdict::foreign(Foreign::Kind(packet::DATA))),
            (Ok(_), Some(_)) => {
                Effect::Done(Verdict::foreign(Foreign::Content("a REDIRECT that does not say where to")))
            }
            (Ok(Reply::RedirectFollows(length)), None) => {
                self.awaits_redirect = Some(length);
                self.look()
            }
            (Ok(Reply::Redirect(text)), None) => self.redirected_by(&text),
            (Ok(Reply::Resend { new_tls }), None) => self.resend(new_tls),
            (Ok(Reply::Accept { version, services_required }), None) => {
                Effect::Done(Verdict::accepted(version, services_required))
            }
            (Ok(Reply::Refuse(refusal)), None) => Effect::Done(self.refused(refusal)),
        }
    }

    fn refused(&self, refusal: Refusal) -> Verdict {
        let is_alive = matches!(refusal.code, Some(0 | NO_NAME_GIVEN)) && !self.has_name;
        match is_alive {
            true => Verdict::alive(refusal.release),
            false => Verdict::refused(refusal),
        }
    }

    fn resend(&mut self, new_tls: bool) -> Effect {
        self.resends += 1;
        match (self.resends > RESENDS, new_tls && self.address.tls) {
            (true, _) => Effect::Done(Verdict::foreign(Foreign::Content("one RESEND after the other"))),
            (false, true) => Effect::Reshake,
            (false, false) => self.send(),
        }
    }

    fn redirected_by(&mut self, text: &[u8]) -> Effect {
        match packet::onwards(text) {
            Some(onwards) => self.redirected(onwards),
            // Such as a pipe on the server's own machine.
            None if text.starts_with(b"(") => {
                Effect::Done(Verdict::redirected("the listener sends on to where nothing can be asked"))
            }
            None => Effect::Done(Verdict::foreign(Foreign::Content("a REDIRECT that does not say where to"))),
        }
    }

    fn redirected(&mut self, onwards: Onwards) -> Effect {
        let question = onwards.question.unwrap_or_else(|| self.question.clone());
        let next = (onwards.address, question);
        if self.asked.contains(&next) {
            let message = format!("the listener sends on to {}, which was asked already", next.0.endpoint);
            return Effect::Done(Verdict::redirected(message));
        }
        if self.redirects() >= HOPS {
            let message = format!("the listeners send on more than {HOPS} times");
            return Effect::Done(Verdict::redirected(message));
        }
        (self.address, self.question) = next;
        self.received.clear();
        self.resends = 0;
        self.start()
    }
}

impl ListenerStage {
    fn of_silence(self) -> &'static str {
        match self {
            Self::Resolve => "the name was not resolved in time",
            Self::Connect => "no connection in time",
            Self::Tls => "connected, but hands were not shaken in time",
            Self::Reply => "connected, but no answer in time",
        }
    }
}

impl ListenerAnswer {
    fn words(self) -> &'static str {
        match self {
            Self::Up => "the listener is up",
            Self::NoListener => "nobody listens there",
            Self::NoSuchService => "the listener knows no such service",
            Self::NoSuchSid => "the listener knows no such SID",
            Self::Full => "the listener has no handler with room for one more",
            Self::Restricted => "the instance takes no ordinary connections now",
            Self::Refused => "the listener refuses",
            Self::NotOracle => "this is no Oracle listener",
            Self::EncryptionRequired => {
                "the server requires native network encryption, which thin drivers have not"
            }
            Self::Redirected => "the listener sends on to nowhere",
            Self::Closed(_) => "the connection was closed without an answer",
            Self::Silent(stage) => stage.of_silence(),
        }
    }
}
