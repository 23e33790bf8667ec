//! A map that keeps the order in which it was written.

use super::Located;
use std::collections::HashMap;
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

    pub(crate) fn entries(&self) -> &[(Arc<str>, Located)] {
        &self.0
    }

    /// For many keys to be looked up: an index where that is worth it.
    pub(crate) fn index(&self) -> Index<'_> {
        let places = || (0..).zip(&self.0).map(|(place, (key, _))| (&**key, place)).collect();
        Index { entries: &self.0, places: (self.0.len() > FEW).then(places) }
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

/// How many entries are looked through one by one before an index of them is made.
const FEW: usize = 16;

/// Where the keys of a map stand.
pub(crate) struct Index<'a> {
    entries: &'a [(Arc<str>, Located)],
    places: Option<HashMap<&'a str, usize>>,
}

impl Index<'_> {
    pub(crate) fn get(&self, key: &str) -> Option<usize> {
        match &self.places {
            Some(places) => places.get(key).copied(),
            None => self.entries.iter().position(|(known, _)| **known == *key),
        }
    }
}

/// The last of equal keys counts, where the first stands.
impl<K: Into<Arc<str>>> FromIterator<(K, Located)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, Located)>>(entries: I) -> Self {
        let mut map = Self::new();
        let mut places: HashMap<Arc<str>, usize> = HashMap::new();
        for (key, value) in entries {
            let key = key.into();
            if map.0.len() < FEW {
                map.insert(key, value);
                continue;
            }
            if places.is_empty() {
                places.extend(map.0.iter().zip(0..).map(|((key, _), place)| (key.clone(), place)));
            }
            match places.get(&key) {
                Some(place) => map.0[*place].1 = value,
                None => {
                    places.insert(key.clone(), map.0.len());
                    map.0.push((key, value));
                }
            }
        }
        map
    }
}
