//! The document of `ansible-inventory --list`.

use super::json::{Json, is_reference, print};
use super::{Faults, put};
use crate::{Group, Host, Inventory, Located, Profile, TransportKind, Value};
use purlin_core::{Diagnostics, Result};
use std::collections::BTreeMap;
use std::io;

/// Names that ansible-core sets itself and therefore leaves out of its document, as ansible-core 2.19.14 does.
const MAGIC: [&str; 29] = [
    "ansible_collection_name",
    "ansible_config_file",
    "ansible_dependent_role_names",
    "ansible_diff_mode",
    "ansible_facts",
    "ansible_forks",
    "ansible_inventory_sources",
    "ansible_limit",
    "ansible_play_batch",
    "ansible_play_hosts",
    "ansible_play_hosts_all",
    "ansible_playbook_python",
    "ansible_role_name",
    "ansible_role_names",
    "ansible_run_tags",
    "ansible_skip_tags",
    "ansible_verbosity",
    "ansible_version",
    "group_names",
    "groups",
    "hostvars",
    "inventory_dir",
    "inventory_file",
    "inventory_hostname",
    "inventory_hostname_short",
    "play_hosts",
    "playbook_dir",
    "role_name",
    "role_names",
];

/// Writes the document of `ansible-inventory --list`, byte by byte as ansible-core 2.19 does: every host with its
/// resolved variables, every group that has hosts or children.
///
/// An inventory of the native profile says how its hosts are reached by `ansible_host`, `ansible_port`, `ansible_user`
/// and `ansible_connection` too, by key file, jump hosts and whom to become, so that Ansible can use the document.
///
/// Secrets by reference are left out wherever they stand, in maps and lists too, since they are resolved only by who
/// needs them; the warnings that are returned name each place.
///
/// # Errors
/// [`Invalid`](purlin_core::ErrorKind::Invalid) with [`Diagnostics`] for secrets that are encrypted; nothing is written
/// then. The writer's own errors.
pub fn ansible_json(inventory: &Inventory, out: &mut impl io::Write) -> Result<Diagnostics> {
    document(inventory, Form::Resolved, out)
}

/// Writes the document of `ansible-inventory --list --export`: each group and host with its own variables only.
/// Secrets are treated as by [`ansible_json`].
///
/// # Errors
/// As [`ansible_json`]. What layers of the native format say belongs to no group and would be lost:
/// [`Unsupported`](purlin_core::ErrorKind::Unsupported) for an inventory of the native profile.
pub fn ansible_export_json(inventory: &Inventory, out: &mut impl io::Write) -> Result<Diagnostics> {
    if inventory.profile() == Profile::Native {
        let message =
            "layers of the native format have no place in Ansible's export; write the resolved document";
        let error = purlin_core::Error::new(purlin_core::ErrorKind::Unsupported, message);
        return Err(error.with_operation("inventory.write"));
    }
    document(inventory, Form::Own, out)
}

/// Writes the document of `ansible-inventory --host`: the resolved variables of one host. Secrets are treated as by
/// [`ansible_json`].
///
/// # Errors
/// As [`ansible_json`].
pub fn ansible_host_json(host: Host<'_>, out: &mut impl io::Write) -> Result<Diagnostics> {
    let vars = host_vars(host, Form::Resolved);
    let mut faults = Faults::new(host.inventory);
    vars.iter().for_each(|(key, value)| faults.secrets(key, value));
    let warnings = faults.finish()?;
    let reached = reached(host)?;
    let mut text = String::new();
    print(&Json::Map(with_reached(&vars, &reached)), &mut text);
    text.push('\n');
    put(&text, out)?;
    Ok(warnings)
}

/// Whose variables a host or a group is given.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Resolved,
    Own,
}

type Vars<'a> = BTreeMap<&'a str, &'a Located>;

