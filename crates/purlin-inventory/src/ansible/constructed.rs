//! `ansible.builtin.constructed`: variables and groups that follow from what hosts have already.

#[cfg(test)]
mod checks;
mod keyed;
mod variables;

use super::template::{Engine, Expression, Fault, FaultKind, Template, Variables, is_template};
use crate::inventory::HostId;
use crate::{Batch, Inventory, Located, Map, Origin, Value};
use keyed::KeyedGroup;
use variables::variables;

use purlin_core::Diagnostic;
use std::collections::HashSet;
use std::sync::Arc;
pub(crate) use variables::host_variables;

const OPTIONS: [&str; 14] = [
    "plugin",
    "strict",
    "compose",
    "groups",
    "keyed_groups",
    "leading_separator",
    "use_vars_plugins",
    "use_extra_vars",
    "cache",
    "cache_plugin",
    "cache_timeout",
    "cache_connection",
    "cache_prefix",
    "_extras",
];

/// Whether its expressions also see group_vars and host_vars of the sources before it: `run` is then given an
/// inventory with those files merged, else one without.
pub(crate) fn uses_vars_files(config: &Located) -> bool {
    let option = config.value.as_map().and_then(|map| map.get("use_vars_plugins"));
    option.is_some_and(|option| truth(&option.value))
}

/// Adds to the batch what a constructed file says of the hosts so far. `config` is the YAML document, its origins those
/// of the batch; faults become the batch's diagnostics.
pub(crate) fn run(config: &Located, so_far: &Inventory, batch: &mut Batch) {
    let engine = Engine::new();
    let Some(mut plan) = Plan::read(config, &engine, batch) else { return };
    for host in so_far.hosts() {
        plan.apply(so_far, host.id(), batch);
    }
}

/// What the file says.
struct Plan<'a> {
    strict: bool,
    compose: Vec<(&'a str, Rule<'a>)>,
    groups: Vec<(String, Rule<'a>)>,
    keyed: Vec<KeyedGroup<'a>>,
    told: Told,
}

/// An expression of the file.
struct Rule<'a> {
    kind: RuleKind<'a>,
    origin: Origin,
}

