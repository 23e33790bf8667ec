//! A real MariaDB.

mod config;

use crate::{Server, ServerSettings, require_program};
use config::{Config, PORT, Primary, READY};
use purlin_core::Result;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// How long it may take to end in good order; a killed one comes back all the same.
const GRACE: Duration = Duration::from_secs(15);

/// What a [`MariaDb`] is: a primary with a log for replicas (GTID), or a replica.
///
/// It has two users, both with [the password](MariaDb::password) and over TCP from anywhere: `purlin`, who may do
/// everything, and `app`, who may do everything in the database `test`, which is there and empty, and whom `read_only`
/// stops.
#[derive(Debug, Clone)]
pub struct MariaDbSettings {
    config: Config,
}

impl MariaDbSettings {
    /// A primary, without TLS.
    pub fn new() -> Self {
        let config = Config {
            server_id: fastrand::u32(1..),
            password: "s3cret 'in\\quotes'".to_owned(),
            tls: None,
            client_ca: None,
            primary: None,
            semi_sync: false,
            options: Vec::new(),
        };
        Self { config }
    }

    /// The password of both users, in place of the usual one.
    #[must_use]
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.config.password = password.into();
        self
    }

    /// Offers TLS, with a file of certificates (the server's first) and one with its key, both PEM. Clients may still
    /// do without.
    #[must_use]
    pub fn tls(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.config.tls = Some((certificate.into(), key.into()));
        self
    }

    /// Accepts certificates of clients that an authority in this file (PEM) has signed, for users that `REQUIRE X509`.
    #[must_use]
    pub fn client_ca(mut self, file: impl Into<PathBuf>) -> Self {
        self.config.client_ca = Some(file.into());
        self
    }

    /// A replica of that server from its first transaction on, read-only, which notices a silent primary after 3 s and
    /// dials it each second. It stays one when it is restarted.
    #[must_use]
    pub fn replica_of(mut self, primary: &MariaDb) -> Self {
        let password = primary.password.clone();
        self.config.primary = Some(Primary { port: primary.address().port(), password });
        self
    }

    /// A primary that answers a commit only once a replica has it, or after 2 s without one.
    #[must_use]
    pub fn semi_sync(mut self) -> Self {
        self.config.semi_sync = true;
        self
    }

    /// One more option of `mariadbd`, such as `--max-connections=5`; a later one wins.
    #[must_use]
    pub fn option(mut self, option: impl Into<String>) -> Self {
        self.config.options.push(option.into());
        self
    }

    /// Starts it in the foreground, as the user of the test. None when MariaDB is not installed: the test is then
    /// [skipped](crate::skip), and should return.
    ///
    /// # Errors
    /// Those of [`ServerSettings::start`].
    ///
    /// # Panics
    /// When MariaDB is missing and `PURLIN_REQUIRE_SERVERS` is `1`.
    pub fn start(self) -> Result<Option<MariaDb>> {
        let (Some(server), Some(install)) =
            (require_program("mariadbd"), require_program("mariadb-install-db"))
        else {
            return Ok(None);
        };
        let (server, install) = (server.display().to_string(), install.display().to_string());
        let password = self.config.password.clone();
        let settings =
            ServerSettings::new("mariadb", move |instance| self.config.program(instance, &install, &server));
        let settings = settings.port(PORT).grace(GRACE).ready_when(|instance| {
            instance.logged(READY)?;
            instance.listens(PORT)
        });
        Ok(Some(MariaDb { server: settings.start()?, password }))
    }
}

impl Default for MariaDbSettings {
    fn default() -> Self {
        Self::new()
    }
}

/// A running MariaDB; dropping it ends it, as with any [`Server`]. It can be killed, paused and
/// [restarted](Server::restart) with its data. What was committed survives all of these.
///
/// ```no_run
/// use purlin_testkit::MariaDbSettings;
///
/// # fn a_test() -> purlin_core::Result<()> {
/// let Some(primary) = MariaDbSettings::new().start()? else { return Ok(()) };
/// let Some(replica) = MariaDbSettings::new().replica_of(&primary).start()? else { return Ok(()) };
/// assert_ne!(primary.address(), replica.address());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct MariaDb {
    server: Server,
    password: String,
}

impl MariaDb {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address(PORT)
    }

    /// The path of its Unix socket.
    pub fn socket(&self) -> PathBuf {
        self.server.dir().join("sql.sock")
    }

    /// The password of `purlin` and of `app`.
    pub fn password(&self) -> &str {
        &self.password
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
