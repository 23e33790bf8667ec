//! What libyaml refuses and the parser takes.

use super::super::Named;
use purlin_core::{Diagnostic, Place};

/// Lines that begin within a text or a flow collection, where a tab is no indentation. Both ends belong to it.
pub(super) type Inner = std::ops::RangeInclusive<usize>;

/// Tabs before the first character of a line, outside of the ranges; they are in the order of their first lines.
pub(super) fn tabs(text: &str, inner: &[Inner], named: Named<'_>) -> Vec<Diagnostic> {
    let mut inner = inner.iter().peekable();
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let Some(tab) = leading_tab(line) else { continue };
        while inner.next_if(|range| *range.end() < number).is_some() {}
        if inner.peek().is_some_and(|range| range.contains(&number)) {
            continue;
        }
        faults.push(tab_fault(named, number, tab + 1));
        if faults.len() == MOST {
            break;
        }
    }
    faults
}

/// Where the first tab is before the first character of a line that is neither white nor the dash of a list, in bytes.
fn leading_tab(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    let is_mark = |at: usize| {
        matches!(bytes.get(at), Some(b'-' | b'?')) && matches!(bytes.get(at + 1), Some(b' ' | b'\t'))
    };
    (0..bytes.len())
        .find(|at| bytes.get(*at) != Some(&b' ') && !is_mark(*at))
        .filter(|at| bytes.get(*at) == Some(&b'\t'))
}

/// The same text, with spaces for the tabs that indent this line and the next ones up to one without.
pub(super) fn spaced(text: &str, first: usize) -> String {
    let mut spaced = String::with_capacity(text.len());
    let mut is_in = false;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let (indent, rest) = line.split_at(line.len() - line.trim_start_matches([' ', '\t']).len());
        is_in = number == first || (is_in && indent.contains('\t'));
        match is_in {
            true => spaced.extend(std::iter::repeat_n(' ', indent.len())),
            false => spaced.push_str(indent),
        }
        spaced.push_str(rest);
    }
    spaced
}

/// A file that is indented with tabs throughout needs no fault for each line.
const MOST: usize = 20;

pub(super) fn tab_fault(named: Named<'_>, line: usize, column: usize) -> Diagnostic {
    let place = match line {
        0 => Place::file(named.name),
        _ => named.place(named.origin(line, column)),
    };
    Diagnostic::error("yaml-tab", "a tab indents this line")
        .place(place)
        .help("YAML is indented with spaces only")
}

/// Directives other than `%YAML` and `%TAG`, which only stand before the document.
pub(super) fn directives(text: &str, named: Named<'_>) -> Option<Diagnostic> {
    let lines = text.trim_start_matches('\u{feff}').lines();
    let head = (1..)
        .zip(lines)
        .take_while(|(_, line)| line.starts_with(['%', '#']) || line.trim_start_matches(' ').is_empty());
    for (number, line) in head {
        let Some(directive) = line.strip_prefix('%') else { continue };
        let name = directive.split([' ', '\t']).next().unwrap_or_default();
        if !matches!(name, "YAML" | "TAG") {
            return Some(
                Diagnostic::error("yaml-directive", format!("the directive %{name} is not known"))
                    .place(named.place(named.origin(number, 1)))
                    .help("a text that begins with % must be quoted"),
            );
        }
    }
    None
}
