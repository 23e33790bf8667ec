//! Which files stand where.

use super::stands_alone;
use crate::fault::{Fault, line_of};
use crate::tree::Tree;

/// All that may stand at the top of the repository.
const TOP_LEVEL: [&str; 20] = [
    ".cargo",
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "benches",
    "clippy.toml",
    "crates",
    "deny.toml",
    "docs",
    "examples",
    "fuzz",
    "mocks",
    "rustfmt.toml",
    "tests",
    "xtask",
];

/// Files without which the workspace is not whole.
const REQUIRED: [&str; 10] = [
    "CHANGELOG.md",
    "Cargo.lock",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "deny.toml",
    "docs/architecture.md",
    "docs/benchmarks.json",
    "docs/testing.md",
    "xtask/README.md",
];

/// The texts that every published crate brings.
const LICENCES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// Crates whose runnable example may be the one in the documentation of `lib.rs`: there is nothing to run in them alone.
const DOC_EXAMPLE_IS_ENOUGH: [&str; 2] = ["purlin", "purlin-testkit"];

/// Checks the top level, every crate's papers and the names of the decisions.
pub(super) fn check(tree: &Tree) -> Vec<Fault> {
    let mut faults = top_level(tree);
    for name in tree.folders("crates/") {
        faults.extend(crate_papers(tree, name));
    }
    faults.extend(decisions(tree));
    faults
}

fn top_level(tree: &Tree) -> Vec<Fault> {
    let mut entries: Vec<&str> = tree.paths().filter_map(|path| path.split('/').next()).collect();
    entries.dedup();
    let strangers = entries.iter().filter(|entry| !TOP_LEVEL.contains(entry));
    let mut faults: Vec<Fault> =
        strangers.map(|entry| Fault::of_file(*entry, "does not belong at the top level")).collect();
    let missing = REQUIRED.iter().filter(|file| tree.text(file).is_none());
    faults.extend(missing.map(|file| Fault::of_file(*file, "is missing")));
    faults
}

fn crate_papers(tree: &Tree, name: &str) -> Vec<Fault> {
    let folder = format!("crates/{name}");
    let mut faults = Vec::new();
    if tree.text(&format!("{folder}/README.md")).is_none() {
        faults.push(Fault::of_file(&folder, "has no README.md"));
    }
    // What is published is the folder of the crate, and MIT asks that its text goes with every copy.
    for licence in LICENCES {
        let path = format!("{folder}/{licence}");
        match (tree.text(&path), tree.text(licence)) {
            (None, _) => faults.push(Fault::of_file(path, format!("is missing: link it to ../../{licence}"))),
            (own, common) if own != common => {
                faults.push(Fault::of_file(path, format!("is not the text of {licence}")));
            }
            _ => {}
        }
    }
    if !has_example(tree, name) {
        faults.push(Fault::of_file(&folder, "has no runnable example below examples/"));
    }
    // Without the file, its absence is fault enough.
    let changelog = tree.text("CHANGELOG.md");
    if changelog.is_some_and(|text| !text.lines().any(|line| stands_alone(line, name))) {
        faults.push(Fault::of_file("CHANGELOG.md", format!("has no line that names {name}")));
    }
    faults
}

fn has_example(tree: &Tree, name: &str) -> bool {
    let examples = format!("crates/{name}/examples/");
    if tree.paths().any(|path| path.starts_with(&examples) && path.ends_with(".rs")) {
        return true;
    }
    let lib = tree.text(&format!("crates/{name}/src/lib.rs")).unwrap_or_default();
    DOC_EXAMPLE_IS_ENOUGH.contains(&name) && lib.lines().any(|line| line.starts_with("//! ```"))
}

fn decisions(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut numbers = Vec::new();
    for path in tree.paths() {
        let Some(name) = path.strip_prefix("docs/decisions/") else {
            continue;
        };
        match decision_number(name) {
            Some(number) if numbers.contains(&number) => {
                faults.push(Fault::of_file(path, format!("number {number} is taken")));
            }
            Some(number) => {
                numbers.push(number);
                if number.parse() != Ok(numbers.len()) {
                    faults.push(Fault::of_file(
                        path,
                        format!("is number {number} where {:04} is free", numbers.len()),
                    ));
                }
            }
            None => faults.push(Fault::of_file(path, "is not named NNNN-title.md")),
        }
        if line_of(tree.text(path).unwrap_or_default(), "# ") != 1 {
            faults.push(Fault::at(path, 1, "does not begin with a title"));
        }
    }
    faults
}

