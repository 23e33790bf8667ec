//! What is set, by whom: built-in values, configuration files, contexts, environment variables and flags, each
//! beating the one before.

mod choices;
mod effective;
mod environment;
mod files;
mod layer;
mod origin;
mod schema;
mod search;

pub(crate) use choices::{ColorChoice, LogFormat};
pub(crate) use effective::{Config, Setting, Shown};
pub(crate) use environment::Environment;
pub(crate) use layer::{Layer, TlsLayer};
pub(crate) use origin::{Origin, Sourced};
pub(crate) use schema::schema;
