//! Paths and hosts of one machine, which mean nothing on another.

use super::stands_alone;
use crate::fault::Fault;
use crate::tree::Tree;

/// The home of the administrator, put together here so that this file does not hold it.
const ADMIN_HOME: &str = concat!("/ro", "ot/");
const HOMES: &str = concat!("/ho", "me/");
const REGISTRY: &str = concat!("arti", "factory");

/// Checks every text file. `checkout` is the absolute path of the tree itself.
pub(super) fn check(tree: &Tree, checkout: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, text) in tree.texts() {
        for (index, line) in text.lines().enumerate() {
            for what in machine_words(line, checkout) {
                faults.push(Fault::at(path, index + 1, format!("`{what}` belongs to one machine")));
            }
        }
    }
    faults
}

fn machine_words(line: &str, checkout: &str) -> Vec<String> {
    let mut found = Vec::new();
    if line.contains(ADMIN_HOME) {
        found.push(ADMIN_HOME.to_owned());
    }
    found.extend(home(line));
    // A checkout at `/` or `/src` would be found everywhere.
    if checkout.matches('/').count() >= 2 && stands_alone(line, checkout) {
        found.push(checkout.to_owned());
    }
    if line.to_lowercase().contains(REGISTRY) {
        found.push(REGISTRY.to_owned());
    }
    found
}

/// `/home/` and a real name; capitals are a placeholder as in `/home/NAME/`.
fn home(line: &str) -> Option<String> {
    let (_, rest) = line.split_once(HOMES)?;
    let name: String =
        rest.chars().take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-').collect();
    (!name.is_empty() && rest[name.len()..].starts_with('/')).then(|| format!("{HOMES}{name}/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Put together here, or a clone that stands there would find it in this file.
    const CLONE: &str = concat!("/srv", "/clone");

    #[test]
    fn machine_paths_are_found() {
        let lines = [
            format!("see {ADMIN_HOME}x"),
            format!("{HOMES}ann/x"),
            format!("cd {CLONE}/tests"),
            format!("It is at {CLONE}."),
            format!("https://{}.example.org", REGISTRY.to_uppercase()),
        ];
        for line in &lines[..4] {
            assert_eq!(machine_words(line, CLONE).len(), 1, "{line}");
        }
        assert_eq!(machine_words(&lines[4], CLONE), [REGISTRY]);
        let faults = check(&Tree::of(&[("a.md", &format!("ok\n{}\n", lines[0]))]), CLONE);
        assert_eq!(faults.len(), 1);
        assert!(faults[0].to_string().starts_with("a.md:2: "), "{}", faults[0]);
    }

    #[test]
    fn placeholders_and_other_paths_are_fine() {
        let (longer, inner) = (format!("{CLONE}s/x"), format!("my{CLONE}"));
        for line in [&format!("{HOMES}NAME/x"), &longer, &inner, "/etc/fleet/config.toml", "{root}/x"] {
            assert_eq!(machine_words(line, CLONE), Vec::<String>::new(), "{line}");
        }
        assert_eq!(machine_words("a /src b", "/src"), Vec::<String>::new());
    }
}
