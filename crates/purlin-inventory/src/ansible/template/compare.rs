//! Comparisons as Python makes them: values that have no order are an error, not an answer.

use super::data::MAX_DEPTH;
use super::scope::limit_error;
use super::{guard, rewrite};
use minijinja::value::{Kwargs, Rest, Value, ValueKind, ValueOrKwargs, from_args};
use minijinja::{Environment, Error, ErrorKind, State};
use std::cmp::Ordering;

/// Adds the filters that stand for comparisons, and the tests that compare.
pub(super) fn install(env: &mut Environment<'static>) {
    env.add_filter(rewrite::COMPARE, chain);
    for (operator, names) in [
        ("==", &["eq", "equalto", "=="][..]),
        ("!=", &["ne", "!="]),
        ("<", &["lt", "lessthan", "<"]),
        ("<=", &["le", "<="]),
        (">", &["gt", "greaterthan", ">"]),
        (">=", &["ge", ">="]),
        ("in", &["in"]),
    ] {
        for name in names {
            guard::test(env, name, move |state: &State<'_, '_>, one: &Value, other: &Value| {
                holds(state, operator, one, other)
            });
        }
    }
    guard::over(env, "sort", sort);
    guard::over(env, "min", |state: &State<'_, '_>, value: &Value, kwargs: Kwargs| {
        extreme(state, value, Ordering::Less, &kwargs)
    });
    guard::over(env, "max", |state: &State<'_, '_>, value: &Value, kwargs: Kwargs| {
        extreme(state, value, Ordering::Greater, &kwargs)
    });
}

/// `a < b <= c`, with an operator before each value but the first.
fn chain(state: &State<'_, '_>, first: &Value, rest: Rest<Value>) -> Result<bool, Error> {
    let mut one = first;
    for pair in rest.chunks(2) {
        let [operator, other] = pair else { return Err(ErrorKind::MissingArgument.into()) };
        if one.is_undefined() || other.is_undefined() {
            return Err(ErrorKind::UndefinedError.into());
        }
        if !holds(state, operator.as_str().unwrap_or_default(), one, other)? {
            return Ok(false);
        }
        one = other;
    }
    Ok(true)
}

fn holds(state: &State<'_, '_>, operator: &str, one: &Value, other: &Value) -> Result<bool, Error> {
    let order = || order(state, operator, one, other, 0);
    Ok(match operator {
        "==" => same(state, one, other, 0)?,
        "!=" => !same(state, one, other, 0)?,
        "in" => contains(state, other, one)?,
        "not in" => !contains(state, other, one)?,
        "<" => order()?.is_some_and(Ordering::is_lt),
        "<=" => order()?.is_some_and(Ordering::is_le),
        ">" => order()?.is_some_and(Ordering::is_gt),
        _ => order()?.is_some_and(Ordering::is_ge),
    })
}

fn is_list(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable)
}

fn is_number(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Number | ValueKind::Bool)
}

