//! Inventories as other tools read them.
//!
//! Each writer looks for everything that its form cannot hold before it writes the first byte, and tells all of it: a
//! failed export leaves nothing half-written.

mod ansible;
mod json;
mod native;
mod ssh;
mod toml;

pub use ansible::{ansible_export_json, ansible_host_json, ansible_json};
pub use native::native_toml;
pub use ssh::ssh_config;

use crate::{Inventory, Located, SecretValue, Value};
use purlin_core::{Diagnostic, Diagnostics, Error, Result};
use std::io;

fn put(text: &str, out: &mut impl io::Write) -> Result<()> {
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| Error::io("inventory.write", error))
}

/// What a form cannot hold, found before anything is written.
struct Faults<'a> {
    inventory: &'a Inventory,
    found: Diagnostics,
}

impl<'a> Faults<'a> {
    fn new(inventory: &'a Inventory) -> Self {
        Self { inventory, found: Diagnostics::new() }
    }

    /// A fault of a value, told once however many hosts share it.
    fn push(&mut self, code: &'static str, value: &Located, message: String, help: &str) {
        let fault = Diagnostic::error(code, message).place(self.inventory.place(value.origin)).help(help);
        if !self.found.iter().any(|known| *known == fault) {
            self.found.push(fault);
        }
    }

    fn finish(self) -> Result<()> {
        self.found.into_result("inventory.write").map(drop)
    }

    /// The secrets within a value that this form must not show.
    fn secrets(&mut self, key: &str, value: &Located) {
        match &value.value {
            Value::List(items) => items.iter().for_each(|item| self.secrets(key, item)),
            Value::Map(map) => map.iter().for_each(|(_, value)| self.secrets(key, value)),
            Value::Secret(secret) => match &**secret {
                SecretValue::Reference(reference) => {
                    let message =
                        format!("{key:?} is a secret by reference ({reference}), which is not resolved here");
                    let help = "tools that need it resolve it themselves; leave it out of what Ansible reads";
                    self.push("secret-reference", value, message, help);
                }
                SecretValue::Vault { id, .. } => {
                    let named = id.as_ref().map(|id| format!(" (vault id {id})")).unwrap_or_default();
                    let message =
                        format!("{key:?} is encrypted by Ansible Vault{named} and there is no password");
                    self.push(
                        "vault-closed",
                        value,
                        message,
                        "give the password: --vault-password-file FILE",
                    );
                }
                SecretValue::Open(_) | SecretValue::Opened { .. } | SecretValue::OpenScalar(_) => {}
            },
            _ => {}
        }
    }
}
