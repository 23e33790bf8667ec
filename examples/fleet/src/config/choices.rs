//! Settings that are one of a few words.

use clap::ValueEnum;
use schemars::JsonSchema;

/// When output for people is coloured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub(crate) enum ColorChoice {
    /// On a terminal that can show it
    #[default]
    Auto,
    /// Also into files and pipes
    Always,
    /// Not at all
    Never,
}

/// How what goes to standard error is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// Lines for people
    #[default]
    Text,
    /// A JSON object a line
    Json,
}

/// The word that is written for it.
pub(crate) fn word(choice: impl ValueEnum) -> String {
    choice.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}
