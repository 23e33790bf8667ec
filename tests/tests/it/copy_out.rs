//! `examples/fleet` is there to be copied: a copy outside of the tree must build, with all databases and with few.

use crate::packages::root;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

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

/// Builds the copy as a copier would.
fn build(copied: &Path, features: &[&str]) {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--offline", "--message-format", "short"])
        .args(features)
        // The profile of the workspace, or nothing could be shared.
        .args(["--config", "profile.dev.debug='line-tables-only'"])
        .args(["--config", "profile.dev.package.'*'.debug=false"])
        .env("CARGO_TARGET_DIR", root().join("target"))
        .current_dir(copied)
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
}

fn fleet(folder: &Path, words: &str) -> Output {
    let program = root().join("target/debug/copied-fleet");
    Command::new(program).args(words.split(' ')).current_dir(folder).output().unwrap()
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

    build(&copied, &[]);
    let told = fleet(&copied, "version");
    assert!(told.status.success() && told.stdout.starts_with(b"fleet "), "{told:?}");

    build(&copied, &["--no-default-features"]);
    for (words, feature) in [
        ("db ping mssql://app@127.0.0.1:1/map", "\"db-mssql\""),
        ("db ping oracle://app@127.0.0.1:1/map", "\"db-oracle\""),
        ("db listener 127.0.0.1:1", "\"oracle\""),
    ] {
        let told = fleet(&copied, words);
        let said = String::from_utf8_lossy(&told.stderr);
        assert_eq!(told.status.code(), Some(2), "{words}: {said}");
        assert!(said.contains(&format!("built without feature {feature}")), "{words}: {said}");
        assert!(told.stdout.is_empty(), "{told:?}");
    }
    assert!(fleet(&copied, "db ping sqlite::memory:").status.success());
}
