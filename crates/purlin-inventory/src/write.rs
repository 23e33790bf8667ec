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

use crate::{Inventory, Located, Origin, SecretValue, Value};
use purlin_core::{Diagnostic, Diagnostics, Error, Result, Severity};
use std::collections::HashSet;
use std::io;

fn put(text: &str, out: &mut impl io::Write) -> Result<()> {
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| Error::io("inventory.write", error))
}

/// So many faults are told one by one.
const MAX_FAULTS: usize = 200;

/// What a form cannot hold, found before anything is written.
struct Faults<'a> {
    inventory: &'a Inventory,
    found: Diagnostics,
    known: HashSet<(Origin, String)>,
    /// Errors and warnings that are not told one by one.
    more: [usize; 2],
}

impl<'a> Faults<'a> {
    fn new(inventory: &'a Inventory) -> Self {
        Self { inventory, found: Diagnostics::new(), known: HashSet::new(), more: [0, 0] }
    }

    /// A fault of a value, told once however many hosts share it.
    fn push(&mut self, code: &'static str, value: &Located, message: String, help: &str) {
        let place = self.inventory.place(value.origin);
        self.add(value, Diagnostic::error(code, message).place(place).help(help));
    }

    fn add(&mut self, value: &Located, fault: Diagnostic) {
        if !self.known.insert((value.origin, fault.message.clone())) {
            return;
        }
        match self.known.len() > MAX_FAULTS {
            true => self.more[usize::from(fault.severity != Severity::Error)] += 1,
            false => self.found.push(fault),
        }
    }

    /// What is told beside the answer, where nothing is an error.
    fn finish(mut self) -> Result<Diagnostics> {
        for (count, severity) in self.more.into_iter().zip([Severity::Error, Severity::Warning]) {
            if count > 0 {
                let message = format!("and {count} more of such places");
                self.found.push(Diagnostic::new(severity, "and-more", message));
            }
        }
        self.found.into_result("inventory.write")
    }

    /// The secrets within a value that this form must not show.
    fn secrets(&mut self, key: &str, value: &Located) {
        match &value.value {
            Value::List(items) => items.iter().for_each(|item| self.secrets(key, item)),
            Value::Map(map) => map.iter().for_each(|(_, value)| self.secrets(key, value)),
            Value::Secret(secret) => match &**secret {
                SecretValue::Reference(reference) => {
                    let message =
                        format!("{key:?} holds a secret by reference ({reference}), which is left out");
                    let place = self.inventory.place(value.origin);
                    let fault = Diagnostic::warning("secret-reference", message).place(place);
                    self.add(value, fault.help("tools that need it resolve it themselves"));
                }
                SecretValue::Vault { id, .. } => {
                    let named = id.as_ref().map(|id| format!(" (vault id {id})")).unwrap_or_default();
                    let message =
                        format!("{key:?} is encrypted by Ansible Vault{named} and there is no password");
                    let help = "give the password: --vault-password-file FILE";
                    self.push("vault-closed", value, message, help);
                }
                SecretValue::Open(_) | SecretValue::Opened { .. } | SecretValue::OpenScalar(_) => {}
            },
            _ => {}
        }
    }
}
