//! Keys of maps: which of them are the same, and how JSON writes them.

use super::super::number::json_float;
use crate::{Located, Map, Origin, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// A key as it will be written, and as Python compares it.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) text: Arc<str>,
    /// Numbers and truths that are equal in Python are one key, however they are written.
    number: Option<Box<str>>,
    pub(super) is_text: bool,
    pub(super) origin: Origin,
}

impl Key {
    /// The key that this value is; none where a list, a map or a secret stands in its place.
    pub(super) fn new(value: &Value, origin: Origin) -> Option<Self> {
        let (text, number): (Arc<str>, Option<String>) = match value {
            Value::Null => ("null".into(), None),
            Value::Bool(truth) => (truth.to_string().into(), Some(u8::from(*truth).to_string())),
            Value::Int(number) => (number.to_string().into(), Some(number.to_string())),
            Value::BigInt(digits) => (digits.clone(), Some(digits.to_string())),
            Value::Float(number) => (json_float(*number).into(), Some(equal_float(*number))),
            Value::Text(text) | Value::Unsafe(text) => (text.clone(), None),
            _ => return None,
        };
        let is_text = matches!(value, Value::Text(_) | Value::Unsafe(_));
        Some(Self { text, number: number.map(Into::into), is_text, origin })
    }

    fn merged(text: &str, value: &Located) -> Self {
        Self { text: text.into(), number: None, is_text: true, origin: value.origin }
    }
}

fn equal_float(number: f64) -> String {
    let whole = number.is_finite() && number.fract() == 0.0;
    // Adding nought makes one of the two noughts.
    if whole { format!("{:.0}", number + 0.0) } else { number.to_string() }
}

/// Two equal keys: the first, and the one that replaced its value.
pub(super) struct Twice {
    pub(super) first: Key,
    pub(super) again: Key,
}

/// Puts a map together: of equal keys the last value counts, in the place of the first, as in Python. Entries of merged
/// maps come first and are not reported when a key of the map itself replaces them.
pub(super) fn assemble(merges: &[Arc<Map>], entries: Vec<(Key, Located)>) -> (Map, Vec<Twice>) {
    let mut table = Table::new(entries.len() + merges.iter().map(|map| map.len()).sum::<usize>());
    for map in merges {
        for (key, value) in map.iter() {
            table.put(Key::merged(key, value), value.clone());
        }
    }
    let merged = table.rows.len();
    let mut twice = Vec::new();
    let mut replaced = vec![false; merged];
    for (key, value) in entries {
        let again = key.clone();
        let Some(index) = table.put(key, value) else { continue };
        let Some((first, _)) = table.rows.get_mut(index) else { continue };
        match replaced.get_mut(index) {
            Some(replaced) if !*replaced => {
                *replaced = true;
                first.origin = again.origin;
            }
            _ => twice.push(Twice { first: first.clone(), again }),
        }
    }
    (Map::from_unique(table.rows.into_iter().map(|(key, value)| (key.text, value)).collect()), twice)
}

/// Below this many entries walking is faster than hashing.
const FEW: usize = 16;

struct Table {
    rows: Vec<(Key, Located)>,
    index: Option<HashMap<Name, usize>>,
}

#[derive(PartialEq, Eq, Hash)]
enum Name {
    Text(Arc<str>),
    Number(Box<str>),
}

impl Table {
    fn new(count: usize) -> Self {
        let index = (count > FEW).then(|| HashMap::with_capacity(count));
        Self { rows: Vec::with_capacity(count), index }
    }

    /// Adds an entry, or replaces the value of an equal key and says where that is.
    fn put(&mut self, key: Key, value: Located) -> Option<usize> {
        let known = match &self.index {
            Some(index) => {
                let number = key.number.as_ref().and_then(|number| index.get(&Name::Number(number.clone())));
                number.or_else(|| index.get(&Name::Text(key.text.clone()))).copied()
            }
            None => self.rows.iter().position(|(known, _)| {
                known.text == key.text || (known.number.is_some() && known.number == key.number)
            }),
        };
        if let Some(index) = known {
            if let Some((_, old)) = self.rows.get_mut(index) {
                *old = value;
            }
            return known;
        }
        if let Some(index) = &mut self.index {
            index.insert(Name::Text(key.text.clone()), self.rows.len());
            if let Some(number) = &key.number {
                index.insert(Name::Number(number.clone()), self.rows.len());
            }
        }
        self.rows.push((key, value));
        None
    }
}
