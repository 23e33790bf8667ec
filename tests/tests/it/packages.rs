//! What a published crate would hold.

use std::path::Path;
use std::process::Command;

/// The folder of the checkout.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

#[test]
fn each_published_crate_can_be_packaged() {
    for name in ["purlin-core", "purlin-tls", "purlin-testkit", "purlin"] {
        let listed = Command::new(env!("CARGO"))
            .args(["package", "--list", "--allow-dirty", "--offline", "--locked", "--package", name])
            .current_dir(root())
            .output()
            .unwrap();
        let files = String::from_utf8(listed.stdout).unwrap();
        assert!(listed.status.success(), "{name}: {}", String::from_utf8_lossy(&listed.stderr));
        for file in ["Cargo.toml", "README.md", "src/lib.rs"] {
            assert!(files.lines().any(|line| line == file), "{name} would be published without {file}");
        }
    }
}
