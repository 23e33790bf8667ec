//! What stands for operators in rewritten expressions.

use super::guard::{filter, sound};
use super::{format, lists, methods, rewrite};
use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind};

pub(super) fn install(env: &mut Environment<'static>) {
    env.add_filter(rewrite::ATTRIBUTE, attribute);
    env.add_filter(rewrite::ITEM, item);
    env.add_filter(rewrite::SLICE, slice);
    env.add_filter(rewrite::ITERATE, |value: &Value| lists::iterable(value).cloned());
    filter(env, rewrite::REMAINDER, remainder);
}

/// `value.name`. Python looks for a method first, which is no value.
fn attribute(value: &Value, key: &Value) -> Result<Value, Error> {
    if key.as_str().is_some_and(|name| methods::has(value, name)) {
        let message = format!("{key} is a method of a {}, to be called with ()", value.kind());
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    item(value, key)
}

/// `value[key]`: of what is not defined, and of what has no such item, what is not defined.
fn item(value: &Value, key: &Value) -> Result<Value, Error> {
    if value.is_undefined() {
        return Ok(Value::UNDEFINED);
    }
    if key.is_undefined() {
        return Err(ErrorKind::UndefinedError.into());
    }
    sound(value.get_item(key)?)
}

/// `value[start:stop:step]`.
fn slice(value: &Value, start: &Value, stop: &Value, step: Option<&Value>) -> Result<Value, Error> {
    if value.is_undefined() {
        return Ok(Value::UNDEFINED);
    }
    let number = |value: &Value| match value.kind() {
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::None => Ok(None),
        ValueKind::Number | ValueKind::Bool if value.is_integer() || !value.is_number() => {
            i64::try_from(value.clone()).map(Some)
        }
        kind => Err(failed(format!("a part begins and ends at whole numbers, not at a {kind}"))),
    };
    let (start, stop, step) = (number(start)?, number(stop)?, step.map_or(Ok(None), number)?.unwrap_or(1));
    let items = match (value.kind(), value.as_str()) {
        (_, Some(text)) => text.chars().map(|letter| Value::from(letter.to_string())).collect(),
        (ValueKind::Seq | ValueKind::Iterable, _) => lists::items(value)?,
        (kind, _) => return Err(failed(format!("a {kind} has no parts"))),
    };
    let part = indices(items.len(), start, stop, step)?.filter_map(|index| items.get(index).cloned());
    Ok(match value.as_str() {
        Some(_) => Value::from(part.map(|letter| letter.to_string()).collect::<String>()),
        None => super::python::PyList::value(part.collect()),
    })
}

/// The indices of Python's slices.
fn indices(
    length: usize,
    start: Option<i64>,
    stop: Option<i64>,
    step: i64,
) -> Result<impl Iterator<Item = usize>, Error> {
    if step == 0 {
        return Err(failed("a part goes on by steps, and 0 is none"));
    }
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let bound = |at: i64| if at < 0 { at.saturating_add(length) } else { at }.clamp(low, high);
    let (first, last) = if step > 0 { (low, high) } else { (high, low) };
    let (start, stop) = (start.map_or(first, bound), stop.map_or(last, bound));
    let is_before = move |at: &i64| if step > 0 { *at < stop } else { *at > stop };
    let indices = std::iter::successors(Some(start), move |at| at.checked_add(step)).take_while(is_before);
    Ok(indices.filter_map(|at| usize::try_from(at).ok()))
}

fn failed(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

/// `one % other`: into a text the other is put.
fn remainder(one: &Value, other: &Value) -> Result<Value, Error> {
    if let Some(text) = one.as_str() {
        return format::percent(text, other).map(Value::from);
    }
    let is_number = |value: &Value| matches!(value.kind(), ValueKind::Number | ValueKind::Bool);
    if !is_number(one) || !is_number(other) {
        let message = format!("a {} has no remainder by a {}", one.kind(), other.kind());
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    let whole = |value: &Value| {
        i128::try_from(value.clone()).ok().filter(|_| value.is_integer() || value.kind() == ValueKind::Bool)
    };
    if let (Some(one), Some(other)) = (whole(one), whole(other)) {
        let rest = one.checked_rem(other).ok_or_else(division_by_zero)?;
        let is_across = rest != 0 && (rest < 0) != (other < 0);
        return Ok(Value::from(if is_across { rest + other } else { rest }));
    }
    let float = |value: &Value| match value.kind() {
        ValueKind::Bool => Ok(f64::from(u8::from(value.is_true()))),
        _ => f64::try_from(value.clone()),
    };
    let (one, other) = (float(one)?, float(other)?);
    if other == 0.0 {
        return Err(division_by_zero());
    }
    let rest = one % other;
    let is_across = rest != 0.0 && (rest < 0.0) != (other < 0.0);
    Ok(Value::from(if is_across { rest + other } else { rest }))
}

fn division_by_zero() -> Error {
    Error::new(ErrorKind::InvalidOperation, "a division by zero")
}
