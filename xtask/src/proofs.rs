//! docs/proofs.toml: every promise of the workspace, with the tests that prove it.

use crate::fault::{Fault, line_of};
use crate::workspace::Workspace;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Where the promises stand.
pub(crate) const FILE: &str = "docs/proofs.toml";

/// Area -> name within the area -> promise.
type Proofs = BTreeMap<String, BTreeMap<String, Promise>>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Promise {
    promise: String,
    tests: Vec<String>,
}

/// What a run of the tests showed, by the names that docs/proofs.toml uses.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    pub(crate) passed: BTreeSet<String>,
    pub(crate) failed: BTreeSet<String>,
}

impl Evidence {
    /// Notes how a test, documentation test, example or step ended.
    pub(crate) fn note(&mut self, name: impl Into<String>, passed: bool) {
        let set = if passed { &mut self.passed } else { &mut self.failed };
        set.insert(name.into());
    }
}

/// The form of the file: areas and packages that exist, no promise without tests, no crate without promises.
pub(crate) fn check(text: Option<&str>, workspace: &Workspace) -> Vec<Fault> {
    let proofs = match parse(text) {
        Ok(proofs) => proofs,
        Err(fault) => return vec![fault],
    };
    let text = text.unwrap_or_default();
    let areas: BTreeSet<&str> = workspace.packages.iter().map(|package| area(&package.name)).collect();
    let mut faults = Vec::new();
    for (area, name, promise) in entries(&proofs) {
        let line = line_of(text, &format!("[{area}.{name}]"));
        let mut fault =
            |message: String| faults.push(Fault::at(FILE, line, format!("{area}.{name}: {message}")));
        if !areas.contains(area) {
            fault("names no crate of the workspace".into());
        }
        if promise.promise.trim().is_empty() {
            fault("promises nothing".into());
        }
        for message in promise.form_faults(workspace) {
            fault(message);
        }
    }
    let silent =
        workspace.crates().map(|package| area(&package.name)).filter(|area| !proofs.contains_key(*area));
    faults.extend(silent.map(|area| Fault::of_file(FILE, format!("has no promise of {area}"))));
    faults
}

/// What a run proves: every named test ran, and it passed.
pub(crate) fn check_run(text: Option<&str>, evidence: &Evidence) -> Vec<Fault> {
    let proofs = match parse(text) {
        Ok(proofs) => proofs,
        Err(fault) => return vec![fault],
    };
    let text = text.unwrap_or_default();
    let mut faults = Vec::new();
    for (area, name, promise) in entries(&proofs) {
        let line = line_of(text, &format!("[{area}.{name}]"));
        if promise.tests.is_empty() {
            faults.push(Fault::at(FILE, line, format!("{area}.{name}: names no test")));
        }
        for test in &promise.tests {
            let verdict = match (evidence.failed.contains(test), evidence.passed.contains(test)) {
                (true, _) => "failed",
                (false, true) => continue,
                (false, false) => "did not run",
            };
            faults.push(Fault::at(FILE, line, format!("{area}.{name}: `{test}` {verdict}")));
        }
    }
    faults
}

/// The name of a crate within promises and bench ids: `core` for `purlin-core`.
pub(crate) fn area(package: &str) -> &str {
    package.strip_prefix("purlin-").unwrap_or(package)
}

impl Promise {
    fn form_faults(&self, workspace: &Workspace) -> Vec<String> {
        let mut faults = Vec::new();
        if self.tests.is_empty() {
            faults.push("names no test".to_owned());
        }
        for (index, test) in self.tests.iter().enumerate() {
            if self.tests[..index].contains(test) {
                faults.push(format!("names `{test}` twice"));
            }
            if !names_something(test, workspace) {
                faults.push(format!("`{test}` is no name of a test, see the head of the file"));
            }
        }
        faults
    }
}

/// The four forms of a name; whether the thing itself exists shows when it runs.
fn names_something(test: &str, workspace: &Workspace) -> bool {
    match test.split_once(' ') {
        // A page that is read as documentation is a place, too.
        Some(("doc", place)) => place.contains(".rs") || place.ends_with(".md"),
        Some(("example", place)) => {
            place.split_once("::").is_some_and(|(package, _)| workspace.package(package).is_some())
        }
        Some(("step", name)) => crate::test::STEPS.contains(&name),
        Some((binary, name)) => {
            let package = binary.split("::").next().unwrap_or_default();
            workspace.package(package).is_some() && !name.is_empty() && !name.contains(' ')
        }
        None => false,
    }
}

