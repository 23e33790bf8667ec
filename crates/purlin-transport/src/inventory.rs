//! From a host of an inventory to one that is connected to.

use crate::host::jumps;
use crate::{Become, Host};
use purlin_core::{Error, ErrorKind, Outcome, Result};
use purlin_inventory::{Connection, HostKeyChecking, Password, TransportKind};

/// How a host of an inventory is reached.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Reach {
    /// By which transport.
    pub kind: TransportKind,
    /// What that is asked for.
    pub host: Host,
    /// As whom commands run there, where that is not the one who logs in.
    pub elevation: Option<Become>,
}

impl Reach {
    /// What the inventory says of a host.
    ///
    /// Compression is not done, which changes nothing about what is reached, and the time to connect is the call's. A
    /// password to log in with belongs to the settings of the transport.
    ///
    /// # Errors
    /// Those of [`connection`](purlin_inventory::Host::connection); [`ErrorKind::Unsupported`] with all that is asked for
    /// and not done: a proxy command, options of OpenSSH, keys of hosts that are not looked at, another way to become a
    /// user than `sudo`.
    pub fn of(host: purlin_inventory::Host<'_>) -> Result<Self> {
        Self::by(host.name(), &host.connection()?)
    }

    /// The same of settings that are at hand.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub fn by(name: &str, connection: &Connection) -> Result<Self> {
        let mut host = Host::new(name);
        // Where the inventory says no more than the name, the settings of the transport may know more.
        if connection.address != name {
            host = host.address(connection.address.as_str());
        }
        host.port = connection.port;
        host.user.clone_from(&connection.user);
        host.via = jumps(&connection.jump)?.map(Box::new);
        host.identities.clone_from(&connection.private_keys);
        host.known_hosts.clone_from(&connection.known_hosts);
        let undone = undone(connection);
        if !undone.is_empty() {
            let message = format!("the inventory asks for what is not done: {}", undone.join(", "));
            let error = Error::new(ErrorKind::Unsupported, message).with_outcome(Outcome::NotSent);
            return Err(error.with_operation("transport.inventory").with_note(format!("host {name}")));
        }
        let elevation = connection.r#become.as_ref().map(elevation);
        Ok(Self { kind: connection.transport.clone(), host, elevation })
    }
}

fn undone(connection: &Connection) -> Vec<String> {
    let mut undone = Vec::new();
    if connection.transport == TransportKind::Local {
        return undone;
    }
    if connection.proxy_command.is_some() {
        undone.push("a proxy command".to_owned());
    }
    match connection.host_keys {
        None | Some(HostKeyChecking::Strict) => {}
        Some(HostKeyChecking::AcceptNew) => {
            undone.push("new keys of hosts (SshSettings::trust takes them)".to_owned());
        }
        Some(_) => undone.push("keys of hosts that are not looked at".to_owned()),
    }
    if connection.password.is_some() {
        undone.push("a password to log in with (SshSettings::password takes it)".to_owned());
    }
    undone.extend(connection.ssh_options.iter().map(|(name, _)| format!("option {name} of OpenSSH")));
    if let Some(elevation) = &connection.r#become {
        if elevation.method != "sudo" {
            undone.push(format!("becoming a user by {}", elevation.method));
        }
        if !elevation.flags.is_empty() {
            undone.push("arguments of sudo".to_owned());
        }
        if matches!(elevation.password, Some(Password::Closed(_))) {
            undone.push("a password that is still in its vault".to_owned());
        }
    }
    undone
}

fn elevation(said: &purlin_inventory::Become) -> Become {
    let elevation = said.user.as_ref().map_or_else(Become::root, Become::user);
    let elevation = match &said.program {
        Some(program) => elevation.program(program.as_str()),
        None => elevation,
    };
    match &said.password {
        Some(Password::Open(secret)) => elevation.password(secret.clone()),
        Some(Password::Reference(reference)) => elevation.password(reference.clone()),
        _ => elevation,
    }
}
