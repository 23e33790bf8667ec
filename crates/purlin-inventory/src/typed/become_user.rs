//! Whom to become on a host.

use super::parts::{Faults, table, user, word, wrong};
use crate::Located;
use purlin_core::suggest;
use serde::Serialize;

/// As whom commands run on a host after it was reached, and how one becomes that user.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Become {
    /// The user; `root` unless said.
    pub user: String,
    /// The way: `sudo` unless said; `su`, `doas`.
    pub method: String,
}

const KEYS: [&str; 2] = ["user", "method"];
const METHODS: [&str; 3] = ["sudo", "su", "doas"];

impl Become {
    pub(crate) fn new(user: Option<&str>, method: Option<&str>) -> Self {
        Self { user: user.unwrap_or("root").to_owned(), method: method.unwrap_or("sudo").to_owned() }
    }

    pub(crate) fn read(value: &Located, faults: &mut Faults) -> Option<Self> {
        let map = table("become", value, &KEYS, faults)?;
        let name = map.get("user").and_then(|value| user("user", value, faults));
        let method = map.get("method").and_then(|value| method(value, faults));
        Some(Self::new(name, method))
    }
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
