//! "Did you mean …?"

/// The candidate that a mistyped name most likely means: the one with the fewest edits (a letter put in, left out,
/// replaced, or two neighbours swapped), if they are at most a third of the name's letters. Case counts as half
/// right.
///
/// ```
/// let keys = ["timeout", "color", "context"];
/// assert_eq!(purlin_core::suggest("timeot", keys), Some("timeout"));
/// assert_eq!(purlin_core::suggest("password", keys), None);
/// ```
pub fn suggest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Long input is no typing mistake, and the table below grows with the square of its length.
    if name.is_empty() || name.len() > 100 {
        return None;
    }
    let letters = name.chars().count();
    let allowed = 2 * letters.div_ceil(3);
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= 200)
        // As many letters as one has more than the other must be put in or left out.
        .filter(|candidate| 2 * candidate.chars().count().abs_diff(letters) <= allowed)
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Optimal string alignment distance in half edits: 2 an edit, 1 for a difference in case alone.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=other.len()).map(|edits| 2 * edits).collect();
    for (row, letter) in one.iter().enumerate() {
        let mut current = vec![2 * (row + 1)];
        for (column, against) in other.iter().enumerate() {
            let replaced = above[column] + cost(*letter, *against);
            let mut best = replaced.min(above[column + 1] + 2).min(current[column] + 2);
            let swapped = row > 0 && column > 0 && one[row - 1] == *against && *letter == other[column - 1];
            if swapped {
                best = best.min(before[column - 1] + 2);
            }
            current.push(best);
        }
        (before, above) = (above, current);
    }
    above[other.len()]
}

fn cost(one: char, other: char) -> usize {
    match (one == other, one.eq_ignore_ascii_case(&other)) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => 2,
    }
}
