//! A real PostgreSQL.

mod files;

use crate::{Instance, Server, ServerSettings, skip};
use files::Tools;
use purlin_core::{Result, Secret};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The superuser of every [`Postgres`].
const USER: &str = "purlin";
/// Where [`USER`] and `app` are at home.
const DATABASE: &str = "test";
const DATA: &str = "data";
const PORT: &str = "postgres";
/// Letters and digits: it stands in files of several syntaxes.
const PASSWORD_LENGTH: usize = 24;

/// What a [`Postgres`] is: a primary, or a streaming replica. With UTF-8 and the locale C; on loopback and on a Unix
/// socket; with passwords by SCRAM-SHA-256 on both. Nothing is synced to the disk (`fsync` is off): it survives the
/// kill of its processes, not that of the machine.
///
/// It has two users, both with [the password](Postgres::password): `purlin`, the superuser, and `app`, to whom the
/// database `test` belongs, which is there and empty.
///
/// It does not run as root, which PostgreSQL refuses: see [`ServerSettings::as_ordinary_user`]. A start takes about
/// 2 s, half of it for initdb.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct PostgresSettings {
    tls: Option<(PathBuf, PathBuf)>,
    client_ca: Option<PathBuf>,
    password: Option<Secret<String>>,
    /// Whose data it begins with.
    primary: Option<SocketAddr>,
    options: Vec<(String, String)>,
    hba: Vec<String>,
}

impl PostgresSettings {
    /// A primary, without TLS, with a password of its own.
    pub fn new() -> Self {
        Self::default()
    }

    /// The password of both users.
    #[must_use]
    pub fn password(mut self, password: impl Into<Secret<String>>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Offers TLS, with a file of certificates (the server's first) and one with its key, both PEM. Clients may still
    /// come without, unless [`hba`](Self::hba) says otherwise.
    #[must_use]
    pub fn tls(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.tls = Some((certificate.into(), key.into()));
        self
    }

    /// Verifies the certificates that clients show against an authority in this file (PEM); a line of
    /// [`hba`](Self::hba) with `clientcert` asks for one.
    #[must_use]
    pub fn client_ca(mut self, file: impl Into<PathBuf>) -> Self {
        self.client_ca = Some(file.into());
        self
    }

    /// A streaming replica of that server, which has to run, with the data that it has (`pg_basebackup`); further
    /// changes follow by themselves. Its users have the primary's password.
    #[must_use]
    pub fn replica_of(mut self, primary: &Postgres) -> Self {
        self.password = Some(primary.password.clone());
        self.primary = Some(primary.address());
        self
    }

    /// A primary that answers a commit only once a replica has it (`synchronous_standby_names`), however long that
    /// takes: no commit ends before the first replica follows.
    #[must_use]
    pub fn synchronous(self) -> Self {
        self.option("synchronous_standby_names", "*")
    }

    /// One more parameter of `postgresql.conf`, such as `max_connections` with `5`; a later one wins.
    #[must_use]
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.push((name.into(), value.into()));
        self
    }

    /// Puts a line into `pg_hba.conf`, before those that let everybody with a password in.
    #[must_use]
    pub fn hba(mut self, line: impl Into<String>) -> Self {
        self.hba.push(line.into());
        self
    }

    /// Starts it. None when PostgreSQL is not installed: the test is then [skipped](crate::skip()), and should return.
    ///
    /// # Errors
    /// Those of [`ServerSettings::start`] and of initdb or pg_basebackup.
    ///
    /// # Panics
    /// When PostgreSQL is missing and `PURLIN_REQUIRE_SERVERS` is `1`.
    pub fn start(self) -> Result<Option<Postgres>> {
        let Some(tools) = Tools::find() else {
            skip("PostgreSQL is not installed");
            return Ok(None);
        };
        let password = self.password.clone().unwrap_or_else(|| {
            Secret::new(std::iter::repeat_with(fastrand::alphanumeric).take(PASSWORD_LENGTH).collect())
        });
        Postgres::start(self, tools, password).map(Some)
    }
}

/// A running PostgreSQL; dropping it ends it, as with any [`Server`]. Its log holds what it tells.
///
/// ```no_run
/// use purlin_testkit::PostgresSettings;
///
/// # fn a_test() -> purlin_core::Result<()> {
/// let Some(primary) = PostgresSettings::new().start()? else { return Ok(()) };
/// primary.sql("CREATE TABLE map (id int PRIMARY KEY)")?;
/// let Some(replica) = PostgresSettings::new().replica_of(&primary).start()? else { return Ok(()) };
/// assert_eq!(replica.sql("SELECT pg_is_in_recovery()")?, "t\n");
/// replica.promote()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Postgres {
    server: Server,
    tools: Tools,
    password: Secret<String>,
}

impl Postgres {
    fn start(settings: PostgresSettings, tools: Tools, password: Secret<String>) -> Result<Self> {
        let (making, secret) = (tools.clone(), password.clone());
        let described = ServerSettings::new("postgres", move |instance| {
            let data = instance.path(DATA);
            if !data.exists() {
                files::make(instance, &making, settings.primary, &secret)?;
            }
            // One that was killed has left it behind.
            let _ = std::fs::remove_file(data.join("postmaster.pid"));
            let config = files::configure(instance, &settings)?;
            Ok(making.program("postgres").arg("-D").arg(data).arg("-c").arg(config))
        });
        // "… to accept connections", or "… to accept read-only connections" of a replica.
        let ready = |instance: &Instance| instance.logged("database system is ready to accept");
        let server = described.port(PORT).ready_when(ready).as_ordinary_user().start()?;
        Ok(Self { server, tools, password })
    }

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
        self.server.dir().join(format!(".s.PGSQL.{}", self.address().port()))
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

    /// Runs SQL in [`database`](Self::database) as [`user`](Self::user), by psql, and returns its answer: a row a line,
    /// columns apart by `|`.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`](purlin_core::ErrorKind::Unavailable) with what psql says.
    pub fn sql(&self, sql: &str) -> Result<String> {
        let program = files::client(&self.tools, "psql", self.address(), &self.password).args([
            "-X",
            "-A",
            "-q",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-d",
            DATABASE,
            "-c",
            sql,
        ]);
        self.server.instance().run(&program)
    }

    /// Makes a replica a primary: it takes nothing more, applies what it has, and can be written.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`](purlin_core::ErrorKind::Unavailable) when it is none, or is not done within 30 s.
    pub fn promote(&self) -> Result<()> {
        let data = self.server.instance().path(DATA);
        let program = self.tools.program("pg_ctl").args(["promote", "-w", "-t", "30", "-D"]).arg(data);
        self.server.instance().run(&program).map(drop)
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
