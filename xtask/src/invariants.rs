//! The rules of docs/architecture.md that manifests, dependency trees and signatures can show.

mod api;
mod layers;
mod manifests;
mod weight;

use crate::fault::Fault;
use crate::process::Program;
use crate::tree::Tree;
use crate::workspace::Workspace;

/// Runs every rule over the workspace and over `cargo tree` of each published crate.
pub(crate) fn faults(workspace: &Workspace) -> Result<Vec<Fault>, String> {
    let mut faults = layers::check(workspace);
    faults.extend(api::check(workspace, &Tree::read(&workspace.root)?));
    faults.extend(manifests::check(workspace));
    for package in &workspace.packages {
        let path = format!("{}/Cargo.toml", workspace.folder(package));
        faults.extend(manifests::check_text(&path, &text(workspace, &path)?));
    }
    faults.extend(manifests::check_root(&text(workspace, manifests::ROOT)?));
    faults.extend(manifests::check_bans(&text(workspace, manifests::DENY)?));
    for package in workspace.crates() {
        let listing = cargo_tree(workspace, &package.name)?;
        faults.extend(weight::check(
            &package.name,
            &format!("{}/Cargo.toml", workspace.folder(package)),
            &listing,
        ));
    }
    faults.sort();
    Ok(faults)
}

fn text(workspace: &Workspace, path: &str) -> Result<String, String> {
    std::fs::read_to_string(workspace.root.join(path)).map_err(|error| format!("cannot read {path}: {error}"))
}

/// What a user of the crate gets with default features: normal dependencies, each once.
fn cargo_tree(workspace: &Workspace, package: &str) -> Result<String, String> {
    Program::cargo()
        .args(["tree", "--locked", "--package", package, "--edges", "normal", "--prefix", "none"])
        .dir(&workspace.root)
        .stdout()
}

/// A workspace with one crate, one dependency and no fault: the start of many tests.
#[cfg(test)]
pub(crate) const RECORDED_METADATA: &str = include_str!("invariants/recorded_metadata.json");
