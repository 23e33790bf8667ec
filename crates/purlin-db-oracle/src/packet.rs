//! Packets of Oracle Net (TNS), as far as a CONNECT and its answers go. There is no public specification: layout and
//! numbers are those of Oracle's own thin drivers.

mod connect;
mod reply;
#[cfg(test)]
mod tests;

pub(crate) use connect::connect;
pub(crate) use reply::{Onwards, Refusal, Reply, onwards};

use std::fmt;

/// Length, checksum, type, flags, checksum of the header.
pub(crate) const HEADER: usize = 8;
/// No answer to a CONNECT is longer.
const LONGEST: usize = 8192;

pub(crate) const CONNECT: u8 = 1;
pub(crate) const ACCEPT: u8 = 2;
pub(crate) const REFUSE: u8 = 4;
pub(crate) const REDIRECT: u8 = 5;
pub(crate) const DATA: u8 = 6;
pub(crate) const ABORT: u8 = 9;
pub(crate) const RESEND: u8 = 11;

/// In a CONNECT: the listener was found by a REDIRECT.
pub(crate) const FLAG_REDIRECTED: u8 = 0x04;
/// In a RESEND: hands are to be shaken anew before.
const FLAG_NEW_TLS: u8 = 0x08;

/// A packet that is there as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Packet<'b> {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) body: &'b [u8],
}

/// What the first bytes of a stream are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frame<'b> {
    /// A packet of this many bytes.
    Whole(Packet<'b>, usize),
    /// The beginning of one.
    Partial,
    /// No packet that can be an answer to a CONNECT.
    Foreign(Foreign),
}

/// What speaks there instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Foreign {
    Http,
    Ssh,
    Tls,
    /// A length that no packet can have.
    Length(u16),
    /// A packet of a kind that is no answer.
    Kind(u8),
    /// A packet of a kind that is one, with something in it that is none.
    Content(&'static str),
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http => f.write_str("it speaks HTTP"),
            Self::Ssh => f.write_str("it speaks SSH"),
            Self::Tls => f.write_str("it speaks TLS, and was asked without"),
            Self::Length(length) => write!(f, "no answer is {length} bytes long"),
            Self::Kind(kind) => write!(f, "a packet of type {kind} is no answer"),
            Self::Content(what) => write!(f, "it sends {what}"),
        }
    }
}

/// Looks at what has been received so far. Decides as early as it can.
pub(crate) fn frame(bytes: &[u8]) -> Frame<'_> {
    if let Some(foreign) = banner(bytes) {
        return Frame::Foreign(foreign);
    }
    let Some((length, rest)) = bytes.split_first_chunk::<2>() else { return Frame::Partial };
    let length = u16::from_be_bytes(*length);
    let size = usize::from(length);
    // A banner may still become one: the type comes before the length is judged.
    let kind = rest.get(2).copied();
    match kind {
        None if size < HEADER => return Frame::Foreign(Foreign::Length(length)),
        None => return Frame::Partial,
        Some(_) if !(HEADER..=LONGEST).contains(&size) => return Frame::Foreign(Foreign::Length(length)),
        Some(ACCEPT | REFUSE | REDIRECT | DATA | ABORT | RESEND) => {}
        Some(other) => return Frame::Foreign(Foreign::Kind(other)),
    }
    match (kind, bytes.get(5), bytes.get(HEADER..size)) {
        (Some(kind), Some(flags), Some(body)) => Frame::Whole(Packet { kind, flags: *flags, body }, size),
        _ => Frame::Partial,
    }
}

/// Those whose first words are known.
pub(crate) fn banner(bytes: &[u8]) -> Option<Foreign> {
    match bytes {
        [b'H', b'T', b'T', b'P', ..] => Some(Foreign::Http),
        [b'S', b'S', b'H', b'-', ..] => Some(Foreign::Ssh),
        // An alert of TLS, which would pass for an ACCEPT.
        [0x15, 0x03, 0..=4, ..] => Some(Foreign::Tls),
        _ => None,
    }
}