fn decision_number(name: &str) -> Option<&str> {
    let (number, title) = name.strip_suffix(".md")?.split_once('-')?;
    let title_fits = title
        .split('-')
        .all(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()));
    (number.len() == 4 && number.bytes().all(|b| b.is_ascii_digit()) && title_fits).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> Vec<(&'static str, &'static str)> {
        let mut files: Vec<(&str, &str)> = REQUIRED.iter().map(|file| (*file, "")).collect();
        files.retain(|(file, _)| *file != "CHANGELOG.md");
        files.extend([
            ("CHANGELOG.md", "- purlin-core: first\n"),
            ("crates/purlin-core/README.md", ""),
            ("crates/purlin-core/LICENSE-APACHE", ""),
            ("crates/purlin-core/LICENSE-MIT", ""),
            ("crates/purlin-core/examples/retry.rs", ""),
            ("docs/decisions/0001-one-thing.md", "# One thing\n"),
        ]);
        files
    }

    fn messages(files: &[(&str, &str)]) -> Vec<String> {
        check(&Tree::of(files)).iter().map(Fault::to_string).collect()
    }

    fn without(path: &str) -> Vec<String> {
        messages(&whole().into_iter().filter(|(file, _)| *file != path).collect::<Vec<_>>())
    }

    fn with(path: &str, text: &str) -> Vec<String> {
        let mut files: Vec<_> = whole().into_iter().filter(|(file, _)| *file != path).collect();
        files.push((path, text));
        messages(&files)
    }

    #[test]
    fn a_whole_tree_has_no_fault() {
        assert_eq!(messages(&whole()), Vec::<String>::new());
    }

    #[test]
    fn missing_papers_are_named() {
        assert_eq!(without("deny.toml"), ["deny.toml: is missing"]);
        assert_eq!(
            without("crates/purlin-core/LICENSE-MIT"),
            ["crates/purlin-core/LICENSE-MIT: is missing: link it to ../../LICENSE-MIT"]
        );
        assert_eq!(
            with("crates/purlin-core/LICENSE-MIT", "other"),
            ["crates/purlin-core/LICENSE-MIT: is not the text of LICENSE-MIT"]
        );
        assert_eq!(without("crates/purlin-core/README.md"), ["crates/purlin-core: has no README.md"]);
        assert_eq!(
            without("crates/purlin-core/examples/retry.rs"),
            ["crates/purlin-core: has no runnable example below examples/"]
        );
        assert_eq!(
            with("CHANGELOG.md", "- purlin-core-extra: first\n"),
            ["CHANGELOG.md: has no line that names purlin-core"]
        );
    }

    #[test]
    fn strangers_at_the_top_are_named() {
        assert_eq!(with("notes/a.md", ""), ["notes: does not belong at the top level"]);
    }

    #[test]
    fn decisions_have_a_number_of_their_own_and_a_title() {
        assert_eq!(
            with("docs/decisions/0001-two.md", "# T\n"),
            ["docs/decisions/0001-two.md: number 0001 is taken"]
        );
        assert_eq!(
            with("docs/decisions/0003-three.md", "# T\n"),
            ["docs/decisions/0003-three.md: is number 0003 where 0002 is free"]
        );
        for name in ["2-two.md", "0002_two.md", "0002-Two.md", "0002-two.txt"] {
            let path = format!("docs/decisions/{name}");
            assert_eq!(with(&path, "# T\n"), [format!("{path}: is not named NNNN-title.md")]);
        }
        assert_eq!(
            with("docs/decisions/0002-two.md", "words\n"),
            ["docs/decisions/0002-two.md:1: does not begin with a title"]
        );
    }

    #[test]
    fn a_documentation_example_is_enough_for_some() {
        let files = [("crates/purlin/src/lib.rs", "//! ```\n//! ```\n")];
        assert!(has_example(&Tree::of(&files), "purlin"));
        assert!(!has_example(&Tree::of(&[("crates/purlin/src/lib.rs", "//! none\n")]), "purlin"));
        assert!(!has_example(&Tree::of(&[("crates/purlin-core/src/lib.rs", "//! ```\n")]), "purlin-core"));
    }
}
