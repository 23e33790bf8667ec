//! The files of the repository.

use crate::process::Program;
use std::collections::BTreeMap;
use std::path::Path;

/// Every file that git tracks, and every new one that it does not ignore: path below the root, and text if it is any.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    files: BTreeMap<String, Option<String>>,
}

impl Tree {
    /// Asks git for the paths and reads them; a path that is deleted but not yet committed is left out.
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        let listing = Program::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .dir(root)
            .stdout()?;
        let mut files = BTreeMap::new();
        for path in listing.split('\0').filter(|path| !path.is_empty()) {
            match std::fs::read(root.join(path)) {
                Ok(bytes) => {
                    files.insert(path.to_owned(), String::from_utf8(bytes).ok());
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(format!("cannot read {path}: {error}")),
            }
        }
        Ok(Self { files })
    }

    /// The text of a file, if it exists and is text.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path)?.as_deref()
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Path and text of every text file.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter_map(|(path, text)| Some((path.as_str(), text.as_deref()?)))
    }

    /// The folders directly below `parent`, which ends in a slash.
    pub(crate) fn folders(&self, parent: &str) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .paths()
            .filter_map(|path| path.strip_prefix(parent)?.split_once('/').map(|(name, _)| name))
            .collect();
        names.dedup();
        names
    }
}

#[cfg(test)]
impl Tree {
    /// A tree for tests.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        Self { files: files.iter().map(|(path, text)| ((*path).into(), Some((*text).into()))).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_those_directly_below() {
        let tree = Tree::of(&[
            ("crates/a/x.rs", ""),
            ("crates/a/src/y.rs", ""),
            ("crates/b/z.rs", ""),
            ("c.rs", ""),
        ]);
        assert_eq!(tree.folders("crates/"), ["a", "b"]);
    }
}
