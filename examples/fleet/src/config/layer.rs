//! What one layer says. Every value may be missing; the layers are laid over each other value by value.

use super::{ColorChoice, LogFormat, Origin, Sourced};
use crate::input::{Fields, Value, choice, duration, server_name};
use purlin::core::SecretRef;
use std::path::PathBuf;
use std::time::Duration;

/// The values of one file, one context, the environment or the flags.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layer {
    pub(crate) protected: Option<Sourced<bool>>,
    pub(crate) timeout: Option<Sourced<Duration>>,
    pub(crate) color: Option<Sourced<ColorChoice>>,
    pub(crate) log_format: Option<Sourced<LogFormat>>,
    pub(crate) inventory: Option<Sourced<Vec<String>>>,
    pub(crate) tls: TlsLayer,
}

/// The same for `[tls]`.
#[derive(Debug, Clone, Default)]
pub(crate) struct TlsLayer {
    pub(crate) ca: Option<Sourced<Vec<PathBuf>>>,
    pub(crate) ca_only: Option<Sourced<Vec<PathBuf>>>,
    pub(crate) client_certificate: Option<Sourced<PathBuf>>,
    pub(crate) client_key: Option<Sourced<SecretRef>>,
    pub(crate) server_name: Option<Sourced<String>>,
    /// Whether a half of the identity is said, but cannot be read.
    pub(crate) broken_identity: bool,
}

impl Layer {
    /// Reads what a file's root and its contexts have in common.
    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        Self {
            protected: None,
            timeout: from_file(fields.value("timeout"), |value| value.parsed(duration)),
            color: from_file(fields.value("color"), |value| value.parsed(choice)),
            log_format: from_file(fields.value("log_format"), |value| value.parsed(choice)),
            inventory: from_file(fields.value("inventory"), Value::sources),
            tls: fields.table("tls", TlsLayer::read).unwrap_or_default(),
        }
    }

    /// This layer over a lower one.
    pub(super) fn over(self, below: Self) -> Self {
        Self {
            protected: self.protected.or(below.protected),
            timeout: self.timeout.or(below.timeout),
            color: self.color.or(below.color),
            log_format: self.log_format.or(below.log_format),
            inventory: self.inventory.or(below.inventory),
            tls: self.tls.over(below.tls),
        }
    }
}

impl TlsLayer {
    fn read(fields: &mut Fields<'_>) -> Self {
        let (certificate, key) = (fields.value("client_certificate"), fields.value("client_key"));
        let said = (certificate.is_some(), key.is_some());
        let client_certificate = from_file(certificate, Value::path);
        let client_key = from_file(key, Value::secret);
        Self {
            ca: from_file(fields.value("ca"), Value::paths),
            ca_only: from_file(fields.value("ca_only"), Value::paths),
            broken_identity: said != (client_certificate.is_some(), client_key.is_some()),
            client_certificate,
            client_key,
            server_name: from_file(fields.value("server_name"), |value| value.parsed(server_name)),
        }
    }

    fn over(self, below: Self) -> Self {
        // Who trusts these authorities only does not trust those that somebody added further down.
        let ca_below = below.ca.filter(|_| self.ca_only.is_none());
        Self {
            ca: self.ca.or(ca_below),
            ca_only: self.ca_only.or(below.ca_only),
            client_certificate: self.client_certificate.or(below.client_certificate),
            client_key: self.client_key.or(below.client_key),
            server_name: self.server_name.or(below.server_name),
            broken_identity: self.broken_identity || below.broken_identity,
        }
    }

    /// Whether it says a half of the identity or both.
    pub(super) fn says_identity(&self) -> bool {
        self.client_certificate.is_some() || self.client_key.is_some()
    }
}

/// A value of a file with its place; None where it is missing or at fault.
pub(super) fn from_file<'d, T>(
    value: Option<Value<'d>>,
    read: impl FnOnce(&Value<'d>) -> Option<T>,
) -> Option<Sourced<T>> {
    let value = value?;
    Some(Sourced::new(read(&value)?, Origin::File(value.place())))
}
