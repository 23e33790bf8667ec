//! A real MariaDB.

mod config;

use crate::{Program, Server, ServerSettings, require_program};
use config::{Config, PORT, Primary, READY};
use purlin_core::{Error, ErrorKind, Result, Secret};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Who may do everything.
const USER: &str = "purlin";
/// Where [`USER`] and `app` are at home.
const DATABASE: &str = "test";

/// How long it may take to end in good order; a killed one comes back all the same.
const GRACE: Duration = Duration::from_secs(15);

/// What a [`MariaDb`] is: a primary with a log for replicas (GTID), or a replica.
///
/// It has two users, both with [the password](MariaDb::password) and from anywhere: `purlin`, who may do everything,
/// and `app`, who may do everything in the database `test`, which is there and empty, and whom `read_only` stops.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MariaDbSettings {
    config: Config,
}

impl MariaDbSettings {
    /// A primary, without TLS.
    pub fn new() -> Self {
        let config = Config {
            server_id: fastrand::u32(1..),
            password: Secret::from("s3cret 'in\\quotes'"),
            tls: None,
            client_ca: None,
            primary: None,
            synchronous: false,
            options: Vec::new(),
        };
        Self { config }
    }

    /// The password of both users, in place of the usual one.
    #[must_use]
    pub fn password(mut self, password: impl Into<Secret<String>>) -> Self {
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
    /// dials it each second. It stays one when it is restarted. Its users have the primary's password.
    #[must_use]
    pub fn replica_of(mut self, primary: &MariaDb) -> Self {
        self.config.password = primary.password.clone();
        self.config.primary = Some(Primary { port: primary.address().port() });
        self
    }

    /// A primary that answers a commit only once a replica has it (semi-synchronous, `AFTER_SYNC`), however long that
    /// takes: no commit ends before the first replica follows.
    #[must_use]
    pub fn synchronous(mut self) -> Self {
        self.config.synchronous = true;
        self
    }

    /// One more option of `mariadbd`, such as `max_connections` with `5`; a later one wins.
    #[must_use]
    pub fn option(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.config.options.push(format!("--{}={}", name.as_ref(), value.as_ref()));
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
        let (Some(server), Some(install), Some(client)) =
            (require_program("mariadbd"), require_program("mariadb-install-db"), require_program("mariadb"))
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
        Ok(Some(MariaDb { server: settings.start()?, client, password }))
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
/// primary.sql("CREATE TABLE map (id int PRIMARY KEY)")?;
/// assert_eq!(replica.sql("SELECT @@read_only")?, "1\n");
/// replica.promote()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct MariaDb {
    server: Server,
    client: PathBuf,
    password: Secret<String>,
}

impl MariaDb {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address(PORT)
    }

    /// The folder of its Unix socket.
    pub fn socket_folder(&self) -> &Path {
        self.server.dir()
    }

    /// The path of its Unix socket.
    pub fn socket(&self) -> PathBuf {
        self.server.dir().join(config::SOCKET)
    }

    /// The user who may do everything.
    pub fn user(&self) -> &'static str {
        USER
    }

    /// The password of `purlin` and of `app`.
    pub fn password(&self) -> &Secret<String> {
        &self.password
    }

    /// The database that is there from the beginning.
    pub fn database(&self) -> &'static str {
        DATABASE
    }

    /// Runs SQL in [`database`](Self::database) as [`user`](Self::user), by the client `mariadb`, and returns its
    /// answer: a row a line, columns apart by `|`.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] with what the client says.
    pub fn sql(&self, sql: &str) -> Result<String> {
        // A tab in a value is written as `\t` there.
        Ok(self.ask(&["-N"], sql)?.replace('\t', "|"))
    }

    fn ask(&self, form: &[&str], sql: &str) -> Result<String> {
        let program = Program::new(&self.client)
            .args(["--no-defaults", "--protocol=tcp", "--host=127.0.0.1", "-B"])
            .args([format!("--port={}", self.address().port()), format!("--user={USER}")])
            .args(form)
            .args([DATABASE, "-e", sql])
            .env("MYSQL_PWD", self.password.expose().as_str());
        self.server.instance().run(&program)
    }

    /// Makes a replica a primary: it takes nothing more, applies what it has, and can be written.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] when it is none, or has not applied within 30 s what it has.
    pub fn promote(&self) -> Result<()> {
        self.sql("STOP SLAVE IO_THREAD")?;
        let status = self.ask(&["-E"], "SHOW SLAVE STATUS")?;
        let position = status.lines().find_map(|line| line.trim().strip_prefix("Gtid_IO_Pos:"));
        let position = position.ok_or_else(|| promotion("it is no replica"))?.trim();
        let waited = self.sql(&format!("SELECT MASTER_GTID_WAIT('{position}', 30)"))?;
        if waited.trim() != "0" {
            return Err(promotion("it has not applied what it has"));
        }
        self.sql("STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only = OFF").map(drop)
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

fn promotion(why: &'static str) -> Error {
    Error::new(ErrorKind::Unavailable, why).with_operation("server.promote")
}
