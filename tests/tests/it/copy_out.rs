//! `examples/fleet` is there to be copied: a copy outside of the tree must build.

use crate::packages::root;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Copies what git would hand out: no build folder, nothing hidden.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let name = entry.file_name();
        if entry.file_type().unwrap().is_dir() {
            if name != "target" {
                copy(&entry.path(), &to.join(&name));
            }
        } else {
            fs::copy(entry.path(), to.join(&name)).unwrap();
        }
    }
}

#[test]
fn a_copy_of_fleet_builds_outside_of_the_workspace() {
    let folder = tempfile::tempdir().unwrap();
    let copied = folder.path().join("fleet");
    copy(&root().join("examples/fleet"), &copied);
    // As a copier would with an unpublished purlin: its paths now point at the checkout.
    let manifest = copied.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    assert!(!text.contains("workspace = true"), "fleet inherits from the workspace");
    let crates = root().join("crates");
    // A name of its own: the build shares the checkout's target folder, and so what is built there already.
    let text = text.replacen("name = \"fleet\"", "name = \"copied-fleet\"", 1);
    fs::write(&manifest, text.replace("../../crates", crates.to_str().unwrap())).unwrap();
    fs::copy(root().join("Cargo.lock"), copied.join("Cargo.lock")).unwrap();

    let built = Command::new(env!("CARGO"))
        .args(["build", "--offline", "--message-format", "short"])
        // The profile of the workspace, or nothing could be shared.
        .args(["--config", "profile.dev.debug='line-tables-only'"])
        .args(["--config", "profile.dev.package.'*'.debug=false"])
        .env("CARGO_TARGET_DIR", root().join("target"))
        .current_dir(&copied)
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let told = Command::new(root().join("target/debug/copied-fleet")).arg("version").output().unwrap();
    assert!(told.status.success() && told.stdout.starts_with(b"fleet "), "{told:?}");
}
