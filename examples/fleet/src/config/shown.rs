//! Settings as `config show` tells them.

use super::Sourced;
use schemars::JsonSchema;
use serde::Serialize;
use std::path::PathBuf;

/// A setting as it is shown.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Setting {
    /// Its name; a key of a table has the table's name and a dot before it.
    pub(crate) key: String,
    /// Its value; null where there is none. A secret is shown as the reference to it.
    pub(crate) value: Shown,
    /// Who set it: a place in a file, `environment NAME`, `flag --NAME` or `built-in`.
    pub(crate) origin: String,
}

impl Setting {
    pub(super) fn new<T>(key: impl Into<String>, value: &Sourced<T>, show: impl FnOnce(&T) -> Shown) -> Self {
        Self { key: key.into(), value: show(&value.value), origin: value.origin.to_string() }
    }
}

/// A value as it is shown.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Shown {
    Text(String),
    Flag(bool),
    List(Vec<String>),
    Nothing,
}

impl Shown {
    pub(super) fn of_paths(paths: &[PathBuf]) -> Self {
        Self::List(paths.iter().map(|path| path.display().to_string()).collect())
    }
}

impl From<String> for Shown {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Shown {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<Option<String>> for Shown {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Nothing, Self::Text)
    }
}