fn parse(text: Option<&str>) -> Result<Proofs, Fault> {
    let text = text.ok_or_else(|| Fault::of_file(FILE, "is missing"))?;
    toml::from_str(text).map_err(|error| Fault::of_toml(FILE, text, &error))
}

fn entries(proofs: &Proofs) -> impl Iterator<Item = (&str, &str, &Promise)> {
    proofs.iter().flat_map(|(area, promises)| {
        promises.iter().map(|(name, promise)| (area.as_str(), name.as_str(), promise))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> Workspace {
        Workspace::parse(crate::invariants::RECORDED_METADATA).unwrap()
    }

    fn file(promise: &str) -> String {
        format!("\n[core.1]\n{promise}\n")
    }

    fn form(text: &str) -> Vec<String> {
        check(Some(text), &workspace()).iter().map(Fault::to_string).collect()
    }

    fn run(text: &str, passed: &[&str], failed: &[&str]) -> Vec<String> {
        let mut evidence = Evidence::default();
        passed.iter().for_each(|name| evidence.note(*name, true));
        failed.iter().for_each(|name| evidence.note(*name, false));
        check_run(Some(text), &evidence).iter().map(Fault::to_string).collect()
    }

    const GOOD: &str = r#"
[core.1]
promise = "The total of attempts is bounded."
tests = ["purlin-core::it policy::bounded", "doc crates/purlin-core/src/lib.rs - Policy", "step invariants", "example purlin-core::retry"]
"#;

    #[test]
    fn a_proven_promise_has_no_fault() {
        assert_eq!(form(GOOD), Vec::<String>::new());
        let names = [
            "purlin-core::it policy::bounded",
            "doc crates/purlin-core/src/lib.rs - Policy",
            "step invariants",
            "example purlin-core::retry",
        ];
        assert_eq!(run(GOOD, &names, &[]), Vec::<String>::new());
    }

    #[test]
    fn a_test_that_failed_or_did_not_run_proves_nothing() {
        let text = file("promise = \"p\"\ntests = [\"purlin-core::it a\", \"purlin-core::it b\"]");
        assert_eq!(
            run(&text, &["purlin-core::it other"], &["purlin-core::it a"]),
            [
                "docs/proofs.toml:2: core.1: `purlin-core::it a` failed",
                "docs/proofs.toml:2: core.1: `purlin-core::it b` did not run",
            ]
        );
        assert_eq!(
            run(&file("promise = \"p\"\ntests = []"), &[], &[]),
            ["docs/proofs.toml:2: core.1: names no test"]
        );
    }

    #[test]
    fn a_test_that_both_passed_and_failed_has_failed() {
        let text = file("promise = \"p\"\ntests = [\"purlin-core::it a\"]");
        assert_eq!(run(&text, &["purlin-core::it a"], &["purlin-core::it a"]).len(), 1);
    }

    #[test]
    fn the_form_is_checked() {
        for (promise, why) in [
            ("promise = \"p\"\ntests = []", "names no test"),
            ("promise = \" \"\ntests = [\"step tidy\"]", "promises nothing"),
            ("promise = \"p\"\ntests = [\"step tidy\", \"step tidy\"]", "names `step tidy` twice"),
            (
                "promise = \"p\"\ntests = [\"nothing\"]",
                "`nothing` is no name of a test, see the head of the file",
            ),
            (
                "promise = \"p\"\ntests = [\"other::it a\"]",
                "`other::it a` is no name of a test, see the head of the file",
            ),
            (
                "promise = \"p\"\ntests = [\"step dance\"]",
                "`step dance` is no name of a test, see the head of the file",
            ),
        ] {
            assert_eq!(form(&file(promise)), [format!("docs/proofs.toml:2: core.1: {why}")]);
        }
        let wrong_area = form(&format!("{GOOD}\n[cellar.1]\npromise = \"p\"\ntests = [\"step tidy\"]\n"));
        assert_eq!(wrong_area, ["docs/proofs.toml:6: cellar.1: names no crate of the workspace"]);
    }

    #[test]
    fn a_crate_without_promises_and_a_broken_file_are_faults() {
        assert_eq!(form(""), ["docs/proofs.toml: has no promise of core"]);
        assert!(form("\n[core.1]\nwhy = 1\n")[0].starts_with("docs/proofs.toml:3: unknown field"));
        assert_eq!(check(None, &workspace())[0].to_string(), "docs/proofs.toml: is missing");
    }
}
