//! Texts become values: YAML, JSON, TOML and Python literals, each value with its line and column.

pub(crate) mod json;
pub(crate) mod literal;
pub(crate) mod toml;
pub(crate) mod yaml;
