//! Filters over lists and maps.

use super::compare::Keys;
use super::python::{PyDict, PyList, to_text};
use super::scope::limit_error;
use minijinja::value::{Kwargs, Rest, Value, ValueKind};
use minijinja::{Error, ErrorKind};

/// The longest list that is compared item by item.
const MAX_COMPARED: usize = 2_000;

/// A value that can be gone over, which null and what is not defined cannot.
pub(super) fn iterable(value: &Value) -> Result<&Value, Error> {
    match value.kind() {
        ValueKind::Undefined => Err(ErrorKind::UndefinedError.into()),
        ValueKind::None => Err(Error::new(ErrorKind::InvalidOperation, "null is nothing to go over")),
        _ => Ok(value),
    }
}

pub(super) fn items(value: &Value) -> Result<Vec<Value>, Error> {
    iterable(value)?.try_iter()?.checked().collect()
}

fn compared(value: &Value) -> Result<Vec<Value>, Error> {
    let items = items(value)?;
    if items.len() > MAX_COMPARED {
        return Err(limit_error("a list of more than 2,000 items is too long to be compared"));
    }
    Ok(items)
}

/// The first of equal ones. Texts in other letters are equal, unless it is told otherwise, or an item is a list or map.
pub(super) fn unique(
    value: &Value,
    case_sensitive: Option<bool>,
    attribute: Option<Value>,
    kwargs: Kwargs,
) -> Result<Value, Error> {
    let case_sensitive = kwargs.get::<Option<bool>>("case_sensitive")?.or(case_sensitive);
    let attribute = kwargs.get::<Option<Value>>("attribute")?.or(attribute).filter(|name| !name.is_none());
    kwargs.assert_all_used()?;
    let items = compared(value)?;
    let keys = Keys::new(attribute.as_ref(), case_sensitive == Some(true));
    let mut known = items.iter().map(|item| keys.of(item)).collect::<Result<Vec<_>, _>>()?;
    if known.iter().any(|key| matches!(key.kind(), ValueKind::Map | ValueKind::Seq) && !key.is_tuple()) {
        if case_sensitive == Some(false) || attribute.is_some() {
            let message = "unique compares lists and maps neither by an attribute nor without regard to case";
            return Err(Error::new(ErrorKind::InvalidOperation, message));
        }
        known.clone_from(&items);
    }
    let mut seen: Vec<&Value> = Vec::new();
    let mut kept = Vec::new();
    for (key, item) in known.iter().zip(&items) {
        if !seen.contains(&key) {
            seen.push(key);
            kept.push(item.clone());
        }
    }
    Ok(PyList::value(kept))
}

fn distinct(items: Vec<Value>) -> Value {
    let mut all: Vec<Value> = Vec::new();
    for item in items {
        if !all.contains(&item) {
            all.push(item);
        }
    }
    PyList::value(all)
}

pub(super) fn union(one: &Value, other: &Value) -> Result<Value, Error> {
    Ok(distinct(compared(one)?.into_iter().chain(compared(other)?).collect()))
}

pub(super) fn intersect(one: &Value, other: &Value) -> Result<Value, Error> {
    let other = compared(other)?;
    let kept = compared(one)?.into_iter().filter(|item| other.contains(item)).collect();
    Ok(distinct(kept))
}

pub(super) fn difference(one: &Value, other: &Value) -> Result<Value, Error> {
    let other = compared(other)?;
    let kept = compared(one)?.into_iter().filter(|item| !other.contains(item)).collect();
    Ok(distinct(kept))
}

pub(super) fn symmetric_difference(one: &Value, other: &Value) -> Result<Value, Error> {
    union(&difference(one, other)?, &difference(other, one)?)
}

pub(super) fn flatten(value: &Value, kwargs: Kwargs) -> Result<Value, Error> {
    let levels: Option<usize> = kwargs.get("levels")?;
    kwargs.assert_all_used()?;
    let mut flat = Vec::new();
    flatten_into(&mut flat, value, levels.unwrap_or(super::data::MAX_DEPTH))?;
    Ok(PyList::value(flat))
}

fn flatten_into(flat: &mut Vec<Value>, value: &Value, levels: usize) -> Result<(), Error> {
    for item in value.try_iter()? {
        match (item.kind(), levels) {
            (ValueKind::Seq, 1..) => flatten_into(flat, &item, levels - 1)?,
            (ValueKind::None, _) => {}
            _ => flat.push(item),
        }
    }
    Ok(())
}

