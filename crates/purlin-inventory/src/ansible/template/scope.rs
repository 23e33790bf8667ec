//! Variables as expressions see them: rendered when they are looked at, each within bounds.

use super::{Fault, FaultKind, Variables, data, is_template, rewrite, shape};
use minijinja::value::{Object, Value};
use minijinja::{Environment, Error, ErrorKind, Expression};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// How many variables may refer to each other in a row.
const MAX_CHAIN: usize = 20;
/// How many templates inside of variables one evaluation may render.
const MAX_RENDERED: u32 = 1_000;
/// How many values one evaluation may take from variables.
const MAX_VALUES: u32 = 1_000_000;

/// What one evaluation shares with those inside of it.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) env: Arc<Environment<'static>>,
    variables: Arc<dyn Variables>,
    /// Texts as the inventory has them, by address. Ansible trusts such a text, wherever it ends up, and no other.
    trusted: Mutex<HashMap<usize, Arc<str>>>,
    /// The name that was looked for last and not found.
    missing: Mutex<Option<String>>,
    /// What failed inside of a list or a map, first.
    deferred: Mutex<Option<Fault>>,
    rendered: AtomicU32,
    values: AtomicU32,
}

impl Shared {
    pub(super) fn new(env: Arc<Environment<'static>>, variables: Arc<dyn Variables>) -> Arc<Self> {
        Arc::new(Self {
            env,
            variables,
            trusted: Mutex::default(),
            missing: Mutex::default(),
            deferred: Mutex::default(),
            rendered: AtomicU32::new(0),
            values: AtomicU32::new(0),
        })
    }

    /// A text of the inventory as a value that keeps its address.
    pub(super) fn trust(&self, text: &Arc<str>) -> Value {
        let mut trusted = self.trusted.lock().unwrap_or_else(PoisonError::into_inner);
        trusted.insert(text.as_ptr() as usize, text.clone());
        Value::from(text.clone())
    }

    /// The text of the inventory that this one is, not merely equals.
    pub(super) fn trusted(&self, text: &str) -> Option<Arc<str>> {
        let trusted = self.trusted.lock().unwrap_or_else(PoisonError::into_inner);
        let known = trusted.get(&(text.as_ptr() as usize))?;
        (known.len() == text.len()).then(|| known.clone())
    }

    /// A value that fails when it is looked at.
    pub(super) fn defer(&self, error: Error) -> Value {
        let fault = fault(&error, Some(self));
        self.deferred.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(fault);
        Value::from(error)
    }

    /// What failed first among such values.
    pub(super) fn deferred(&self) -> Option<Fault> {
        self.deferred.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Counts a value that is taken from variables.
    pub(super) fn count_value(&self) -> Result<(), Error> {
        count(&self.values, MAX_VALUES, "the expression looks at more than 1,000,000 values")
    }
}

fn count(counter: &AtomicU32, limit: u32, message: &'static str) -> Result<(), Error> {
    if counter.fetch_add(1, Ordering::Relaxed) >= limit {
        return Err(limit_error(message));
    }
    Ok(())
}

pub(super) fn limit_error(message: &'static str) -> Error {
    Error::new(ErrorKind::OutOfFuel, message)
}

/// The variables, seen from inside of the variables that are being rendered.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    pub(super) shared: Arc<Shared>,
    chain: Arc<[Arc<str>]>,
    /// How deep in lists and maps of variables this is, those of all variables on the way together.
    depth: usize,
}

impl Scope {
    pub(super) fn root(shared: &Arc<Shared>) -> Self {
        Self { shared: shared.clone(), chain: Arc::from([]), depth: 0 }
    }

    fn look_up(&self, name: &str) -> Option<Value> {
        let Some(value) = self.shared.variables.get(name) else {
            let mut missing = self.shared.missing.lock().unwrap_or_else(PoisonError::into_inner);
            *missing = Some(name.to_owned());
            return None;
        };
        Some(
            self.inside(name)
                .and_then(|scope| data::to_engine(&value, &scope, scope.depth))
                .unwrap_or_else(Value::from),
        )
    }

    /// The scope inside of a variable.
    fn inside(&self, name: &str) -> Result<Self, Error> {
        if self.chain.iter().any(|known| &**known == name) {
            let way: Vec<&str> = self.chain.iter().map(|name| &**name).chain([name]).collect();
            let message = format!("variables refer to themselves: {}", way.join(" > "));
            return Err(Error::new(ErrorKind::InvalidOperation, message));
        }
        if self.chain.len() >= MAX_CHAIN {
            return Err(limit_error("more than 20 variables refer to each other in a row"));
        }
        let chain = self.chain.iter().cloned().chain([name.into()]).collect();
        Ok(Self { shared: self.shared.clone(), chain, depth: self.depth })
    }
}

