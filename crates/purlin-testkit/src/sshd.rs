//! A real OpenSSH server.

mod files;

use crate::binary::user;
use crate::{Program, Server, ServerSettings, require_program, skip};
use files::{CERTIFIED, Files, KEY};
use purlin_core::Result;
use std::net::SocketAddr;
use std::path::PathBuf;

const PORT: &str = "ssh";

/// How to start an [`Sshd`]: on loopback, with an Ed25519 key, for one user, who logs in with a key of their own. It
/// accepts no password, writes nothing outside of its folder, and forwards connections.
///
/// It runs as the user of the test, or, where that is root, as the ordinary user that `PURLIN_TEST_USER` names, and lets in
/// that user alone. Who has no shell to log in to makes the test [skip](crate::skip()).
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct SshdSettings {
    options: Vec<(String, String)>,
    host_certificate: bool,
    user_certificates: bool,
}

impl SshdSettings {
    /// As sshd is by default, but for what is said above.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a keyword of `sshd_config`, such as `MaxSessions` to `3`, before any other says something of it.
    #[must_use]
    pub fn option(mut self, keyword: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.push((keyword.into(), value.into()));
        self
    }

    /// Shows a certificate for 127.0.0.1 that [its authority](Sshd::authority) has signed.
    #[must_use]
    pub fn host_certificate(mut self) -> Self {
        self.host_certificate = true;
        self
    }

    /// Lets in by [certificate](Sshd::certified_key) instead of by key.
    #[must_use]
    pub fn user_certificates(mut self) -> Self {
        self.user_certificates = true;
        self
    }

    /// Starts it. None when OpenSSH's server is not installed, or the user has no shell: the test is then
    /// [skipped](crate::skip()), and should return.
    ///
    /// # Errors
    /// Those of [`ServerSettings::start`] and of `ssh-keygen`.
    ///
    /// # Panics
    /// When it would skip and `PURLIN_REQUIRE_SERVERS` is `1`.
    pub fn start(self) -> Result<Option<Sshd>> {
        let (Some(sshd), Some(_)) = (require_program("sshd"), require_program("ssh-keygen")) else {
            return Ok(None);
        };
        let user = if rustix::process::geteuid().is_root() {
            user::ordinary_or_nobody()
        } else {
            files::own_name()?
        };
        if !files::can_log_in(&user)? {
            skip(&format!("{user} has no shell to log in to"));
            return Ok(None);
        }
        let name = user.clone();
        let settings = ServerSettings::new("sshd", move |instance| {
            let config = files::write(instance, &self, &name)?;
            Ok(Program::new(&sshd).args(["-D", "-e", "-f"]).arg(config))
        });
        let server = settings.port(PORT).as_ordinary_user().start()?;
        let files = Files::read(server.instance())?;
        Ok(Some(Sshd { server, user, files }))
    }
}

/// A running OpenSSH server; dropping it ends it, as with any [`Server`]. What it has started for somebody who has logged in
/// is in other process groups: clients end it.
///
/// ```no_run
/// use purlin_testkit::SshdSettings;
///
/// # fn a_test() -> purlin_core::Result<()> {
/// let Some(sshd) = SshdSettings::new().option("MaxSessions", "3").start()? else { return Ok(()) };
/// let line = format!("[127.0.0.1]:{} {}", sshd.address().port(), sshd.host_key());
/// # let _ = line;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Sshd {
    server: Server,
    user: String,
    files: Files,
}

impl Sshd {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address(PORT)
    }

    /// The one user that it lets in.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The private key that it lets in.
    pub fn key(&self) -> PathBuf {
        self.server.instance().path(KEY)
    }

    /// A private key with a certificate beside it (`NAME-cert.pub`), for [`SshdSettings::user_certificates`].
    pub fn certified_key(&self) -> PathBuf {
        self.server.instance().path(CERTIFIED)
    }

    /// Its own key, as a file of known hosts has it: `ssh-ed25519 AAAA…`.
    pub fn host_key(&self) -> &str {
        &self.files.host_key
    }

    /// The key of the authority that has signed its certificates, written in the same way.
    pub fn authority(&self) -> &str {
        &self.files.authority
    }

    /// A folder of its own that its user can write to.
    pub fn folder(&self) -> PathBuf {
        self.server.instance().path(files::FOLDER)
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
