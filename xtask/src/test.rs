//! `cargo xtask test`: the one command.

mod doctests;
mod examples;
mod mirror;
mod mock;
mod report;
mod session;
mod setup;
mod suite;
mod tools;

use crate::args::TestOptions;
use crate::fault::Fault;
use crate::process::{Output, Program, now};
use crate::{invariants, proofs, tell, tidy};
use report::{Entry, Outcome, Report};
use session::{Failure, Session};

/// Every step, in the order in which they run; docs/proofs.toml may name them.
pub(crate) const STEPS: [&str; 14] = [
    "setup",
    "fmt",
    "tidy",
    "clippy",
    "mssql-mock",
    "tests",
    "two-providers",
    "doctests",
    "docs",
    "examples",
    "invariants",
    "features",
    "deny",
    "proofs",
];

type Verdict = Result<(), Failure>;

/// Runs all steps and reports; true if nothing failed and nothing was skipped.
pub(crate) fn run(options: TestOptions) -> Result<bool, String> {
    let mut session = Session::start(options)?;
    let names = STEPS
        .into_iter()
        .filter(|name| *name != "two-providers" || suite::has_two_providers(&session.workspace));
    let names: Vec<&str> = names.collect();
    let entries = entries(&names, |name| {
        let verdict = step(name, &mut session);
        session.evidence.note(format!("step {name}"), verdict.is_ok());
        verdict
    });
    let report = Report { entries, totals: session.counts };
    tell::answer(&if options.json { report.json() } else { report.table() });
    Ok(report.good())
}

/// Runs the steps in order; after one that stops, what would build on it is left out.
fn entries(names: &[&'static str], mut step: impl FnMut(&str) -> Verdict) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut stopped = false;
    for &name in names {
        if stopped && needs_build(name) {
            entries.push(Entry { name, outcome: Outcome::NotRun, seconds: 0.0 });
            continue;
        }
        tell::note(&format!("\n{name} ..."));
        let start = now();
        let verdict = step(name);
        let seconds = now().duration_since(start).as_secs_f64();
        stopped |= verdict.as_ref().is_err_and(|failure| failure.stops);
        let outcome = match verdict {
            Ok(()) => Outcome::Passed,
            Err(failure) => {
                failure.messages.iter().for_each(|message| tell::note(message));
                Outcome::Failed(failure.messages)
            }
        };
        entries.push(Entry { name, outcome, seconds });
    }
    entries
}

/// Once something does not build, what would build on it only repeats the same errors.
fn needs_build(name: &str) -> bool {
    !matches!(name, "setup" | "fmt" | "tidy" | "invariants" | "deny")
}

fn step(name: &str, session: &mut Session) -> Verdict {
    match name {
        "setup" => setup::run(session),
        "fmt" => cargo(session, &["fmt", "--all", "--check"]),
        "tidy" => faults(tidy::faults(&session.workspace)),
        "clippy" => clippy(session),
        "mssql-mock" => mock::build(session),
        "tests" => suite::all(session),
        "two-providers" => suite::two_providers(session),
        "doctests" => doctests::run(session),
        "docs" => docs(session),
        "examples" => examples::run(session),
        "invariants" => faults(invariants::faults(&session.workspace)),
        "features" => features(session),
        "deny" => cargo(
            session,
            &["deny", "--locked", "check", "--hide-inclusion-graph", "licenses", "bans", "sources"],
        ),
        "proofs" => proven(session),
        other => Err(Failure::of(format!("no step is called {other}"))),
    }
}

fn cargo(session: &Session, args: &[&str]) -> Verdict {
    ended(session, Program::cargo().args(args), &format!("cargo {}", args[0]))
}

fn ended(session: &Session, program: Program, what: &str) -> Verdict {
    let ended = program.dir(&session.workspace.root).run(session.output())?;
    if ended.success() { Ok(()) } else { Err(Failure::of(ended.fault(what))) }
}

fn clippy(session: &Session) -> Verdict {
    let args = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    // A lint stops nothing: what does not build stops the next step, which builds as well.
    cargo(session, &args)
}

fn docs(session: &Session) -> Verdict {
    let program = Program::cargo().args(["doc", "--workspace", "--no-deps", "--locked"]);
    ended(session, program.env("RUSTDOCFLAGS", "-D warnings"), "cargo doc")
}

/// Each published crate by itself, so that a feature which only works beside a neighbour's is found. cargo-hack is not
/// asked to leave out dev-dependencies: that would edit the manifests, and an interruption would leave them edited.
fn features(session: &Session) -> Verdict {
    let mut args = vec!["hack", "check", "--each-feature", "--locked"];
    args.extend(session.workspace.crates().flat_map(|package| ["--package", package.name.as_str()]));
    cargo(session, &args)
}

fn faults(found: Result<Vec<Fault>, String>) -> Verdict {
    let messages: Vec<String> = found?.iter().map(Fault::to_string).collect();
    if messages.is_empty() { Ok(()) } else { Err(Failure { messages, stops: false }) }
}

fn proven(session: &Session) -> Verdict {
    let text = std::fs::read_to_string(session.workspace.root.join(proofs::FILE)).ok();
    faults(Ok(proofs::check_run(text.as_deref(), &session.evidence)))
}

impl Session {
    /// Where programs write: standard output belongs to the JSON document if one was asked for.
    fn output(&self) -> Output {
        if self.options.json { Output::Aside } else { Output::Through }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(stops: bool) -> Vec<Outcome> {
        let step = |name: &str| match name {
            "clippy" => Err(Failure { messages: Vec::new(), stops }),
            _ => Ok(()),
        };
        entries(&["clippy", "tests", "deny"], step).into_iter().map(|entry| entry.outcome).collect()
    }

    #[test]
    fn a_failure_leaves_out_later_steps_only_if_they_build_on_it() {
        let failed = Outcome::Failed(Vec::new());
        assert_eq!(outcomes(false), [failed.clone(), Outcome::Passed, Outcome::Passed]);
        assert_eq!(outcomes(true), [failed, Outcome::NotRun, Outcome::Passed]);
    }
}