impl Object for Scope {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.look_up(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.look_up(key)
    }
}

/// Renders the text of a variable, when there is something to render.
pub(super) fn nested(scope: &Scope, text: &Arc<str>, depth: usize) -> Result<Value, Error> {
    if !is_template(text) {
        return Ok(scope.shared.trust(text));
    }
    count(&scope.shared.rendered, MAX_RENDERED, "more than 1,000 variables are rendered for one expression")?;
    render(&Scope { depth: depth + 1, ..scope.clone() }, text)
}

/// Renders a template, keeping the type of a single expression.
pub(super) fn render(scope: &Scope, text: &str) -> Result<Value, Error> {
    shape::check_template(text).map_err(|fault| Error::new(ErrorKind::OutOfFuel, fault.message))?;
    let env = &scope.shared.env;
    let root = Value::from_object(scope.clone());
    match single(text, env) {
        Some(expression) => expression.eval(root),
        None => env.render_str(&template(text, env)?, root).map(Value::from),
    }
}

/// An expression, compiled as Python computes it.
pub(super) fn compiled<'a>(
    text: &str,
    env: &'a Environment<'static>,
) -> Result<Expression<'a, 'static>, Error> {
    match rewrite::expression(text) {
        Some(text) => env.compile_expression_owned(text),
        None => env.compile_expression_owned(text.to_owned()).and_then(|_| Err(not_understood())),
    }
}

/// A template, written as Python computes its expressions.
pub(super) fn template(text: &str, env: &Environment<'_>) -> Result<String, Error> {
    match rewrite::template(text) {
        Some(text) => Ok(text),
        None => env.template_from_named_str("", text).and_then(|_| Err(not_understood())),
    }
}

fn not_understood() -> Error {
    Error::new(ErrorKind::UnknownFunction, "the expression is written in a way that is not understood here")
}

/// The expression that a template consists of, when it is a single one. Two with something between cannot be read as
/// one.
pub(super) fn single<'a>(text: &str, env: &'a Environment<'static>) -> Option<Expression<'a, 'static>> {
    let inner = text.strip_prefix("{{")?.strip_suffix("}}")?;
    let inner = inner.strip_prefix(['-', '+']).unwrap_or(inner);
    let inner = inner.strip_suffix('-').unwrap_or(inner);
    compiled(inner, env).ok()
}

/// What an error of the engine means.
pub(super) fn fault(error: &Error, shared: Option<&Shared>) -> Fault {
    let root = innermost(error);
    let detail = root.detail().map_or_else(|| root.kind().to_string(), str::to_owned);
    let missing = || {
        let missing = shared?.missing.lock().unwrap_or_else(PoisonError::into_inner).clone();
        missing.map(|name| format!("'{name}' is undefined"))
    };
    let (kind, message) = match root.kind() {
        ErrorKind::UndefinedError => {
            let message = root.detail().map(str::to_owned).or_else(missing);
            (
                FaultKind::Undefined,
                message.unwrap_or_else(|| "an attribute or item does not exist".to_owned()),
            )
        }
        ErrorKind::SyntaxError | ErrorKind::BadEscape | ErrorKind::InvalidDelimiter => {
            (FaultKind::Syntax, detail)
        }
        ErrorKind::UnknownFilter
        | ErrorKind::UnknownTest
        | ErrorKind::UnknownFunction
        | ErrorKind::UnknownMethod
        // Python may take arguments that ours does not.
        | ErrorKind::TooManyArguments
        | ErrorKind::MissingArgument => (FaultKind::Unknown, detail),
        ErrorKind::InvalidOperation if is_argument(&detail) => (FaultKind::Unknown, detail),
        ErrorKind::OutOfFuel => {
            let detail = root.detail().map(str::to_owned);
            (FaultKind::Limit, detail.unwrap_or_else(|| "the expression takes too many steps".to_owned()))
        }
        // Ours: see `data::secret`.
        ErrorKind::BadSerialization => (FaultKind::Secret, detail),
        _ => (FaultKind::Failed, detail),
    };
    Fault::new(kind, message)
}

/// Whether the engine says that an argument of ours has a type that Python might take.
fn is_argument(detail: &str) -> bool {
    let starts = ["cannot convert ", "value is not a string", "value is not in bytes", "expected object"];
    starts.iter().any(|start| detail.starts_with(start))
}

/// The error that all others were caused by.
fn innermost(error: &Error) -> &Error {
    let mut innermost = error;
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(cause) = cause.downcast_ref::<Error>() {
            innermost = cause;
        }
        source = cause.source();
    }
    innermost
}
