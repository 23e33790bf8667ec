//! What is sent to a server.

use crate::Value;

/// How a statement travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Protocol {
    /// As text where it has no parameters, else prepared.
    #[default]
    Auto,
    /// As text, without parameters; the only way for several statements in one call and for what cannot be prepared.
    Text,
    /// Prepared, and kept in the session's statement cache.
    Prepared,
}

/// A statement in the server's own SQL with its parameters in order: what a driver is given.
///
/// Users write [`Session::query`](crate::Session::query), which makes it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Statement<'a> {
    /// The text, byte for byte as it is sent.
    pub sql: &'a str,
    /// The values of its placeholders, in order.
    pub parameters: &'a [Value],
    /// How it travels.
    pub protocol: Protocol,
}

impl<'a> Statement<'a> {
    /// A statement without parameters.
    pub fn new(sql: &'a str) -> Self {
        Self { sql, parameters: &[], protocol: Protocol::Auto }
    }

    /// With these parameters.
    pub fn parameters(mut self, parameters: &'a [Value]) -> Self {
        self.parameters = parameters;
        self
    }

    /// To travel that way.
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = protocol;
        self
    }

    /// Whether it is prepared: asked for, or by its parameters.
    pub fn is_prepared(&self) -> bool {
        match self.protocol {
            Protocol::Auto => !self.parameters.is_empty(),
            Protocol::Text => false,
            Protocol::Prepared => true,
        }
    }
}
