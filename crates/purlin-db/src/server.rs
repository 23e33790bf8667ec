//! Who answers.

use crate::Vendor;
use purlin_core::Endpoint;
use std::fmt;

/// The version of a server, for comparison and as it says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerVersion {
    numbers: [u32; 3],
    text: String,
}

impl ServerVersion {
    /// A version, from the numbers that engines compare (major, minor, patch) and the server's own text.
    pub fn new(major: u32, minor: u32, patch: u32, text: impl Into<String>) -> Self {
        Self { numbers: [major, minor, patch], text: text.into() }
    }

    /// Whether it is that version or a later one.
    pub fn is_at_least(&self, major: u32, minor: u32) -> bool {
        self.numbers >= [major, minor, 0]
    }

    /// The major number.
    pub fn major(&self) -> u32 {
        self.numbers[0]
    }

    /// What the server says, such as `10.11.19-MariaDB-log`.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Something that not every engine, version or driver can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
#[repr(u8)]
pub enum Capability {
    /// Savepoints within a transaction.
    Savepoints,
    /// A transaction that the server holds to reading.
    ReadOnlyTransactions,
    /// DDL is undone by a rollback.
    TransactionalDdl,
    /// A running statement can be stopped on the server.
    Cancel,
    /// A call can have several results.
    MultipleResults,
    /// Statements can be prepared.
    Prepared,
    /// The session can be proven clean after the future of a call was dropped.
    RecoversAfterDrop,
    /// Locks by name that live as long as the session.
    NamedLocks,
    /// The server tells its role.
    Roles,
    /// A replica tells its lag.
    Lag,
    /// Unsigned 64-bit numbers have a type of their own.
    Unsigned,
    /// Errors name the constraint that said no.
    ConstraintNames,
}

/// A set of [`Capability`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capabilities(u64);

impl Capabilities {
    /// None.
    pub const fn new() -> Self {
        Self(0)
    }

    /// With one more.
    #[must_use]
    pub const fn with(self, capability: Capability) -> Self {
        Self(self.0 | 1 << capability as u8)
    }

    /// Without one.
    #[must_use]
    pub const fn without(self, capability: Capability) -> Self {
        Self(self.0 & !(1 << capability as u8))
    }

    /// Whether it holds one.
    pub const fn has(self, capability: Capability) -> bool {
        self.0 & 1 << capability as u8 != 0
    }
}

/// Who answers at the other end of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerInfo {
    /// Who made it.
    pub vendor: Vendor,
    /// Which version.
    pub version: ServerVersion,
    /// Where.
    pub endpoint: Endpoint,
    /// The server's own number of the session, as its process list shows it.
    pub session_id: Option<u64>,
    /// What can be done there, by engine, version and driver.
    pub capabilities: Capabilities,
}

impl ServerInfo {
    /// A server without capabilities.
    pub fn new(vendor: Vendor, version: ServerVersion, endpoint: Endpoint) -> Self {
        Self { vendor, version, endpoint, session_id: None, capabilities: Capabilities::new() }
    }

    /// With the session's number.
    pub fn session_id(mut self, id: u64) -> Self {
        self.session_id = Some(id);
        self
    }

    /// With these capabilities.
    pub fn capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities;
        self
    }
}
