//! Secrets among the variables: known to be there, never shown.

use crate::Value;
use purlin_core::{Secret, SecretRef};
use std::fmt;

/// A secret variable: a reference that whoever needs it resolves, or what Ansible Vault has encrypted, closed or open.
#[derive(Clone)]
#[non_exhaustive]
pub enum SecretValue {
    /// Where the secret is, as the native format writes it.
    Reference(SecretRef),
    /// An Ansible Vault envelope, 1.1 or 1.2: its vault id where it names one, and its text.
    Vault {
        /// The vault id of a 1.2 header.
        id: Option<String>,
        /// Header and ciphertext as they stand in the file.
        envelope: String,
    },
    /// An inline vault envelope that was opened while loading.
    Opened {
        /// Header and ciphertext as they stand in the file, which is what Ansible prints of it.
        envelope: String,
        /// What it holds.
        secret: Secret<String>,
    },
    /// A text that stood in an encrypted file which was opened while loading.
    Open(Secret<String>),
    /// A number, a boolean or an `!unsafe` text that stood in such a file.
    OpenScalar(Value),
}

impl SecretValue {
    /// The text of a secret that was opened while loading; none for what is closed, a reference or no text.
    pub fn opened(&self) -> Option<&Secret<String>> {
        match self {
            Self::Open(secret) | Self::Opened { secret, .. } => Some(secret),
            Self::Reference(_) | Self::Vault { .. } | Self::OpenScalar(_) => None,
        }
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reference(reference) => write!(f, "Secret({reference})"),
            Self::Vault { id: Some(id), .. } => write!(f, "Secret(vault id {id})"),
            Self::Vault { id: None, .. } => f.write_str("Secret(vault)"),
            Self::Open(_) | Self::Opened { .. } | Self::OpenScalar(_) => f.write_str("Secret(***)"),
        }
    }
}

/// Secrets are never compared by what they hold: each is equal to itself only, so that a diff shows no secret.
impl PartialEq for SecretValue {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}
