//! `cargo xtask bench`: runs the benches, keeps their figures in docs/benchmarks.json and writes the page for people.

mod explained;
mod figures;
mod machine;
mod page;

use crate::fault::Fault;
use crate::process::{Output, Program};
use crate::tell;
use crate::workspace::Workspace;
use explained::Explained;
use figures::Document;
use machine::Machine;

/// What the benches measured.
pub(crate) const FIGURES: &str = "docs/benchmarks.json";
const PAGE: &str = "docs/benchmarks.md";
const EXPLAINED: &str = "benches/explained.toml";
/// Figures that must be published with a goal: what the project promises of its speed.
const PROMISED: [&str; 17] = [
    "core.cx_run",
    "core.policy_run",
    "core.policy_run_full",
    "db.dead_port",
    "db.mysql_memory",
    "db.mysql_point_select",
    "db.mysql_rows",
    "db.mysql_rows_any",
    "db.mysql_rows_sqlx",
    "db.mysql_select_1",
    "db.pool_checkout",
    "db.pool_checkout_bb8",
    "db.pool_unfairness",
    "db.pool_unfairness_bb8",
    "db.sqlite_point_select",
    "db.sqlite_rows",
    "fleet.version",
];
const PACKAGE: &str = "purlin-benches";

/// Runs the benches whose id contains `filter`, or all. True if every goal is met or explained.
pub(crate) fn run(filter: Option<&str>) -> Result<bool, String> {
    let workspace = Workspace::load()?;
    let path = |file: &str| workspace.root.join(file);
    let mut arguments = vec!["bench", "--locked", "--package", PACKAGE];
    if let Some(filter) = filter {
        arguments.extend(["--", filter]);
    }
    let ended = Program::cargo().args(arguments).dir(&workspace.root).run(Output::KeptAndShown)?;
    if !ended.success() {
        return Err(ended.fault("cargo bench"));
    }
    let fresh = figures::read_lines(&ended.output)?;
    if fresh.is_empty() {
        return Err("the benches printed no figure".into());
    }
    let machine = Machine::here()?;
    let document = match (filter, std::fs::read_to_string(path(FIGURES)).ok()) {
        (Some(_), Some(text)) => Document::parse(&text)?.with(fresh, &machine)?,
        _ => Document::new(machine, fresh),
    };
    write(&path(FIGURES), &document.to_text()?)?;
    let explained = Explained::parse(std::fs::read_to_string(path(EXPLAINED)).ok().as_deref())
        .map_err(|fault| fault.to_string())?;
    write(&path(PAGE), &page::write(&document, &explained))?;
    let faults = explained.check(&document.results);
    faults.iter().for_each(|fault| tell::note(&fault.to_string()));
    tell::answer(&format!("{} figures in {FIGURES} and {PAGE}", document.results.len()));
    Ok(faults.is_empty())
}

fn write(path: &std::path::Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// The checked-in figures, their explanations and their page, compared with each other.
pub(crate) fn check<'a>(text: impl Fn(&str) -> Option<&'a str>) -> Vec<Fault> {
    let explained = match Explained::parse(text(EXPLAINED)) {
        Ok(explained) => explained,
        Err(fault) => return vec![fault],
    };
    let Some(figures) = text(FIGURES) else {
        let mut faults = explained.check(&[]);
        faults.extend(text(PAGE).map(|_| Fault::of_file(PAGE, format!("there is no {FIGURES} for it"))));
        return faults;
    };
    let document = match Document::parse(figures) {
        Ok(document) => document,
        Err(why) => return vec![Fault::of_file(FIGURES, why)],
    };
    let mut faults = explained.check(&document.results);
    if document.to_text().as_deref() != Ok(figures) {
        faults.push(Fault::of_file(FIGURES, "is not in the form that `cargo xtask bench` writes"));
    }
    if text(PAGE) != Some(&page::write(&document, &explained)) {
        faults.push(Fault::of_file(
            PAGE,
            format!("is not what {FIGURES} and {EXPLAINED} make: run `cargo xtask bench`"),
        ));
    }
    faults
}

/// The promised figures that are not published, or without a goal. Without the file, its absence is fault enough.
pub(crate) fn check_promised(figures: Option<&str>) -> Vec<Fault> {
    let Some(Ok(document)) = figures.map(Document::parse) else {
        return Vec::new();
    };
    let has_goal = |id: &str| document.results.iter().any(|figure| figure.id == id && figure.goal.is_some());
    let missing = PROMISED.iter().filter(|id| !has_goal(id));
    missing.map(|id| Fault::of_file(FIGURES, format!("has no goal for {id}"))).collect()
}

#[cfg(test)]
mod tests;
