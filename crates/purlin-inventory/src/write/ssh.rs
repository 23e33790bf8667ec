//! A file for `ssh -F`, or to include in `~/.ssh/config`.

use super::put;
use crate::{Host, Inventory, TransportKind};
use purlin_core::{Diagnostic, Diagnostics, Result};
use std::fmt::Write;
use std::io;

/// Writes a `Host` block of ssh_config(5) for every host that is reached over ssh: its name and aliases, with `HostName`,
/// `Port`, `User`, `IdentityFile`, `ProxyJump` and further options where they are known.
///
/// # Errors
/// [`Invalid`](purlin_core::ErrorKind::Invalid) with [`Diagnostics`], all of them, for values that would break the file
/// or mean something else in it: line breaks, quotation marks, patterns as names. Nothing is written then. The writer's
/// own errors.
pub fn ssh_config(inventory: &Inventory, out: &mut impl io::Write) -> Result<()> {
    let mut text = String::new();
    let mut faults = Diagnostics::new();
    for host in inventory.hosts() {
        if host.transport()? == TransportKind::Ssh {
            block(host, &mut text, &mut faults)?;
        }
    }
    // These are errors only: nothing else is reported while writing.
    let _ = faults.into_result("inventory.write")?;
    put(&text, out)
}

fn block(host: Host<'_>, text: &mut String, faults: &mut Diagnostics) -> Result<()> {
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
    let settings = host.ssh()?;
    let port = host.port()?.map(|port| port.to_string());
    let key_file = settings.key_file.as_ref().map(|path| path.to_string_lossy().into_owned());
    let own = |value: Option<&str>| value.map(str::to_owned);
    let mut lines = vec![
        ("HostName", own(Some(host.address()?).filter(|address| *address != host.name()))),
        ("Port", port),
        ("User", own(host.user()?)),
        ("IdentityFile", key_file),
        ("ProxyJump", settings.jump.clone()),
    ];
    lines.extend(settings.options.iter().map(|(name, value)| (&**name, Some(value.clone()))));
    let gap = if text.is_empty() { "" } else { "\n" };
    _ = writeln!(text, "{gap}Host {names}");
    for (name, value) in lines.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        if !name.chars().all(|letter| letter.is_ascii_alphanumeric()) || name.is_empty() {
            fault("an option", name);
        }
        match quoted(&value) {
            Some(value) => _ = writeln!(text, "    {name} {value}"),
            None => fault(name, &value),
        }
    }
    Ok(())
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
