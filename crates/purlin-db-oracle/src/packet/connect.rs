//! The question.

use super::{CONNECT, DATA, HEADER};

/// Protocol 319, that of 23ai, is the newest that is known.
const VERSION: u16 = 319;
/// The oldest that is understood: what listeners of 8i speak.
const OLDEST: u16 = 300;
const DONT_CARE: u16 = 0x0001;
const SDU: u16 = 8192;
const CHARACTERISTICS: u16 = 0x4f98;
/// No native network encryption and no authentication by it.
const NO_SERVICES: u8 = 0x04;
/// Hands may be shaken anew on the same connection.
const NEW_TLS: u8 = 0x80;
/// Where the connect data begin, counted from the header.
const DATA_AT: u16 = 74;
/// Longer connect data stand in a packet of their own.
const MOST_WITHIN: usize = 230;

/// A CONNECT with these connect data, and the DATA after it where they are long.
pub(crate) fn connect(data: &str, flags: u8) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
    let data = &data.as_bytes()[..usize::from(length)];
    let mut body = Vec::with_capacity(usize::from(DATA_AT) + data.len());
    for word in [VERSION, OLDEST, DONT_CARE, SDU, SDU, CHARACTERISTICS, 0, 1, length, DATA_AT] {
        body.extend_from_slice(&word.to_be_bytes());
    }
    body.extend_from_slice(&[0; 4]);
    body.extend_from_slice(&[NO_SERVICES | NEW_TLS; 2]);
    body.extend_from_slice(&[0; 24]);
    for word in [u32::from(SDU), u32::from(SDU), 0, 0] {
        body.extend_from_slice(&word.to_be_bytes());
    }
    if data.len() <= MOST_WITHIN {
        body.extend_from_slice(data);
        return packet(CONNECT, flags, &body);
    }
    let mut packets = packet(CONNECT, flags, &body);
    let mut body = vec![0, 0];
    body.extend_from_slice(data);
    packets.extend_from_slice(&packet(DATA, 0, &body));
    packets
}

pub(super) fn packet(kind: u8, flags: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(HEADER + body.len()).unwrap_or(u16::MAX);
    let mut packet = length.to_be_bytes().to_vec();
    packet.extend_from_slice(&[0, 0, kind, flags, 0, 0]);
    packet.extend_from_slice(body);
    packet
}
