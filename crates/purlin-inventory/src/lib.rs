//! Hosts, groups and variables: read from where they are kept, asked by name, pattern or selector, each value with the
//! place where it was said.
//!
//! | what | for |
//! |---|---|
//! | [`Loader`], [`SourceEntry`], [`Source`], [`FileSource`], [`ScriptSource`] | sources in order, each with its policy |
//! | [`Inventory`], [`Host`], [`Group`] | hosts, groups and resolved variables, each with its [`Origin`] |
//! | [`Inventory::pattern`], [`Inventory::select`] | Ansible's patterns; the native selector |
//! | [`Inventory::explain`], [`Inventory::lint`] | why a value is what it is; what is probably not meant |
//! | [`Host::connection`], [`Connection`] | how a host is reached, whatever format says it |
//! | [`NodeSet`], [`HostSet`] | sets of names; sets of hosts of an inventory |
//! | [`native`], [`write`](mod@write) | purlin's own format; inventories as other tools read them |
//! | feature `vault` | `VaultPasswords` open what Ansible Vault has encrypted; without it that stays closed |
//!
//! ```
//! use purlin_core::Cx;
//! use purlin_inventory::Loader;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! # let folder = tempfile::tempdir().unwrap();
//! # let path = folder.path().join("hosts.ini");
//! # let name = path.display().to_string();
//! # std::fs::write(&path, "[web]\nweb[01:03].lon\n\n[web:vars]\nhttp_port=8080\n").unwrap();
//! let loaded = Loader::new().source(name).load(&Cx::background()).await?;
//! let estate = loaded.inventory;
//!
//! let found = estate.pattern("web:!web02*", None)?;
//! assert_eq!(found.names().collect::<Vec<_>>(), ["web01.lon", "web03.lon"]);
//!
//! let port = estate.host("web01.lon").and_then(|host| host.var("http_port")).unwrap();
//! assert_eq!(port.value.as_i64(), Some(8080));
//! assert_eq!(estate.place(port.origin).line, Some(5));
//! # Ok::<(), purlin_core::Error>(())
//! # }).unwrap();
//! ```

mod ansible;
mod batch;
mod connection;
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
mod template;
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
pub use connection::{Become, Connection, HostKeyChecking, Password, TransportKind};
pub use explain::{Contribution, Explanation, Shown};
pub use hostset::HostSet;
pub use inventory::{
    Group, GroupId, HashBehaviour, Host, HostId, Inventory, InventoryBuilder, MergeRule, Profile,
};
pub use lint::{Lint, VarsFile, VarsOwner, lint_pattern};
pub use loader::{FileSource, Freshness, Loaded, Loader, Loading, Removal, ScriptSource, SourceEntry};
pub use nodeset::{Names, NodeSet, NodeSets, SetOperation};
pub use origin::{FileId, Origin};
pub use pattern::PatternHosts;
pub use secret::SecretValue;
pub use source::Source;
pub use template::Template;
pub use typed::{Contact, Facts, Identity, Service};
pub use value::{Located, Map, Value};

/// The blocks of the guide are run as they stand there.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/inventory.md")]
mod guide {}
