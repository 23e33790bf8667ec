//! What one layer says. Every value may be missing; the layers are laid over each other value by value.

use super::connection::ConnectionLayer;
use super::{ColorChoice, LogFormat, Origin, Sourced, TlsLayer};
use crate::input::{Fields, Value, choice, duration};
use std::collections::BTreeMap;
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
    pub(crate) checks: Option<Sourced<PathBuf>>,
    pub(crate) state_dir: Option<Sourced<PathBuf>>,
    pub(crate) journal: Option<Sourced<String>>,
    pub(crate) evidence_dir: Option<Sourced<String>>,
    pub(crate) tls: TlsLayer,
    /// The connections that have a name.
    pub(crate) connections: BTreeMap<String, ConnectionLayer>,
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
            checks: from_file(fields.value("checks"), Value::path),
            state_dir: from_file(fields.value("state_dir"), Value::path),
            journal: from_file(fields.value("journal"), Value::name),
            evidence_dir: from_file(fields.value("evidence_dir"), Value::name),
            tls: fields.table("tls", TlsLayer::read).unwrap_or_default(),
            connections: ConnectionLayer::read_all(fields),
        }
    }

    /// This layer over a lower one.
    pub(super) fn over(self, below: Self) -> Self {
        let mut connections = below.connections;
        for (name, connection) in self.connections {
            let below = connections.remove(&name).unwrap_or_default();
            connections.insert(name, connection.over(below));
        }
        Self {
            connections,
            protected: self.protected.or(below.protected),
            timeout: self.timeout.or(below.timeout),
            color: self.color.or(below.color),
            log_format: self.log_format.or(below.log_format),
            inventory: self.inventory.or(below.inventory),
            checks: self.checks.or(below.checks),
            state_dir: self.state_dir.or(below.state_dir),
            journal: self.journal.or(below.journal),
            evidence_dir: self.evidence_dir.or(below.evidence_dir),
            tls: self.tls.over(below.tls),
        }
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
