//! How a host is reached.

use super::parts::{Faults, word, wrong};
use crate::Located;
use serde::{Serialize, Serializer};
use std::fmt;

/// How commands and files get to a host.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportKind {
    /// Over ssh: what counts where nothing is said.
    Ssh,
    /// On the controller itself.
    Local,
    /// Another one, by the name under which the tool knows it.
    Other(String),
}

impl TransportKind {
    pub(crate) fn read(value: &Located, faults: &mut Faults) -> Option<Self> {
        let name = word("transport", value, faults)?;
        if !name
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "_-".contains(letter))
        {
            wrong(faults, value, format!("{name:?} is no transport"), "ssh and local are usual");
            return None;
        }
        Some(match name {
            "ssh" => Self::Ssh,
            "local" => Self::Local,
            other => Self::Other(other.to_owned()),
        })
    }

    /// Its name, as files write it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Ssh => "ssh",
            Self::Local => "local",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for TransportKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for TransportKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
