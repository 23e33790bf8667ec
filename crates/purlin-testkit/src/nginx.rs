//! A real nginx.

mod config;

use crate::{Instance, Program, Server, ServerSettings, require_program};
use config::{Config, PID_FILE};
use purlin_core::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::path::PathBuf;

/// What an [`Nginx`] serves: a plain HTTP port always, an HTTPS port when it has a certificate. Every path answers
/// 404 but those that were set; `/health` answers 200 with `ok` and a line break.
#[derive(Debug, Clone)]
pub struct NginxSettings {
    config: Config,
}

/// A version of TLS, as far as nginx speaks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsVersion {
    /// TLS 1.1, which is obsolete (RFC 8996).
    V1_1,
    /// TLS 1.2.
    V1_2,
    /// TLS 1.3.
    V1_3,
}

impl NginxSettings {
    /// Plain HTTP, with `/health` only.
    pub fn new() -> Self {
        let config = Config::default();
        Self { config }.path("/health", 200, "ok\n")
    }

    /// Adds HTTPS, with a file of certificates (the server's first) and one with its key, both PEM.
    #[must_use]
    pub fn https(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.config.https = Some((certificate.into(), key.into()));
        self
    }

    /// Asks clients for a certificate that an authority in this file (PEM) has signed. To those who show none, or a
    /// wrong one, it answers 400: nginx lets them finish the handshake.
    #[must_use]
    pub fn client_ca(mut self, file: impl Into<PathBuf>) -> Self {
        self.config.client_ca = Some(file.into());
        self
    }

    /// The versions of TLS; 1.2 and 1.3 unless set.
    #[must_use]
    pub fn tls_versions(mut self, versions: impl IntoIterator<Item = TlsVersion>) -> Self {
        self.config.versions = versions.into_iter().collect();
        self
    }

    /// Sets the answer of one path, `text/plain`. The path has no spaces or quotes.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>, status: u16, body: impl Into<String>) -> Self {
        self.config.answers.insert(path.into(), (status, body.into()));
        self
    }

    /// Sets what happens at one path, in nginx's own words, each ended by a semicolon:
    /// `add_header X-Site lon; return 200 "$host";`. The path has no spaces or quotes.
    #[must_use]
    pub fn location(mut self, path: impl Into<String>, directives: impl Into<String>) -> Self {
        self.config.locations.insert(path.into(), directives.into());
        self
    }

    /// Starts it in the foreground, as the user of the test. None when nginx is not installed: the test is then
    /// [skipped](crate::skip), and should return.
    ///
    /// # Errors
    /// Those of [`ServerSettings::start`]; a faulty certificate is named in the log that the error quotes.
    ///
    /// # Panics
    /// When nginx is missing and `PURLIN_REQUIRE_SERVERS` is `1`.
    pub fn start(self) -> Result<Option<Nginx>> {
        let Some(binary) = require_program("nginx") else {
            return Ok(None);
        };
        let has_https = self.config.https.is_some();
        let settings = ServerSettings::new("nginx", move |instance| {
            // One that was killed has left it behind.
            let _ = std::fs::remove_file(instance.path(PID_FILE));
            let file = instance.write("nginx.conf", self.config.render(instance))?;
            // -e: without it the compiled-in log is opened first, which belongs to root.
            Ok(Program::new(&binary).args(["-e", "stderr", "-p"]).arg(instance.dir()).arg("-c").arg(file))
        });
        let settings = settings.port("http").ready_when(is_ready);
        let settings = if has_https { settings.port("https") } else { settings };
        let server = settings.start()?;
        Ok(Some(Nginx { server, has_https }))
    }
}

/// nginx listens before it knows what to do with signals; its pid file comes after both.
fn is_ready(instance: &Instance) -> Result<()> {
    if !instance.path(PID_FILE).exists() {
        return Err(Error::new(ErrorKind::Unavailable, "there is no pid file yet"));
    }
    instance.listens("http")
}

impl Default for NginxSettings {
    fn default() -> Self {
        Self::new()
    }
}

/// A running nginx; dropping it ends it, as with any [`Server`]. Its log holds the errors and the access log.
///
/// ```no_run
/// use purlin_testkit::{NginxSettings, TestCa};
///
/// # fn a_test() -> purlin_core::Result<()> {
/// let certificate = TestCa::new()?.leaf().name("localhost").issue()?;
/// let settings = NginxSettings::new().https(certificate.path(), certificate.key_path());
/// let Some(nginx) = settings.start()? else { return Ok(()) };
/// assert!(nginx.https().is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Nginx {
    server: Server,
    has_https: bool,
}

impl Nginx {
    /// Where it speaks plain HTTP.
    pub fn http(&self) -> SocketAddr {
        self.server.address("http")
    }

    /// Where it speaks HTTPS; none without a certificate.
    pub fn https(&self) -> Option<SocketAddr> {
        self.has_https.then(|| self.server.address("https"))
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
