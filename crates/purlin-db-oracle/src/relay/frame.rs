//! The frame of TNS packets: how long they are and of which type. The layout is that of Oracle's own driver and of
//! Wireshark's dissector; Oracle publishes none.

use purlin_core::{Error, ErrorKind, Outcome, Result};

pub(super) const CONNECT: u8 = 1;
pub(super) const ACCEPT: u8 = 2;
pub(super) const REFUSE: u8 = 4;
pub(super) const REDIRECT: u8 = 5;
pub(super) const DATA: u8 = 6;
pub(super) const RESEND: u8 = 11;
pub(super) const MARKER: u8 = 12;
pub(super) const CONTROL: u8 = 14;

pub(super) const HEADER: usize = 8;
/// The largest packet that the driver's buffer holds: the session data unit that it asks for.
pub(super) const LARGEST: usize = 8192;

/// How a packet's length is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    /// In two bytes, up to the ACCEPT.
    Narrow,
    /// In four bytes, afterwards.
    Wide,
}

/// The length of the packet that begins there; none where its header has not come whole.
pub(super) fn length(bytes: &[u8], width: Width) -> Result<Option<usize>> {
    let Some(header) = bytes.first_chunk::<HEADER>() else { return Ok(None) };
    let [a, b, c, d, kind, ..] = *header;
    let length = match width {
        Width::Narrow => usize::from(u16::from_be_bytes([a, b])),
        Width::Wide => usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX),
    };
    let least = match kind {
        DATA => 10,
        MARKER => 11,
        _ => HEADER,
    };
    match length {
        short if short < least => Err(malformed(format!("a packet of type {kind} with {short} bytes"))),
        long if long > LARGEST => Err(malformed(format!("a packet of type {kind} with {long} bytes"))),
        length => Ok(Some(length)),
    }
}

/// The server does not speak the protocol.
pub(super) fn malformed(what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Protocol, format!("no Oracle server speaks there: {what}"))
        .with_operation("db.read")
        .with_outcome(Outcome::Maybe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_that_the_driver_cannot_take_are_refused() {
        let packet = |length: u8, kind: u8| [0, length, 0, 0, kind, 0, 0, 0];
        assert_eq!(length(&packet(8, CONTROL), Width::Narrow).unwrap(), Some(8));
        assert_eq!(length(&packet(8, CONTROL)[..7], Width::Narrow).unwrap(), None);
        for (bytes, width) in [
            (packet(7, CONTROL), Width::Narrow),
            (packet(9, DATA), Width::Narrow),
            (packet(10, MARKER), Width::Narrow),
            (packet(10, DATA), Width::Wide),
            ([0; 8], Width::Wide),
        ] {
            assert_eq!(length(&bytes, width).unwrap_err().kind(), ErrorKind::Protocol);
        }
    }
}
