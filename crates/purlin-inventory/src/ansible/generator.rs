//! `ansible.builtin.generator`: hosts for every combination of layers.

#[cfg(test)]
mod checks;

use super::template::{Engine, Fault, Template, Variables, python_text};
use crate::{Batch, BatchGroup, Located, Map, Origin, Value};
use purlin_core::Diagnostic;
use std::sync::Arc;

/// How many hosts one file may make.
const MAX_HOSTS: usize = 1_000_000;
/// How deep groups may be nested.
const MAX_DEPTH: usize = 128;

/// Adds to the batch the hosts and groups of a generator file. `config` is the YAML document, its origins those of the
/// batch; faults become the batch's diagnostics, the first one ends the work.
pub(crate) fn run(config: &Located, batch: &mut Batch) {
    let engine = Engine::new();
    if let Err(diagnostic) = generate(config, &engine, batch) {
        batch.report(*diagnostic);
    }
}

type Step<T> = Result<T, Box<Diagnostic>>;

/// A parent of hosts, or of other groups.
struct Parent<'a> {
    name: Template<'a>,
    origin: Origin,
    vars: Vec<(&'a str, &'a Located, Option<Template<'a>>)>,
    parents: Vec<Parent<'a>>,
}

/// A value for each layer.
#[derive(Debug)]
struct Combination(Vec<(Arc<str>, Value)>);

impl Variables for Combination {
    fn get(&self, name: &str) -> Option<Value> {
        self.0.iter().find(|(known, _)| **known == *name).map(|(_, value)| value.clone())
    }
}

fn generate(config: &Located, engine: &Engine, batch: &mut Batch) -> Step<()> {
    let part = |name: &str| -> Step<&Located> {
        let value = config.value.as_map().and_then(|map| map.get(name));
        value.ok_or_else(|| wrong(batch, config.origin, format!("a generator file has '{name}'")))
    };
    let (layers, hosts) = (part("layers")?, part("hosts")?);
    let layers = read_layers(layers, batch)?;
    let map = hosts.value.as_map();
    let map = map.ok_or_else(|| wrong(batch, hosts.origin, "'hosts' is a map with name and parents"))?;
    let (name, origin) = read_name(map, hosts.origin, engine, batch)?;
    let parents = read_parents(map, engine, batch, 0)?;
    let count = layers.iter().try_fold(1usize, |count, (_, values)| count.checked_mul(values.len()));
    if count.is_none_or(|count| count > MAX_HOSTS) {
        return Err(wrong(batch, hosts.origin, "the layers multiply to more than 1,000,000 hosts"));
    }
    for index in 0..count.unwrap_or_default() {
        let variables: Arc<dyn Variables> = Arc::new(combination(&layers, index));
        let host = text(&name, origin, "host", &variables, batch)?;
        let id = batch.host_at(&host, origin);
        for parent in &parents {
            let group = add_parent(parent, &host, &variables, batch)?;
            batch.add_host(group, id);
        }
    }
    Ok(())
}

/// The values of the layers for one host: the last layer changes fastest.
fn combination(layers: &[(Arc<str>, Vec<Value>)], mut index: usize) -> Combination {
    let mut chosen = Vec::with_capacity(layers.len());
    for (name, values) in layers.iter().rev() {
        let value = values.get(index % values.len().max(1)).cloned().unwrap_or(Value::Null);
        index /= values.len().max(1);
        chosen.push((name.clone(), value));
    }
    Combination(chosen)
}

fn read_layers(layers: &Located, batch: &Batch) -> Step<Vec<(Arc<str>, Vec<Value>)>> {
    let map = layers.value.as_map();
    let map = map.ok_or_else(|| wrong(batch, layers.origin, "'layers' is a map of names and lists"))?;
    let mut read = Vec::new();
    for (name, values) in map.iter() {
        // As Python goes through a text letter by letter, and through a map key by key.
        let values = match &values.value {
            Value::List(items) => items.iter().map(|item| item.value.clone()).collect(),
            Value::Text(text) => text.chars().map(|letter| Value::from(letter.to_string())).collect(),
            Value::Map(map) => map.iter().map(|(key, _)| Value::from(key)).collect(),
            _ => return Err(wrong(batch, values.origin, format!("layer '{name}' is a list"))),
        };
        read.push((name.into(), values));
    }
    Ok(read)
}

