//! The passwords that a load has, and what they open.

use crate::{Batch, Located, SecretValue, Value};
#[cfg(feature = "vault")]
use crate::{VaultKeys, batch::Extra};
#[cfg(feature = "vault")]
use purlin_core::Cx;
use purlin_core::{Diagnostic, Diagnostics, Place, Secret};
#[cfg(feature = "vault")]
use std::collections::HashMap;
use std::sync::Arc;

/// The passwords of one load; there are none without feature `vault`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keyring {
    #[cfg(feature = "vault")]
    keys: VaultKeys,
}

/// The text of a file.
pub(crate) enum Text {
    /// As it stands there.
    Plain(String),
    /// It was encrypted, and this is what it holds.
    Decrypted(String),
    /// An envelope for which there is no password at all.
    Closed(String),
}

impl Keyring {
    /// These passwords.
    #[cfg(feature = "vault")]
    pub(crate) fn new(keys: VaultKeys) -> Self {
        Self { keys }
    }

    /// What an envelope holds; none where there is no password at all.
    ///
    /// # Errors
    /// A malformed envelope, or one that no password opens.
    fn decrypt(&self, envelope: &str, place: &Place) -> Result<Option<Secret<String>>, Box<Diagnostic>> {
        #[cfg(feature = "vault")]
        if !self.keys.is_empty() {
            return self.keys.decrypt(envelope, place).map(Some);
        }
        match super::malformed(envelope, place) {
            Some(fault) => Err(Box::new(fault)),
            None => Ok(None),
        }
    }

    /// A file's text, opened where it is one envelope.
    ///
    /// # Errors
    /// As [`decrypt`](Self::decrypt).
    pub(crate) fn text(&self, text: String, name: &str) -> Result<Text, Box<Diagnostic>> {
        if !super::is_envelope(&text) {
            return Ok(Text::Plain(text));
        }
        let opened = self.decrypt(&text, &Place::file(name).at(1, 1))?;
        Ok(match opened {
            Some(secret) => Text::Decrypted(secret.expose().clone()),
            None => Text::Closed(text),
        })
    }

    /// Opens the encrypted values of a batch. What cannot be opened is an error in it.
    #[cfg(feature = "vault")]
    pub(crate) fn open(&self, cx: &Cx, batch: &mut Batch) {
        if self.keys.is_empty() {
            return;
        }
        let mut faults = Diagnostics::new();
        let mut opening = Opening { cx, keys: &self.keys, known: HashMap::new(), files: &batch.files };
        let Extra { firsts, .. } = &mut batch.extra;
        let hosts = batch.hosts.iter_mut().flat_map(|host| host.vars.iter_mut().chain(&mut host.earlier));
        let groups =
            batch.groups.iter_mut().flat_map(|group| group.vars.iter_mut().chain(&mut group.earlier));
        let said = hosts.chain(groups).map(|(_, value)| value);
        let firsts = firsts.iter_mut().map(|(_, _, value)| value);
        said.chain(firsts).for_each(|value| opening.value(value, &mut faults));
        batch.diagnostics.extend(faults);
    }
}

/// Values that are being opened.
#[cfg(feature = "vault")]
struct Opening<'a> {
    cx: &'a Cx,
    keys: &'a VaultKeys,
    /// Deriving a key takes milliseconds, and the hosts of a range share their values. None is a fault that was told.
    known: HashMap<String, Option<Value>>,
    files: &'a [Arc<str>],
}

#[cfg(feature = "vault")]
impl Opening<'_> {
    /// Readers have bounded the depth of values.
    fn value(&mut self, value: &mut Located, faults: &mut Diagnostics) {
        let origin = value.origin;
        match &mut value.value {
            Value::List(items) if items.iter().any(holds_vault) => {
                let mut opened = items.to_vec();
                opened.iter_mut().for_each(|item| self.value(item, faults));
                *items = opened.into();
            }
            Value::Map(map) if map.iter().any(|(_, value)| holds_vault(value)) => {
                Arc::make_mut(map).values_mut().for_each(|item| self.value(item, faults));
            }
            Value::Secret(secret) => {
                let SecretValue::Vault { envelope, .. } = &**secret else { return };
                if let Some(known) = self.known.get(envelope) {
                    return known.iter().cloned().for_each(|opened| value.value = opened);
                }
                // Whoever merges asks too, and ends with the error.
                if self.cx.check("inventory.vault").is_err() {
                    return;
                }
                let envelope = envelope.clone();
                let opened = match self.keys.decrypt(&envelope, &origin.place(self.files)) {
                    Ok(secret) => {
                        let secret = SecretValue::Opened { envelope: envelope.clone(), secret };
                        Some(Value::Secret(Arc::new(secret)))
                    }
                    Err(fault) => {
                        faults.push(*fault);
                        None
                    }
                };
                self.known.insert(envelope, opened.clone());
                opened.into_iter().for_each(|opened| value.value = opened);
            }
            _ => {}
        }
    }
}

#[cfg(feature = "vault")]
fn holds_vault(value: &Located) -> bool {
    match &value.value {
        Value::Secret(secret) => matches!(**secret, SecretValue::Vault { .. }),
        Value::List(items) => items.iter().any(holds_vault),
        Value::Map(map) => map.iter().any(|(_, value)| holds_vault(value)),
        _ => false,
    }
}

/// Makes secrets of a value that stood in an encrypted file; lists and maps keep their shape.
pub(crate) fn conceal(value: &mut Located) {
    let secret = match &mut value.value {
        Value::Null | Value::Secret(_) => return,
        Value::List(items) => {
            let mut hidden = items.to_vec();
            hidden.iter_mut().for_each(conceal);
            *items = hidden.into();
            return;
        }
        Value::Map(map) => return Arc::make_mut(map).values_mut().for_each(conceal),
        Value::Text(text) => SecretValue::Open(Secret::new(text.to_string())),
        scalar => SecretValue::OpenScalar(scalar.clone()),
    };
    value.value = Value::Secret(Arc::new(secret));
}

/// Makes secrets of all values of an encrypted file, and says nothing of its text in its faults.
pub(crate) fn conceal_all(batch: &mut Batch) {
    let hosts = batch.hosts.iter_mut().flat_map(|host| host.vars.iter_mut().chain(&mut host.earlier));
    let groups = batch.groups.iter_mut().flat_map(|group| group.vars.iter_mut().chain(&mut group.earlier));
    hosts.chain(groups).for_each(|(_, value)| conceal(value));
    batch.diagnostics = veiled(std::mem::take(&mut batch.diagnostics));
}

/// Faults of a decrypted text, without the words that may show some of it.
pub(crate) fn veiled(faults: Diagnostics) -> Diagnostics {
    let veil = |fault: Diagnostic| {
        let told = Diagnostic::new(fault.severity, fault.code, "a fault in what the encrypted file holds");
        let told = told.help("look at it with ansible-vault view");
        match fault.place {
            Some(place) => told.place(place),
            None => told,
        }
    };
    faults.into_iter().map(veil).collect()
}
