//! A file for `ssh -F`, or to include in `~/.ssh/config`.

use super::put;
use crate::{Connection, Host, Inventory, TransportKind};
use purlin_core::{Diagnostic, Diagnostics, Result};
use std::fmt::Write;
use std::io;

/// Writes a `Host` block of ssh_config(5) for every host that is reached over ssh: its name and aliases, with what is
/// known of its [connection](crate::Connection): `HostName`, `Port`, `User`, `IdentityFile`, `ProxyJump` and further
/// options. Passwords and users to become have no place there.
///
/// # Errors
/// [`Invalid`](purlin_core::ErrorKind::Invalid) with [`Diagnostics`], all of them, for connections that cannot be known,
/// and for values that would break the file or mean something else in it: line breaks, quotation marks, patterns as
/// names. Nothing is written then. The writer's own errors.
pub fn ssh_config(inventory: &Inventory, out: &mut impl io::Write) -> Result<()> {
    let mut text = String::new();
    let mut faults = Diagnostics::new();
    for host in inventory.hosts() {
        match host.connection() {
            Ok(connection) if connection.transport == TransportKind::Ssh => {
                block(host, &connection, &mut text, &mut faults)?;
            }
            Ok(_) => {}
            Err(error) => match error.detail::<Diagnostics>() {
                Some(told) => faults.extend(told.iter().cloned()),
                None => return Err(error),
            },
        }
    }
    // These are errors only: nothing else is reported while writing.
    let _ = faults.into_result("inventory.write")?;
    put(&text, out)
}

fn block(host: Host<'_>, connection: &Connection, text: &mut String, faults: &mut Diagnostics) -> Result<()> {
    let mut fault = |what: &str, value: &str| {
        let message = format!("{what} of {:?} cannot stand in ssh's configuration: {value:?}", host.name());
        faults.push(Diagnostic::error("ssh-config", message).place(host.place()));
    };
    let mut names = host.name().to_owned();
    let aliases = host.aliases()?;
    for name in std::iter::once(host.name()).chain(aliases.iter().copied()) {
        if !is_name(name) {
            fault("a name", name);
        }
    }
    aliases.iter().for_each(|alias| names.extend([" ", alias]));
    let gap = if text.is_empty() { "" } else { "\n" };
    _ = writeln!(text, "{gap}Host {names}");
    for (name, value) in options(host, connection) {
        if !name.chars().all(|letter| letter.is_ascii_alphanumeric()) || name.is_empty() {
            fault("an option", name);
        }
        // ssh takes several files apart.
        let written = match name {
            _ if COMMANDS.iter().any(|command| command.eq_ignore_ascii_case(name)) => command(&value),
            "UserKnownHostsFile" => connection
                .known_hosts
                .iter()
                .map(|file| quoted(file))
                .collect::<Option<Vec<_>>>()
                .map(|files| files.join(" ")),
            _ => quoted(&value),
        };
        match written {
            Some(value) => _ = writeln!(text, "    {name} {value}"),
            None => fault(name, &value),
        }
    }
    Ok(())
}

/// Options whose value is the rest of the line, quotation marks included: they are the command's own.
const COMMANDS: [&str; 4] = ["ProxyCommand", "LocalCommand", "RemoteCommand", "KnownHostsCommand"];

/// A command as ssh reads it back; ssh passes over blanks and equals signs before it.
fn command(value: &str) -> Option<String> {
    let value = value.trim();
    let fits = !value.is_empty() && !value.starts_with('=') && !value.contains(char::is_control);
    fits.then(|| value.to_owned())
}

/// A connection's parts by their names in ssh_config(5).
fn options<'a>(host: Host<'_>, connection: &'a Connection) -> Vec<(&'a str, String)> {
    let mut lines = Vec::new();
    let mut line = |name, value: Option<String>| lines.extend(value.map(|value| (name, value)));
    let list = |items: &[String], between| (!items.is_empty()).then(|| items.join(between));
    line("HostName", Some(connection.address.clone()).filter(|address| *address != host.name()));
    line("Port", connection.port.map(|port| port.to_string()));
    line("User", connection.user.clone());
    connection.private_keys.iter().for_each(|file| line("IdentityFile", Some(file.clone())));
    // OpenSSH has the nearest host first too.
    line("ProxyJump", list(&connection.jump, ","));
    line("ProxyCommand", connection.proxy_command.clone());
    line("StrictHostKeyChecking", connection.host_keys.map(|checking| checking.as_str().to_owned()));
    line("UserKnownHostsFile", list(&connection.known_hosts, " "));
    line("ConnectTimeout", connection.connect_timeout.map(|time| time.as_secs().to_string()));
    line("Compression", connection.compression.map(|on| if on { "yes" } else { "no" }.to_owned()));
    connection.ssh_options.iter().for_each(|(name, value)| line(name, Some(value.clone())));
    lines
}

/// A pattern's letters would make the block count for other hosts too.
fn is_name(name: &str) -> bool {
    let fits = |letter: char| letter.is_alphanumeric() || "._-:".contains(letter);
    !name.is_empty() && !name.starts_with('-') && name.chars().all(fits)
}

/// A value as ssh reads it back: in quotation marks where it has blanks. There is no way to write a quotation mark.
fn quoted(value: &str) -> Option<String> {
    if value.is_empty()
        || value.contains(|letter: char| letter.is_control() || letter == '"' || letter == '\\')
    {
        return None;
    }
    let plain = !value.contains([' ', '\'', '#']) && !value.starts_with('=');
    Some(if plain { value.to_owned() } else { format!("\"{value}\"") })
}