fn read_name<'a>(
    map: &'a Map,
    origin: Origin,
    engine: &'a Engine,
    batch: &Batch,
) -> Step<(Template<'a>, Origin)> {
    let name = map.get("name").ok_or_else(|| wrong(batch, origin, "'name' is missing"))?;
    let text = name.value.as_str().ok_or_else(|| wrong(batch, name.origin, "a name is a text"))?;
    let template = engine.template(text).map_err(|fault| failed(batch, name.origin, &fault))?;
    Ok((template, name.origin))
}

fn read_parents<'a>(map: &'a Map, engine: &'a Engine, batch: &Batch, depth: usize) -> Step<Vec<Parent<'a>>> {
    let Some(parents) = map.get("parents").filter(|parents| parents.value != Value::Null) else {
        return Ok(Vec::new());
    };
    let list = parents.value.as_list().filter(|_| depth < MAX_DEPTH);
    let list = list.ok_or_else(|| {
        wrong(batch, parents.origin, "'parents' is a list of groups, at most 128 of them in each other")
    })?;
    let read = |parent: &'a Located| {
        let map = parent.value.as_map();
        let map = map.ok_or_else(|| wrong(batch, parent.origin, "a parent is a map with a name"))?;
        let (name, origin) = read_name(map, parent.origin, engine, batch)?;
        let vars = read_vars(map, engine, batch)?;
        Ok(Parent { name, origin, vars, parents: read_parents(map, engine, batch, depth + 1)? })
    };
    list.iter().map(read).collect()
}

type Vars<'a> = Vec<(&'a str, &'a Located, Option<Template<'a>>)>;

fn read_vars<'a>(map: &'a Map, engine: &'a Engine, batch: &Batch) -> Step<Vars<'a>> {
    let Some(vars) = map.get("vars").filter(|vars| vars.value != Value::Null) else { return Ok(Vec::new()) };
    let map = vars.value.as_map();
    let map = map.ok_or_else(|| wrong(batch, vars.origin, "'vars' is a map"))?;
    let read = |(name, value): (&'a str, &'a Located)| {
        // Only a text on the first level is rendered, as Ansible does it.
        let template = match &value.value {
            Value::Text(text) => {
                Some(engine.template(text).map_err(|fault| failed(batch, value.origin, &fault))?)
            }
            _ => None,
        };
        Ok((name, value, template))
    };
    map.iter().map(read).collect()
}

fn add_parent(
    parent: &Parent<'_>,
    child: &str,
    variables: &Arc<dyn Variables>,
    batch: &mut Batch,
) -> Step<BatchGroup> {
    let name = text(&parent.name, parent.origin, "group", variables, batch)?;
    if name == child {
        return Err(wrong(batch, parent.origin, format!("'{name}' would be its own parent")));
    }
    let group = batch.group_at(&name, parent.origin);
    for (key, value, template) in &parent.vars {
        let value = match template {
            None => (*value).clone(),
            Some(template) => template
                .render(variables, value.origin)
                .map_err(|fault| failed(batch, value.origin, &fault))?,
        };
        match (*key, value.value.as_i64()) {
            ("ansible_group_priority", Some(priority)) => batch.set_priority(group, priority),
            _ => batch.set_group_var_at(group, key, value),
        }
    }
    for above in &parent.parents {
        let above = add_parent(above, &name, variables, batch)?;
        batch.add_child(above, group);
    }
    Ok(group)
}

/// A name; Ansible takes nothing but text for one.
fn text(
    template: &Template<'_>,
    origin: Origin,
    what: &str,
    variables: &Arc<dyn Variables>,
    batch: &Batch,
) -> Step<String> {
    let value = template.render(variables, origin).map_err(|fault| failed(batch, origin, &fault))?;
    match value.value.as_str() {
        Some("") => Err(wrong(batch, origin, format!("a {what}'s name is empty"))),
        Some(name) => Ok(name.to_owned()),
        None => {
            let shown = python_text(&value.value).unwrap_or_default();
            let message = format!("a {what}'s name is a text, not the {} {shown}", value.value.kind());
            Err(wrong(batch, origin, message))
        }
    }
}

fn wrong(batch: &Batch, origin: Origin, message: impl Into<String>) -> Box<Diagnostic> {
    Box::new(Diagnostic::error("bad-generator", message).place(batch.place(origin)))
}

fn failed(batch: &Batch, origin: Origin, fault: &Fault) -> Box<Diagnostic> {
    let diagnostic = Diagnostic::error("bad-expression", fault.message.clone()).place(batch.place(origin));
    Box::new(diagnostic.help(fault.help()))
}