enum RuleKind<'a> {
    Expression(Expression<'a>),
    Template(Template<'a>),
    Truth(bool),
    Fault(Fault),
}

/// Faults that were told already: each expression tells of its own once, not once a host.
#[derive(Default)]
struct Told(HashSet<Origin>);

impl<'a> Rule<'a> {
    fn expression(value: &'a Located, engine: &'a Engine) -> Self {
        let kind = match &value.value {
            Value::Text(text) => match engine.expression(text) {
                Ok(expression) => RuleKind::Expression(expression),
                Err(fault) => RuleKind::Fault(fault),
            },
            other => RuleKind::Fault(not_text(other)),
        };
        Self { kind, origin: value.origin }
    }

    /// A condition may also be a boolean, or stand in braces.
    fn condition(value: &'a Located, engine: &'a Engine) -> Self {
        let kind = match &value.value {
            Value::Bool(truth) => RuleKind::Truth(*truth),
            Value::Text(text) if is_template(text) => match engine.template(text) {
                Ok(template) => RuleKind::Template(template),
                Err(fault) => RuleKind::Fault(fault),
            },
            _ => return Self::expression(value, engine),
        };
        Self { kind, origin: value.origin }
    }

    fn template(value: &'a Located, engine: &'a Engine) -> Self {
        let parsed = value.value.as_str().ok_or_else(|| not_text(&value.value));
        let kind = match parsed.and_then(|text| engine.template(text)) {
            Ok(template) => RuleKind::Template(template),
            Err(fault) => RuleKind::Fault(fault),
        };
        Self { kind, origin: value.origin }
    }

    fn evaluate(&self, variables: &Arc<dyn Variables>) -> Result<Located, Fault> {
        match &self.kind {
            RuleKind::Expression(expression) => expression.evaluate(variables, self.origin),
            RuleKind::Template(template) => template.render(variables, self.origin),
            RuleKind::Truth(truth) => Ok(Located::new(*truth, self.origin)),
            RuleKind::Fault(fault) => Err(fault.clone()),
        }
    }

    fn is_true(&self, variables: &Arc<dyn Variables>) -> Result<bool, Fault> {
        let value = self.evaluate(variables)?.value;
        value.as_bool().ok_or_else(|| {
            let message =
                format!("a condition is a boolean, not a {}: compare, or use `| bool`", value.kind());
            Fault::new(FaultKind::Failed, message)
        })
    }
}

fn not_text(value: &Value) -> Fault {
    Fault::new(FaultKind::Failed, format!("an expression is a text, not a {}", value.kind()))
}

impl<'a> Plan<'a> {
    fn read(config: &'a Located, engine: &'a Engine, batch: &mut Batch) -> Option<Self> {
        let Some(map) = config.value.as_map() else {
            wrong(batch, config, "a constructed file is a map of options");
            return None;
        };
        unknown_options(map, batch);
        let is_set = |name: &str, default: bool| map.get(name).map_or(default, |option| truth(&option.value));
        let leading_separator = is_set("leading_separator", true);
        let before = batch.diagnostics().len();
        let compose = entries(map, "compose", batch);
        let groups = entries(map, "groups", batch);
        let keyed = match map.get("keyed_groups") {
            None => &[],
            Some(list) => items(list, batch),
        };
        let keyed =
            keyed.iter().filter_map(|entry| KeyedGroup::read(entry, leading_separator, engine, batch));
        let keyed: Vec<_> = keyed.collect();
        for (name, rule) in groups.iter().filter(|(name, _)| *name == "all") {
            wrong(batch, rule, &format!("every host is in '{name}' already"));
        }
        (batch.diagnostics().len() == before || !batch.diagnostics().has_errors()).then(|| Self {
            strict: is_set("strict", false),
            compose: compose.into_iter().map(|(name, rule)| (name, Rule::expression(rule, engine))).collect(),
            groups: groups
                .into_iter()
                .map(|(name, rule)| (sanitized(name), Rule::condition(rule, engine)))
                .collect(),
            keyed,
            told: Told::default(),
        })
    }

    fn apply(&mut self, so_far: &Inventory, id: HostId, batch: &mut Batch) {
        let host = so_far.host_of(id);
        let before = variables(so_far, id, Vec::new());
        let mut composed: Vec<(&str, Value)> = Vec::new();
        for (name, rule) in &self.compose {
            match rule.evaluate(&before) {
                Ok(value) => {
                    let host = batch.host_at(host.name(), rule.origin);
                    composed.push((name, value.value.clone()));
                    batch.set_host_var_at(host, name, value);
                }
                Err(fault) => {
                    let what = format!("cannot compute {name} for host {}", host.name());
                    self.told.tell(batch, self.strict, rule.origin, &what, &fault);
                }
            }
        }
        let composed = composed.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let after = variables(so_far, id, composed);
        for (name, rule) in &self.groups {
            match rule.is_true(&after) {
                Ok(true) => {
                    let group = batch.group_at(name, rule.origin);
                    let host = batch.host_at(host.name(), rule.origin);
                    batch.add_host(group, host);
                }
                Ok(false) => {}
                Err(fault) => {
                    let what = format!("cannot tell whether host {} is in group {name}", host.name());
                    self.told.tell(batch, self.strict, rule.origin, &what, &fault);
                }
            }
        }
        for keyed in &self.keyed {
            keyed.apply(host.name(), &after, self.strict, &mut self.told, batch);
        }
    }
}

impl Told {
    /// A lenient file passes over what Ansible passes over; what only we cannot do is an error always, because the
    /// answer would differ.
    fn tell(&mut self, batch: &mut Batch, strict: bool, origin: Origin, what: &str, fault: &Fault) {
        let lenient = !strict && fault.is_ansibles();
        if (lenient && fault.kind != FaultKind::Syntax) || !self.0.insert(origin) {
            return;
        }
        let message = format!("{what}: {fault}");
        let diagnostic = match lenient {
            true => Diagnostic::warning("bad-expression", message),
            false => Diagnostic::error("bad-expression", message),
        };
        let place = batch.place(origin);
        batch.report(diagnostic.place(place).help(fault.help()));
    }

    /// What is wrong whether the file is strict or not.
    fn wrong(&mut self, batch: &mut Batch, origin: Origin, message: &str) {
        if self.0.insert(origin) {
            let place = batch.place(origin);
            batch.report(Diagnostic::error("bad-constructed", message).place(place));
        }
    }
}

/// A group's name with what Ansible allows in it: letters, digits and underscores, and no digit first.
fn sanitized(name: &str) -> String {
    let letter = |(index, letter): (usize, char)| {
        let allowed = letter.is_alphanumeric() || letter == '_';
        if allowed && (index > 0 || !letter.is_numeric()) { letter } else { '_' }
    };
    name.chars().enumerate().map(letter).collect()
}

/// What Ansible takes for true in an option.
fn truth(value: &Value) -> bool {
    match value {
        Value::Bool(truth) => *truth,
        Value::Int(number) => *number == 1,
        Value::Text(text) => ["1", "true", "yes", "on", "y", "t"].contains(&text.to_lowercase().as_str()),
        _ => false,
    }
}

fn unknown_options(map: &Map, batch: &mut Batch) {
    for (name, value) in map.iter().filter(|(name, _)| !OPTIONS.contains(name)) {
        let place = batch.place(value.origin);
        let mut warning =
            Diagnostic::warning("unknown-option", format!("constructed has no option '{name}'"));
        if let Some(known) = purlin_core::suggest(name, OPTIONS) {
            warning = warning.help(format!("did you mean '{known}'?"));
        }
        batch.report(warning.place(place));
    }
}

fn entries<'a>(map: &'a Map, name: &str, batch: &mut Batch) -> Vec<(&'a str, &'a Located)> {
    let Some(option) = map.get(name).filter(|option| option.value != Value::Null) else { return Vec::new() };
    match option.value.as_map() {
        Some(entries) => entries.iter().collect(),
        None => {
            wrong(batch, option, &format!("'{name}' is a map of names and expressions"));
            Vec::new()
        }
    }
}

fn items<'a>(option: &'a Located, batch: &mut Batch) -> &'a [Located] {
    match &option.value {
        Value::Null => &[],
        Value::List(items) => items,
        _ => {
            wrong(batch, option, "'keyed_groups' is a list of maps");
            &[]
        }
    }
}

fn wrong(batch: &mut Batch, value: &Located, message: &str) {
    let place = batch.place(value.origin);
    batch.report(Diagnostic::error("bad-constructed", message).place(place));
}
