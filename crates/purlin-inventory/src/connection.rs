//! How to reach a host: what transports need, in types. [`Host::connection`](crate::Host::connection) gives it.

use crate::ansible;
use crate::native::reach;
use crate::{Host, Profile, SecretValue};
use purlin_core::{Result, Secret, SecretRef};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How commands reach a host.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum TransportKind {
    /// OpenSSH's protocol.
    #[default]
    Ssh,
    /// No way at all: the host is this machine.
    Local,
    /// Another one, by the name that the inventory gives it: `winrm`, `community.docker.docker`.
    Named(Arc<str>),
}

impl TransportKind {
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "ssh" => Self::Ssh,
            "local" => Self::Local,
            _ => Self::Named(name.into()),
        }
    }

    /// Its name, as inventories write it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Ssh => "ssh",
            Self::Local => "local",
            Self::Named(name) => name,
        }
    }
}

impl fmt::Display for TransportKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What to do with a host key that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostKeyChecking {
    /// Refuse it (`yes`).
    Strict,
    /// Remember it, and refuse a changed one (`accept-new`).
    AcceptNew,
    /// Take any (`no`).
    Off,
    /// Ask somebody (`ask`).
    Ask,
}

impl HostKeyChecking {
    /// Its name in ssh_config(5).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "yes",
            Self::AcceptNew => "accept-new",
            Self::Off => "no",
            Self::Ask => "ask",
        }
    }
}

/// Who to become on the host before a command runs.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Become {
    /// The command that does it: `sudo`, `su`, `doas`.
    pub method: String,
    /// The user; the method's own default, mostly root, where none is named.
    pub user: Option<String>,
    /// Further arguments of the method, split as a shell splits them.
    pub flags: Vec<String>,
    /// The program, where it is not the method's name.
    pub program: Option<String>,
    /// The method's password.
    pub password: Option<Password>,
}

impl Become {
    /// By `sudo`, as its default user.
    pub fn new() -> Self {
        Self { method: "sudo".to_owned(), user: None, flags: Vec::new(), program: None, password: None }
    }
}

impl Default for Become {
    fn default() -> Self {
        Self::new()
    }
}

/// A password as the inventory has it: never printed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Password {
    /// The password itself.
    Open(Secret<String>),
    /// Where it is.
    Reference(SecretRef),
    /// A vault envelope that is still closed: `VaultKeys` of feature `vault` open it.
    Closed(Arc<SecretValue>),
}

/// Everything that a transport needs to reach a host. Each part is none where the inventory says nothing, so that
/// callers can put their own defaults in.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Connection {
    /// A name or an address; the host's name where the inventory says nothing else.
    pub address: String,
    /// The port.
    pub port: Option<u16>,
    /// The user to log in as.
    pub user: Option<String>,
    /// How commands get there.
    pub transport: TransportKind,
    /// The password to log in with.
    pub password: Option<Password>,
    /// Files of private keys, in the order in which they are tried, as they are written: a leading `~` is the home of
    /// whoever connects.
    pub private_keys: Vec<String>,
    /// Hosts to go through (`user@host:port`), the nearest first.
    pub jump: Vec<String>,
    /// A command that connects to the host in place of a socket (OpenSSH's ProxyCommand).
    pub proxy_command: Option<String>,
    /// What to do with a host key that is not known.
    pub host_keys: Option<HostKeyChecking>,
    /// Files of known host keys.
    pub known_hosts: Vec<String>,
    /// How long connecting may take.
    pub connect_timeout: Option<Duration>,
    /// Whether the connection is compressed.
    pub compression: Option<bool>,
    /// Further options of OpenSSH by their names in ssh_config(5), in the order in which OpenSSH heeds them: the first
    /// of two equal names counts.
    pub ssh_options: Vec<(String, String)>,
    /// Who to become there; none where commands run as the user.
    pub r#become: Option<Become>,
}

impl Connection {
    /// To this address, and nothing else said.
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            port: None,
            user: None,
            transport: TransportKind::default(),
            password: None,
            private_keys: Vec::new(),
            jump: Vec::new(),
            proxy_command: None,
            host_keys: None,
            known_hosts: Vec::new(),
            connect_timeout: None,
            compression: None,
            ssh_options: Vec::new(),
            r#become: None,
        }
    }
}

impl Host<'_> {
    /// How to reach the host, from its variables.
    ///
    /// Ansible's connection variables count in every profile (`ansible_host`, `ansible_port`, `ansible_user`,
    /// `ansible_connection`, `ansible_ssh_private_key_file`, `ansible_ssh_common_args`, `ansible_become` and their like);
    /// templates in them are rendered from the host's variables. In the native profile the keys `address`, `port`,
    /// `user`, `transport`, `ssh` and `become` count before them; templates have no place in those.
    ///
    /// # Errors
    /// [`Invalid`](purlin_core::ErrorKind::Invalid) with all faults, each at the place where the value was said: a
    /// template that cannot be rendered, a value of the wrong type, an option of ssh that does not exist.
    pub fn connection(self) -> Result<Connection> {
        let (mut connection, mut faults) = ansible::connection::of(self);
        if self.inventory.profile() == Profile::Native {
            let mut found = Vec::new();
            reach::apply(self, &mut connection, &mut found);
            faults.extend(found.into_iter().map(|mut fault| {
                fault.message = format!("host {}: {}", self.name(), fault.message);
                let place = self.inventory.place(fault.origin);
                fault.at(place)
            }));
        }
        // These are errors only: what is legal is not told here.
        faults.into_result("inventory.connection").map(|_| connection)
    }

    /// The address of its [`connection`](Self::connection): a name in the network or an IP address, the host's own name
    /// unless something else is said.
    ///
    /// # Errors
    /// As [`connection`](Self::connection).
    pub fn address(self) -> Result<String> {
        self.connection().map(|connection| connection.address)
    }
}
