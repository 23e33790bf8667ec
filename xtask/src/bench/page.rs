//! docs/benchmarks.md.

use super::explained::{Explained, Explanation};
use super::figures::{Document, Figure, Goal};
use std::fmt::Write;

/// The whole page; the same figures always make the same page.
pub(super) fn write(document: &Document, explained: &Explained) -> String {
    let mut page = head(document);
    let mut areas: Vec<&str> = document.results.iter().map(Figure::area).collect();
    areas.dedup();
    for area in areas {
        let rows: String = document.results.iter().filter(|f| f.area() == area).map(row).collect();
        let _ = write!(
            page,
            "\n## {area}\n\n| id | what | ours | peer | ratio | goal | met |\n|---|---|---|---|---|---|---|\n{rows}"
        );
    }
    if !explained.entries.is_empty() {
        page.push_str("\n## Goals not met\n");
        page.extend(explained.entries.iter().map(explanation));
    }
    page
}

fn head(document: &Document) -> String {
    let machine = &document.machine;
    format!(
        "# Benchmarks\n\n\
         Written by `cargo xtask bench` from `docs/benchmarks.json` and `benches/explained.toml`; do not edit.\n\n\
         Measured on {} cores of {}, {}, {}. The unit says what is counted: CPU time is user and system time of the\n\
         process and all its threads, so other work on the machine hardly moves it. A peer is what people would use\n\
         instead, or a bare loop as the limit of what is possible, measured in the same run; the ratio is ours divided\n\
         by the peer.\n",
        machine.cores, machine.cpu, machine.kernel, machine.rustc
    )
}

fn row(figure: &Figure) -> String {
    let peer = match (figure.peer, &figure.peer_name) {
        (Some(value), Some(name)) => format!("{} {} ({name})", number(value), figure.unit),
        _ => String::new(),
    };
    let goal = match &figure.goal {
        Some(Goal::AtMost(most)) => format!("at most {} {}", number(*most), figure.unit),
        Some(Goal::Words(words)) => words.clone(),
        None => String::new(),
    };
    let met = match figure.met {
        Some(true) => "yes",
        Some(false) => "no",
        None => "",
    };
    let cells = [
        format!("`{}`", figure.id),
        figure.what.clone(),
        format!("{} {}", number(figure.ours), figure.unit),
        peer,
        figure.ratio.map(number).unwrap_or_default(),
        goal,
        met.to_owned(),
    ];
    format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
}

fn explanation(entry: &Explanation) -> String {
    let tried: String = entry.tried.iter().map(|change| format!("- Tried: {change}\n")).collect();
    format!("\n### {}\n\n- Profile: {}\n{tried}- Cause: {}\n", entry.id, entry.profile, entry.cause)
}

/// Three digits that count, and no exponent.
fn number(value: f64) -> String {
    let decimals = match value.abs() {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (value, text) in [(1234.5, "1234"), (12.34, "12.3"), (1.0, "1.00"), (0.0123, "0.012")] {
            assert_eq!(number(value), text);
        }
    }
}
