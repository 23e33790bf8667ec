//! The cases that were recorded from ansible-core's own command lines, through the binary.

use crate::support::FLEET;
use purlin_testkit::{Binary, Output};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The library's copy of the cases; none where this package was copied out of the tree.
fn cases() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/purlin-inventory/tests/cases");
    folder.is_dir().then_some(folder)
}

struct Case {
    folder: PathBuf,
    said: Value,
}

impl Case {
    /// `fleet inventory` in the folder of the case, with its sources and its environment.
    fn fleet(&self, command: &str) -> Binary {
        let binary = Binary::new(FLEET)
            .args(["inventory", command])
            .current_dir(self.folder.join("inv"))
            .env("HOME", "/nonexistent")
            .env("ANSIBLE_CONFIG", "/nonexistent.cfg")
            .env("FLEET_SYSTEM_CONFIG", "/dev/null");
        let sources = texts(&self.said["sources"]);
        let binary = sources.iter().fold(binary, |binary, source| binary.args(["-i", source]));
        let environment = self.said["env"].as_object().unwrap();
        environment.iter().fold(binary, |binary, (name, value)| binary.env(name, value.as_str().unwrap()))
    }

    fn check(&self) -> Result<(), String> {
        let list = self.fleet("list").run().unwrap();
        if self.said["expect_error"] == true {
            return self.check_error(&list);
        }
        let expected = read(&self.folder.join("expected/list.json")).ok_or("no list.json")?;
        let ours: Value = serde_json::from_str(&list.stdout).map_err(|error| format!("{error}: {list:?}"))?;
        if sorted(ours) != sorted(expected) {
            return Err(format!("the lists differ: {}", list.stdout));
        }
        let patterns = read(&self.folder.join("expected/patterns.json")).unwrap_or_default();
        patterns.as_array().into_iter().flatten().try_for_each(|asked| self.check_pattern(asked))
    }

    fn check_error(&self, output: &Output) -> Result<(), String> {
        if (output.code(), output.stdout.as_str()) != (Some(2), "") {
            return Err(format!("not refused: {output:?}"));
        }
        let Some(at) = self.said.get("error_at") else { return Ok(()) };
        let place = format!("{}:{}:", at["file"].as_str().unwrap(), at["line"]);
        let found = output.stderr.lines().any(|line| line.starts_with(&place) && line.contains("error["));
        if found { Ok(()) } else { Err(format!("nothing at {place} in {}", output.stderr)) }
    }

    fn check_pattern(&self, asked: &Value) -> Result<(), String> {
        let pattern = asked["pattern"].as_str().unwrap();
        let hosts = self.fleet("hosts").arg("--json");
        let hosts = match asked["limit"].as_str() {
            Some(limit) => hosts.args(["--limit", limit]),
            None => hosts,
        };
        let output = hosts.args(["--", pattern]).run().unwrap();
        let found: Value = serde_json::from_str(&output.stdout).map_err(|error| error.to_string())?;
        let right = match asked["rc"] == 0 {
            true => output.code() == Some(0) && texts(&found) == texts(&asked["hosts"]),
            false => output.code() == Some(1) && texts(&found).is_empty(),
        };
        if right { Ok(()) } else { Err(format!("{asked}: {output:?}")) }
    }
}

fn read(path: &Path) -> Option<Value> {
    Some(serde_json::from_str(&fs::read_to_string(path).ok()?).unwrap())
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().map(|text| text.as_str().unwrap()).collect()
}

/// Hosts and children of groups as sets.
fn sorted(mut list: Value) -> Value {
    for (name, group) in list.as_object_mut().unwrap() {
        for key in ["hosts", "children"].into_iter().filter(|_| name != "_meta") {
            if let Some(members) = group.get_mut(key) {
                *members = texts(members).into_iter().collect::<BTreeSet<_>>().into_iter().collect();
            }
        }
    }
    list
}

#[test]
fn every_recorded_case_is_answered_as_ansible_does() {
    let Some(cases) = cases() else {
        return purlin_testkit::skip("the recorded cases are not copied out with this package");
    };
    let mut folders: Vec<_> = fs::read_dir(cases).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| folder.join("case.json").is_file());
    assert_eq!(folders.len(), 82);
    let mut wrong = Vec::new();
    for folder in folders {
        let case = Case { said: read(&folder.join("case.json")).unwrap(), folder };
        if let Err(why) = case.check() {
            wrong.push(format!("{}: {why}", case.folder.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
