//! Servers that the DNS names for a domain (RFC 2782).

mod ask;
mod order;

use super::connect::Ways;
use super::server::{Security, Server, ServerUrl, locked};
use crate::Dn;
use order::Record;
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Instant, Outcome, Result};
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// An answer is used for so long at least, and at most, whatever the zone says.
const FRESH: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(3600));
/// After a failure nobody asks again for so long, where an old answer is there.
const PAUSE: Duration = Duration::from_secs(5);

/// A domain whose servers the DNS names, as `_ldap._tcp.DOMAIN` (RFC 2782). Written as a URL without a host, as
/// OpenLDAP's tools have it: `ldaps:///dc=example,dc=org` is the domain `example.org` (RFC 2247).
///
/// Servers are asked by their priority, and within one in an order drawn by their weights. An answer is used for as long as
/// its zone says (but 5 s to an hour); while no new one can be had, the old one stays in use, and
/// [`srv_answers`](super::LdapDirectory::srv_answers) tells how old it is.
///
/// The DNS can be forged. A certificate is verified for the name of the server, which must be the domain's or below it; servers
/// elsewhere are left out. Where [`TlsSettings::server_name`](purlin_core::TlsSettings::server_name) is set, certificates must be
/// for that name instead, and servers may be anywhere: the domain itself is what RFC 4513, section 3.1.3 asks for.
///
/// Under `ldaps://` the port 389 of a record is taken as 636: Active Directory has records of the former alone.
///
/// ```
/// use purlin_ldap::{Security, client::SrvDomain};
///
/// let domain: SrvDomain = "ldaps:///dc=example,dc=org".parse()?;
/// assert_eq!((domain.domain.as_str(), domain.security), ("example.org", Security::Tls));
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SrvDomain {
    /// The domain: `example.org`.
    pub domain: String,
    /// How its servers are spoken to.
    pub security: Security,
    /// Who is asked; where empty, the name servers of `/etc/resolv.conf`.
    pub name_servers: Vec<Endpoint>,
}

impl SrvDomain {
    /// This domain, by the system's name servers.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for what is no domain, and for Unix sockets.
    pub fn new(domain: &str, security: Security) -> Result<Self> {
        let bare = domain.strip_suffix('.').unwrap_or(domain);
        let name = Endpoint::new(bare, 389).ok();
        let name = name.as_ref().and_then(Endpoint::host);
        let name = name.filter(|name| name.parse::<std::net::IpAddr>().is_err());
        match name {
            Some(name) if security != Security::Local => {
                Ok(Self { domain: name.to_owned(), security, name_servers: Vec::new() })
            }
            Some(_) => Err(invalid("a Unix socket is in no domain".to_owned())),
            None => Err(invalid(format!("{domain:?} is no domain"))),
        }
    }

    /// Asks these name servers.
    #[must_use]
    pub fn name_servers(mut self, servers: impl IntoIterator<Item = Endpoint>) -> Self {
        self.name_servers = servers.into_iter().collect();
        self
    }

    /// Whether a name is the domain's own or below it.
    fn holds(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        name == self.domain || name.strip_suffix(&self.domain).is_some_and(|rest| rest.ends_with('.'))
    }

    /// The server of a record; none for the root, which stands for nobody (RFC 2782).
    fn url(&self, record: &Record) -> Option<ServerUrl> {
        let port = match (self.security, record.port) {
            (Security::Tls, 389) => 636,
            (_, port) => port,
        };
        let endpoint = Endpoint::new(&record.target, port).ok()?;
        Some(ServerUrl { endpoint, security: self.security })
    }

    /// A place for what is wrong with the domain itself.
    pub(super) fn place(&self) -> Option<ServerUrl> {
        let port = if self.security == Security::Tls { 636 } else { 389 };
        Some(ServerUrl { endpoint: Endpoint::new(&self.domain, port).ok()?, security: self.security })
    }
}

impl FromStr for SrvDomain {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let usual = || invalid("write ldaps:///dc=example,dc=org".to_owned());
        let (scheme, dn) = text.split_once(":///").ok_or_else(usual)?;
        let security = match scheme {
            "ldaps" => Security::Tls,
            "ldap+starttls" => Security::StartTls,
            "ldap" => Security::Clear,
            _ => return Err(usual()),
        };
        let dn: Dn = dn.parse()?;
        Self::new(&domain_of(&dn).ok_or_else(usual)?, security)
    }
}

