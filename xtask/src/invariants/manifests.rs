//! Rules for each manifest, and the ban list.

use crate::fault::{Fault, line_of};
use crate::workspace::{Package, Workspace};
use std::collections::BTreeSet;

/// Where the bans stand.
pub(super) const DENY: &str = "deny.toml";

/// The manifest of the workspace.
pub(super) const ROOT: &str = "Cargo.toml";

const EDITION: &str = "2024";

/// Never in the graph: a second crypto provider, foreign TLS stacks, registration before `main`.
const BANNED: [&str; 6] = ["ring", "native-tls", "openssl-sys", "inventory", "ctor", "linkme"];

/// Checks what `cargo metadata` tells of every member.
pub(super) fn check(workspace: &Workspace) -> Vec<Fault> {
    let mut faults = Vec::new();
    for package in &workspace.packages {
        let folder = workspace.folder(package);
        let path = format!("{folder}/Cargo.toml");
        let mut messages = toolchain(package, workspace);
        messages.extend(own_versions(package, folder.starts_with("crates/")));
        messages.extend(test_binaries(package));
        faults.extend(messages.into_iter().map(|message| Fault::of_file(&path, message)));
    }
    faults
}

/// Every compiler that a package promises must build what it brings along too, be it by a feature.
fn toolchain(package: &Package, workspace: &Workspace) -> Vec<String> {
    let mut messages = Vec::new();
    if package.edition != EDITION {
        messages.push(format!("edition {} instead of {EDITION}", package.edition));
    }
    let Some(own) = rust_version(package) else {
        messages.push("has no rust-version".into());
        return messages;
    };
    let needed = package.dependencies.iter().filter(|dependency| !dependency.is_dev());
    let needed: BTreeSet<&str> =
        needed.map(|dependency| dependency.name.as_str()).chain(["purlin-core"]).collect();
    for other in needed.into_iter().filter_map(|name| workspace.package(name)) {
        if rust_version(other).is_some_and(|other| own < other) {
            messages.push(format!("rust-version {}.{} is below that of {}", own.0, own.1, other.name));
        }
    }
    messages
}

