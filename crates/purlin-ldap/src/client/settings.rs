//! What a user says about a directory's servers.

use super::refer::Followed;
use super::server::{Security, ServerUrl};
use crate::{Dn, Profile};
use purlin_core::{Error, ErrorKind, Outcome, Result, SecretRef, TlsSettings};
use std::time::Duration;

/// How to reach a directory, and as whom.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LdapSettings {
    /// How things are written in it.
    pub profile: Profile,
    /// Its servers, the best first; at least one.
    pub servers: Vec<ServerUrl>,
    /// Domains whose servers the DNS names; they are asked after the servers named by hand.
    #[cfg(feature = "srv")]
    pub domains: Vec<super::SrvDomain>,
    /// Servers to which referrals are followed; nowhere unless set.
    pub follow: Vec<Followed>,
    /// Who asks; nobody unless set.
    pub identity: Identity,
    /// How TLS is spoken.
    pub tls: TlsSettings,
    /// How long things may take, and how much is taken in.
    pub limits: Limits,
    /// Passwords may travel in clear: whoever sits on the path reads them.
    pub danger_password_in_clear: bool,
}

/// Who asks.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Identity {
    /// Nobody.
    Anonymous,
    /// An entry with its password, which is fetched anew for each connection.
    Simple(Dn, SecretRef),
    /// Whom the connection itself shows: the process at the other end of a Unix socket, or the client certificate
    /// (SASL EXTERNAL, RFC 4422, appendix A).
    External,
}

/// How long things may take, and how much is taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// From the name of a server to a connection that is logged in: 3 s.
    pub connect: Duration,
    /// For a page of a search, and for a password, where the call has no deadline: 30 s.
    pub page: Duration,
    /// How long a read waits for a server before the next one is asked too: 250 ms.
    pub hedge: Duration,
    /// Connections for look-ups to each server: 2.
    pub connections: usize,
    /// Questions under way on each: 64.
    pub in_flight: usize,
    /// A connection that was not used for so long is not used again: 60 s. Firewalls forget connections.
    pub idle: Duration,
    /// The largest message that is taken in: 32 MiB.
    pub message: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            page: Duration::from_secs(30),
            hedge: Duration::from_millis(250),
            connections: 2,
            in_flight: 64,
            idle: Duration::from_secs(60),
            message: 32 << 20,
        }
    }
}

impl LdapSettings {
    /// Nobody asks, with the safe defaults; servers are still to be named.
    pub fn new(profile: Profile) -> Self {
        Self {
            profile,
            servers: Vec::new(),
            #[cfg(feature = "srv")]
            domains: Vec::new(),
            follow: Vec::new(),
            identity: Identity::Anonymous,
            tls: TlsSettings::new(),
            limits: Limits::default(),
            danger_password_in_clear: false,
        }
    }

    /// Adds a server: see [`ServerUrl`].
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for what is no URL of a server.
    pub fn server(mut self, url: &str) -> Result<Self> {
        self.servers.push(url.parse()?);
        Ok(self)
    }

    /// Adds servers, the best first.
    ///
    /// # Errors
    /// As [`server`](Self::server).
    pub fn servers<U: AsRef<str>>(self, urls: impl IntoIterator<Item = U>) -> Result<Self> {
        urls.into_iter().try_fold(self, |settings, url| settings.server(url.as_ref()))
    }

    /// Adds the servers that the DNS names for a domain. They are asked after those that are named by hand.
    #[cfg(feature = "srv")]
    #[must_use]
    pub fn domain(mut self, domain: super::SrvDomain) -> Self {
        self.domains.push(domain);
        self
    }

    /// Follows referrals to this server, and asks it as nobody: the password is for the servers that were named first. Up to
    /// five in a row. Whoever says `ldap://` of it in a referral changes nothing in how it is spoken to. Passwords of users
    /// never follow a referral.
    ///
    /// # Errors
    /// As [`server`](Self::server).
    pub fn follow(self, url: &str) -> Result<Self> {
        self.follow_as(url, Identity::Anonymous)
    }

    /// The same, asked as this one.
    ///
    /// # Errors
    /// As [`server`](Self::server).
    pub fn follow_as(mut self, url: &str, identity: Identity) -> Result<Self> {
        self.follow.push(Followed::new(url.parse()?, identity));
        Ok(self)
    }

    /// Asks as this entry.
    #[must_use]
    pub fn bind(mut self, dn: Dn, password: SecretRef) -> Self {
        self.identity = Identity::Simple(dn, password);
        self
    }

    /// Asks as whom the connection itself shows.
    #[must_use]
    pub fn bind_external(mut self) -> Self {
        self.identity = Identity::External;
        self
    }

    /// How TLS is spoken.
    #[must_use]
    pub fn tls(mut self, tls: TlsSettings) -> Self {
        self.tls = tls;
        self
    }

    /// How long things may take, and how much is taken in.
    #[must_use]
    pub fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.limits);
        self
    }

    /// Lets passwords travel in clear over `ldap://`: whoever sits on the path reads them.
    #[must_use]
    pub fn danger_password_in_clear(mut self) -> Self {
        self.danger_password_in_clear = true;
        self
    }

    pub(super) fn needs_tls(&self) -> bool {
        self.securities().chain(self.follow.iter().map(|place| place.server.security)).any(Security::is_tls)
    }

    /// How each server, and those of each domain, are spoken to.
    fn securities(&self) -> impl Iterator<Item = Security> {
        let named = self.servers.iter().map(|server| server.security);
        #[cfg(feature = "srv")]
        let named = named.chain(self.domains.iter().map(|domain| domain.security));
        named
    }

    pub(super) fn judge(&self) -> Result<()> {
        if self.securities().next().is_none() {
            return Err(invalid("no server is named".to_owned()));
        }
        for place in self.follow.iter().filter(|place| matches!(place.identity, Identity::Simple(..))) {
            self.may_carry_password(&place.server)?;
        }
        match &self.identity {
            Identity::Simple(dn, _) if dn.is_root() => {
                Err(invalid("who asks has no name; leave it out to ask as nobody".to_owned()))
            }
            Identity::Simple(..) => {
                self.servers.iter().try_for_each(|server| self.may_carry_password(server))?;
                #[cfg(feature = "srv")]
                let domains = self.domains.iter().filter_map(super::SrvDomain::place);
                #[cfg(feature = "srv")]
                domains.into_iter().try_for_each(|place| self.may_carry_password(&place))?;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Refuses to send a password in clear.
    pub(super) fn may_carry_password(&self, server: &ServerUrl) -> Result<()> {
        if server.security != Security::Clear || self.danger_password_in_clear {
            return Ok(());
        }
        let message = format!("{server} would carry a password in clear: use ldaps:// or ldap+starttls://");
        Err(invalid(message).with_endpoint(server.endpoint.clone()))
    }
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::Invalid, message).with_operation("ldap.settings").with_outcome(Outcome::NotSent)
}
