//! The shapes of what the library writes, for `fleet schema`. The values themselves are the library's; a test holds the
//! two together.

#![expect(dead_code, reason = "only schemas are made of these; no value of them ever exists")]

use schemars::JsonSchema;

/// The names of hosts, in order.
#[derive(JsonSchema)]
pub(crate) struct Hosts(Vec<String>);

/// What is wrong with an inventory, or probably not meant.
#[derive(JsonSchema)]
pub(crate) struct Findings(Vec<Finding>);

/// A fault, or something that is probably not meant.
#[derive(JsonSchema)]
struct Finding {
    /// Its stable name.
    code: String,
    /// How bad it is.
    severity: Severity,
    /// What is wrong, naming the thing.
    message: String,
    /// The file; left out where it is about none.
    #[schemars(skip_serializing_if = "Option::is_none")]
    file: String,
    /// The line, from 1; left out where the whole file is meant.
    #[schemars(skip_serializing_if = "Option::is_none")]
    line: u32,
    /// The column, in letters from 1; left out where the whole line is meant.
    #[schemars(skip_serializing_if = "Option::is_none")]
    column: u32,
    /// Other places that belong to it.
    #[schemars(skip_serializing_if = "Option::is_none")]
    related: Vec<Related>,
    /// What to do about it.
    #[schemars(skip_serializing_if = "Option::is_none")]
    help: String,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
enum Severity {
    Note,
    Warning,
    Error,
}

/// Another place that belongs to a fault.
#[derive(JsonSchema)]
struct Related {
    /// What is there.
    message: String,
    #[schemars(flatten)]
    place: Place,
}

/// A place in a file.
#[derive(JsonSchema)]
pub(super) struct Place {
    /// The file.
    file: String,
    /// The line, from 1; left out where the whole file is meant.
    #[schemars(skip_serializing_if = "Option::is_none")]
    line: u32,
    /// The column, in letters from 1; left out where the whole line is meant.
    #[schemars(skip_serializing_if = "Option::is_none")]
    column: u32,
}
