//! What a server takes in one packet. It hangs up on more, and says why to nobody who is still sending.

use mysql_async::Value;
use purlin_core::{Error, ErrorKind, Outcome, Result};

/// Above this the raw driver sends texts and bytes one by one before the statement, in pieces of this size.
const WHOLE: usize = 16_777_215;
/// Number of the statement, flags, count.
const EXECUTE: usize = 11;
/// The head of such a piece.
const PIECE: usize = 7;

/// The server's `max_allowed_packet`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit(Option<u64>);

impl Limit {
    /// None where the server does not tell.
    pub(crate) const fn new(bytes: Option<u64>) -> Self {
        Self(bytes)
    }

    /// Refuses a text that is too long.
    pub(crate) fn text(self, sql: &str) -> Result<()> {
        self.check(sql.len() + 1, sql.len(), "the statement")
    }

    /// Refuses what a prepared statement is called with.
    pub(crate) fn parameters(self, values: &[Value]) -> Result<()> {
        let fixed = EXECUTE + values.len().div_ceil(8) + values.len() * 2;
        let whole = values.iter().fold(fixed, |sum, value| sum.saturating_add(length(value)));
        if whole <= WHOLE {
            return self.check(whole, whole, "the statement's parameters");
        }
        for (index, value) in values.iter().enumerate() {
            if let Value::Bytes(bytes) = value {
                self.check(bytes.len() + PIECE, bytes.len(), &format!("parameter {}", index + 1))?;
            }
        }
        Ok(())
    }

    fn check(self, packet: usize, length: usize, what: &str) -> Result<()> {
        match self.0 {
            Some(limit) if u64::try_from(packet).is_ok_and(|packet| packet < limit) => Ok(()),
            None => Ok(()),
            Some(limit) => {
                let message = format!(
                    "{what}: {length} bytes, and the server takes packets of less than {limit} \
                     (max_allowed_packet)"
                );
                Err(Error::new(ErrorKind::Invalid, message).with_outcome(Outcome::NotSent))
            }
        }
    }
}

/// Bytes of a value in the binary protocol, at most.
fn length(value: &Value) -> usize {
    match value {
        Value::NULL => 0,
        Value::Bytes(bytes) => match bytes.len() {
            length @ ..251 => length + 1,
            length @ ..0x1_0000 => length + 3,
            length @ ..0x100_0000 => length + 4,
            length => length + 9,
        },
        Value::Float(_) => 4,
        Value::Int(_) | Value::UInt(_) | Value::Double(_) => 8,
        Value::Date(..) => 12,
        Value::Time(..) => 13,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_refused_with_both_sizes() {
        let limit = Limit::new(Some(1024));
        assert!(limit.text(&"x".repeat(1022)).is_ok());
        let error = limit.text(&"x".repeat(1023)).unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::NotSent));
        assert!(error.message().contains("1023 bytes") && error.message().contains("1024"), "{error}");
        assert!(Limit::new(None).text(&"x".repeat(5000)).is_ok());
        let bytes = |length| Value::Bytes(vec![b'x'; length]);
        assert!(limit.parameters(&[bytes(510), bytes(500)]).is_err());
        assert!(limit.parameters(&[bytes(500), bytes(490), Value::NULL]).is_ok());
        // These travel apart.
        let limit = Limit::new(Some(16 << 20));
        assert!(limit.parameters(&[bytes(10 << 20), bytes(10 << 20)]).is_ok());
        assert!(limit.parameters(&[bytes(20 << 20)]).is_err());
        assert!(Limit::new(Some(64 << 20)).parameters(&[bytes(20 << 20)]).is_ok());
    }
}
