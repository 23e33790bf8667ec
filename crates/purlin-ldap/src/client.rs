//! Directories over the network.

mod answer;
mod authenticate;
mod ber;
mod check;
mod connect;
mod decode;
mod inspect;
mod link;
mod paging;
mod race;
mod ranges;
mod refer;
mod relay;
mod server;
mod settings;
mod spans;
#[cfg(feature = "srv")]
mod srv;

#[doc(hidden)]
pub use check::check_bytes;
pub use inspect::{Phases, ServerCertificate, ServerReport, ServerTls};
pub use refer::Followed;
pub use server::{Security, ServerUrl};
pub use settings::{Identity, LdapSettings, Limits};
#[cfg(feature = "srv")]
pub use srv::{SrvAnswer, SrvDomain};

use crate::directory::{Capabilities, Directory};
use crate::{Dn, Entries, Profile, Search, Verdict};
use async_trait::async_trait;
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, Result, Secret};
use server::Server;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// A directory of LDAP servers that hold the same entries.
///
/// The servers stand in the order of preference. A read that has no answer after the [hedge](Limits::hedge) (250 ms) is
/// asked of the next one too; the first good answer wins and the other is abandoned. One that has failed several times in a row
/// is asked last for a while, and asked again. Whether a password is right is asked of one server only, and once.
///
/// Each server is asked over at most two connections, many questions at once on each; passwords of users travel on
/// connections of their own. Nothing is connected before it is needed.
///
/// ```no_run
/// use purlin_core::{Cx, SecretRef, TlsSettings};
/// use purlin_ldap::{DirectoryExt, LdapDirectory, LdapSettings, Profile};
///
/// # async fn example() -> purlin_core::Result<()> {
/// let cx = Cx::background();
/// let settings = LdapSettings::new(Profile::rfc2307bis("dc=example,dc=org".parse()?))
///     .servers(["ldaps://ldap1.lon", "ldaps://ldap2.lds"])?
///     .bind("cn=reader,ou=system,dc=example,dc=org".parse()?, SecretRef::file("/etc/ldap.secret"))
///     .tls(TlsSettings::new().ca("/etc/ssl/corp-ca.pem"));
/// let directory = LdapDirectory::open(&cx, settings).await?;
/// println!("{:?}", directory.user(&cx, "ada").await?.full_name);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct LdapDirectory {
    profile: Arc<Profile>,
    inner: Arc<Inner>,
}

struct Inner {
    /// Those that are named by hand.
    servers: Vec<Arc<Server>>,
    #[cfg(feature = "srv")]
    found: Vec<srv::Found>,
    /// Where referrals are followed to.
    followed: Arc<[Arc<Server>]>,
    limits: Limits,
}

/// How a server fares.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServerStats {
    /// Where it is.
    pub endpoint: Endpoint,
    /// Open connections for look-ups.
    pub connections: usize,
    /// Questions under way on them.
    pub in_flight: usize,
    /// Connections opened so far, those for users' passwords included.
    pub opened: u64,
    /// Failures in a row that made it be asked last; none while it is in favour.
    pub out_of_favour: bool,
}

impl LdapDirectory {
    /// Reads certificates, where a server needs them; connects to nobody.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for settings without a server, or that would send a password in clear without saying so;
    /// those of [`TlsClient::load`](purlin_tls::TlsClient::load).
    pub async fn open(cx: &Cx, settings: LdapSettings) -> Result<Self> {
        settings.judge()?;
        let tls = match settings.needs_tls() {
            true => Some(purlin_tls::TlsClient::load(cx, &settings.tls).await?),
            false => None,
        };
        let LdapSettings { profile, servers, limits, .. } = settings.clone();
        #[cfg(feature = "srv")]
        let domains = settings.domains.clone();
        let followed = settings.follow.iter().map(|place| {
            let ways = connect::Ways { tls: tls.clone(), settings: place.settings(&settings) };
            Arc::new(Server::new(place.server.clone(), Arc::new(ways)))
        });
        let followed = followed.collect();
        let shared = Arc::new(connect::Ways { tls, settings });
        let servers = servers.into_iter().map(|url| Arc::new(Server::new(url, shared.clone()))).collect();
        let inner = Inner {
            servers,
            #[cfg(feature = "srv")]
            found: domains.into_iter().map(|domain| srv::Found::new(domain, shared.clone())).collect(),
            followed,
            limits,
        };
        Ok(Self { profile: Arc::new(profile), inner: Arc::new(inner) })
    }

    /// How each server fares, in the order of preference. Those of a domain are among them once the DNS has named them.
    pub fn stats(&self) -> Vec<ServerStats> {
        self.inner.known().iter().map(|server| server.stats()).collect()
    }

    /// What the DNS has said of each domain, where it was asked.
    #[cfg(feature = "srv")]
    pub fn srv_answers(&self, cx: &Cx) -> Vec<SrvAnswer> {
        self.inner.found.iter().filter_map(|found| found.answer(cx.now())).collect()
    }

    /// The same servers and connections, with things written in another way.
    #[must_use]
    pub fn with_profile(&self, profile: Profile) -> Self {
        Self { profile: Arc::new(profile), inner: self.inner.clone() }
    }

