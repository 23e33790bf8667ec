//! Ansible's tests, beside those of Jinja.

use super::lists::items;
use super::python::to_text;
use super::text;
use minijinja::value::{Kwargs, Value};
use minijinja::{Environment, Error};

/// Adds what Ansible has and the engine has not.
pub(super) fn install(env: &mut Environment<'static>) {
    env.add_test("match", |value: &Value, pattern: String, kwargs: Kwargs| {
        found(value, &format!("\\A(?:{pattern})"), &kwargs)
    });
    env.add_test("search", |value: &Value, pattern: String, kwargs: Kwargs| found(value, &pattern, &kwargs));
    env.add_test("regex", |value: &Value, pattern: String, kwargs: Kwargs| found(value, &pattern, &kwargs));
    env.add_test("contains", |value: &Value, wanted: &Value| -> Result<bool, Error> {
        match (value.as_str(), wanted.as_str()) {
            (Some(text), Some(wanted)) => Ok(text.contains(wanted)),
            _ => Ok(items(value)?.contains(wanted)),
        }
    });
    env.add_test("subset", |value: &Value, whole: &Value| -> Result<bool, Error> {
        let whole = items(whole)?;
        Ok(items(value)?.iter().all(|item| whole.contains(item)))
    });
    env.add_test("superset", |value: &Value, part: &Value| -> Result<bool, Error> {
        let value = items(value)?;
        Ok(items(part)?.iter().all(|item| value.contains(item)))
    });
    env.add_test("any", |value: &Value| items(value).map(|items| items.iter().any(Value::is_true)));
    env.add_test("all", |value: &Value| items(value).map(|items| items.iter().all(Value::is_true)));
    env.add_test("truthy", Value::is_true);
    env.add_test("falsy", |value: &Value| !value.is_true());
}

fn found(value: &Value, pattern: &str, kwargs: &Kwargs) -> Result<bool, Error> {
    let pattern = text::compile(pattern, kwargs)?;
    kwargs.assert_all_used()?;
    // Python's dollar also stands before a last line break.
    Ok(pattern.is_match(&to_text(value)?))
}