/// Python's `==`.
pub(super) fn same(state: &State<'_, '_>, one: &Value, other: &Value, depth: usize) -> Result<bool, Error> {
    if depth > MAX_DEPTH {
        return Err(limit_error("values are nested deeper than 128 levels"));
    }
    state.consume_fuel(1)?;
    if is_list(one) && is_list(other) {
        if one.is_tuple() != other.is_tuple() || one.len() != other.len() {
            return Ok(false);
        }
        for (one, other) in one.try_iter()?.zip(other.try_iter()?) {
            if !same(state, &guard::sound(one)?, &guard::sound(other)?, depth + 1)? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    if one.kind() == ValueKind::Map && other.kind() == ValueKind::Map {
        if one.len() != other.len() {
            return Ok(false);
        }
        for key in one.try_iter()? {
            let (one, other) = (guard::sound(one.get_item(&key)?)?, guard::sound(other.get_item(&key)?)?);
            if !same(state, &one, &other, depth + 1)? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    Ok(one == other)
}

/// The order of two values; none beside a number that is no number.
fn order(
    state: &State<'_, '_>,
    operator: &str,
    one: &Value,
    other: &Value,
    depth: usize,
) -> Result<Option<Ordering>, Error> {
    state.consume_fuel(1)?;
    if one.is_undefined() || other.is_undefined() {
        return Err(ErrorKind::UndefinedError.into());
    }
    let is_nan = |value: &Value| f64::try_from(value.clone()).is_ok_and(f64::is_nan);
    if is_number(one) && is_number(other) {
        return Ok((!is_nan(one) && !is_nan(other)).then(|| one.cmp(other)));
    }
    if let (Some(one), Some(other)) = (one.as_str(), other.as_str()) {
        return Ok(Some(one.cmp(other)));
    }
    if !(is_list(one) && is_list(other) && one.is_tuple() == other.is_tuple()) || depth > MAX_DEPTH {
        let message = format!("'{operator}' cannot compare a {} with a {}", one.kind(), other.kind());
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    for (one, other) in one.try_iter()?.zip(other.try_iter()?) {
        let (one, other) = (guard::sound(one)?, guard::sound(other)?);
        if !same(state, &one, &other, depth + 1)? {
            return order(state, operator, &one, &other, depth + 1);
        }
    }
    Ok(Some(one.len().cmp(&other.len())))
}

/// Python's `in`.
pub(super) fn contains(state: &State<'_, '_>, whole: &Value, part: &Value) -> Result<bool, Error> {
    let wrong = |message: String| Err(Error::new(ErrorKind::InvalidOperation, message));
    if let Some(text) = whole.as_str() {
        state.consume_fuel(text.len() as u64 / 64)?;
        return match part.as_str() {
            Some(part) => Ok(text.contains(part)),
            None => wrong(format!("a text has no {} in it", part.kind())),
        };
    }
    if is_list(whole) {
        for item in whole.try_iter()? {
            if same(state, &guard::sound(item)?, part, 0)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    match whole.kind() {
        ValueKind::Map if is_list(part) || part.kind() == ValueKind::Map => {
            wrong(format!("a {} is no key of a map", part.kind()))
        }
        ValueKind::Map => Ok(!whole.get_item(part)?.is_undefined()),
        kind => wrong(format!("a {kind} has nothing in it")),
    }
}

/// What values are compared by: themselves or attributes of theirs, texts in small letters unless told otherwise.
pub(super) struct Keys {
    attributes: Vec<String>,
    ignore_case: bool,
}

impl Keys {
    pub(super) fn new(attribute: Option<&Value>, case_sensitive: bool) -> Self {
        let text = attribute.map(ToString::to_string).unwrap_or_default();
        let attributes = text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Self { attributes, ignore_case: !case_sensitive }
    }

    pub(super) fn of(&self, item: &Value) -> Result<Value, Error> {
        let item = guard::sound(item.clone())?;
        if self.attributes.is_empty() {
            return self.of_part(item);
        }
        let part = |path: &String| {
            let mut value = item.clone();
            for name in path.split('.') {
                let key = name.parse::<usize>().map_or_else(|_| Value::from(name), Value::from);
                value = guard::sound(value.get_item(&key)?)?;
            }
            self.of_part(value)
        };
        let mut parts = self.attributes.iter().map(part).collect::<Result<Vec<_>, _>>()?;
        match (parts.pop(), parts.is_empty()) {
            (Some(only), true) => Ok(only),
            (last, _) => {
                parts.extend(last);
                Ok(super::python::PyList::value(parts))
            }
        }
    }

    fn of_part(&self, value: Value) -> Result<Value, Error> {
        if value.is_undefined() {
            return Err(ErrorKind::UndefinedError.into());
        }
        Ok(match value.as_str() {
            Some(text) if self.ignore_case => Value::from(text.to_lowercase()),
            _ => value,
        })
    }
}

fn keyed(keys: &Keys, value: &Value) -> Result<Vec<(Value, Value)>, Error> {
    super::lists::items(value)?.into_iter().map(|item| Ok((keys.of(&item)?, item))).collect()
}

fn sort(state: &State<'_, '_>, value: &Value, args: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let args = args.into_values();
    type Options = (Option<bool>, Option<bool>, Option<Value>, Kwargs);
    let (reverse, case_sensitive, attribute, kwargs): Options = from_args(&args)?;
    let reverse = kwargs.get::<Option<bool>>("reverse")?.or(reverse).unwrap_or_default();
    let case_sensitive = kwargs.get::<Option<bool>>("case_sensitive")?.or(case_sensitive).unwrap_or_default();
    let attribute = kwargs.get::<Option<Value>>("attribute")?.or(attribute).filter(|name| !name.is_none());
    kwargs.assert_all_used()?;
    let mut items = keyed(&Keys::new(attribute.as_ref(), case_sensitive), value)?;
    if reverse {
        // Equal ones keep their order.
        items.reverse();
    }
    let mut items = sorted(state, items)?;
    if reverse {
        items.reverse();
    }
    Ok(super::python::PyList::value(items.into_iter().map(|(_, item)| item).collect()))
}

/// Sorts by merging; the sort of the standard library takes no comparison that may fail.
fn sorted(state: &State<'_, '_>, mut items: Vec<(Value, Value)>) -> Result<Vec<(Value, Value)>, Error> {
    if items.len() < 2 {
        return Ok(items);
    }
    let right = items.split_off(items.len() / 2);
    let (left, right) = (sorted(state, items)?, sorted(state, right)?);
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some((one, _)), Some((other, _))) = (left.peek(), right.peek()) {
        let is_less = order(state, "sort", other, one, 0)?.is_some_and(Ordering::is_lt);
        merged.extend(if is_less { right.next() } else { left.next() });
    }
    merged.extend(left);
    merged.extend(right);
    Ok(merged)
}

fn extreme(state: &State<'_, '_>, value: &Value, wanted: Ordering, kwargs: &Kwargs) -> Result<Value, Error> {
    let case_sensitive = kwargs.get::<Option<bool>>("case_sensitive")?.unwrap_or_default();
    let attribute = kwargs.get::<Option<Value>>("attribute")?;
    kwargs.assert_all_used()?;
    let mut best: Option<(Value, Value)> = None;
    for (key, item) in keyed(&Keys::new(attribute.as_ref(), case_sensitive), value)? {
        let is_better = match &best {
            Some((known, _)) => order(state, "min and max", &key, known, 0)? == Some(wanted),
            None => true,
        };
        if is_better {
            best = Some((key, item));
        }
    }
    Ok(best.map_or(Value::UNDEFINED, |(_, item)| item))
}
