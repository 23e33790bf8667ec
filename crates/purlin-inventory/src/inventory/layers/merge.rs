//! How two values of one variable become one.

use crate::{Located, Map, SecretValue, Value};
use serde::Serialize;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

/// How what several layers say of one variable becomes one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum MergeRule {
    /// The strongest layer's value, whole.
    #[default]
    Replace,
    /// Maps are merged key by key, at every depth; of anything else the stronger counts.
    Deep,
    /// Lists one after the other, the weakest layer's first.
    Append,
    /// As append, with each item once: where it came first.
    Unique,
    /// What stronger layers list is taken out of what the weakest lists.
    Remove,
}

impl MergeRule {
    /// All, as files write them.
    pub(crate) const ALL: [(&'static str, Self); 5] = [
        ("replace", Self::Replace),
        ("deep", Self::Deep),
        ("append", Self::Append),
        ("unique", Self::Unique),
        ("remove", Self::Remove),
    ];

    /// Whether it works on lists only.
    pub(crate) fn wants_lists(self) -> bool {
        matches!(self, Self::Append | Self::Unique | Self::Remove)
    }
}

impl fmt::Display for MergeRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(_, rule)| rule == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

/// What a weaker and a stronger value become. Two values are expected to be of the kind that the rule wants; where they
/// are not, the stronger counts. The result of lists and maps has the origin of the stronger.
#[expect(clippy::mutable_key_type, reason = "what secrets hold is neither hashed nor compared")]
pub(crate) fn combine(rule: MergeRule, weaker: &Located, stronger: &Located) -> Located {
    match (rule, &weaker.value, &stronger.value) {
        (MergeRule::Deep, Value::Map(one), Value::Map(other)) => {
            Located::new(deep(one, other), stronger.origin)
        }
        (MergeRule::Append, Value::List(one), Value::List(other)) => {
            Located::new(one.iter().chain(other.iter()).cloned().collect::<Vec<_>>(), stronger.origin)
        }
        (MergeRule::Unique, Value::List(one), Value::List(other)) => {
            let mut seen = HashSet::new();
            let items = one.iter().chain(other.iter()).filter(|item| seen.insert(Key(&item.value)));
            Located::new(items.cloned().collect::<Vec<_>>(), stronger.origin)
        }
        (MergeRule::Remove, Value::List(one), Value::List(other)) => {
            let gone: HashSet<Key<'_>> = other.iter().map(|item| Key(&item.value)).collect();
            let left = one.iter().filter(|item| !gone.contains(&Key(&item.value)));
            Located::new(left.cloned().collect::<Vec<_>>(), stronger.origin)
        }
        _ => stronger.clone(),
    }
}

/// How what equals say becomes one value: what several of them take out, all of them together take out.
pub(crate) fn beside(rule: MergeRule) -> MergeRule {
    if rule == MergeRule::Remove { MergeRule::Unique } else { rule }
}

/// What a rule makes of a value that nobody else speaks of.
#[expect(clippy::mutable_key_type, reason = "what secrets hold is neither hashed nor compared")]
pub(crate) fn alone(rule: MergeRule, value: &Located) -> Option<Located> {
    let items = value.value.as_list().filter(|_| rule == MergeRule::Unique)?;
    let mut seen = HashSet::new();
    let once: Vec<Located> = items.iter().filter(|item| seen.insert(Key(&item.value))).cloned().collect();
    (once.len() < items.len()).then(|| Located::new(once, value.origin))
}

/// Readers bound the depth of what they read, so this ends.
fn deep(weaker: &Arc<Map>, stronger: &Arc<Map>) -> Map {
    let mut merged: Vec<(Arc<str>, Located)> = weaker.entries().to_vec();
    let index = weaker.index();
    for (key, value) in stronger.entries() {
        match index.get(key) {
            Some(place) => merged[place].1 = combine(MergeRule::Deep, &merged[place].1, value),
            None => merged.push((key.clone(), value.clone())),
        }
    }
    Map::from_unique(merged)
}

/// Whether two values say the same, wherever they were said.
pub(crate) fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(one), Value::Bool(other)) => one == other,
        (Value::Int(one), Value::Int(other)) => one == other,
        (Value::BigInt(one), Value::BigInt(other)) => one == other,
        (Value::Float(one), Value::Float(other)) => one.to_bits() == other.to_bits(),
        (Value::Text(one), Value::Text(other)) | (Value::Unsafe(one), Value::Unsafe(other)) => one == other,
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len()
                && one.iter().zip(other.iter()).all(|(one, other)| same(&one.value, &other.value))
        }
        (Value::Map(one), Value::Map(other)) => {
            let index = other.index();
            let theirs = |key: &Arc<str>| index.get(key).map(|place| &other.entries()[place].1);
            one.len() == other.len()
                && one
                    .entries()
                    .iter()
                    .all(|(key, value)| theirs(key).is_some_and(|theirs| same(&value.value, &theirs.value)))
        }
        (Value::Secret(one), Value::Secret(other)) => same_secret(one, other),
        _ => false,
    }
}

/// Two references are the same when they refer to the same; what is encrypted or open is never compared.
fn same_secret(one: &Arc<SecretValue>, other: &Arc<SecretValue>) -> bool {
    match (&**one, &**other) {
        (SecretValue::Reference(one), SecretValue::Reference(other)) => {
            one.written().is_some() && one.written() == other.written()
        }
        _ => Arc::ptr_eq(one, other),
    }
}

/// A value as an item of a set: equal where [`same`] says so.
struct Key<'a>(&'a Value);

impl PartialEq for Key<'_> {
    fn eq(&self, other: &Self) -> bool {
        same(self.0, other.0)
    }
}

impl Eq for Key<'_> {}

impl std::hash::Hash for Key<'_> {
    /// Coarse where a value is made of others: equal values must have equal hashes, whatever the order of their keys.
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self.0).hash(state);
        match self.0 {
            Value::Bool(truth) => truth.hash(state),
            Value::Int(number) => number.hash(state),
            Value::Float(number) => number.to_bits().hash(state),
            Value::Text(text) | Value::Unsafe(text) | Value::BigInt(text) => text.hash(state),
            Value::List(items) => items.len().hash(state),
            Value::Map(map) => map.len().hash(state),
            Value::Null | Value::Secret(_) => {}
        }
    }
}