impl fmt::Display for SrvDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.security {
            Security::Tls => "ldaps",
            Security::StartTls => "ldap+starttls",
            Security::Clear | Security::Local => "ldap",
        };
        let labels: Vec<String> = self.domain.split('.').map(|label| format!("dc={label}")).collect();
        write!(f, "{scheme}:///{}", labels.join(","))
    }
}

/// The domain of an entry: its last parts that are `dc` (RFC 2247).
fn domain_of(dn: &Dn) -> Option<String> {
    let mut labels: Vec<&str> = Vec::new();
    let rdns = dn.rdns();
    let is_label = |rdn: &&crate::Rdn| {
        rdn.parts.len() == 1 && rdn.parts.iter().all(|(name, _)| name.as_str().eq_ignore_ascii_case("dc"))
    };
    for rdn in rdns.iter().rev().take_while(is_label) {
        labels.insert(0, rdn.value()?);
    }
    (!labels.is_empty()).then(|| labels.join("."))
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::Invalid, message).with_operation("ldap.url").with_outcome(Outcome::NotSent)
}

/// What the DNS has said of a domain.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SrvAnswer {
    /// Which one.
    pub domain: String,
    /// Its servers, in the order in which they are asked.
    pub servers: Vec<ServerUrl>,
    /// Names that were left out, because they are outside of the domain or none that a host can have.
    pub left_out: Vec<String>,
    /// How old the answer is.
    pub age: Duration,
    /// Whether it should no longer be used, by what its zone says.
    pub is_stale: bool,
    /// Why no newer one could be had, where the last try failed.
    pub fault: Option<Error>,
}

/// A domain and what is known of it.
pub(super) struct Found {
    pub(super) domain: SrvDomain,
    ways: Arc<Ways>,
    state: Mutex<State>,
    /// Held by whoever asks for all.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    known: Option<Known>,
    fault: Option<(Instant, Error)>,
}

struct Known {
    servers: Vec<Arc<Server>>,
    left_out: Vec<String>,
    at: Instant,
    until: Instant,
}

impl State {
    /// The servers that need no asking now.
    fn usable(&self, now: Instant) -> Option<Vec<Arc<Server>>> {
        let known = self.known.as_ref()?;
        let failed_lately = self.fault.as_ref().is_some_and(|(at, _)| now.since(*at) < PAUSE);
        (now < known.until || failed_lately).then(|| known.servers.clone())
    }
}

impl Found {
    pub(super) fn new(domain: SrvDomain, ways: Arc<Ways>) -> Self {
        Self { domain, ways, state: Mutex::default(), asking: tokio::sync::Mutex::default() }
    }

    /// Those that are known, without asking.
    pub(super) fn known(&self) -> Vec<Arc<Server>> {
        locked(&self.state).known.as_ref().map(|known| known.servers.clone()).unwrap_or_default()
    }

    /// Its servers in the order in which they are asked.
    pub(super) async fn servers(&self, cx: &Cx) -> Result<Vec<Arc<Server>>> {
        if let Some(servers) = locked(&self.state).usable(cx.now()) {
            return Ok(servers);
        }
        let _turn = cx.run("dns.ask", async { Ok(self.asking.lock().await) }).await?;
        let old = {
            let state = locked(&self.state);
            if let Some(servers) = state.usable(cx.now()) {
                return Ok(servers);
            }
            state.known.as_ref().map(|known| known.servers.clone())
        };
        // Who has an old answer waits no longer for a new one than for a server.
        let limits = &self.ways.settings.limits;
        let limit = if old.is_some() { limits.hedge } else { limits.connect };
        let asked = ask::ask(&cx.with_timeout(limit), &self.domain).await;
        let renewed = asked.and_then(|(records, life)| self.keep(cx.now(), records, life));
        let (error, old) = match (renewed, old) {
            (Ok(servers), _) => return Ok(servers),
            (Err(error), old) => (error, old),
        };
        locked(&self.state).fault = Some((cx.now(), error.clone()));
        old.ok_or(error)
    }

