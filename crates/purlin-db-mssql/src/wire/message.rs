//! What the server says when it refuses.

use super::bytes::Bytes;

/// An error of SQL Server with all its parts: `error.detail::<ServerMessage>()`, beside the
/// [`DbDetail`](purlin_db::DbDetail).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerMessage {
    /// The number, such as 2627.
    pub number: i32,
    /// The place in the server's own code; 18456 says by it why a login was refused, in the server's log only.
    pub state: u8,
    /// The severity: 11 to 16 are the caller's to mend, 17 to 19 the server's, and with 20 and above it hangs up.
    pub class: u8,
    /// In words.
    pub message: String,
    /// The name of the server.
    pub server: String,
    /// The procedure; empty outside of one.
    pub procedure: String,
    /// The line within the batch or procedure.
    pub line: u32,
}

impl ServerMessage {
    pub(super) fn read(bytes: &mut Bytes<'_>) -> Option<Self> {
        Some(Self {
            number: bytes.array().map(i32::from_le_bytes)?,
            state: bytes.u8()?,
            class: bytes.u8()?,
            message: bytes.long_text()?,
            server: bytes.short_text()?,
            procedure: bytes.short_text()?,
            line: bytes.u32()?,
        })
    }

    /// Whether the server hangs up after it.
    pub fn ends_connection(&self) -> bool {
        self.class >= 20
    }
}
