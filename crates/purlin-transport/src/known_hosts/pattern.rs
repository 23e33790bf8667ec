//! Patterns of host names: `*`, `?`, and lists with `!` (ssh_config(5), PATTERNS).

/// Whether a list, apart by commas, matches; one negated pattern that matches is a no, whatever the others say. The name
/// is in lower case, patterns need not be.
pub(crate) fn matches_list(list: &str, name: &str) -> bool {
    let mut found = false;
    for pattern in list.split(',') {
        match pattern.strip_prefix('!') {
            Some(pattern) if matches(pattern, name) => return false,
            Some(_) => {}
            None => found |= matches(pattern, name),
        }
    }
    found
}

/// Whether one pattern matches all of a name. Its time is linear in both together for each star, whatever people write.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().map(|letter| letter.to_ascii_lowercase()).collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match (pattern.get(p), star) {
            (Some('*'), _) => {
                star = Some((p, n));
                p += 1;
            }
            (Some(letter), _) if *letter == '?' || Some(letter) == name.get(n) => {
                p += 1;
                n += 1;
            }
            (_, Some((at, from))) => {
                star = Some((at, from + 1));
                p = at + 1;
                n = from + 1;
            }
            (_, None) => return false,
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|letter| *letter == '*')
}
