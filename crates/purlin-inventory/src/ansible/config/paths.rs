//! Paths as `ansible.cfg` writes them.

use super::AnsibleEnv;
use std::path::{Component, Path, PathBuf};

/// What paths are relative to.
#[derive(Debug)]
pub(super) struct Paths<'a> {
    env: &'a AnsibleEnv,
    folder: PathBuf,
}

impl<'a> Paths<'a> {
    pub(super) fn new(env: &'a AnsibleEnv, file: Option<&Path>) -> Self {
        let folder = file.and_then(Path::parent).map_or_else(|| env.current_dir.clone(), Path::to_path_buf);
        Self { env, folder }
    }

    /// A path relative to the current folder.
    pub(super) fn resolve(&self, text: &str) -> PathBuf {
        normal(&self.env.current_dir.join(self.expanded(text)))
    }

    /// A path relative to the file's folder.
    pub(super) fn resolve_in_file(&self, text: &str) -> PathBuf {
        normal(&self.env.current_dir.join(&self.folder).join(self.expanded(text)))
    }

    /// With `{{CWD}}`, the home folder and variables put in; an unknown variable stays as it is.
    fn expanded(&self, text: &str) -> PathBuf {
        let current = self.env.current_dir.display().to_string();
        let text = text.replace("{{CWD}}", &current);
        let text = match (text.strip_prefix('~'), self.env.get("HOME")) {
            (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => format!("{home}{rest}"),
            _ => text,
        };
        PathBuf::from(self.with_variables(&text))
    }

    fn with_variables(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            let braced = after.strip_prefix('{').and_then(|inner| inner.split_once('}'));
            let (name, behind) = braced.unwrap_or_else(|| {
                let end = after.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
                after.split_at(end.unwrap_or(after.len()))
            });
            match self.env.get(name) {
                Some(value) => {
                    out.push_str(value);
                    rest = behind;
                }
                None => {
                    out.push('$');
                    rest = after;
                }
            }
        }
        out + rest
    }
}

/// Without `.`, `..` and double slashes, by the letters alone.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            Component::ParentDir if out.has_root() => {}
            part => out.push(part),
        }
    }
    out
}
