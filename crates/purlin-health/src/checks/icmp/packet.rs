//! Echo requests and their answers (RFC 792, RFC 4443 section 4).

/// An echo request, and how to know its answer.
#[derive(Debug)]
pub(super) struct Echo {
    is_v6: bool,
    /// Raw sockets give the IPv4 header along with the answer.
    has_header: bool,
    id: u16,
    cookie: [u8; 16],
}

impl Echo {
    pub(super) fn new(is_v6: bool, has_header: bool) -> Self {
        Self { is_v6, has_header, id: fastrand::u16(..), cookie: fastrand::u128(..).to_be_bytes() }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let kind = if self.is_v6 { 128 } else { 8 };
        let mut bytes = vec![kind, 0, 0, 0];
        bytes.extend(self.id.to_be_bytes());
        bytes.extend(1_u16.to_be_bytes());
        bytes.extend(self.cookie);
        if !self.is_v6 {
            // For IPv6 the system reckons it, since it covers addresses.
            let sum = checksum(&bytes).to_be_bytes();
            bytes[2..4].copy_from_slice(&sum);
        }
        bytes
    }

    /// Raw sockets hear everybody's answers; the system writes its own number over ours where the socket is not raw, so
    /// the cookie alone tells.
    pub(super) fn is_answered_by(&self, bytes: &[u8]) -> bool {
        let header = match bytes.first() {
            Some(first) if self.has_header => usize::from(first & 15) * 4,
            _ => 0,
        };
        let kind = if self.is_v6 { 129 } else { 0 };
        let Some(message) = bytes.get(header..) else { return false };
        message.first() == Some(&kind) && message.get(8..24) == Some(&self.cookie[..])
    }
}

/// RFC 1071.
fn checksum(bytes: &[u8]) -> u16 {
    let pair = |pair: &[u8]| u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |low| u32::from(*low));
    let mut sum: u32 = bytes.chunks(2).map(pair).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// RFC 1071, section 3.
    #[test]
    fn the_check_sum_is_that_of_the_rfc() {
        assert_eq!(checksum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]), !0xddf2);
        // Whoever sums up a message with its check sum gets nothing.
        assert_eq!(checksum(&Echo::new(false, false).bytes()), 0);
    }

    #[test]
    fn only_the_own_answer_counts() {
        let (echo, other) = (Echo::new(false, true), Echo::new(false, true));
        let answer = |echo: &Echo| [vec![0x45; 20], vec![0], echo.bytes()[1..].to_vec()].concat();
        assert!(echo.is_answered_by(&answer(&echo)));
        assert!(!echo.is_answered_by(&answer(&other)));
        // A raw socket on the loopback hears the request too.
        assert!(!echo.is_answered_by(&[vec![0x45; 20], echo.bytes()].concat()));
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let answers = [false, true].map(|raw| Echo::new(false, raw).is_answered_by(&bytes));
            prop_assert_eq!(answers, [false, false]);
        }
    }
}
