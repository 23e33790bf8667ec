//! Values of the inventory become values of the engine, and back.

use super::python::{PyDict, PyList, to_text};
use super::scope::{Scope, Shared, limit_error, nested};
use super::{Fault, FaultKind};
use crate::{Located, Map, Origin, Value as Plain};
use minijinja::value::{Value, ValueKind};
use minijinja::{Error, ErrorKind};
use std::sync::Arc;

/// How deep values may be nested.
pub(super) const MAX_DEPTH: usize = 128;

/// A value of the inventory, its templates rendered.
pub(super) fn to_engine(value: &Plain, scope: &Scope, depth: usize) -> Result<Value, Error> {
    scope.shared.count_value()?;
    if depth > MAX_DEPTH {
        return Err(limit_error("variables are nested deeper than 128 levels in each other"));
    }
    // What fails inside of a list fails when it is looked at, as in Ansible; a bound fails at once.
    let item = |item: &Located| match to_engine(&item.value, scope, depth + 1) {
        Err(error) if error.kind() == ErrorKind::OutOfFuel => Err(error),
        Err(error) => Ok(scope.shared.defer(error)),
        result => result,
    };
    Ok(match value {
        Plain::Null => Value::from(()),
        Plain::Bool(truth) => Value::from(*truth),
        Plain::Int(number) => Value::from(*number),
        Plain::BigInt(digits) => {
            digits.parse::<i128>().map_or_else(|_| Value::from(digits.clone()), Value::from)
        }
        Plain::Float(number) => Value::from(*number),
        Plain::Text(text) => nested(scope, text, depth)?,
        Plain::Unsafe(text) => Value::from(text.clone()),
        Plain::List(items) => PyList::value(items.iter().map(item).collect::<Result<_, _>>()?),
        Plain::Map(map) => {
            let entries = map.iter().map(|(key, value)| Ok((Value::from(key), item(value)?)));
            PyDict::value(entries.collect::<Result<_, Error>>()?)
        }
        Plain::Secret(_) => return Err(secret()),
    })
}

/// A value of the inventory, its templates left as they are.
pub(super) fn plain(value: &Plain, depth: usize) -> Result<Value, Error> {
    if depth > MAX_DEPTH {
        return Err(limit_error("a variable is nested deeper than 128 levels"));
    }
    let item = |item: &Located| plain(&item.value, depth + 1);
    Ok(match value {
        Plain::Null => Value::from(()),
        Plain::Bool(truth) => Value::from(*truth),
        Plain::Int(number) => Value::from(*number),
        Plain::Float(number) => Value::from(*number),
        Plain::Text(text) | Plain::Unsafe(text) | Plain::BigInt(text) => Value::from(text.clone()),
        Plain::List(items) => PyList::value(items.iter().map(item).collect::<Result<_, _>>()?),
        Plain::Map(map) => {
            let entries = map.iter().map(|(key, value)| Ok((Value::from(key), item(value)?)));
            PyDict::value(entries.collect::<Result<_, Error>>()?)
        }
        Plain::Secret(_) => return Err(secret()),
    })
}

/// Kept apart from other errors by a kind that nothing else uses here.
fn secret() -> Error {
    Error::new(ErrorKind::BadSerialization, "the expression uses a secret, which is not opened here")
}

/// A result as a value of the inventory. A text that is not the inventory's own is one that no template is made of.
pub(super) fn from_engine(
    value: &Value,
    origin: Origin,
    shared: &Shared,
    depth: usize,
) -> Result<Located, Fault> {
    if depth > MAX_DEPTH {
        return Err(Fault::new(FaultKind::Limit, "the result is nested deeper than 128 levels"));
    }
    let fault = |error: Error| super::scope::fault(&error, Some(shared));
    let inner = |value: &Value| from_engine(value, origin, shared, depth + 1);
    let plain = match value.kind() {
        ValueKind::Undefined => return Err(fault(ErrorKind::UndefinedError.into())),
        ValueKind::None => Plain::Null,
        ValueKind::Bool => Plain::Bool(value.is_true()),
        ValueKind::Number => number(value),
        ValueKind::String => {
            let text = value.as_str().unwrap_or_default();
            match shared.trusted(text) {
                Some(text) => Plain::Text(text),
                None => Plain::Unsafe(text.into()),
            }
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value.try_iter().map_err(fault)?;
            Plain::from(items.map(|item| inner(&item)).collect::<Result<Vec<_>, _>>()?)
        }
        ValueKind::Map => {
            let mut map = Map::new();
            for key in value.try_iter().map_err(fault)? {
                let item = value.get_item(&key).map_err(fault)?;
                map.insert(Arc::<str>::from(to_text(&key).map_err(fault)?), inner(&item)?);
            }
            Plain::from(map)
        }
        ValueKind::Invalid => return Err(shared.deferred().unwrap_or_else(failed)),
        _ => return Err(failed()),
    };
    Ok(Located::new(plain, origin))
}

fn failed() -> Fault {
    Fault::new(FaultKind::Failed, "the result is no value that a variable can have")
}

fn number(value: &Value) -> Plain {
    if !value.is_integer() {
        return Plain::Float(f64::try_from(value.clone()).unwrap_or(f64::NAN));
    }
    match value.as_i64() {
        Some(number) => Plain::Int(number),
        None => Plain::BigInt(value.to_string().into()),
    }
}