fn rust_version(package: &Package) -> Option<(u32, u32)> {
    let mut parts = package.rust_version.as_deref()?.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

/// A published crate names the version of each sibling it needs, and none of those that only its tests need: those
/// are not published before it.
fn own_versions(package: &Package, published: bool) -> Vec<String> {
    let own = package.dependencies.iter().filter(|dependency| dependency.path.is_some());
    own.filter_map(|dependency| match (dependency.is_dev(), dependency.req.as_str()) {
        (false, "*") => Some(format!("{} has a path but no version", dependency.name)),
        (true, version) if version != "*" && published => Some(format!(
            "the dev-dependency {} writes a version, so `cargo package` wants it published",
            dependency.name
        )),
        _ => None,
    })
    .collect()
}

fn test_binaries(package: &Package) -> Vec<String> {
    let tests = package.targets.iter().filter(|target| target.is("test"));
    let strangers = tests.filter(|target| target.name != "it");
    strangers
        .map(|target| format!("test binary `{}`: all integration tests belong to tests/it", target.name))
        .collect()
}

/// Checks what only the text of a member's manifest tells: that `unsafe` is forbidden.
pub(super) fn check_text(path: &str, text: &str) -> Option<Fault> {
    let table: toml::Table = match toml::from_str(text) {
        Ok(table) => table,
        Err(error) => return Some(Fault::of_file(path, error.message())),
    };
    let lints = table.get("lints");
    let inherits = lints.and_then(|l| l.get("workspace")?.as_bool()) == Some(true);
    let forbids = lints.and_then(|l| l.get("rust")?.get("unsafe_code")?.as_str()) == Some("forbid");
    (!inherits && !forbids)
        .then(|| Fault::of_file(path, "neither inherits the lints nor forbids unsafe code"))
}

/// Checks that the lints which members inherit forbid `unsafe`.
pub(super) fn check_root(text: &str) -> Option<Fault> {
    let table: toml::Table = match toml::from_str(text) {
        Ok(table) => table,
        Err(error) => return Some(Fault::of_file(ROOT, error.message())),
    };
    let lint = table.get("workspace").and_then(|w| w.get("lints")?.get("rust")?.get("unsafe_code")?.as_str());
    (lint != Some("forbid")).then(|| Fault::of_file(ROOT, "the workspace lints do not forbid unsafe code"))
}

/// Checks that deny.toml bans what must never be in the graph.
pub(super) fn check_bans(deny: &str) -> Vec<Fault> {
    let table: toml::Table = match toml::from_str(deny) {
        Ok(table) => table,
        Err(error) => return vec![Fault::of_file(DENY, error.message())],
    };
    let list = table.get("bans").and_then(|bans| bans.get("deny")?.as_array()).cloned().unwrap_or_default();
    let names: Vec<&str> = list
        .iter()
        .filter_map(|entry| {
            entry.as_str().or_else(|| entry.get("crate").or_else(|| entry.get("name"))?.as_str())
        })
        .collect();
    let missing = BANNED.iter().filter(|name| !names.contains(name));
    missing.map(|name| Fault::at(DENY, line_of(deny, "[bans]"), format!("does not ban {name}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn messages(change: impl Fn(&mut Package)) -> Vec<String> {
        let mut workspace = Workspace::parse(crate::invariants::RECORDED_METADATA).unwrap();
        let mut package = workspace.packages[0].clone();
        package.name = "purlin-tls".into();
        change(&mut package);
        workspace.packages.push(package);
        check(&workspace).iter().map(|fault| fault.message.clone()).collect()
    }

    fn on_core(package: &mut Package, kind: Option<&str>, req: &str) {
        let dependency = &mut package.dependencies[0];
        dependency.name = "purlin-core".into();
        dependency.path = Some(PathBuf::from("/w/crates/purlin-core"));
        dependency.kind = kind.map(String::from);
        dependency.req = req.into();
    }

    #[test]
    fn edition_and_rust_version_are_checked() {
        assert_eq!(messages(|_| {}), Vec::<String>::new());
        assert_eq!(messages(|p| p.edition = "2021".into()), ["edition 2021 instead of 2024"]);
        assert_eq!(messages(|p| p.rust_version = None), ["has no rust-version"]);
        assert_eq!(
            messages(|p| p.rust_version = Some("1.84".into())),
            ["rust-version 1.84 is below that of purlin-core"]
        );
        assert_eq!(messages(|p| p.rust_version = Some("1.100".into())), Vec::<String>::new());
    }

    #[test]
    fn a_package_promises_no_older_compiler_than_what_it_brings_along() {
        let found = |kind: Option<&str>| {
            let mut workspace = Workspace::parse(crate::invariants::RECORDED_METADATA).unwrap();
            let mut modern = workspace.packages[0].clone();
            (modern.name, modern.rust_version) = ("purlin-inventory".into(), Some("1.88".into()));
            let mut facade = workspace.packages[0].clone();
            (facade.name, facade.rust_version) = ("purlin".into(), Some("1.85".into()));
            on_core(&mut facade, kind, "^0.1.0");
            facade.dependencies[0].name = "purlin-inventory".into();
            facade.dependencies[0].optional = true;
            workspace.packages.extend([modern, facade]);
            let faults = check(&workspace);
            faults
                .iter()
                .map(|fault| fault.message.clone())
                .filter(|m| m.contains("rust-version"))
                .collect::<Vec<_>>()
        };
        assert_eq!(found(None), ["rust-version 1.85 is below that of purlin-inventory"]);
        assert_eq!(found(Some("dev")), Vec::<String>::new());
    }

    #[test]
    fn a_path_has_a_version_beside_it_unless_only_tests_need_it() {
        assert_eq!(messages(|p| on_core(p, None, "^0.1.0")), Vec::<String>::new());
        assert_eq!(messages(|p| on_core(p, None, "*")), ["purlin-core has a path but no version"]);
        assert_eq!(messages(|p| on_core(p, Some("dev"), "*")), Vec::<String>::new());
        let found = messages(|p| on_core(p, Some("dev"), "^0.1.0"));
        assert!(found.len() == 1 && found[0].contains("writes a version"), "{found:?}");
    }

    #[test]
    fn a_second_test_binary_is_refused() {
        let found = messages(|p| p.targets[1].name = "other".into());
        assert_eq!(found, ["test binary `other`: all integration tests belong to tests/it"]);
    }

    #[test]
    fn unsafe_code_must_be_forbidden() {
        for fine in ["[lints]\nworkspace = true\n", "[lints.rust]\nunsafe_code = \"forbid\"\n"] {
            assert_eq!(check_text("Cargo.toml", fine), None);
        }
        for wrong in ["", "[lints]\nworkspace = false\n", "[lints.rust]\nunsafe_code = \"warn\"\n", "="] {
            assert!(check_text("Cargo.toml", wrong).is_some(), "{wrong:?}");
        }
        assert_eq!(check_root("[workspace.lints.rust]\nunsafe_code = \"forbid\"\n"), None);
        for wrong in ["", "[workspace.lints.rust]\nunsafe_code = \"deny\"\n", "="] {
            assert!(check_root(wrong).is_some(), "{wrong:?}");
        }
    }

    #[test]
    fn each_ban_must_stand() {
        let list = |names: &[&str]| {
            let entries: Vec<String> = names.iter().map(|name| format!("{{ crate = \"{name}\" }}")).collect();
            format!("[bans]\ndeny = [{}]\n", entries.join(", "))
        };
        assert_eq!(check_bans(&list(&BANNED)), []);
        assert_eq!(check_bans("[bans]\ndeny = [\"ring\"]\n").len(), BANNED.len() - 1);
        for (index, name) in BANNED.iter().enumerate() {
            let mut rest = BANNED.to_vec();
            rest.remove(index);
            assert_eq!(check_bans(&list(&rest)), [Fault::at(DENY, 1, format!("does not ban {name}"))]);
        }
        assert_eq!(check_bans("").len(), BANNED.len());
    }
}
