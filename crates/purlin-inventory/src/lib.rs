//! Hosts, groups and variables: read from where they are kept, asked by name, pattern or selector, each value with the
//! place where it was said.

mod ansible;
mod batch;
pub mod connection;
mod document;
mod inventory;
mod lint;
mod origin;
mod secret;
mod source;
mod value;

pub use ansible::config::kinds::{GroupNames, HashBehaviour};
pub use ansible::config::{
    AnsibleConfig, AnsibleEnv, Setting, SettingOrigin, VaultIdentity, VaultPasswordSource,
};
#[cfg(feature = "vault")]
pub use ansible::vault::{VaultKeys, VaultPasswords};
pub use batch::{Batch, BatchGroup, BatchHost};
pub use connection::Connection;
pub use inventory::{Group, GroupId, Host, HostId, Inventory, InventoryBuilder, Profile};
pub use lint::{Lint, VarsFile, VarsOwner, lint_pattern};
pub use origin::{FileId, Origin};
pub use secret::SecretValue;
pub use source::Source;
pub use value::{Located, Map, Value};
