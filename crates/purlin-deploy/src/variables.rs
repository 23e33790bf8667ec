//! What texts are filled in with.

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value as Jinja};
use purlin_core::{Error, ErrorKind, Result};
use purlin_inventory::Host;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Instructions that one text may take: far more than a page of configuration does.
const FUEL: u64 = 1_000_000;

/// Variables by name.
///
/// ```
/// use purlin_deploy::Variables;
///
/// let variables = Variables::new().with("root", "/srv/map").with("port", &8080);
/// assert_eq!(variables.fill("{{ root }}/{{ port }}")?, "/srv/map/8080");
/// assert!(variables.fill("{{ rot }}").is_err());
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Variables(BTreeMap<String, Value>);

impl Variables {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more; of two of one name the later counts. What cannot be written as JSON counts as nothing.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: &(impl Serialize + ?Sized)) -> Self {
        self.0.insert(name.into(), serde_json::to_value(value).unwrap_or_default());
        self
    }

    /// Those of a host, without its secrets.
    pub fn of(host: Host<'_>) -> Self {
        let shown =
            host.vars().filter(|(_, value)| !matches!(value.value, purlin_inventory::Value::Secret(_)));
        shown.fold(Self::new(), |all, (name, value)| all.with(name, &value.value))
    }

    /// These, and those of `under` that have other names.
    #[must_use]
    pub fn over(&self, under: &Self) -> Self {
        let mut all = under.0.clone();
        all.extend(self.0.iter().map(|(name, value)| (name.clone(), value.clone())));
        Self(all)
    }

    /// A text with `{{ … }}` in it, filled in.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] with the variable that is not there, or the fault of the text.
    pub fn fill(&self, template: &str) -> Result<String> {
        self.render(template, &BTreeMap::new())
    }

    pub(crate) fn render(&self, template: &str, inputs: &BTreeMap<String, Value>) -> Result<String> {
        if !template.contains("{{") && !template.contains("{%") && !template.contains("{#") {
            return Ok(template.to_owned());
        }
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder().keep_trailing_newline(true).build();
        environment.set_syntax(syntax.map_err(|fault| unfilled(&fault))?);
        environment.set_fuel(Some(FUEL));
        let given: BTreeMap<&String, &Value> = inputs.iter().chain(self.0.iter()).collect();
        let known = Jinja::from_pairs(given.iter().map(|(name, value)| (name.as_str(), jinja(value))));
        let compiled = environment.template_from_str(template).map_err(|fault| unfilled(&fault))?;
        compiled.render(known).map_err(|fault| match fault.kind() {
            minijinja::ErrorKind::UndefinedError => {
                let mut wanted: Vec<_> = compiled.undeclared_variables(false).into_iter().collect();
                wanted.sort_unstable();
                match wanted.into_iter().find(|name| !given.contains_key(name)) {
                    Some(name) => invalid(format!("{name:?} has no value")),
                    None => unfilled(&fault),
                }
            }
            _ => unfilled(&fault),
        })
    }
}

fn unfilled(fault: &minijinja::Error) -> Error {
    let line = fault.line().map(|line| format!(" in line {line}")).unwrap_or_default();
    let detail = fault.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    invalid(format!("the text cannot be filled in{line}: {}{detail}", fault.kind()))
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::Invalid, message).with_operation("deploy.template")
}

fn jinja(value: &Value) -> Jinja {
    match value {
        Value::Null => Jinja::from(()),
        Value::Bool(value) => Jinja::from(*value),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Jinja::from(number),
            (None, Some(number)) => Jinja::from(number),
            (None, None) => Jinja::from(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => Jinja::from(text.as_str()),
        Value::Array(items) => Jinja::from(items.iter().map(jinja).collect::<Vec<_>>()),
        Value::Object(map) => {
            Jinja::from_pairs(map.iter().map(|(name, value)| (name.as_str(), jinja(value))))
        }
    }
}