fn document(inventory: &Inventory, form: Form, out: &mut impl io::Write) -> Result<Diagnostics> {
    let hosts: Vec<(Host<'_>, Vars<'_>)> =
        inventory.hosts().map(|host| (host, host_vars(host, form))).collect();
    let groups: Vec<(Group<'_>, Vars<'_>)> =
        inventory.groups().map(|group| (group, group_vars(group, form))).collect();
    let mut faults = Faults::new(inventory);
    for vars in hosts.iter().map(|(_, vars)| vars).chain(groups.iter().map(|(_, vars)| vars)) {
        vars.iter().for_each(|(key, value)| faults.secrets(key, value));
    }
    let warnings = faults.finish()?;
    let reached: Vec<Vec<(&str, Value)>> =
        hosts.iter().map(|(host, _)| reached(*host)).collect::<Result<_>>()?;
    let mut hostvars = BTreeMap::new();
    for ((host, vars), reached) in hosts.iter().zip(&reached) {
        let vars = with_reached(vars, reached);
        if !vars.is_empty() {
            hostvars.insert(host.name(), Json::Map(vars));
        }
    }
    let meta =
        BTreeMap::from([("hostvars", Json::Map(hostvars)), ("profile", Json::Text("inventory_legacy"))]);
    let mut document = BTreeMap::from([("_meta", Json::Map(meta))]);
    for (group, vars) in groups {
        let entry = entry(group, &vars);
        if !entry.is_empty() {
            document.insert(group.name(), Json::Map(entry));
        }
    }
    let mut text = String::new();
    print(&Json::Map(document), &mut text);
    text.push('\n');
    put(&text, out)?;
    Ok(warnings)
}

fn entry<'a>(group: Group<'a>, vars: &Vars<'a>) -> BTreeMap<&'a str, Json<'a>> {
    let mut entry = BTreeMap::new();
    // Everybody is in `all`, so Ansible does not list them there.
    if group.direct_hosts().len() > 0 && group.name() != "all" {
        entry.insert("hosts", Json::texts(group.direct_hosts().map(Host::name)));
    }
    if group.children().len() > 0 {
        entry.insert("children", Json::texts(group.children().map(Group::name)));
    }
    if !vars.is_empty() {
        entry.insert("vars", Json::Map(shown(vars)));
    }
    entry
}

fn host_vars(host: Host<'_>, form: Form) -> Vars<'_> {
    let data = &host.inventory.0;
    let shown = |(key, _): &(&str, &Located)| !MAGIC.contains(key);
    match form {
        Form::Resolved => host.vars().filter(shown).collect(),
        Form::Own => {
            let own = host.data().vars.iter().chain(&host.data().file_vars);
            own.map(|(key, value)| (&**data.keys.text(*key), value)).filter(shown).collect()
        }
    }
}

fn group_vars(group: Group<'_>, form: Form) -> Vars<'_> {
    if form == Form::Resolved {
        return Vars::new();
    }
    let shown = |(key, _): &(&str, &Located)| !MAGIC.contains(key);
    let data = &group.inventory.0;
    let own = group.data().vars.iter().chain(&group.data().file_vars);
    own.map(|(key, value)| (&**data.keys.text(*key), value)).filter(shown).collect()
}

/// Variables without secrets by reference.
fn shown<'a>(vars: &Vars<'a>) -> BTreeMap<&'a str, Json<'a>> {
    let shown = vars.iter().filter(|(_, said)| !is_reference(&said.value));
    shown.map(|(key, said)| (*key, Json::Value(&said.value))).collect()
}

/// Variables, and how the host is reached where they do not say it.
fn with_reached<'a>(vars: &Vars<'a>, reached: &'a [(&str, Value)]) -> BTreeMap<&'a str, Json<'a>> {
    let mut all = shown(vars);
    for (key, value) in reached {
        all.entry(key).or_insert(Json::Value(value));
    }
    all
}

/// How a host is reached, in Ansible's words; nothing where its variables are Ansible's own.
fn reached(host: Host<'_>) -> Result<Vec<(&'static str, Value)>> {
    let mut vars = Vec::new();
    if host.inventory.profile() == Profile::Ansible {
        return Ok(vars);
    }
    let connection = host.connection()?;
    if connection.address != host.name() {
        vars.push(("ansible_host", connection.address.into()));
    }
    vars.extend(connection.port.map(|port| ("ansible_port", i64::from(port).into())));
    vars.extend(connection.user.map(|user| ("ansible_user", user.into())));
    match connection.transport {
        TransportKind::Ssh => {}
        other => vars.push(("ansible_connection", other.as_str().into())),
    }
    vars.extend(
        connection.private_keys.first().map(|file| ("ansible_ssh_private_key_file", file.as_str().into())),
    );
    if !connection.jump.is_empty() {
        let jump = format!("-o ProxyJump={}", connection.jump.join(","));
        vars.push(("ansible_ssh_common_args", jump.into()));
    }
    if let Some(elevation) = connection.r#become {
        vars.push(("ansible_become", true.into()));
        vars.push(("ansible_become_method", elevation.method.into()));
        vars.extend(elevation.user.map(|user| ("ansible_become_user", user.into())));
    }
    Ok(vars)
}
