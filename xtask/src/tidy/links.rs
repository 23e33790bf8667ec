//! Links between the documents of the repository.

use crate::fault::Fault;
use crate::tree::Tree;

/// Checks that every relative link of every Markdown file leads to a file or folder of the tree.
pub(super) fn check(tree: &Tree) -> Vec<Fault> {
    let pages = tree.texts().filter(|(path, _)| path.ends_with(".md"));
    pages.flat_map(|(path, text)| dead(tree, path, text)).collect()
}

fn dead(tree: &Tree, page: &str, text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut in_code = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        for target in targets(line) {
            if !leads_somewhere(tree, page, target) {
                faults.push(Fault::at(page, index + 1, format!("the link to {target} leads nowhere")));
            }
        }
    }
    faults
}

/// The relative targets of `[text](target)` and `[text]: target`, without what stands behind `#`.
fn targets(line: &str) -> Vec<&str> {
    let inline = line.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target));
    let defined = line.strip_prefix('[').and_then(|rest| rest.split_once("]: ")).map(|(_, target)| target);
    inline
        .chain(defined)
        .filter_map(|target| target.split_whitespace().next()?.split('#').next())
        .filter(|target| !target.is_empty() && !target.contains(':'))
        .collect()
}

fn leads_somewhere(tree: &Tree, page: &str, target: &str) -> bool {
    let Some(path) = resolve(page, target) else {
        return false;
    };
    let folder = format!("{path}/");
    tree.paths().any(|known| known == path || known.starts_with(&folder))
}

/// The path from the root that `target` means in `page`; none if it leaves the tree.
fn resolve(page: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(page: &str, text: &str) -> Vec<String> {
        let tree = Tree::of(&[(page, text), ("docs/a.md", ""), ("docs/more/b.md", ""), ("LICENSE-MIT", "")]);
        check(&tree).iter().map(Fault::to_string).collect()
    }

    #[test]
    fn a_link_that_leads_nowhere_is_named() {
        assert_eq!(messages("docs/c.md", "\nsee [a](b.md)"), ["docs/c.md:2: the link to b.md leads nowhere"]);
        assert_eq!(messages("c.md", "[a](docs/a.md) [b](docs/b.md)").len(), 1);
        assert_eq!(messages("c.md", "[a]: docs/none.md").len(), 1);
        assert_eq!(messages("docs/c.md", "[a](../../a.md)").len(), 1);
    }

    #[test]
    fn what_is_there_or_elsewhere_is_fine() {
        for text in [
            "[a](a.md#part), [b](./more/b.md), [more](more/), [licence](../LICENSE-MIT) [here](#part)",
            "[a]: more/b.md",
            "<https://example.org> [x](https://example.org/x) [m](mailto:x@example.org)",
            "```rust\nlet x = map[0](none);\n```",
        ] {
            assert_eq!(messages("docs/c.md", text), Vec::<String>::new(), "{text}");
        }
    }
}
