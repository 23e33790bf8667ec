//! Which host, and how to get there.

#[cfg(any(feature = "inventory", feature = "ssh"))]
use purlin_core::{Endpoint, Result};
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
    /// Files of private keys to show, in place of those that a transport's settings name. A leading `~/` is the home of
    /// whoever connects.
    pub identities: Vec<String>,
    /// Files of known hosts, in place of those that a transport's settings name; `~/` as above.
    pub known_hosts: Vec<String>,
}

impl Host {
    /// A host by its name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            address: None,
            port: None,
            user: None,
            via: None,
            identities: Vec::new(),
            known_hosts: Vec::new(),
        }
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

    /// Adds a file of a private key.
    #[must_use]
    pub fn identity(mut self, file: impl Into<String>) -> Self {
        self.identities.push(file.into());
        self
    }

    /// Adds a file of known hosts.
    #[must_use]
    pub fn known_hosts(mut self, file: impl Into<String>) -> Self {
        self.known_hosts.push(file.into());
        self
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// `[USER@]HOST[:PORT]`, apart by commas; the first is the one that is reached directly.
#[cfg(any(feature = "inventory", feature = "ssh"))]
pub(crate) fn jumps(list: &[String]) -> Result<Option<Host>> {
    let mut reached: Option<Host> = None;
    for text in list {
        let (user, rest) = match text.rsplit_once('@') {
            Some((user, rest)) => (Some(user), rest),
            None => (None, text.as_str()),
        };
        let endpoint = Endpoint::parse(rest, Some(22))?;
        let has_port = rest.ends_with(&format!(":{}", endpoint.port().unwrap_or_default()));
        let mut host = Host::new(endpoint.host().unwrap_or(rest));
        host.port = endpoint.port().filter(|_| has_port);
        host.user = user.map(str::to_owned);
        host.via = reached.map(Box::new);
        reached = Some(host);
    }
    Ok(reached)
}
