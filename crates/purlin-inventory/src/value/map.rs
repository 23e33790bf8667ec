//! A map that keeps the order in which it was written.

use super::Located;
use std::sync::Arc;

/// Text keys and their values in the order in which they were written. Made for the small maps of inventories: looking
/// a key up walks the entries.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Map(Vec<(Arc<str>, Located)>);

impl Map {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Entries whose keys are known to differ: large maps need no comparison of each key with all others.
    pub(crate) fn from_unique(entries: Vec<(Arc<str>, Located)>) -> Self {
        Self(entries)
    }

    /// Sets a key; an equal one is replaced where it stands, and its old value returned.
    pub fn insert(&mut self, key: impl Into<Arc<str>>, value: Located) -> Option<Located> {
        let key = key.into();
        match self.0.iter_mut().find(|(known, _)| *known == key) {
            Some((_, old)) => Some(std::mem::replace(old, value)),
            None => {
                self.0.push((key, value));
                None
            }
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Located> {
        self.0.iter().find(|(known, _)| **known == *key).map(|(_, value)| value)
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &str) -> Option<Located> {
        let index = self.0.iter().position(|(known, _)| **known == *key)?;
        Some(self.0.remove(index).1)
    }

    /// Keys and values in the order in which they were written.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Located)> {
        self.0.iter().map(|(key, value)| (&**key, value))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut Located> {
        self.0.iter_mut().map(|(_, value)| value)
    }
}

impl<K: Into<Arc<str>>> FromIterator<(K, Located)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, Located)>>(entries: I) -> Self {
        let mut map = Self::new();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}
