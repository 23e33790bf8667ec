//! What a published crate would hold.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// The folder of the checkout.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Packages as for a publication: unlike `--list` it refuses a dependency without a version.
fn package(folder: &Path, target: &Path, names: &[String]) -> Output {
    let selected = names.iter().flat_map(|name| ["--package", name]);
    Command::new(env!("CARGO"))
        .args(["package", "--no-verify", "--allow-dirty", "--offline", "--target-dir"])
        .arg(target)
        .args(selected)
        .current_dir(folder)
        .output()
        .unwrap()
}

/// Name and version of each member that may be published.
fn publishable() -> Vec<(String, String)> {
    let told = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--locked", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let members = metadata["packages"].as_array().unwrap().iter();
    // `publish = false` is an empty list of registries.
    members.filter(|p| p["publish"].is_null()).map(|p| (text(&p["name"]), text(&p["version"]))).collect()
}

#[test]
fn each_published_crate_can_be_packaged() {
    let folder = tempfile::tempdir().unwrap();
    let crates = publishable();
    assert!(crates.iter().any(|(name, _)| name == "purlin-core"), "{crates:?}");
    let names: Vec<String> = crates.iter().map(|(name, _)| name.clone()).collect();
    let packaged = package(root(), folder.path(), &names);
    assert!(packaged.status.success(), "{}", String::from_utf8_lossy(&packaged.stderr));
    for (name, version) in crates {
        let whole = format!("{name}-{version}");
        let listed = Command::new("tar")
            .args(["-tzf", &format!("package/{whole}.crate")])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let files = String::from_utf8(listed.stdout).unwrap();
        for file in ["Cargo.toml", "README.md", "LICENSE-APACHE", "LICENSE-MIT", "src/lib.rs"] {
            let path = format!("{whole}/{file}");
            assert!(files.lines().any(|line| line == path), "{name} would be published without {file}");
        }
    }
}

#[test]
fn a_dependency_without_a_version_cannot_be_packaged() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let manifest =
        |name: &str| format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    write("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"one\", \"two\"]\n");
    write("one/Cargo.toml", &manifest("one"));
    write("one/src/lib.rs", "");
    write("two/Cargo.toml", &format!("{}[dependencies]\none = {{ path = \"../one\" }}\n", manifest("two")));
    write("two/src/lib.rs", "");
    let packaged = package(folder.path(), &folder.path().join("target"), &["one".into(), "two".into()]);
    let told = String::from_utf8_lossy(&packaged.stderr);
    assert!(!packaged.status.success() && told.contains("must have a version"), "{told}");
}
