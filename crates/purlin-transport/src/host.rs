//! Which host, and how to get there.

use std::fmt;

/// A host as a transport is asked for it: its name, and what is said of the way. What is left out, the transport
/// fills in: the name stands for the address, and `ssh` has port 22, the caller's own user and no jump host, unless its
/// settings say otherwise.
///
/// ```
/// use purlin_transport::Host;
///
/// let gate = Host::new("gate.lon").user("jump");
/// let host = Host::new("web01.lon").address("10.0.0.7").port(2222).user("deploy").via(gate);
/// assert_eq!(host.to_string(), "web01.lon");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Host {
    /// The name that people use, which every error about it carries.
    pub name: String,
    /// Where it is, when that is not its name: a DNS name or an address.
    pub address: Option<String>,
    /// The port of its service.
    pub port: Option<u16>,
    /// Whom to log in as.
    pub user: Option<String>,
    /// The host to go through.
    pub via: Option<Box<Host>>,
}

impl Host {
    /// A host by its name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), address: None, port: None, user: None, via: None }
    }

    /// Where it is.
    #[must_use]
    pub fn address(mut self, address: impl Into<String>) -> Self {
        self.address = Some(address.into());
        self
    }

    /// The port of its service.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Whom to log in as.
    #[must_use]
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// The host to go through, which may have one to go through itself.
    #[must_use]
    pub fn via(mut self, jump: Self) -> Self {
        self.via = Some(Box::new(jump));
        self
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
