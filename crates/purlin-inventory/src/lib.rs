//! Hosts, groups and variables: read from where they are kept, asked by name, pattern or selector, each value with the
//! place where it was said.

mod ansible;
mod batch;
pub mod connection;
mod document;
mod explain;
mod expression;
mod glob;
mod hostset;
mod inventory;
mod lint;
mod loader;
pub mod native;
mod nodeset;
mod origin;
mod pattern;
mod secret;
mod select;
mod source;
mod typed;
mod value;
pub mod write;

pub use ansible::config::{
    AnsibleConfig, AnsibleEnv, Setting, SettingOrigin, VaultIdentity, VaultPasswordSource,
};
#[cfg(feature = "vault")]
pub use ansible::vault::{VaultKeys, VaultPasswords};
pub use ansible::{AnsibleOptions, GroupNames, Limits, VarsFolders};
pub use batch::{Batch, BatchGroup, BatchHost};
pub use connection::Connection;
pub use explain::{Contribution, Explanation, Shown};
pub use hostset::HostSet;
pub use inventory::{
    Group, GroupId, HashBehaviour, Host, HostId, Inventory, InventoryBuilder, MergeRule, Profile,
};
pub use lint::{Lint, VarsFile, VarsOwner, lint_pattern};
pub use loader::{
    BatchStore, FileSource, Freshness, Loaded, Loader, Loading, MemoryStore, Removal, ScriptSource,
};
pub use nodeset::{Names, NodeSet};
pub use origin::{FileId, Origin};
pub use pattern::PatternHosts;
pub use secret::SecretValue;
pub use source::Source;
pub use typed::{Become, Contact, Facts, Identity, Service, SshSettings, TransportKind};
pub use value::{Located, Map, Value};

/// The blocks of the guide are run as they stand there.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/inventory.md")]
mod guide {}
