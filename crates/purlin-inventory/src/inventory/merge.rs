//! What becomes of a value when the same key is said again.

use crate::{Located, Map, Value};

/// What happens to a map when a stronger place says a map under the same key (Ansible's `hash_behaviour`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum HashBehaviour {
    /// The stronger map replaces the weaker.
    #[default]
    Replace,
    /// Entries of the stronger map are put into the weaker, at every depth. Lists are replaced all the same.
    Merge,
}

impl HashBehaviour {
    /// The value after both have spoken, the stronger last.
    pub(crate) fn combine(self, under: &Located, over: &Located) -> Located {
        match (self, &under.value, &over.value) {
            (Self::Merge, Value::Map(_), Value::Map(_)) => merged(under, over),
            _ => over.clone(),
        }
    }

    /// Sets a key: what it said before is replaced, or the maps of both are merged.
    pub(crate) fn set(self, old: &mut Located, new: Located) {
        *old = match (self, &old.value, &new.value) {
            (Self::Merge, Value::Map(_), Value::Map(_)) => merged(old, &new),
            _ => new,
        };
    }
}

/// Readers bound how deep values are nested, and with it this recursion.
fn merged(under: &Located, over: &Located) -> Located {
    let (Value::Map(weak), Value::Map(strong)) = (&under.value, &over.value) else {
        return over.clone();
    };
    let mut entries = weak.entries().to_vec();
    let index = weak.index();
    for (key, value) in strong.entries() {
        match index.get(key) {
            Some(place) => entries[place].1 = merged(&entries[place].1, value),
            None => entries.push((key.clone(), value.clone())),
        }
    }
    Located::new(Map::from_unique(entries), over.origin)
}
