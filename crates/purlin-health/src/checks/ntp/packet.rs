//! The packets of NTP (RFC 5905, section 7.3).

use purlin_core::{Error, ErrorKind, Result, Timestamp};

/// Without extensions and signature.
const LENGTH: usize = 48;

/// Seconds from 1900, where NTP begins, to 1970.
const ERA: i64 = 2_208_988_800;

/// A question, and how to know its answer.
#[derive(Debug)]
pub(super) struct Question {
    /// Instead of our time, which is nobody's business: a number that comes back only in the answer.
    cookie: [u8; 8],
}

/// What a server says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    leap: u8,
    pub(super) stratum: u8,
    reference: [u8; 4],
    pub(super) offset: f64,
    pub(super) delay: f64,
}

impl Question {
    pub(super) fn new() -> Self {
        Self { cookie: fastrand::u64(1..).to_be_bytes() }
    }

    /// The one that was sent as these bytes.
    #[cfg(target_os = "linux")]
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let packet = bytes.first_chunk::<LENGTH>()?;
        Some(Self { cookie: *packet.last_chunk()? })
    }

    /// Version 4, mode client, and nothing else but the cookie.
    pub(super) fn bytes(&self) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        bytes[0] = 4 << 3 | 3;
        bytes[40..].copy_from_slice(&self.cookie);
        bytes
    }

    /// The answer that was sent for and came back at these moments of our clock; none where it is another's.
    pub(super) fn answer(&self, bytes: &[u8], sent: Timestamp, back: Timestamp) -> Option<Result<Answer>> {
        let Some(packet) = bytes.first_chunk::<LENGTH>() else {
            return Some(Err(foreign("it is too short")));
        };
        if packet[0] & 7 != 4 {
            return Some(Err(foreign("it is not from a server")));
        }
        if packet[24..32] != self.cookie {
            return None;
        }
        let mut reference = [0; 4];
        reference.copy_from_slice(&packet[12..16]);
        let (received, transmitted) = (moment(packet, 32), moment(packet, 40));
        let (sent, back) = (of_ours(sent), of_ours(back));
        // Differences of moments do not care in which era of 136 years they are.
        let (there, again) = (seconds(received, sent), seconds(transmitted, back));
        Some(Ok(Answer {
            leap: packet[0] >> 6,
            stratum: packet[1],
            reference,
            offset: f64::midpoint(there, again),
            delay: (there - again).max(0.0),
        }))
    }
}

impl Answer {
    /// Why the time that it tells is worth nothing: a word and a line.
    pub(super) fn fault(&self) -> Option<(&'static str, String)> {
        if self.stratum == 0 && self.reference.iter().all(u8::is_ascii_uppercase) {
            let code: String = self.reference.iter().map(|byte| char::from(*byte)).collect();
            return Some(("kiss", format!("it wants to be left alone: {code}")));
        }
        if self.leap == 3 || !(1..=15).contains(&self.stratum) {
            return Some(("unsynchronized", "it is not synchronized itself".to_owned()));
        }
        None
    }
}

fn foreign(why: &str) -> Error {
    Error::new(ErrorKind::Protocol, format!("the answer is no NTP: {why}")).with_operation("udp.ask")
}

fn moment(packet: &[u8; LENGTH], at: usize) -> u64 {
    packet[at..at + 8].iter().fold(0, |moment, byte| moment << 8 | u64::from(*byte))
}

/// Seconds since 1900 in the upper half, their fraction in the lower.
fn of_ours(moment: Timestamp) -> u64 {
    let seconds = moment.unix_seconds().wrapping_add(ERA).cast_unsigned();
    (seconds << 32) | ((u64::from(moment.subsec_nanos()) << 32) / 1_000_000_000)
}

#[expect(clippy::cast_precision_loss, reason = "a difference of clocks in microseconds fits")]
fn seconds(later: u64, earlier: u64) -> f64 {
    later.wrapping_sub(earlier).cast_signed() as f64 / 4_294_967_296.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds)
    }

    /// An answer of a server whose clock is ahead, after half a second of the way there.
    fn answer(question: &Question, now: i64, ahead: i64) -> Vec<u8> {
        let mut bytes = question.bytes();
        bytes[0] = 4 << 3 | 4;
        bytes[1] = 2;
        let theirs = of_ours(at(now + ahead).saturating_add(Duration::from_millis(500)));
        bytes[24..32].copy_from_slice(&question.cookie);
        bytes[32..40].copy_from_slice(&theirs.to_be_bytes());
        bytes[40..].copy_from_slice(&theirs.to_be_bytes());
        bytes.to_vec()
    }

    #[test]
    fn offset_and_delay_are_those_of_the_rfc_in_every_era() {
        // Also where the seconds since 1900 begin anew, in February 2036.
        for now in [1_700_000_000, 2_085_978_495, 2_085_978_496, 4_000_000_000] {
            for ahead in [0, 1, -1, 3600, -3600] {
                let question = Question::new();
                let seen = question.answer(&answer(&question, now, ahead), at(now), at(now + 1)).unwrap();
                let seen = seen.unwrap();
                assert!((seen.offset - ahead as f64).abs() < 1e-6, "{seen:?}");
                assert!((seen.delay - 1.0).abs() < 1e-6, "{seen:?}");
                assert_eq!(seen.fault(), None);
            }
        }
    }

    #[test]
    fn who_has_no_time_says_so() {
        let question = Question::new();
        let mut bytes = answer(&question, 0, 0);
        let said =
            |bytes: &[u8]| question.answer(bytes, at(0), at(1)).unwrap().unwrap().fault().unwrap_or_default();
        bytes[0] |= 3 << 6;
        assert_eq!(said(&bytes).0, "unsynchronized");
        bytes[1] = 0;
        assert_eq!(said(&bytes).0, "unsynchronized");
        bytes[12..16].copy_from_slice(b"RATE");
        assert_eq!(said(&bytes), ("kiss", "it wants to be left alone: RATE".to_owned()));
    }

    #[test]
    fn the_answer_to_another_question_is_passed_over() {
        let (question, other) = (Question { cookie: [1; 8] }, Question { cookie: [2; 8] });
        assert!(question.answer(&answer(&other, 0, 0), at(0), at(1)).is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = Question::new().answer(&bytes, at(0), at(1));
        }
    }
}