    /// The way along referrals, where some are followed.
    fn following(&self, search: &Search, cx: &Cx) -> Option<refer::Following> {
        let (followed, limit) = (&self.inner.followed, self.inner.limits.page);
        let new = || refer::Following::new(search, followed.clone(), cx.clone(), limit);
        (!followed.is_empty()).then(new)
    }

    /// Bounds a call that has no deadline of its own.
    fn bounded(&self, cx: &Cx) -> Cx {
        match cx.deadline() {
            Some(_) => cx.clone(),
            None => cx.with_timeout(self.inner.limits.page),
        }
    }
}

#[async_trait]
impl Directory for LdapDirectory {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn search(&self, cx: &Cx, search: &Search) -> Result<Entries> {
        let span = spans::search(search);
        let call = self.bounded(cx);
        let asking = async {
            let servers = self.inner.servers(&call).await?;
            let ask = |server, cx| paging::begin(server, cx, search.clone());
            race::first_answer(&call, &servers, self.inner.limits.hedge, ask).await
        };
        let begun = spans::within(&span, call.run("ldap.search", asking)).await;
        match begun {
            Ok(begun) => {
                let pages = begun.go_on(cx.clone(), self.inner.limits.page);
                match self.following(search, cx) {
                    Some(following) => Ok(Entries::new(search, following.at(pages))),
                    None => Ok(Entries::new(search, pages)),
                }
            }
            Err(error) => {
                if let Some(following) = self.following(search, cx).filter(|_| refer::is_referral(&error)) {
                    let going = Box::pin(following.away(&call, error));
                    let gone = spans::within(&span, call.run("ldap.search", going)).await;
                    return gone
                        .map(|following| Entries::new(search, following))
                        .map_err(|error| named(error, "ldap.search"));
                }
                spans::failed(&span, &error);
                Err(named(error, "ldap.search"))
            }
        }
    }

    async fn authenticate(&self, cx: &Cx, dn: &Dn, password: &Secret<String>) -> Result<Verdict> {
        if let Some(refused) = Verdict::of_password(password.expose()) {
            return Ok(refused);
        }
        if dn.is_root() {
            let error = Error::new(ErrorKind::Invalid, "a name of an entry is needed");
            return Err(error.with_operation("ldap.authenticate").with_outcome(Outcome::NotSent));
        }
        let span = spans::authenticate();
        let call = self.bounded(cx);
        let asking = async {
            let servers = self.inner.servers(&call).await?;
            authenticate::authenticate(&call, &servers, &self.inner.limits, dn, password).await
        };
        let verdict = spans::within(&span, call.run("ldap.authenticate", asking)).await;
        verdict.map_err(|error| {
            spans::failed(&span, &error);
            named(error, "ldap.authenticate")
        })
    }

    async fn capabilities(&self, cx: &Cx) -> Result<Capabilities> {
        let search = Search::entry(Dn::root()).attributes(Capabilities::ATTRIBUTES)?;
        match self.search(cx, &search).await?.next().await? {
            Some(root) => Capabilities::of_root(&root),
            None => {
                Err(Error::new(ErrorKind::Denied, "the root entry is hidden")
                    .with_operation("ldap.capabilities"))
            }
        }
    }
}

impl Inner {
    /// The servers in the order of preference: those named by hand first. Where only some domains have an answer, their
    /// servers are all there are.
    #[cfg(feature = "srv")]
    async fn servers(&self, cx: &Cx) -> Result<Cow<'_, [Arc<Server>]>> {
        if self.found.is_empty() {
            return Ok(Cow::Borrowed(&self.servers));
        }
        let (mut servers, mut failed) = (self.servers.clone(), Vec::new());
        for found in &self.found {
            match Box::pin(found.servers(cx)).await {
                Ok(named) => servers.extend(named),
                Err(error) => failed.push(error),
            }
        }
        match servers.is_empty() {
            true => Err(race::all_failed(failed)),
            false => Ok(Cow::Owned(servers)),
        }
    }

    #[cfg(not(feature = "srv"))]
    async fn servers(&self, _: &Cx) -> Result<Cow<'_, [Arc<Server>]>> {
        Ok(Cow::Borrowed(&self.servers))
    }

    /// The same, as far as they are known.
    fn known(&self) -> Cow<'_, [Arc<Server>]> {
        #[cfg(feature = "srv")]
        if !self.found.is_empty() {
            let found = self.found.iter().flat_map(srv::Found::known);
            return Cow::Owned(self.servers.iter().cloned().chain(found).collect());
        }
        Cow::Borrowed(&self.servers)
    }
}

fn named(error: Error, operation: &'static str) -> Error {
    if error.operation().is_some() { error } else { error.with_operation(operation) }
}

impl fmt::Debug for LdapDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LdapDirectory")
            .field(
                "servers",
                &self.inner.known().iter().map(|server| server.url.to_string()).collect::<Vec<_>>(),
            )
            .field("base", &self.profile.base)
            .finish_non_exhaustive()
    }
}