    /// Takes an answer in. Servers that were known keep their connections.
    fn keep(&self, now: Instant, records: Vec<Record>, life: Duration) -> Result<Vec<Arc<Server>>> {
        let anywhere = !self.domain.security.is_tls() || self.ways.settings.tls.server_name.is_some();
        let (mut urls, mut left_out) = (Vec::new(), Vec::new());
        for record in order::ordered(records, |most| fastrand::u32(0..=most)) {
            match self.domain.url(&record) {
                Some(url) if anywhere || self.domain.holds(&record.target) => {
                    if !urls.contains(&url) {
                        urls.push(url);
                    }
                }
                _ => left_out.push(record.target),
            }
        }
        if urls.is_empty() {
            return Err(self.nobody(&left_out));
        }
        let mut state = locked(&self.state);
        let known = state.known.take().map(|known| known.servers).unwrap_or_default();
        let server = |url: ServerUrl| match known.iter().find(|server| server.url == url) {
            Some(server) => server.clone(),
            None => Arc::new(Server::new(url, self.ways.clone())),
        };
        let servers: Vec<_> = urls.into_iter().map(server).collect();
        let until = now.saturating_add(life.clamp(FRESH.0, FRESH.1));
        *state =
            State { known: Some(Known { servers: servers.clone(), left_out, at: now, until }), fault: None };
        Ok(servers)
    }

    fn nobody(&self, left_out: &[String]) -> Error {
        let domain = &self.domain.domain;
        let elsewhere: Vec<&str> = left_out.iter().map(String::as_str).filter(|name| *name != ".").collect();
        let (kind, message) = match elsewhere.is_empty() {
            true => (ErrorKind::Unresolved, format!("{domain} says that it has no directory")),
            false => {
                let names = elsewhere.join(", ");
                let message = format!(
                    "the DNS names servers outside of {domain} alone ({names}): say for which name their certificates must be"
                );
                (ErrorKind::Denied, message)
            }
        };
        Error::new(kind, message).with_operation("dns.ask").with_outcome(Outcome::NotSent)
    }

    /// What is known; none where nobody has asked yet.
    pub(super) fn answer(&self, now: Instant) -> Option<SrvAnswer> {
        let state = locked(&self.state);
        let known = state.known.as_ref()?;
        Some(SrvAnswer {
            domain: self.domain.domain.clone(),
            servers: known.servers.iter().map(|server| server.url.clone()).collect(),
            left_out: known.left_out.clone(),
            age: now.since(known.at),
            is_stale: now >= known.until,
            fault: state.fault.as_ref().map(|(_, error)| error.clone()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_a_url_without_a_host() {
        for text in ["ldaps:///dc=example,dc=org", "ldap+starttls:///dc=org", "ldap:///dc=a,dc=b,dc=c"] {
            assert_eq!(text.parse::<SrvDomain>().unwrap().to_string(), text);
        }
        let deep: SrvDomain = "ldaps:///ou=people,dc=Example,dc=org".parse().unwrap();
        assert_eq!(deep.domain, "example.org");
        for text in [
            "ldaps://a/dc=x",
            "ldaps:///",
            "ldaps:///o=x",
            "ldapi:///dc=x",
            "ldaps:///dc=a b",
            "ldaps:///dc=192,dc=0,dc=2,dc=1",
        ] {
            assert!(text.parse::<SrvDomain>().is_err(), "{text}");
        }
    }

    #[test]
    fn servers_are_within_their_domain() {
        let domain = SrvDomain::new("example.org.", Security::Tls).unwrap();
        for (name, is_within) in [
            ("example.org", true),
            ("LDAP1.Example.ORG", true),
            ("evil-example.org", false),
            ("example.org.evil.net", false),
            (".", false),
        ] {
            assert_eq!(domain.holds(name), is_within, "{name}");
        }
        let at = |port| Record { priority: 0, weight: 0, port, target: "a.example.org".to_owned() };
        assert_eq!(domain.url(&at(389)).unwrap().to_string(), "ldaps://a.example.org:636");
        assert_eq!(domain.url(&at(3636)).unwrap().to_string(), "ldaps://a.example.org:3636");
        assert_eq!(domain.url(&at(0)), None);
    }
}
