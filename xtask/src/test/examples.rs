//! Every example of a published crate is run, not only compiled.

use super::Verdict;
use super::session::{Failure, Session};
use crate::process::{Output, Program};
use crate::tell;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// An example shows something in a moment; one that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// The messages of `cargo build` that tell of a program.
#[derive(Debug, Deserialize)]
struct Artifact {
    reason: String,
    manifest_path: Option<PathBuf>,
    target: Option<crate::workspace::Target>,
    executable: Option<PathBuf>,
}

#[derive(Debug, PartialEq, Eq)]
struct Example {
    /// As docs/proofs.toml names it: `purlin-core::retry`.
    name: String,
    folder: PathBuf,
    program: PathBuf,
}

pub(super) fn run(session: &mut Session) -> Verdict {
    let build =
        ["build", "--workspace", "--examples", "--locked", "--message-format", "json-render-diagnostics"];
    let ended = Program::cargo().args(build).dir(&session.workspace.root).run(Output::Kept)?;
    if !ended.success() {
        return Err(Failure::of(ended.fault("cargo build --examples")));
    }
    let mut messages = Vec::new();
    for example in examples(&ended.output, session) {
        tell::note(&format!("example {}", example.name));
        let program = Program::new(&example.program).env("CARGO_MANIFEST_DIR", &example.folder).limit(LIMIT);
        let ended = session.for_tests(program).dir(&example.folder).run(Output::Kept)?;
        session.evidence.note(format!("example {}", example.name), ended.success());
        if !ended.success() {
            tell::note(&ended.output);
            messages.push(ended.fault(&format!("example {}", example.name)));
        }
    }
    if messages.is_empty() { Ok(()) } else { Err(Failure { messages, stops: false }) }
}

fn examples(messages: &str, session: &Session) -> Vec<Example> {
    let packages: Vec<(&Path, &str)> =
        session.workspace.crates().map(|p| (p.manifest_path.as_path(), p.name.as_str())).collect();
    let mut found: Vec<Example> = messages.lines().filter_map(|line| example(line, &packages)).collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn example(line: &str, packages: &[(&Path, &str)]) -> Option<Example> {
    let artifact: Artifact = serde_json::from_str(line).ok()?;
    let (manifest, target) = (artifact.manifest_path?, artifact.target?);
    if artifact.reason != "compiler-artifact" || !target.is("example") {
        return None;
    }
    let (_, package) = packages.iter().find(|(path, _)| *path == manifest)?;
    Some(Example {
        name: format!("{package}::{}", target.name),
        folder: manifest.parent()?.to_owned(),
        program: artifact.executable?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILT: &str = r#"{"reason":"compiler-artifact","manifest_path":"/w/crates/purlin-core/Cargo.toml","target":{"kind":["example"],"name":"retry"},"executable":"/w/target/debug/examples/retry"}"#;

    fn found(line: &str) -> Option<String> {
        example(line, &[(Path::new("/w/crates/purlin-core/Cargo.toml"), "purlin-core")]).map(|e| e.name)
    }

    #[test]
    fn examples_of_published_crates_are_found_among_the_messages() {
        assert_eq!(found(BUILT).as_deref(), Some("purlin-core::retry"));
        assert_eq!(found(&BUILT.replace("example\"", "bin\"")), None);
        assert_eq!(found(&BUILT.replace("purlin-core/Cargo", "other/Cargo")), None);
        assert_eq!(found(r#"{"reason":"build-finished","success":true}"#), None);
        assert_eq!(found("not a message"), None);
    }
}
