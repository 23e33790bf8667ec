//! Passwords open envelopes: AES-256 in counter mode, its key from PBKDF2, checked by an HMAC before it is decrypted
//! (Ansible's documentation, "Ansible Vault payload format 1.1 - 1.2").

use super::{named, parse, way_in};
use crate::SecretValue;
use aes::Aes256;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit, StreamCipher};
use hmac::{Hmac, KeyInit, Mac};
use purlin_core::{Cx, Diagnostic, Diagnostics, Place, Result, Secret, SecretSource};
use sha2::Sha256;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Rounds of PBKDF2, as the format has it.
const ROUNDS: u32 = 10_000;

/// Where the passwords of vaults are: each with the vault id that it is for, or for any. A password of the right id is
/// tried first, then all others in their order, as Ansible does.
///
/// ```
/// use purlin_core::SecretRef;
/// use purlin_inventory::VaultPasswords;
///
/// let passwords = VaultPasswords::new()
///     .password(SecretRef::file("vault.txt"))
///     .password_for("prod", SecretRef::command(["pass", "show", "vault/prod"]));
/// assert_eq!(passwords.len(), 2);
/// ```
#[derive(Debug, Clone, Default)]
pub struct VaultPasswords(Vec<(Option<String>, Arc<dyn SecretSource>)>);

impl VaultPasswords {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// A password for vaults of any id.
    #[must_use]
    pub fn password(mut self, source: impl SecretSource + 'static) -> Self {
        self.0.push((None, Arc::new(source)));
        self
    }

    /// The password of a vault id.
    #[must_use]
    pub fn password_for(mut self, id: impl Into<String>, source: impl SecretSource + 'static) -> Self {
        self.0.push((Some(id.into()), Arc::new(source)));
        self
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Fetches all of them, each within its source's own limits.
    ///
    /// # Errors
    /// The first source that fails.
    pub async fn resolve(&self, cx: &Cx) -> Result<VaultKeys> {
        let mut keys = Vec::with_capacity(self.0.len());
        for (id, source) in &self.0 {
            keys.push((id.clone(), source.resolve(cx).await?));
        }
        Ok(VaultKeys(keys))
    }
}

/// The passwords themselves, fetched from [`VaultPasswords`]: zeroed when dropped.
#[derive(Debug, Clone, Default)]
pub struct VaultKeys(Vec<(Option<String>, Secret<String>)>);

impl VaultKeys {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Opens an envelope: the text of a whole file, or of an inline `!vault` value. `place` is where it begins.
    /// Deriving the key takes some milliseconds of computing for each password that is tried.
    ///
    /// # Errors
    /// A fault at its place: no password opens it, it is malformed, or what is in it is no UTF-8. Kind
    /// [`Invalid`](purlin_core::ErrorKind::Invalid).
    pub fn open(&self, envelope: &str, place: &Place) -> Result<Secret<String>> {
        self.decrypt(envelope, place).map_err(|fault| {
            let faults: Diagnostics = [*fault].into_iter().collect();
            let error = faults.into_result("inventory.vault").err();
            error.unwrap_or_else(|| {
                purlin_core::Error::new(purlin_core::ErrorKind::Invalid, "an error was lost")
            })
        })
    }

    /// Opens a variable that is a vault envelope.
    ///
    /// # Errors
    /// As [`open`](Self::open); a secret that is no envelope is [`Unsupported`](purlin_core::ErrorKind::Unsupported).
    pub fn open_value(&self, value: &SecretValue, place: &Place) -> Result<Secret<String>> {
        match value {
            SecretValue::Vault { envelope, .. } => self.open(envelope, place),
            SecretValue::Open(secret) | SecretValue::Opened { secret, .. } => Ok(secret.clone()),
            SecretValue::Reference(_) | SecretValue::OpenScalar(_) => Err(purlin_core::Error::new(
                purlin_core::ErrorKind::Unsupported,
                format!("{value:?} is not a vault envelope"),
            )),
        }
    }

    /// As [`open`](Self::open), with the fault as it stands.
    pub(crate) fn decrypt(
        &self,
        envelope: &str,
        place: &Place,
    ) -> std::result::Result<Secret<String>, Box<Diagnostic>> {
        let parts = parse(envelope).map_err(|fault| Box::new(fault.diagnostic(place)))?;
        let fault = |code: &'static str, message: String| {
            Box::new(Diagnostic::error(code, message).place(place.clone()).help(way_in(parts.id)))
        };
        if self.0.is_empty() {
            return Err(fault("vault-closed", format!("it is encrypted{}", named(parts.id))));
        }
        let fits = |id: &Option<String>| id.is_some() && id.as_deref() == parts.id;
        let (fitting, others): (Vec<_>, Vec<_>) = self.0.iter().partition(|(id, _)| fits(id));
        for (_, password) in fitting.into_iter().chain(others) {
            let Some(plain) = decrypted(password, &parts.salt, &parts.mac, &parts.ciphertext) else {
                continue;
            };
            return match std::str::from_utf8(&plain) {
                Ok(text) => Ok(Secret::new(text.to_owned())),
                Err(_) => Err(fault("vault-envelope", "what is encrypted is no UTF-8".to_owned())),
            };
        }
        let message = format!(
            "no vault password opens it{}",
            match parts.id {
                Some(id) => format!(" (its vault id is {id})"),
                None => String::new(),
            }
        );
        Err(fault("vault-password", message))
    }
}

/// What is encrypted; none when the password is wrong or the envelope was changed.
fn decrypted(
    password: &Secret<String>,
    salt: &[u8],
    mac: &[u8],
    ciphertext: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let mut derived = Zeroizing::new([0u8; 80]);
    let password = password.expose().trim().as_bytes();
    pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, ROUNDS, &mut *derived);
    let (keys, iv) = derived.split_at_checked(64)?;
    let (key, mac_key) = keys.split_at_checked(32)?;
    let mut check = <Hmac<Sha256> as KeyInit>::new_from_slice(mac_key).ok()?;
    check.update(ciphertext);
    // In constant time.
    check.verify_slice(mac).ok()?;
    let mut plain = Zeroizing::new(ciphertext.to_vec());
    Ctr128BE::<Aes256>::new_from_slices(key, iv).ok()?.apply_keystream(&mut plain);
    let padding = usize::from(*plain.last()?);
    let length = plain.len().checked_sub(padding).filter(|_| (1..=16).contains(&padding))?;
    if !plain.get(length..)?.iter().all(|byte| usize::from(*byte) == padding) {
        return None;
    }
    plain.truncate(length);
    Some(plain)
}
