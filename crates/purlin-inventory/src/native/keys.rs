//! The keys of hosts and layers.

use super::reach;
use crate::Connection;
use crate::Located;
use crate::typed::parts::{self, Fault, Faults};
use crate::typed::{Contact, Identity, Service};

/// The typed keys, in the order in which files are written.
pub(crate) const TYPED: [&str; 15] = [
    "address",
    "port",
    "user",
    "transport",
    "ssh",
    "become",
    "site",
    "roles",
    "environment",
    "owner",
    "customer",
    "contacts",
    "aliases",
    "identity",
    "services",
];

/// Why a typed key has no variable, though hosts have such a part.
pub(crate) fn unsaid(key: &str) -> Option<String> {
    let help =
        || format!("nobody says {key}: what it is then is known to Host's typed parts, and is no variable");
    TYPED.contains(&key).then(help)
}

/// Those that say what one host is, and cannot be said of several at once.
pub(super) const ONE_HOST: [&str; 2] = ["aliases", "identity"];

/// Checks the value of a typed key.
pub(super) fn check(key: &str, value: &Located, faults: &mut Faults) {
    match key {
        _ if reach::KEYS.contains(&key) => reach::set(&mut Connection::new(""), key, value, faults),
        "roles" => drop(parts::words(key, value, faults)),
        "aliases" => aliases(value, faults),
        "identity" => drop(Identity::read(value, faults)),
        "contacts" => drop(Contact::read_all(value, faults)),
        "services" => drop(Service::read_all(value, "host", "address", faults)),
        "owner" | "customer" => drop(parts::text(key, value, faults)),
        _ => drop(parts::word(key, value, faults)),
    }
}

/// Checks where a host stands in a dimension that has no typed key: one name, or several.
pub(super) fn check_dimension(key: &str, value: &Located, faults: &mut Faults) {
    match value.value.as_list() {
        Some(_) => drop(parts::words(key, value, faults)),
        None => drop(parts::word(key, value, faults)),
    }
}

/// Whether a value can say where a host stands in a dimension that this file does not know.
pub(super) fn may_be_member(value: &Located) -> bool {
    let mut faults = Faults::new();
    check_dimension("", value, &mut faults);
    faults.is_empty()
}

fn aliases(value: &Located, faults: &mut Faults) {
    for alias in parts::words("aliases", value, faults).unwrap_or_default() {
        if let Err(fault) = super::names::expand(alias).map(|_| ()) {
            parts::wrong(faults, value, fault, "");
        } else if alias.contains('[') {
            parts::wrong(faults, value, format!("{alias:?}: an alias is one name"), "");
        }
    }
}

/// A variable must not have the name of a key of the host, or asking for it would have two answers.
pub(super) fn check_variable(key: &str, value: &Located, dimensions: &[&str], faults: &mut Faults) {
    if !TYPED.contains(&key) && !dimensions.contains(&key) {
        return;
    }
    faults.push(Fault {
        code: "not-a-variable",
        message: format!("{key:?} is a key of its own, not a variable"),
        help: Some(format!("write {key} beside vars, not in it")),
        origin: value.origin,
    });
}