pub(super) fn list(value: &Value) -> Result<Value, Error> {
    match value.as_str() {
        Some(text) => Ok(PyList::value(text.chars().map(|letter| Value::from(letter.to_string())).collect())),
        None => items(value).map(PyList::value),
    }
}

pub(super) fn ternary(value: &Value, yes: &Value, no: &Value, none: Option<&Value>) -> Result<Value, Error> {
    Ok(match none {
        _ if value.is_undefined() => Value::UNDEFINED,
        Some(none) if value.is_none() => none.clone(),
        _ if value.is_true() => yes.clone(),
        _ => no.clone(),
    })
}

/// Key and value names of `dict2items` and `items2dict`.
fn names(kwargs: &Kwargs) -> Result<(Value, Value), Error> {
    let key: Option<Value> = kwargs.get("key_name")?;
    let value: Option<Value> = kwargs.get("value_name")?;
    kwargs.assert_all_used()?;
    Ok((key.unwrap_or_else(|| Value::from("key")), value.unwrap_or_else(|| Value::from("value"))))
}

pub(super) fn dict2items(value: &Value, kwargs: Kwargs) -> Result<Value, Error> {
    let (key_name, value_name) = names(&kwargs)?;
    expect_map(value)?;
    let mut out = Vec::new();
    for key in value.try_iter()? {
        let item = value.get_item(&key)?;
        out.push(PyDict::value(vec![(key_name.clone(), key), (value_name.clone(), item)]));
    }
    Ok(PyList::value(out))
}

pub(super) fn items2dict(value: &Value, kwargs: Kwargs) -> Result<Value, Error> {
    let (key_name, value_name) = names(&kwargs)?;
    let mut entries = Vec::new();
    for item in compared(value)? {
        let (key, value) = (item.get_item(&key_name)?, item.get_item(&value_name)?);
        if key.is_undefined() || value.is_undefined() {
            return Err(Error::new(ErrorKind::InvalidOperation, "items2dict needs items with key and value"));
        }
        set(&mut entries, key, value);
    }
    Ok(PyDict::value(entries))
}

pub(super) fn combine(value: &Value, others: Rest<Value>, kwargs: Kwargs) -> Result<Value, Error> {
    let recursive = kwargs.get::<Option<bool>>("recursive")?.unwrap_or_default();
    if let Some(rule) = kwargs.get::<Option<String>>("list_merge")?.filter(|rule| rule != "replace") {
        return Err(Error::new(ErrorKind::UnknownFilter, format!("combine with list_merge={rule}")));
    }
    kwargs.assert_all_used()?;
    let mut merged = value.clone();
    expect_map(&merged)?;
    for other in others.iter() {
        merged = merge(&merged, other, if recursive { super::data::MAX_DEPTH } else { 0 })?;
    }
    Ok(merged)
}

fn merge(one: &Value, other: &Value, levels: usize) -> Result<Value, Error> {
    expect_map(other)?;
    let mut entries = entries(one)?;
    for (key, mut value) in self::entries(other)? {
        let old = entries.iter().find(|(known, _)| *known == key).map(|(_, old)| old);
        if let Some(old) = old.filter(|old| levels > 0 && is_map(old) && is_map(&value)) {
            value = merge(old, &value, levels - 1)?;
        }
        set(&mut entries, key, value);
    }
    Ok(PyDict::value(entries))
}

pub(super) fn entries(map: &Value) -> Result<Vec<(Value, Value)>, Error> {
    iterable(map)?.try_iter()?.map(|key| map.get_item(&key).map(|value| (key, value))).collect()
}

fn set(entries: &mut Vec<(Value, Value)>, key: Value, value: Value) {
    match entries.iter_mut().find(|(known, _)| *known == key) {
        Some((_, old)) => *old = value,
        None => entries.push((key, value)),
    }
}

fn is_map(value: &Value) -> bool {
    value.kind() == ValueKind::Map
}

fn expect_map(value: &Value) -> Result<(), Error> {
    if is_map(value) {
        return Ok(());
    }
    let text = to_text(value).unwrap_or_default();
    let shown: String = text.chars().take(40).collect();
    Err(Error::new(ErrorKind::InvalidOperation, format!("'{shown}' is no map")))
}
