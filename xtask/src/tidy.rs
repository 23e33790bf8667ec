//! `cargo xtask tidy`: rules that a compiler does not know, over every file that git tracks or would track.

mod dependencies;
mod layout;
mod links;
mod paths;
mod source;

use crate::fault::Fault;
use crate::tree::Tree;
use crate::workspace::Workspace;
use crate::{bench, proofs, tell};

/// Prints every fault of the tree; true if there is none.
pub(crate) fn run() -> Result<bool, String> {
    let faults = faults(&Workspace::load()?)?;
    for fault in &faults {
        tell::note(&fault.to_string());
    }
    match faults.len() {
        0 => tell::answer("tidy: no fault"),
        n => tell::answer(&format!("tidy: {n} faults")),
    }
    Ok(faults.is_empty())
}

/// All faults of one pass, sorted by file and line.
pub(crate) fn faults(workspace: &Workspace) -> Result<Vec<Fault>, String> {
    let tree = Tree::read(&workspace.root)?;
    let mut faults = source::check(&tree);
    faults.extend(layout::check(&tree));
    faults.extend(links::check(&tree));
    faults.extend(paths::check(&tree, &workspace.root.to_string_lossy()));
    faults.extend(dependencies::check(&tree, workspace));
    faults.extend(proofs::check(tree.text(proofs::FILE), workspace));
    faults.extend(bench::check(|path| tree.text(path)));
    faults.extend(bench::check_promised(tree.text(bench::FIGURES)));
    faults.sort();
    faults.dedup();
    Ok(faults)
}

/// Whether `word` stands in `line` and is no part of a longer name such as `word-more`.
fn stands_alone(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || "-_".contains(c);
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}
