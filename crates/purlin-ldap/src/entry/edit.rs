//! Taking an entry apart and putting it together, for those who implement a directory.

use super::{Attribute, Entry};
use crate::{AttrName, Dn};

/// What an [`Entry`] is made of: its name, and each attribute with its values.
#[derive(Debug)]
#[non_exhaustive]
pub struct EntryParts {
    /// Its name.
    pub dn: Dn,
    /// Its attributes.
    pub attributes: Vec<(AttrName, Vec<Vec<u8>>)>,
}

impl Entry {
    /// Takes it apart.
    pub fn into_parts(self) -> EntryParts {
        let attributes =
            self.attributes.into_iter().map(|Attribute { name, values }| (name, values)).collect();
        EntryParts { dn: self.dn, attributes }
    }

    /// Of distinct attributes, as a server sends them.
    #[cfg(feature = "client")]
    pub(crate) fn of(dn: Dn, attributes: Vec<(AttrName, Vec<Vec<u8>>)>) -> Self {
        let attributes = attributes.into_iter().map(|(name, values)| Attribute { name, values }).collect();
        Self { dn, attributes }
    }

    /// Keeps what a search asks for: these names with all their options; all where there are none.
    pub(crate) fn only(mut self, names: &[AttrName]) -> Self {
        if names.is_empty() {
            return self;
        }
        let wanted: Vec<AttrName> = names
            .iter()
            .flat_map(|name| self.with_options(name.as_str()))
            .map(|found| found.name.clone())
            .collect();
        self.attributes.retain(|known| wanted.contains(&known.name));
        self
    }
}
