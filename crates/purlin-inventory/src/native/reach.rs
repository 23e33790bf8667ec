//! The keys that say how a host is reached.

use crate::connection::{Become, Connection, TransportKind};
use crate::typed::parts::{self, Faults, table, text, user, word, wrong};
use crate::{Host, Located, Value};
use purlin_core::{Endpoint, suggest};

pub(super) const KEYS: [&str; 6] = ["address", "port", "user", "transport", "ssh", "become"];

const SSH: [&str; 2] = ["key_file", "jump"];
const BECOME: [&str; 2] = ["user", "method"];
const METHODS: [&str; 3] = ["sudo", "su", "doas"];

/// What a host says under this key, unless that is null.
pub(crate) fn said<'a>(host: Host<'a>, key: &str) -> Option<&'a Located> {
    host.var(key).filter(|value| value.value != Value::Null)
}

/// Puts what the keys say in place of what the connection has.
pub(crate) fn apply(host: Host<'_>, connection: &mut Connection, faults: &mut Faults) {
    for key in KEYS {
        if let Some(value) = said(host, key) {
            set(connection, key, value, faults);
        }
    }
}

/// What one key says. A reader of files sets it to see whether it can be set.
pub(super) fn set(connection: &mut Connection, key: &str, value: &Located, faults: &mut Faults) {
    match key {
        "address" => {
            if let Some(address) = parts::address(value, faults) {
                connection.address = address.to_owned();
            }
        }
        "port" => connection.port = parts::port(value, faults),
        "user" => connection.user = user("user", value, faults).map(str::to_owned),
        "transport" => {
            if let Some(transport) = transport(value, faults) {
                connection.transport = transport;
            }
        }
        "ssh" => ssh(connection, value, faults),
        "become" => connection.r#become = elevation(value, faults),
        _ => {}
    }
}

fn transport(value: &Located, faults: &mut Faults) -> Option<TransportKind> {
    let name = word("transport", value, faults)?;
    let fits =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "_-.".contains(letter);
    if !name.chars().all(fits) {
        wrong(faults, value, format!("{name:?} is no transport"), "ssh and local are usual");
        return None;
    }
    Some(TransportKind::named(name))
}

fn ssh(connection: &mut Connection, value: &Located, faults: &mut Faults) {
    let Some(map) = table("ssh", value, &SSH, faults) else { return };
    if let Some(file) = map.get("key_file").and_then(|value| text("key_file", value, faults)) {
        connection.private_keys = vec![file.to_owned()];
    }
    if let Some(hops) = map.get("jump").and_then(|value| jump(value, faults)) {
        connection.jump = hops;
        connection.proxy_command = None;
    }
}

fn jump(value: &Located, faults: &mut Faults) -> Option<Vec<String>> {
    let jump = word("jump", value, faults)?;
    let fits = |hop: &str| {
        let host = hop.rsplit_once('@').map_or(hop, |(_, host)| host);
        !hop.starts_with('-') && Endpoint::parse(host, Some(22)).is_ok()
    };
    if !jump.split(',').all(fits) {
        wrong(faults, value, format!("{jump:?} is no way through"), "as in jump = \"bastion.lon\"");
        return None;
    }
    Some(jump.split(',').map(str::to_owned).collect())
}

fn elevation(value: &Located, faults: &mut Faults) -> Option<Become> {
    let map = table("become", value, &BECOME, faults)?;
    let mut r#become = Become::new();
    r#become.user = map.get("user").and_then(|value| user("user", value, faults)).map(str::to_owned);
    if let Some(method) = map.get("method").and_then(|value| method(value, faults)) {
        r#become.method = method.to_owned();
    }
    Some(r#become)
}

fn method<'a>(value: &'a Located, faults: &mut Faults) -> Option<&'a str> {
    let method = word("method", value, faults)?;
    if METHODS.contains(&method) {
        return Some(method);
    }
    let help = match suggest(method, METHODS) {
        Some(meant) => format!("did you mean {meant:?}?"),
        None => format!("one of {}", METHODS.join(", ")),
    };
    wrong(faults, value, format!("{method:?} is no way to become a user"), help);
    None
}
