//! The cases recorded from ansible-core's own command lines; see tests/cases/README.md.

use crate::support::{block_on, json_of};
use purlin_core::{Cx, Diagnostics, Error};
use purlin_inventory::{AnsibleOptions, GroupNames, HashBehaviour, Inventory, Loader, Profile};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

struct Case {
    name: String,
    folder: PathBuf,
    json: Json,
}

impl Case {
    fn all() -> Vec<Self> {
        let mut names: Vec<_> = cases().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names.retain(|name| cases().join(name).is_dir());
        assert_eq!(names.len(), 82, "the recorded cases");
        let case = |name: std::ffi::OsString| {
            let folder = cases().join(&name);
            let json = read(&folder.join("case.json")).unwrap();
            Self { name: name.into_string().unwrap(), folder, json }
        };
        names.into_iter().map(case).collect()
    }

    fn loader(&self) -> Loader {
        // The working directory of the recorded calls, which ansible-inventory takes for that of the playbooks.
        let mut options = AnsibleOptions::new().playbook_dir(self.folder.join("inv"));
        for (key, value) in self.json["env"].as_object().unwrap() {
            options = match (key.as_str(), value.as_str().unwrap()) {
                ("ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS", "always") => {
                    options.group_names(GroupNames::Replace)
                }
                ("ANSIBLE_HASH_BEHAVIOUR", "merge") => options.hash_behaviour(HashBehaviour::Merge),
                other => panic!("no option for {other:?}"),
            };
        }
        let sources = self.json["sources"].as_array().unwrap().iter().map(|source| source.as_str().unwrap());
        let named = sources.map(|source| match source.contains(',') {
            true => source.to_owned(),
            false => self.folder.join("inv").join(source).to_str().unwrap().to_owned(),
        });
        named.fold(Loader::new().profile(Profile::Ansible).ansible(options), Loader::source)
    }

    fn check(&self) -> Result<(), String> {
        let loaded = block_on(self.loader().load(&Cx::background()));
        if self.json["expect_error"] == Json::Bool(true) {
            let error = loaded.err().ok_or("it loads, but should not")?;
            return self.check_error(&error);
        }
        let inventory = loaded.map_err(|error| error.to_string())?.inventory;
        let expected = read(&self.folder.join("expected/list.json")).ok_or("no list.json")?;
        check_list(&inventory, &expected)?;
        match read(&self.folder.join("expected/patterns.json")) {
            Some(patterns) => patterns
                .as_array()
                .unwrap()
                .iter()
                .try_for_each(|one| check_pattern(&inventory, &self.folder, one)),
            None => Ok(()),
        }
    }

    fn check_error(&self, error: &Error) -> Result<(), String> {
        let Some(at) = self.json.get("error_at") else { return Ok(()) };
        let (file, line) = (at["file"].as_str().unwrap(), at["line"].as_u64().unwrap());
        let faults = error.detail::<Diagnostics>().ok_or_else(|| format!("no diagnostics in {error:#}"))?;
        let there = faults
            .iter()
            .filter_map(|fault| fault.place.as_ref())
            .any(|place| Path::new(&place.file).ends_with(file) && place.line.map(u64::from) == Some(line));
        if there { Ok(()) } else { Err(format!("nothing at {file}:{line} in\n{faults}")) }
    }
}

fn read(path: &Path) -> Option<Json> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

fn texts(value: &Json) -> BTreeSet<String> {
    value.as_array().into_iter().flatten().map(|name| name.as_str().unwrap().to_owned()).collect()
}

/// Variables of hosts, and hosts and children of groups, as `ansible-inventory --list` has them.
pub(crate) fn check_list(inventory: &Inventory, expected: &Json) -> Result<(), String> {
    let hostvars = expected["_meta"]["hostvars"].as_object().ok_or("no hostvars")?;
    for host in inventory.hosts() {
        let ours: BTreeMap<_, _> =
            host.vars().map(|(key, value)| (key.to_owned(), json_of(&value.value))).collect();
        let theirs = hostvars.get(host.name()).and_then(Json::as_object);
        let theirs: BTreeMap<_, _> =
            theirs.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect();
        if ours != theirs {
            return Err(format!("variables of {}:\n  ours   {ours:?}\n  theirs {theirs:?}", host.name()));
        }
    }
    if let Some(missing) = hostvars.keys().find(|name| inventory.host(name).is_none()) {
        return Err(format!("no host {missing}"));
    }
    let empty = Json::Null;
    for group in inventory.groups() {
        let theirs = expected.get(group.name()).unwrap_or(&empty);
        let hosts: BTreeSet<_> = group.direct_hosts().map(|host| host.name().to_owned()).collect();
        let children: BTreeSet<_> = group.children().map(|child| child.name().to_owned()).collect();
        // What `all` names itself is not listed there.
        if group.name() != "all" && hosts != texts(&theirs["hosts"]) {
            return Err(format!(
                "hosts of {}:\n  ours   {hosts:?}\n  theirs {:?}",
                group.name(),
                theirs["hosts"]
            ));
        }
        if children != texts(&theirs["children"]) {
            return Err(format!(
                "children of {}:\n  ours   {children:?}\n  theirs {:?}",
                group.name(),
                theirs["children"]
            ));
        }
    }
    let unknown =
        expected.as_object().unwrap().keys().find(|name| *name != "_meta" && inventory.group(name).is_none());
    unknown.map_or(Ok(()), |name| Err(format!("no group {name}")))
}

/// The hosts of a pattern in order; an error, or nothing left by the limit, where Ansible ends with another code than 0.
fn check_pattern(inventory: &Inventory, folder: &Path, expected: &Json) -> Result<(), String> {
    let pattern = expected["pattern"].as_str().unwrap();
    // Ansible was run in the folder of the case.
    let limit = expected["limit"].as_str().map(|limit| match limit.strip_prefix('@') {
        Some(file) => format!("@{}", folder.join("inv").join(file).display()),
        None => limit.to_owned(),
    });
    let found = inventory.pattern(pattern, limit.as_deref());
    let ours = found.as_ref().map(|hosts| hosts.names().map(str::to_owned).collect::<Vec<_>>());
    let theirs: Vec<&str> =
        expected["hosts"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap()).collect();
    let agrees = match (&ours, expected["rc"].as_i64()) {
        (Ok(ours), Some(0)) => *ours == theirs,
        (Ok(ours), _) => ours.is_empty() && limit.is_some(),
        (Err(_), code) => code != Some(0),
    };
    let told = || format!("pattern {pattern:?} limit {limit:?}:\n  ours   {ours:?}\n  theirs {theirs:?}");
    if agrees { Ok(()) } else { Err(told()) }
}

#[test]
fn every_recorded_case_is_what_ansible_says() {
    let mut failed = Vec::new();
    for case in Case::all() {
        if let Err(why) = case.check() {
            failed.push(format!("{}: {why}", case.name));
        }
    }
    assert!(failed.is_empty(), "{} cases differ:\n{}", failed.len(), failed.join("\n"));
}
