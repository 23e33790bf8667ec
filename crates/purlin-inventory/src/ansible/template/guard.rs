//! Filters and tests as Ansible calls them: what is not defined goes through a filter and comes out as such, and no test
//! takes it.

use minijinja::functions::Function;
use minijinja::value::{FunctionArgs, FunctionResult, Rest, Value, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State};

/// Adds a filter that is not called with what is not defined: the result is then not defined either.
pub(super) fn filter<F, Rv, Args>(env: &mut Environment<'static>, name: &'static str, filter: F)
where
    F: Function<Rv, Args>,
    Rv: FunctionResult,
    Args: for<'a> FunctionArgs<'a>,
{
    let inner = Value::from_function(filter);
    env.add_filter(name, move |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| {
        let args = args.into_values();
        match args.iter().any(Value::is_undefined) {
            true => Ok(Value::UNDEFINED),
            false => inner.call(state, &args),
        }
    });
}

/// Adds a filter as [`filter`] does, which takes things to go over: null is none.
pub(super) fn over<F, Rv, Args>(env: &mut Environment<'static>, name: &'static str, filter: F)
where
    F: Function<Rv, Args>,
    Rv: FunctionResult,
    Args: for<'a> FunctionArgs<'a>,
{
    let inner = Value::from_function(filter);
    self::filter(env, name, move |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| {
        let args = args.into_values();
        match args.first().is_some_and(Value::is_none) {
            true => Err(Error::new(ErrorKind::InvalidOperation, "null is nothing to go over")),
            false => inner.call(state, &args),
        }
    });
}

/// Adds a filter that takes a test, from so many arguments on: without one what is true counts, as far as it is defined.
pub(super) fn selecting<F, Rv, Args>(
    env: &mut Environment<'static>,
    name: &'static str,
    filter: F,
    before_test: usize,
) where
    F: Function<Rv, Args>,
    Rv: FunctionResult,
    Args: for<'a> FunctionArgs<'a>,
{
    let inner = Value::from_function(filter);
    self::filter(env, name, move |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| {
        let mut args = args.into_values();
        if args.len() == before_test {
            args.push(Value::from("truthy"));
        }
        inner.call(state, &args)
    });
}

/// Adds a test that refuses what is not defined.
pub(super) fn test<F, Rv, Args>(env: &mut Environment<'static>, name: &'static str, test: F)
where
    F: Function<Rv, Args>,
    Rv: FunctionResult,
    Args: for<'a> FunctionArgs<'a>,
{
    let inner = Value::from_function(test);
    env.add_test(name, move |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| -> Result<bool, Error> {
        let args = args.into_values();
        match args.iter().any(Value::is_undefined) {
            true => Err(ErrorKind::UndefinedError.into()),
            false => Ok(inner.call(state, &args)?.is_true()),
        }
    });
}

/// A value that failed when it was made fails here.
pub(super) fn sound(value: Value) -> Result<Value, Error> {
    let items = super::python::PyList::value(vec![value]).try_iter()?;
    items.checked().next().unwrap_or(Ok(Value::UNDEFINED))
}
