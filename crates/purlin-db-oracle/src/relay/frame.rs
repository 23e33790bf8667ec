//! The frame of TNS packets: how long they are and of which type. The layout is that of Oracle's own driver and of
//! Wireshark's dissector; Oracle publishes none.

use crate::packet::DATA;
use purlin_core::{Error, ErrorKind, Outcome, Result};

const MARKER: u8 = 12;
const CONTROL: u8 = 14;

/// The header, whose length is of four bytes once the listener has accepted.
const HEADER: usize = 8;

/// The length of the packet that begins there; none where its header has not come whole. `largest` is what the driver's
/// buffer holds: the session data unit that it has asked for.
pub(super) fn length(bytes: &[u8], largest: usize) -> Result<Option<usize>> {
    let Some(header) = bytes.first_chunk::<HEADER>() else { return Ok(None) };
    let [a, b, c, d, kind, ..] = *header;
    let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
    let least = match kind {
        DATA => 10,
        MARKER => 11,
        CONTROL => HEADER,
        _ => return Err(malformed(format!("a packet of type {kind} within a session"))),
    };
    match (least..=largest).contains(&length) {
        true => Ok(Some(length)),
        false => Err(malformed(format!("a packet of type {kind} with {length} bytes"))),
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
    fn what_the_driver_cannot_take_is_refused() {
        let packet = |length: u8, kind: u8| [0, 0, 0, length, kind, 0, 0, 0];
        assert_eq!(length(&packet(8, CONTROL), 64).unwrap(), Some(8));
        assert_eq!(length(&packet(8, CONTROL)[..7], 64).unwrap(), None);
        for bytes in
            [packet(7, CONTROL), packet(9, DATA), packet(10, MARKER), packet(65, DATA), packet(9, 77), [0; 8]]
        {
            assert_eq!(length(&bytes, 64).unwrap_err().kind(), ErrorKind::Protocol);
        }
    }
}
