//! What expressions see of a host.

use crate::ansible::config::normal;
use crate::ansible::template::Variables;
use crate::inventory::HostId;
use crate::{Inventory, Located, Value};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The variables that expressions see for a host.
#[derive(Debug)]
struct HostVariables {
    inventory: Inventory,
    id: HostId,
    composed: Vec<(String, Value)>,
}

/// A host's variables, with those that were computed for it.
pub(super) fn variables(
    inventory: &Inventory,
    id: HostId,
    composed: Vec<(String, Value)>,
) -> Arc<dyn Variables> {
    Arc::new(HostVariables { inventory: inventory.clone(), id, composed })
}

/// The variables of a host of an inventory, for expressions.
pub(crate) fn host_variables(inventory: &Inventory, id: HostId) -> Arc<dyn Variables> {
    variables(inventory, id, Vec::new())
}

impl Variables for HostVariables {
    fn get(&self, name: &str) -> Option<Value> {
        let host = self.inventory.host_of(self.id);
        match name {
            "inventory_hostname" => return Some(Value::Unsafe(host.name().into())),
            "inventory_hostname_short" => return Some(Value::Unsafe(short(host.name()).into())),
            "group_names" => {
                let mut names: Vec<&str> =
                    host.all_groups().map(|group| group.name()).filter(|name| *name != "all").collect();
                names.sort_unstable();
                let origin = self.inventory.built_in();
                let names = names.into_iter().map(|name| Located::new(Value::Unsafe(name.into()), origin));
                return Some(Value::from(names.collect::<Vec<_>>()));
            }
            "inventory_file" => return inventory_file(&host.place().file),
            "inventory_dir" => return inventory_dir(&host.place().file),
            _ => {}
        }
        let composed = self.composed.iter().find(|(known, _)| known == name);
        composed.map(|(_, value)| value.clone()).or_else(|| host.var(name).map(|value| value.value.clone()))
    }
}

/// The first part of a name; an address is left whole.
fn short(name: &str) -> &str {
    if name.parse::<std::net::IpAddr>().is_ok() {
        return name;
    }
    name.split('.').next().unwrap_or(name)
}

/// The source that first named a host, as Ansible has it: an absolute path, or the names themselves where they were given.
fn inventory_file(name: &str) -> Option<Value> {
    if is_list_of_hosts(name) {
        return Some(Value::from(name));
    }
    Some(Value::Unsafe(absolute(name)?.display().to_string().into()))
}

/// The folder of that source; names have none, and Ansible then says `None`.
fn inventory_dir(name: &str) -> Option<Value> {
    if is_list_of_hosts(name) {
        return Some(Value::Unsafe("None".into()));
    }
    Some(Value::Unsafe(absolute(name)?.parent()?.display().to_string().into()))
}

fn is_list_of_hosts(name: &str) -> bool {
    name.contains(',') && !Path::new(name).exists()
}

fn absolute(name: &str) -> Option<PathBuf> {
    let path = std::path::absolute(name).ok()?;
    path.is_file().then(|| normal(&path))
}
