//! docs/dependencies.md names every third-party dependency of the workspace, and nothing else.

use crate::fault::Fault;
use crate::tree::Tree;
use crate::workspace::Workspace;
use std::collections::BTreeMap;

const FILE: &str = "docs/dependencies.md";

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
    faults
}

// Third-party dependency -> one member that declares it.
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

// Name -> line, from table rows that begin with a name in backticks.
fn named(text: &str) -> BTreeMap<&str, usize> {
    let rows = text.lines().enumerate();
    rows.filter_map(|(index, line)| Some((line.strip_prefix("| `")?.split_once('`')?.0, index + 1))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(page: &str) -> Vec<String> {
        let workspace = Workspace::parse(crate::invariants::RECORDED_METADATA).unwrap();
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
    fn a_missing_page_is_a_fault() {
        let workspace = Workspace::parse(crate::invariants::RECORDED_METADATA).unwrap();
        assert_eq!(check(&Tree::of(&[]), &workspace).len(), 1);
    }
}
