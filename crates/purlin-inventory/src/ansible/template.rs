//! Jinja expressions over a host's variables, by the rules of ansible-core 2.19 as far as inventories use them.
//!
//! The language is minijinja's; what differs from Python's and Ansible's ways is put right in the modules below. All
//! of it is bounded: the length of an expression, its steps, what it makes, and how variables refer to each other.

#[cfg(test)]
pub(crate) mod checks;
mod compare;
mod data;
mod filters;
mod format;
mod guard;
mod lists;
mod methods;
mod operators;
mod python;
mod regexes;
mod rewrite;
mod scope;
mod shape;
mod tests;
mod text;
mod version;

use crate::{Located, Origin, Value};
use minijinja::{Environment, ErrorKind, UndefinedBehavior, syntax::SyntaxConfig};
use std::fmt;
use std::sync::Arc;

use scope::{Scope, Shared};

/// Steps of one evaluation; what it makes counts too, 64 bytes a step.
const FUEL: u64 = 50_000;

/// Where an expression finds its variables.
pub(crate) trait Variables: fmt::Debug + Send + Sync {
    /// The value of a variable, not yet rendered.
    fn get(&self, name: &str) -> Option<Value>;
}

/// What went wrong in an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: FaultKind,
    pub(crate) message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// It uses a variable, attribute or item that does not exist.
    Undefined,
    /// It is no expression.
    Syntax,
    /// It uses a filter, test, function or method that we do not have, though Ansible may.
    Unknown,
    /// It uses a secret, which no expression may see.
    Secret,
    /// It exceeds a bound.
    Limit,
    /// It cannot be computed: a text plus a number, a division by zero.
    Failed,
}

impl Fault {
    pub(crate) fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// Whether Ansible fails in the same way, so that a lenient reader may pass over it as Ansible does.
    pub(crate) fn is_ansibles(&self) -> bool {
        matches!(self.kind, FaultKind::Undefined | FaultKind::Syntax | FaultKind::Failed)
    }

    /// What to do about it.
    pub(crate) fn help(&self) -> &'static str {
        match self.kind {
            FaultKind::Undefined => "set the variable, or give it a value with `| default(…)`",
            FaultKind::Syntax => "an expression stands without braces: `env == 'prod'`",
            FaultKind::Unknown => "let Ansible evaluate it: -i 'exec:ansible-inventory -i FILE --list'",
            FaultKind::Secret => "name groups and addresses by variables that are no secrets",
            FaultKind::Limit => "write a shorter expression, or let a script say the result",
            FaultKind::Failed => "see that the variables have the types that the expression needs",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Evaluates expressions and templates.
#[derive(Debug, Clone)]
pub(crate) struct Engine {
    env: Arc<Environment<'static>>,
}

/// An expression that was understood, to be evaluated many times.
#[derive(Debug)]
pub(crate) struct Expression<'a> {
    engine: &'a Engine,
    compiled: minijinja::Expression<'a, 'static>,
}

/// A template that was understood, to be rendered many times.
#[derive(Debug)]
pub(crate) struct Template<'a>(Parsed<'a>);

#[derive(Debug)]
enum Parsed<'a> {
    Plain(&'a str),
    Single(Expression<'a>),
    Whole(&'a Engine, String),
}

impl Engine {
    pub(crate) fn new() -> Self {
        let mut env = Environment::new();
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        env.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        env.set_fuel(Some(FUEL));
        env.set_recursion_limit(100);
        let syntax = SyntaxConfig::builder().trim_blocks(true).keep_trailing_newline(true).build();
        if let Ok(syntax) = syntax {
            env.set_syntax(syntax);
        }
        env.set_formatter(|out, _, value| {
            if value.is_undefined() {
                return Err(ErrorKind::UndefinedError.into());
            }
            python::write(out, value)
        });
        // It lets loops build values of any depth, and Ansible's inventories have no use for it.
        env.remove_global("namespace");
        filters::install(&mut env);
        compare::install(&mut env);
        tests::install(&mut env);
        env.set_unknown_method_callback(methods::call);
        Self { env: Arc::new(env) }
    }

    /// Understands an expression, written without braces.
    pub(crate) fn expression(&self, text: &str) -> Result<Expression<'_>, Fault> {
        shape::check_expression(text)?;
        let compiled = scope::compiled(text, &self.env);
        let compiled = compiled.map_err(|error| scope::fault(&error, None))?;
        Ok(Expression { engine: self, compiled })
    }

    /// Understands a template, to be rendered many times.
    pub(crate) fn template<'a>(&'a self, text: &'a str) -> Result<Template<'a>, Fault> {
        if !is_template(text) {
            return Ok(Template(Parsed::Plain(text)));
        }
        shape::check_template(text)?;
        if let Some(compiled) = scope::single(text, &self.env) {
            return Ok(Template(Parsed::Single(Expression { engine: self, compiled })));
        }
        let fault = |error: minijinja::Error| scope::fault(&error, None);
        let text = scope::template(text, &self.env).map_err(fault)?;
        self.env.template_from_named_str("", &text).map_err(fault)?;
        Ok(Template(Parsed::Whole(self, text)))
    }

    /// Renders a template. A template that is one expression and nothing else keeps the type of its result; a text
    /// without any expression is returned as it is.
    pub(crate) fn render(
        &self,
        text: &str,
        variables: &Arc<dyn Variables>,
        origin: Origin,
    ) -> Result<Located, Fault> {
        self.template(text)?.render(variables, origin)
    }
}

impl Template<'_> {
    /// Renders it as [`Engine::render`] does.
    pub(crate) fn render(&self, variables: &Arc<dyn Variables>, origin: Origin) -> Result<Located, Fault> {
        match &self.0 {
            Parsed::Plain(text) => Ok(Located::new(*text, origin)),
            Parsed::Single(expression) => expression.evaluate(variables, origin),
            Parsed::Whole(engine, template) => {
                let shared = Shared::new(engine.env.clone(), variables.clone());
                let scope = minijinja::Value::from_object(Scope::root(&shared));
                let text = engine
                    .env
                    .render_str(template, scope)
                    .map_err(|error| scope::fault(&error, Some(&shared)))?;
                Ok(Located::new(Value::Unsafe(text.into()), origin))
            }
        }
    }
}

impl Expression<'_> {
    /// Its value for these variables, said at this place.
    pub(crate) fn evaluate(&self, variables: &Arc<dyn Variables>, origin: Origin) -> Result<Located, Fault> {
        let shared = Shared::new(self.engine.env.clone(), variables.clone());
        let scope = minijinja::Value::from_object(Scope::root(&shared));
        let value = self.compiled.eval(scope).map_err(|error| scope::fault(&error, Some(&shared)))?;
        data::from_engine(&value, origin, &shared, 0)
    }
}

/// What Python's `str()` makes of a value; templates in it stay as they are.
pub(crate) fn python_text(value: &Value) -> Result<String, Fault> {
    let plain = data::plain(value, 0).map_err(|error| scope::fault(&error, None))?;
    python::to_text(&plain).map_err(|error| scope::fault(&error, None))
}

/// Whether a text has something to render.
pub(crate) fn is_template(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark))
}
