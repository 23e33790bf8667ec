//! A real OpenLDAP server.

mod config;
mod data;

use crate::{Server, ServerSettings, require_program};
use config::{Config, LDAP, LDAPS, Peer};
use purlin_core::Result;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long it may take to end in good order; a killed one comes back all the same.
const GRACE: Duration = Duration::from_secs(10);

/// What a [`Slapd`] holds and how it is reached: the LMDB back end with memberof, refint, ppolicy and syncprov.
///
/// Below `dc=example,dc=org` stand people (`u000001`, `u000002` …, each with the password `pw-` and the name), groups
/// by entry (`flat-…` of about 50 people, `all`, the tree `nest-0` of 341 groups in five levels, `loop-a` and `loop-b`
/// in each other) and by name (`px-…`), hosts, netgroups, names and values that are hard to get right (`ou=odd`), a
/// referral, people whom the password policy refuses (`locked`, `expired`, `reset`), and two that ask:
/// [`READER`](Slapd::READER), with the server's usual limit of 500 entries, and [`SYNC`](Slapd::SYNC), without.
#[derive(Debug, Clone)]
pub struct SlapdSettings {
    config: Config,
}

impl SlapdSettings {
    /// A hundred people, without TLS.
    pub fn new() -> Self {
        let config = Config {
            users: 100,
            id: 1,
            peer: Arc::default(),
            tls: None,
            client_ca: None,
            lines: Vec::new(),
            told: false,
            refers_to: None,
        };
        Self { config }
    }

    /// How many people there are.
    #[must_use]
    pub fn users(mut self, users: usize) -> Self {
        self.config.users = users;
        self
    }

    /// Offers TLS, on a port of its own and after StartTLS, with a file of certificates (the server's first) and one
    /// with its key, both PEM.
    #[must_use]
    pub fn tls(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.config.tls = Some((certificate.into(), key.into()));
        self
    }

    /// Asks clients for a certificate that an authority in this file (PEM) has signed, and lets those in who show none.
    #[must_use]
    pub fn client_ca(mut self, file: impl Into<PathBuf>) -> Self {
        self.config.client_ca = Some(file.into());
        self
    }

    /// Takes a name with an empty password for nobody and says yes, as Active Directory does.
    #[must_use]
    pub fn accepts_empty_passwords(self) -> Self {
        self.option("allow bind_anon_dn")
    }

    /// Writes each operation to its log: `SRCH`, `ABANDON`, `BIND` and so on.
    #[must_use]
    pub fn tells_operations(mut self) -> Self {
        self.config.told = true;
        self
    }

    /// One more line of `slapd.conf`, before the databases.
    #[must_use]
    pub fn option(mut self, line: impl Into<String>) -> Self {
        self.config.lines.push(line.into());
        self
    }

    /// The number by which servers that copy each other tell themselves apart; 1 unless set.
    #[must_use]
    pub fn id(mut self, id: u16) -> Self {
        self.config.id = id;
        self
    }

    /// Its referral, `ou=remote`, is to the people of the server at this port, instead of its own.
    #[must_use]
    pub fn refers_to(mut self, port: u16) -> Self {
        self.config.refers_to = Some(port);
        self
    }

    /// What it holds, as LDIF.
    pub fn ldif(&self) -> String {
        data::ldif(self.config.users, 389)
    }

    /// Starts it in the foreground, as the user of the test. None when slapd is not installed: the test is then
    /// [skipped](crate::skip), and should return.
    ///
    /// # Errors
    /// Those of [`ServerSettings::start`].
    ///
    /// # Panics
    /// When slapd is missing and `PURLIN_REQUIRE_SERVERS` is `1`.
    pub fn start(self) -> Result<Option<Slapd>> {
        let (Some(slapd), Some(slapadd)) = (require_program("slapd"), require_program("slapadd")) else {
            return Ok(None);
        };
        let (slapd, slapadd) = (slapd.display().to_string(), slapadd.display().to_string());
        let config = self.config.clone();
        let has_tls = config.tls.is_some();
        let peer = config.peer.clone();
        let settings =
            ServerSettings::new("slapd", move |instance| config.program(instance, &slapd, &slapadd));
        let settings = settings.port(LDAP).grace(GRACE).ready_when(|instance| instance.listens(LDAP));
        let settings = if has_tls { settings.port(LDAPS) } else { settings };
        Ok(Some(Slapd { server: settings.start()?, has_tls, peer }))
    }
}

impl Default for SlapdSettings {
    fn default() -> Self {
        Self::new()
    }
}

/// A running slapd; dropping it ends it, as with any [`Server`]. It can be killed, paused and
/// [restarted](Server::restart) with its data.
///
/// ```no_run
/// use purlin_testkit::SlapdSettings;
///
/// # fn a_test() -> purlin_core::Result<()> {
/// let Some(slapd) = SlapdSettings::new().users(1000).start()? else { return Ok(()) };
/// assert!(slapd.ldaps().is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Slapd {
    server: Server,
    has_tls: bool,
    peer: Arc<Mutex<Option<Peer>>>,
}

impl Slapd {
    /// Under which everything is.
    pub const BASE: &str = "dc=example,dc=org";
    /// Who may do everything, with the password `admin`.
    pub const ADMIN: &str = "cn=admin,dc=example,dc=org";
    /// Who may read, at most 500 entries at a time, with the password `reader`.
    pub const READER: &str = "cn=svc-reader,ou=system,dc=example,dc=org";
    /// Who may read everything, with the password `sync`.
    pub const SYNC: &str = "cn=svc-sync,ou=system,dc=example,dc=org";

    /// Where it listens, in clear and for StartTLS.
    pub fn ldap(&self) -> SocketAddr {
        self.server.address(LDAP)
    }

    /// Where it speaks TLS; none without a certificate.
    pub fn ldaps(&self) -> Option<SocketAddr> {
        self.has_tls.then(|| self.server.address(LDAPS))
    }

    /// Its Unix socket, as a URL. Through it, with SASL EXTERNAL, the user of the test may do everything.
    pub fn ldapi(&self) -> String {
        let path = config::socket(self.server.instance()).display().to_string();
        format!("ldapi://{}", path.replace('/', "%2F"))
    }

    /// Lets it copy that one, and makes both writable, after a restart. With the same done to the other, they are
    /// mirrors of each other; each needs an [id](SlapdSettings::id) of its own.
    ///
    /// # Errors
    /// Those of [`Server::restart`].
    pub fn copy(&mut self, other: &Self) -> Result<()> {
        let peer = Peer { port: other.ldap().port() };
        *self.peer.lock().unwrap_or_else(PoisonError::into_inner) = Some(peer);
        self.server.restart()
    }

    /// The server itself: log, pid, pause.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The server itself, to stop, kill or restart it.
    pub fn server_mut(&mut self) -> &mut Server {
        &mut self.server
    }
}
