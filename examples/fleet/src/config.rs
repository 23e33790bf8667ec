//! What is set, by whom: built-in values, configuration files, contexts, environment variables and flags, each
//! beating the one before.

mod choices;
mod connection;
mod directory;
mod effective;
mod environment;
mod files;
mod layer;
mod origin;
mod schema;
mod search;
mod shown;
mod tls;

pub(crate) use choices::{ColorChoice, LogFormat};
pub(crate) use connection::Connection;
pub(crate) use directory::DirectoryUrl;
pub(crate) use effective::Config;
pub(crate) use environment::Environment;
pub(crate) use layer::Layer;
pub(crate) use origin::{Origin, Sourced};
pub(crate) use schema::{schema, schema_of_file};
pub(crate) use shown::{Setting, Shown};
pub(crate) use tls::TlsLayer;
