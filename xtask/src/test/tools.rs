//! The cargo tools, each with the version that the checks are written for.

use crate::process::{Output, Program};
use crate::tell;
use std::time::Duration;

/// Name and version; a newer one that is already there will do.
const TOOLS: [(&str, Version); 3] = [
    ("cargo-nextest", Version(0, 9, 143)),
    ("cargo-hack", Version(0, 6, 46)),
    ("cargo-deny", Version(0, 20, 2)),
];

/// Parts of the toolchain, and how rustup calls them.
const COMPONENTS: [(&str, &str); 2] = [("fmt", "rustfmt"), ("clippy", "clippy")];

const INSTALL_LIMIT: Duration = Duration::from_secs(30 * 60);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32, u32);

/// Installs what is missing or too old.
pub(super) fn ensure(output: Output) -> Result<(), String> {
    for (subcommand, component) in COMPONENTS {
        if version_of(subcommand).is_some() {
            continue;
        }
        // rustup's minimal profile leaves both out. Without rustup the system's packages brought the toolchain.
        tell::note(&format!("missing: {component}"));
        let add = Program::new("rustup").args(["component", "add", component]).limit(INSTALL_LIMIT);
        let added = add.run(output).is_ok_and(|ended| ended.success());
        if !added || version_of(subcommand).is_none() {
            return Err(format!("cargo {subcommand} does not run: install {component} for this toolchain"));
        }
    }
    for (tool, wanted) in TOOLS {
        if !is_there(tool, wanted) {
            install(tool, wanted, output)?;
        }
    }
    Ok(())
}

fn is_there(tool: &str, wanted: Version) -> bool {
    subcommand(tool).and_then(version_of).is_some_and(|found| found >= wanted)
}

fn install(tool: &str, wanted: Version, output: Output) -> Result<(), String> {
    let Version(major, minor, patch) = wanted;
    let package = format!("{tool}@{major}.{minor}.{patch}");
    tell::note(&format!("installing {package}"));
    let ended = Program::cargo().args(["install", "--locked", &package]).limit(INSTALL_LIMIT).run(output)?;
    if !ended.success() {
        return Err(ended.fault(&format!("cargo install {package}")));
    }
    if is_there(tool, wanted) {
        Ok(())
    } else {
        Err(format!("{package} is installed, yet an older one stands before it on PATH"))
    }
}

fn subcommand(tool: &str) -> Option<&str> {
    tool.strip_prefix("cargo-")
}

fn version_of(subcommand: &str) -> Option<Version> {
    let ended = Program::cargo().args([subcommand, "--version"]).run(Output::Kept).ok()?;
    ended.success().then(|| parse(&ended.output)).flatten()
}

/// The first word that begins with three numbers, as in `cargo-nextest 0.9.143 (60fa45f63 2026-08-04)`.
fn parse(output: &str) -> Option<Version> {
    output.split_whitespace().find_map(|word| {
        let core = word.split(['-', '+']).next()?;
        let mut parts = core.split('.').map(str::parse);
        Some(Version(parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_tools_print() {
        assert_eq!(
            parse("cargo-nextest 0.9.143 (60fa45f63 2026-08-04)\nrelease: x"),
            Some(Version(0, 9, 143))
        );
        assert_eq!(parse("rustfmt 1.8.0-stable (59807616e1 2026-04-14)"), Some(Version(1, 8, 0)));
        assert_eq!(parse("no version"), None);
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(Version(0, 10, 0) > Version(0, 9, 143) && Version(0, 9, 99) < Version(0, 9, 143));
    }

    #[test]
    fn a_missing_tool_is_not_there() {
        assert!(!is_there("cargo-no-such-tool", Version(0, 0, 1)));
        assert!(!is_there("cargo-clippy", Version(u32::MAX, 0, 0)));
        assert!(is_there("cargo-clippy", Version(0, 0, 1)));
    }
}
