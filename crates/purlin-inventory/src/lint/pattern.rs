//! Host patterns that do something else than they look like.

use purlin_core::{Diagnostic, Diagnostics, Place};

/// Looks for what is dangerous or probably not meant in an Ansible host pattern, whatever the inventory. Places are
/// columns of the file `pattern`.
///
/// | code | what |
/// |---|---|
/// | `pattern-selects-all` | `~`, `~[`, `~web\|`: a regular expression that matches every host |
/// | `pattern-backwards` | `web[5:2]` selects nothing |
/// | `pattern-slice` | `web[1-3]` is members 2 to 4 of group web, not the hosts web1 to web3 |
/// | `pattern-joined` | `web!db`, `web&db`: without a colon it is one name |
/// | `pattern-bracket` | a bracket is never closed: Ansible drops it, and takes what follows for another pattern |
///
/// ```
/// let faults = purlin_inventory::lint_pattern("web:~[");
/// assert_eq!(faults.iter().next().unwrap().code, "pattern-selects-all");
/// ```
pub fn lint_pattern(pattern: &str) -> Diagnostics {
    let mut found = Diagnostics::new();
    for (column, part) in parts(pattern) {
        lint_part(part, column, pattern.contains(','), &mut found);
    }
    found
}

fn lint_part(part: &str, column: usize, by_commas: bool, found: &mut Diagnostics) {
    let (mark, name) = match part.split_at_checked(1) {
        Some((mark @ ("!" | "&"), name)) => (mark, name),
        _ => ("", part),
    };
    if let Some(regex) = name.strip_prefix('~') {
        return lint_regex(mark, regex, column, by_commas, found);
    }
    let Some(bracket) = name.find('[') else {
        let joined = name.char_indices().skip(1).find(|(_, letter)| matches!(letter, '!' | '&'));
        if let Some((index, _)) = joined {
            let (one, other) = name.split_at(index);
            let message = format!("{} is read as one name", shown(name));
            let help = format!("write {}:{}", shown(one), shown(other));
            found.push(warning("pattern-joined", &message, column, &help));
        }
        return;
    };
    let (group, rest) = name.split_at(bracket);
    let Some(inside) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(inside, _)| inside)
    else {
        // Between commas nothing is dropped: it is a name that nothing has, which is told elsewhere.
        if by_commas {
            return;
        }
        let message = format!("the bracket in {} is never closed: {} is left", shown(name), shown(group));
        return found.push(warning("pattern-bracket", &message, column, "close it"));
    };
    let number = |text: &str| text.trim().parse::<i64>().ok();
    if let Some((first, last)) = inside.split_once('-').and_then(|(a, b)| Some((number(a)?, number(b)?))) {
        let message =
            format!("{} is a slice of the members of {}, counted from 0", shown(name), shown(group));
        let help = format!("name the hosts, or write {}[{first}:{last}] if the slice is meant", shown(group));
        found.push(warning("pattern-slice", &message, column, &help));
    }
    let bounds = inside.split_once([':', '-']).and_then(|(a, b)| Some((number(a)?, number(b)?)));
    if let Some((first, last)) = bounds.filter(|(first, last)| *last >= 0 && first > last) {
        let message = format!("{} selects nothing: it ends before it begins", shown(name));
        let help = format!("write {}[{last}:{first}]", shown(group));
        found.push(warning("pattern-backwards", &message, column, &help));
    }
}

fn lint_regex(mark: &str, regex: &str, column: usize, by_commas: bool, found: &mut Diagnostics) {
    let what = match mark {
        "!" => "takes every host out",
        _ => "selects every host",
    };
    let dropped = unclosed(regex).filter(|_| !by_commas);
    let (kept, lost) = regex.split_at(dropped.unwrap_or(regex.len()));
    if ["", "^"].contains(&kept) {
        let lost = if lost.is_empty() { "" } else { ", since a bracket that is never closed is dropped" };
        let message = format!("~{} is an empty regular expression, which {what}{lost}", shown(regex));
        let fault = Diagnostic::error("pattern-selects-all", message).place(at(column));
        return found.push(fault.help("write the expression whole, or all if all are meant"));
    }
    if matches_nothing(kept) {
        let message = format!("~{} matches an empty name too, and so {what}", shown(regex));
        let help = "leave out the empty choice, or write all if all are meant";
        let fault = Diagnostic::error("pattern-selects-all", message).place(at(column));
        return found.push(fault.help(help));
    }
    if !lost.is_empty() {
        let message = format!("the bracket in ~{} is never closed: ~{} is left", shown(regex), shown(kept));
        found.push(warning("pattern-bracket", &message, column, "close it, or write \\["));
    }
}

/// Whether an expression that does not look so matches the beginning of every name.
fn matches_nothing(regex: &str) -> bool {
    let meant = regex.trim_start_matches('^').trim_end_matches('$') == ".*";
    let whole = || regex::Regex::new(&format!("^(?:{regex})")).ok();
    !meant && whole().is_some_and(|whole| whole.is_match(""))
}

/// Where a bracket is that is never closed.
fn unclosed(regex: &str) -> Option<usize> {
    let (mut open, mut escaped) = (None, false);
    for (index, letter) in regex.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' if open.is_none() => open = Some(index),
            ']' => open = None,
            _ => {}
        }
    }
    open
}

/// The parts of a pattern with their columns, from 1: parted by commas, or else by blanks and colons, which do not part
/// within brackets.
fn parts(pattern: &str) -> Vec<(usize, &str)> {
    if pattern.contains(',') {
        let mut column = 1;
        let part = |part: &'_ str| {
            let blanks = part.chars().take_while(|letter| letter.is_whitespace()).count();
            let start = column + blanks;
            column += part.chars().count() + 1;
            start
        };
        let columns: Vec<usize> = pattern.split(',').map(part).collect();
        let parts = columns.into_iter().zip(pattern.split(',').map(str::trim));
        return parts.filter(|(_, part)| !part.is_empty()).collect();
    }
    let (mut parts, mut start, mut open) = (Vec::new(), None, false);
    for (column, (index, letter)) in (1..).zip(pattern.char_indices()) {
        open = letter == '[' || open && letter != ']';
        let parting = letter.is_whitespace() || letter == ':' && !open;
        match (parting, start) {
            (true, Some((begin, first))) => {
                parts.push((first, pattern.get(begin..index).unwrap_or_default()));
                start = None;
            }
            (false, None) => start = Some((index, column)),
            _ => {}
        }
    }
    parts.extend(start.map(|(begin, first)| (first, pattern.get(begin..).unwrap_or_default())));
    parts
}

fn warning(code: &'static str, message: &str, column: usize, help: &str) -> Diagnostic {
    Diagnostic::warning(code, message).place(at(column)).help(help)
}

fn at(column: usize) -> Place {
    Place::file("pattern").at(1, u32::try_from(column).unwrap_or(u32::MAX))
}

fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}
