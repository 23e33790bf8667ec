//! docs/dependencies.md names every third-party dependency of the workspace, and nothing else.

use super::stands_alone;
use crate::fault::Fault;
use crate::tree::Tree;
use crate::workspace::Workspace;
use std::collections::BTreeMap;

const FILE: &str = "docs/dependencies.md";
const FOR_USERS: &str = "## Crates that users get";

/// Compares the manifests with the page.
pub(super) fn check(tree: &Tree, workspace: &Workspace) -> Vec<Fault> {
    let Some(text) = tree.text(FILE) else {
        return vec![Fault::of_file(FILE, "is missing")];
    };
    let used = used(workspace);
    let named = named(text);
    let unnamed = used.iter().filter(|(name, _)| !named.contains_key(*name));
    let mut faults: Vec<Fault> = unnamed
        .map(|(name, member)| Fault::of_file(FILE, format!("does not name `{name}`, which {member} uses")))
        .collect();
    let unused = named.iter().filter(|(name, _)| !used.contains_key(*name));
    faults.extend(
        unused.map(|(name, line)| Fault::at(FILE, *line, format!("names `{name}`, which no member uses"))),
    );
    faults.extend(wrong_users(text, workspace));
    faults
}

/// Rows of tables with a column `who` that name other members than those that declare the dependency. In the table of
/// what users get, dependencies for tests and members that are not published do not count.
fn wrong_users(text: &str, workspace: &Workspace) -> Vec<Fault> {
    let mut faults = Vec::new();
    let (mut has_who, mut for_users) = (false, false);
    for (index, line) in text.lines().enumerate() {
        if line.starts_with("## ") {
            for_users = line == FOR_USERS;
        } else if line.starts_with("| crate ") {
            has_who = line.starts_with("| crate | who ");
        }
        let mut cells = line.split(" | ");
        let name = cells.next().and_then(|cell| cell.strip_prefix("| `")?.strip_suffix('`'));
        let (Some(name), Some(who), true) = (name, cells.next(), has_who) else { continue };
        for package in &workspace.packages {
            let published = workspace.folder(package).starts_with("crates/") || package.name == "fleet";
            let mut own = package.dependencies.iter().filter(|d| d.path.is_none() && d.name == name);
            let uses = own.any(|d| !for_users || (published && !d.is_dev()));
            if uses != stands_alone(who, &package.name) {
                let verb = if uses { "uses" } else { "does not use" };
                faults.push(Fault::at(FILE, index + 1, format!("`{name}`: {} {verb} it", package.name)));
            }
        }
    }
    faults
}

/// Third-party dependency -> one member that declares it.
fn used(workspace: &Workspace) -> BTreeMap<&str, &str> {
    workspace
        .packages
        .iter()
        .flat_map(|package| {
            let third_party = package.dependencies.iter().filter(|dependency| dependency.path.is_none());
            third_party.map(|dependency| (dependency.name.as_str(), package.name.as_str()))
        })
        .collect()
}

/// Name -> line, from table rows that begin with a name in backticks.
fn named(text: &str) -> BTreeMap<&str, usize> {
    let rows = text.lines().enumerate();
    rows.filter_map(|(index, line)| Some((line.strip_prefix("| `")?.split_once('`')?.0, index + 1))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(page: &str) -> Vec<String> {
        let mut workspace = Workspace::parse(crate::invariants::RECORDED_METADATA).unwrap();
        let mut other = workspace.packages[0].clone();
        (other.name, other.dependencies) = ("purlin-tls".into(), Vec::new());
        workspace.packages.push(other);
        check(&Tree::of(&[(FILE, page)]), &workspace).iter().map(Fault::to_string).collect()
    }

    #[test]
    fn the_page_and_the_manifests_agree_both_ways() {
        assert_eq!(messages("| `serde` | why |\n"), Vec::<String>::new());
        assert_eq!(
            messages("serde\n"),
            ["docs/dependencies.md: does not name `serde`, which purlin-core uses"]
        );
        assert_eq!(
            messages("| `serde` | why |\n| `left-pad` | why |\n"),
            ["docs/dependencies.md:2: names `left-pad`, which no member uses"]
        );
    }

    #[test]
    fn who_uses_a_dependency_is_checked_both_ways() {
        let page = |who: &str| format!("| crate | who | why |\n|---|---|---|\n| `serde` | {who} | why |\n");
        assert_eq!(messages(&page("purlin-core")), Vec::<String>::new());
        assert_eq!(messages(&page("all")), ["docs/dependencies.md:3: `serde`: purlin-core uses it"]);
        assert_eq!(
            messages(&page("purlin-core, purlin-tls")),
            ["docs/dependencies.md:3: `serde`: purlin-tls does not use it"]
        );
        assert_eq!(messages("| crate | why |\n| `serde` | why |\n"), Vec::<String>::new());
    }

    #[test]
    fn a_missing_page_is_a_fault() {
        let workspace = Workspace::parse(crate::invariants::RECORDED_METADATA).unwrap();
        assert_eq!(check(&Tree::of(&[]), &workspace).len(), 1);
    }
}
