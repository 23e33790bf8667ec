//! Ansible's tests, beside those of Jinja.

use super::compare::same;
use super::guard::test;
use super::lists::items;
use super::python::to_text;
use super::{compare, regexes, version};
use minijinja::tests as jinja;
use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State};

/// Adds what Ansible has and the engine has not.
pub(super) fn install(env: &mut Environment<'static>) {
    for name in ["safe", "escaped", "startingwith", "endingwith"] {
        env.remove_test(name);
    }
    of_jinja(env);
    test(env, "match", |value: &Value, pattern: String, kwargs: Kwargs| {
        found(value, &format!("\\A(?:{pattern})"), &kwargs)
    });
    test(env, "search", |value: &Value, pattern: String, kwargs: Kwargs| found(value, &pattern, &kwargs));
    test(env, "regex", |value: &Value, pattern: String, kwargs: Kwargs| found(value, &pattern, &kwargs));
    test(env, "contains", |state: &State<'_, '_>, value: &Value, wanted: &Value| {
        compare::contains(state, value, wanted)
    });
    test(env, "subset", |state: &State<'_, '_>, value: &Value, whole: &Value| includes(state, whole, value));
    test(env, "superset", |state: &State<'_, '_>, value: &Value, part: &Value| includes(state, value, part));
    test(env, "any", |value: &Value| items(value).map(|items| items.iter().any(Value::is_true)));
    test(env, "all", |value: &Value| items(value).map(|items| items.iter().all(Value::is_true)));
    test(env, "truthy", Value::is_true);
    test(env, "falsy", |value: &Value| !value.is_true());
    test(env, "version", version::is_version);
    test(env, "version_compare", version::is_version);
}

/// Those of Jinja, which say nothing about what is not defined, and some that Python answers otherwise.
fn of_jinja(env: &mut Environment<'static>) {
    test(env, "none", jinja::is_none);
    test(env, "boolean", jinja::is_boolean);
    test(env, "odd", |value: &Value| number(value).map(|value| jinja::is_odd(value.clone())));
    test(env, "even", |value: &Value| number(value).map(|value| jinja::is_even(value.clone())));
    test(env, "divisibleby", |value: &Value, other: &Value| {
        Ok::<_, Error>(jinja::is_divisibleby(number(value)?, number(other)?))
    });
    test(env, "integer", jinja::is_integer);
    test(env, "float", jinja::is_float);
    test(env, "string", jinja::is_string);
    test(env, "mapping", jinja::is_mapping);
    test(env, "lower", jinja::is_lower);
    test(env, "upper", jinja::is_upper);
    test(env, "sameas", jinja::is_sameas);
    test(env, "true", jinja::is_true);
    test(env, "false", jinja::is_false);
    // Python's booleans are numbers.
    test(env, "number", |value: &Value| matches!(value.kind(), ValueKind::Number | ValueKind::Bool));
    test(env, "sequence", is_sequence);
    test(env, "iterable", |value: &Value| is_sequence(value) || value.kind() == ValueKind::Iterable);
}

fn number(value: &Value) -> Result<&Value, Error> {
    match value.kind() {
        ValueKind::Number | ValueKind::Bool => Ok(value),
        kind => Err(Error::new(ErrorKind::InvalidOperation, format!("a number is needed, not a {kind}"))),
    }
}

fn is_sequence(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::String | ValueKind::Seq | ValueKind::Map)
}

fn includes(state: &State<'_, '_>, whole: &Value, part: &Value) -> Result<bool, Error> {
    let whole = items(whole)?;
    for item in items(part)? {
        let mut is_there = false;
        for other in &whole {
            is_there = is_there || same(state, &item, other, 0)?;
        }
        if !is_there {
            return Ok(false);
        }
    }
    Ok(true)
}

fn found(value: &Value, pattern: &str, kwargs: &Kwargs) -> Result<bool, Error> {
    let pattern = regexes::compile(pattern, kwargs)?;
    kwargs.assert_all_used()?;
    // Python's dollar also stands before a last line break.
    Ok(pattern.is_match(&to_text(value)?))
}
