//! What is to be said of SSH beside the host.

use purlin_core::SecretSource;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Which keys of hosts are believed. A changed or revoked one never is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum HostKeyTrust {
    /// Those that a file of known hosts has.
    #[default]
    Strict,
    /// Also that of a host of which nothing is known; it is added to the first file.
    AcceptNew,
}

/// Whether an agent signs for us.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AgentUse {
    /// That of `SSH_AUTH_SOCK`, where it is set.
    #[default]
    FromEnvironment,
    /// That at this socket.
    Socket(PathBuf),
    /// None.
    None,
}

/// How SSH is spoken: whom to be, which keys to show, which to believe.
#[derive(Clone)]
pub struct SshSettings {
    pub(super) user: Option<String>,
    pub(super) config: Option<PathBuf>,
    pub(super) identities: Vec<PathBuf>,
    pub(super) agent: AgentUse,
    pub(super) known_hosts: Vec<PathBuf>,
    pub(super) trust: HostKeyTrust,
    pub(super) password: Option<Arc<dyn SecretSource>>,
    pub(super) passphrase: Option<Arc<dyn SecretSource>>,
    pub(super) keepalive: Duration,
    pub(super) idle: Duration,
    pub(super) channels: usize,
    pub(super) connects: usize,
}

impl SshSettings {
    /// No keys, no agent, nothing known of any host.
    pub fn new() -> Self {
        Self {
            user: None,
            config: None,
            identities: Vec::new(),
            agent: AgentUse::None,
            known_hosts: Vec::new(),
            trust: HostKeyTrust::Strict,
            password: None,
            passphrase: None,
            keepalive: Duration::from_secs(15),
            idle: Duration::from_secs(300),
            channels: 8,
            connects: 8,
        }
    }

    /// What `ssh` uses: the agent, `~/.ssh/config` and `~/.ssh/known_hosts`, `/etc/ssh/ssh_known_hosts`, and the keys
    /// `~/.ssh/id_ed25519` and `~/.ssh/id_ecdsa`. Files that are not there are passed over. The folder is that of `HOME`.
    pub fn from_home() -> Self {
        let mut settings = Self::new().agent(AgentUse::FromEnvironment);
        if let Some(home) = std::env::var_os("HOME") {
            let folder = Path::new(&home).join(".ssh");
            let there = |name: &&str| folder.join(name).exists();
            let found = |name: &str| folder.join(name);
            settings.config = Some("config").filter(there).map(found);
            settings.identities = ["id_ed25519", "id_ecdsa"].into_iter().filter(there).map(found).collect();
            settings.known_hosts.push(folder.join("known_hosts"));
        }
        settings.known_hosts("/etc/ssh/ssh_known_hosts")
    }

    /// Whom to log in as where neither the host nor the configuration says so; the caller's own name (`USER`, else `LOGNAME`) unless set.
    #[must_use]
    pub fn user(mut self, name: impl Into<String>) -> Self {
        self.user = Some(name.into());
        self
    }

    /// Reads that file as `ssh` reads its configuration; see [`SshConfig`](crate::SshConfig) for what of it is understood.
    #[must_use]
    pub fn config(mut self, file: impl Into<PathBuf>) -> Self {
        self.config = Some(file.into());
        self
    }

    /// Adds a private key; a certificate beside it (`NAME-cert.pub`) is shown first.
    #[must_use]
    pub fn identity(mut self, file: impl Into<PathBuf>) -> Self {
        self.identities.push(file.into());
        self
    }

    /// Whether an agent signs.
    #[must_use]
    pub fn agent(mut self, agent: AgentUse) -> Self {
        self.agent = agent;
        self
    }

    /// Adds a file of known hosts. One that is not there knows nothing.
    #[must_use]
    pub fn known_hosts(mut self, file: impl Into<PathBuf>) -> Self {
        self.known_hosts.push(file.into());
        self
    }

    /// Believes these files of known hosts and none of those that were named before.
    #[must_use]
    pub fn only_known_hosts(mut self, files: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        self.known_hosts = files.into_iter().map(Into::into).collect();
        self
    }

    /// Which keys of hosts are believed; only those that are known unless set.
    #[must_use]
    pub fn trust(mut self, trust: HostKeyTrust) -> Self {
        self.trust = trust;
        self
    }

    /// What to answer to a host that asks for a password, by either of the two methods.
    #[must_use]
    pub fn password(mut self, source: impl SecretSource + 'static) -> Self {
        self.password = Some(Arc::new(source));
        self
    }

    /// What opens private keys that are encrypted.
    #[must_use]
    pub fn passphrase(mut self, source: impl SecretSource + 'static) -> Self {
        self.passphrase = Some(Arc::new(source));
        self
    }

    /// How long a link may be silent before the host is asked whether it is still there; 15 s unless set. After three
    /// questions without an answer the link is given up.
    #[must_use]
    pub fn keepalive(mut self, time: Duration) -> Self {
        self.keepalive = time;
        self
    }

    /// How long a connection that nobody uses is kept; 5 min unless set.
    #[must_use]
    pub fn idle(mut self, time: Duration) -> Self {
        self.idle = time;
        self
    }

    /// How many commands run on one connection at once; 8 unless set. OpenSSH allows 10 (`MaxSessions`).
    #[must_use]
    pub fn channels(mut self, count: usize) -> Self {
        self.channels = count.max(1);
        self
    }

    /// How many connections are made at once into one network, and by way of one jump host; 8 unless set. OpenSSH drops
    /// connections at random from the eleventh that has not logged in yet (`MaxStartups`).
    #[must_use]
    pub fn connects(mut self, count: usize) -> Self {
        self.connects = count.max(1);
        self
    }
}

impl Default for SshSettings {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for SshSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SshSettings")
            .field("user", &self.user)
            .field("config", &self.config)
            .field("identities", &self.identities)
            .field("agent", &self.agent)
            .field("known_hosts", &self.known_hosts)
            .field("trust", &self.trust)
            .finish_non_exhaustive()
    }
}
