//! Ansible's connection variables as typed parts.

mod ssh;

use super::constructed::host_variables;
use super::shlex::{self, Comments};
use super::template::{Engine, Fault, is_template};
use crate::connection::{Become, Connection, HostKeyChecking, Password, TransportKind};
use crate::native::reach;
use crate::typed::parts;
use crate::{Host, Located, Origin, Profile, SecretValue, Value};
use purlin_core::{Diagnostic, Diagnostics, Place, Secret};
use std::time::Duration;

/// How many names of names a password may be behind.
const MAX_NAMES: usize = 16;

/// Reads a host's connection variables, with what is wrong with them. Of several names for one thing the last counts, as
/// in Ansible.
pub(crate) fn of(host: Host<'_>) -> (Connection, Diagnostics) {
    let mut reader = Reader { host, engine: None, faults: Diagnostics::new() };
    let connection = reader.connection();
    (connection, reader.faults)
}

/// Reads variables of a host and notes what is wrong with them.
struct Reader<'a> {
    host: Host<'a>,
    engine: Option<Engine>,
    faults: Diagnostics,
}

/// A variable that was found and rendered.
struct Found {
    name: &'static str,
    value: Value,
    origin: Origin,
}

impl Reader<'_> {
    fn connection(&mut self) -> Connection {
        let mut connection = Connection::new(self.host.name());
        connection.transport = self.transport();
        if let Some((address, found)) = self.text(&["ansible_host", "ansible_ssh_host"]) {
            if let Err((message, help)) = fits(&address, &connection.transport) {
                self.fault(&found, &message, help);
            }
            connection.address = address;
        }
        connection.password =
            self.password(&["ansible_password", "ansible_ssh_pass", "ansible_ssh_password"]);
        // OpenSSH heeds the first of two equal options, and this is the order in which Ansible gives them.
        self.arguments(&mut connection, &["ansible_ssh_args"]);
        let port = self.number(&["ansible_port", "ansible_ssh_port"], 1..=65535);
        connection.port = connection.port.or(port.and_then(|port| u16::try_from(port).ok()));
        let key = self.filled(&["ansible_private_key_file", "ansible_ssh_private_key_file"]);
        connection.private_keys.extend(key);
        let user = self.filled(&["ansible_user", "ansible_ssh_user"]);
        connection.user = connection.user.take().or(user);
        let checked = self.truth(&["ansible_host_key_checking", "ansible_ssh_host_key_checking"]);
        let checking = checked.and_then(|checked| (!checked).then_some(HostKeyChecking::Off));
        connection.host_keys = connection.host_keys.or(checking);
        let seconds = self.number(&["ansible_timeout", "ansible_ssh_timeout"], 0..=86_400);
        let timeout = seconds.and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs);
        connection.connect_timeout = connection.connect_timeout.or(timeout);
        self.arguments(&mut connection, &["ansible_ssh_common_args"]);
        self.arguments(&mut connection, &["ansible_ssh_extra_args"]);
        connection.r#become = self.elevation();
        connection
    }

    fn transport(&mut self) -> TransportKind {
        let Some(name) = self.filled(&["ansible_connection"]) else { return TransportKind::Ssh };
        match name.strip_prefix("ansible.builtin.").unwrap_or(&name) {
            "smart" | "paramiko" | "paramiko_ssh" => TransportKind::Ssh,
            short @ ("ssh" | "local") => TransportKind::named(short),
            _ => TransportKind::named(&name),
        }
    }

    fn elevation(&mut self) -> Option<Become> {
        let wanted = self.truth(&["ansible_become"])?;
        let mut r#become = Become::new();
        if let Some(method) = self.filled(&["ansible_become_method"]) {
            r#become.method = method.strip_prefix("ansible.builtin.").unwrap_or(&method).to_owned();
        }
        r#become.user = self.filled(&["ansible_become_user"]);
        r#become.program = self.filled(&["ansible_become_exe"]);
        r#become.password = self.password(&["ansible_become_password", "ansible_become_pass"]);
        if let Some((flags, found)) = self.text(&["ansible_become_flags"]) {
            match words(&flags) {
                Ok(flags) => r#become.flags = flags,
                Err(message) => self.fault(&found, &message, None),
            }
        }
        wanted.then_some(r#become)
    }

    fn arguments(&mut self, connection: &mut Connection, names: &[&'static str]) {
        let Some((text, found)) = self.text(names) else { return };
        let applied =
            words(&text).map_err(|message| (message, None)).and_then(|words| ssh::apply(connection, &words));
        if let Err((message, help)) = applied {
            self.fault(&found, &message, help.as_deref());
        }
    }

    /// The last of these variables that the host has, rendered.
    fn find(&mut self, names: &[&'static str]) -> Option<Found> {
        if self.is_overruled(names) {
            return None;
        }
        let (name, value) = names.iter().rev().find_map(|name| Some((*name, self.host.var(name)?)))?;
        if value.value == Value::Null {
            return None;
        }
        match self.rendered(value) {
            Ok(rendered) => Some(Found { name, value: rendered.value, origin: value.origin }),
            Err(fault) => {
                let found = Found { name, value: Value::Null, origin: value.origin };
                let help = Some(fault.help());
                self.fault(&found, &format!("cannot be rendered: {fault}"), help);
                None
            }
        }
    }

    /// Whether a key of the native format says it too: what these variables say does not count then, faults included.
    fn is_overruled(&self, names: &[&str]) -> bool {
        let key = match names.first() {
            Some(&"ansible_host") => "address",
            Some(&"ansible_port") => "port",
            Some(&"ansible_user") => "user",
            Some(&"ansible_connection") => "transport",
            Some(&"ansible_become") => "become",
            _ => return false,
        };
        self.host.inventory.profile() == Profile::Native && reach::said(self.host, key).is_some()
    }

    fn rendered(&mut self, value: &Located) -> std::result::Result<Located, Fault> {
        match &value.value {
            Value::Text(text) if is_template(text) => {
                let variables = host_variables(self.host.inventory, self.host.id());
                self.engine.get_or_insert_with(Engine::new).render(text, &variables, value.origin)
            }
            _ => Ok(value.clone()),
        }
    }

    fn text(&mut self, names: &[&'static str]) -> Option<(String, Found)> {
        let found = self.find(names)?;
        let text = match &found.value {
            Value::Text(text) | Value::Unsafe(text) | Value::BigInt(text) => text.to_string(),
            Value::Int(number) => number.to_string(),
            Value::Secret(_) => {
                self.fault(&found, "is a secret, but only passwords may be secrets", None);
                return None;
            }
            other => {
                let message = format!("is a text, not a {}", other.kind());
                self.fault(&found, &message, None);
                return None;
            }
        };
        Some((text, found))
    }

    /// A text that says something.
    fn filled(&mut self, names: &[&'static str]) -> Option<String> {
        self.text(names).map(|(text, _)| text).filter(|text| !text.is_empty())
    }

    fn number(&mut self, names: &[&'static str], range: std::ops::RangeInclusive<i64>) -> Option<i64> {
        let found = self.find(names)?;
        let number = match &found.value {
            Value::Int(number) => Some(*number),
            Value::Text(text) | Value::Unsafe(text) => text.trim().parse().ok(),
            _ => None,
        };
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let message = format!("is a whole number from {} to {}", range.start(), range.end());
            self.fault(&found, &message, None);
        }
        number
    }

    fn truth(&mut self, names: &[&'static str]) -> Option<bool> {
        let found = self.find(names)?;
        let truth = match &found.value {
            Value::Bool(truth) => Some(*truth),
            Value::Int(number @ (0 | 1)) => Some(*number == 1),
            Value::Text(text) | Value::Unsafe(text) => match text.to_lowercase().as_str() {
                "1" | "true" | "yes" | "on" | "y" | "t" => Some(true),
                "0" | "false" | "no" | "off" | "n" | "f" => Some(false),
                _ => None,
            },
            _ => None,
        };
        if truth.is_none() {
            self.fault(&found, "is true or false", None);
        }
        truth
    }

    fn password(&mut self, names: &[&'static str]) -> Option<Password> {
        let mut value = names.iter().rev().find_map(|name| self.host.var(name))?;
        // `{{ vault_password }}` is how people write it; a chain of such names comes to an end.
        for _ in 0..MAX_NAMES {
            let named = value.value.as_str().and_then(name_alone).and_then(|name| self.host.var(name));
            let Some(named) = named else { break };
            value = named;
        }
        if let Value::Secret(secret) = &value.value {
            match &**secret {
                SecretValue::Open(secret) | SecretValue::Opened { secret, .. } => {
                    return Some(Password::Open(secret.clone()));
                }
                SecretValue::Reference(reference) => return Some(Password::Reference(reference.clone())),
                SecretValue::Vault { .. } => return Some(Password::Closed(secret.clone())),
                SecretValue::OpenScalar(Value::Unsafe(text) | Value::BigInt(text)) => {
                    return Some(Password::Open(Secret::new(text.to_string())));
                }
                SecretValue::OpenScalar(Value::Int(number)) => {
                    return Some(Password::Open(Secret::new(number.to_string())));
                }
                SecretValue::OpenScalar(_) => {}
            }
        }
        self.filled(names).map(|text| Password::Open(Secret::new(text)))
    }

    fn fault(&mut self, found: &Found, message: &str, help: Option<&str>) {
        let place: Place = self.host.inventory.place(found.origin);
        let message = format!("host {}: {} {message}", self.host.name(), found.name);
        let fault = Diagnostic::error("bad-connection", message).place(place);
        self.faults.push(match help {
            Some(help) => fault.help(help),
            None => fault,
        });
    }
}

/// Arguments of a command, one by one.
fn words(text: &str) -> std::result::Result<Vec<String>, String> {
    let words = shlex::split(text, Comments::Kept).map_err(|fault| {
        let letter = text.get(..fault.offset).map_or(1, |before| before.chars().count() + 1);
        format!("cannot be split into words: {} (letter {letter})", fault.message)
    })?;
    Ok(words.into_iter().map(|word| word.text.into_owned()).collect())
}

/// Whether it can be an address: other transports than ssh have names of their own kinds.
fn fits(address: &str, transport: &TransportKind) -> Result<(), (String, Option<&'static str>)> {
    if address.is_empty() {
        return Err(("an address is not empty".to_owned(), None));
    }
    if *transport != TransportKind::Ssh {
        return Ok(());
    }
    // Link-local addresses have a zone: `fe80::1%eth0`.
    let bare = match address.split_once('%') {
        Some((bare, zone))
            if bare.contains(':') && zone.chars().all(|letter| letter.is_ascii_alphanumeric()) =>
        {
            bare
        }
        _ => address,
    };
    parts::check_address(bare).map_err(|(message, help)| (message, Some(help)))
}

/// The name in a template that is one name and nothing else.
fn name_alone(text: &str) -> Option<&str> {
    let name = text.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim();
    let is_name = !name.is_empty()
        && !name.starts_with(|letter: char| letter.is_ascii_digit())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    is_name.then_some(name)
}
