//! The shape of a configuration file, for `fleet schema config` and for editors. The files themselves are read by the
//! walk in `files.rs`, which tells every fault with its place; a test keeps the two together.

#![expect(dead_code, reason = "only the schema is made of these; no value of them ever exists")]

use super::{ColorChoice, LogFormat};
use crate::app::NAME;
use schemars::{JsonSchema, Schema};
use serde_json::Value;
use std::collections::BTreeMap;

/// The JSON Schema of a configuration file.
pub(crate) fn schema() -> Schema {
    let mut schema = schema_of_file::<ConfigFile>();
    schema.insert("title".to_owned(), format!("{NAME} configuration file").into());
    schema
}

/// The JSON Schema of a file in TOML.
pub(crate) fn schema_of_file<T: JsonSchema>() -> Schema {
    let mut schema = schemars::schema_for!(T);
    if let Some(root) = schema.as_object_mut() {
        root.values_mut().for_each(without_null);
    }
    schema
}

/// A missing key is left out: TOML has no null.
fn without_null(schema: &mut Value) {
    let is_null = |variant: &Value| variant.get("type").unwrap_or(variant) == "null";
    for keyword in ["type", "anyOf"] {
        let Some(variants) = schema.get_mut(keyword).and_then(Value::as_array_mut) else {
            continue;
        };
        variants.retain(|variant| !is_null(variant));
        if let ([only], Some(object)) = (variants.clone().as_slice(), schema.as_object_mut()) {
            object.remove(keyword);
            match only.as_object() {
                Some(members) => object.extend(members.clone()),
                None => _ = object.insert(keyword.to_owned(), only.clone()),
            }
        }
    }
    match schema {
        Value::Object(members) => members.values_mut().for_each(without_null),
        Value::Array(elements) => elements.iter_mut().for_each(without_null),
        _ => {}
    }
}

/// A configuration file.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct ConfigFile {
    /// The context that is used where neither --context nor the environment chooses one.
    default_context: Option<String>,
    #[schemars(flatten)]
    values: Values,
    /// Values that count instead of those of the base while the context of this name is in use.
    context: Option<BTreeMap<String, Context>>,
}

/// The values of a context.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Context {
    /// Whether changes want the context's name as a confirmation. Default: false.
    protected: Option<bool>,
    #[schemars(flatten)]
    values: Values,
}

/// The values of a file's base and of a context.
#[derive(JsonSchema)]
struct Values {
    /// How long a call may take, with a unit: "10s", "1m30s". Default: "10s".
    timeout: Option<String>,
    /// When output for people is coloured. Default: "auto".
    color: Option<ColorChoice>,
    /// How what goes to standard error is written. Default: "text".
    log_format: Option<LogFormat>,
    /// Where hosts are named, in order, a later source stronger: files, scripts, folders, "exec:COMMAND", or hosts with
    /// a comma. A relative path is relative to the file's folder.
    inventory: Option<Vec<String>>,
    /// The file of checks, checks.toml. A relative path is relative to the file's folder.
    checks: Option<String>,
    /// The folder in which state outlives a call. A relative path is relative to the file's folder.
    state_dir: Option<String>,
    /// The database in which deployments keep their journal: a URL, or `@NAME` of a connection. Default: a file in the state
    /// folder.
    journal: Option<String>,
    /// The folder on hosts in which deployments leave locks and evidence. Default: /var/lib/purlin for root, else
    /// ~/.local/state/purlin.
    evidence_dir: Option<String>,
    /// How to speak TLS.
    tls: Option<Tls>,
    /// Databases and directories by name: `@NAME` stands for the URL of the one of this name.
    connection: Option<BTreeMap<String, Connection>>,
}

/// A database or directory that has a name.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Connection {
    /// Where it is, without a password: "mysql://app@db1.lon,db2.lds/map?role=primary", "sqlite:state.db". The path of a
    /// file is relative to the file's folder. Of a directory, its servers and the entry under which everything is:
    /// "ldaps://ldap1.lon,ldap2.lds/dc=example,dc=org". A context may leave it out where the base says it.
    url: Option<String>,
    /// Whom to log in as, whatever the URL says; at a directory the name of an entry.
    user: Option<String>,
    /// The password, asked for at each connect.
    password: Option<Secret>,
    /// How things are written in a directory: "rfc2307", "rfc2307bis", "active_directory", or the path of a file.
    profile: Option<String>,
    /// Whether passwords may go to a directory in clear, over ldap://. Default: false.
    danger_password_in_clear: Option<bool>,
    /// How to speak TLS there; what is not said is as in `tls`.
    tls: Option<Tls>,
}

/// How to speak TLS. A relative path is relative to the file's folder.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Tls {
    /// Files of certificate authorities trusted beside the system's.
    ca: Option<Vec<String>>,
    /// Files of certificate authorities trusted instead of the system's.
    ca_only: Option<Vec<String>>,
    /// The file of our certificate, followed by its chain.
    client_certificate: Option<String>,
    /// Its private key.
    client_key: Option<Secret>,
    /// The name that certificates must be for, where that is not the name a server is reached by.
    server_name: Option<String>,
}

/// Where a secret comes from.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase", deny_unknown_fields)]
enum Secret {
    /// An environment variable.
    Env(String),
    /// A file.
    File(String),
    /// What a command prints; the program first, then its arguments.
    Command(#[schemars(length(min = 1))] Vec<String>),
}
