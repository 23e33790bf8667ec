//! Hosts, groups and variables: read from where they are kept, asked by name, pattern or selector, each value with the
//! place where it was said.

mod ansible;
mod batch;
mod document;
mod inventory;
mod loader;
mod origin;
mod secret;
mod source;
mod value;

pub use ansible::{AnsibleOptions, GroupNames, Limits, VarsFolders};
pub use batch::{Batch, BatchGroup, BatchHost};
pub use inventory::{Group, GroupId, HashBehaviour, Host, HostId, Inventory, InventoryBuilder, Profile};
pub use loader::{
    BatchStore, FileSource, Freshness, Loaded, Loader, Loading, MemoryStore, Removal, ScriptSource,
};
pub use origin::{FileId, Origin};
pub use secret::SecretValue;
pub use source::Source;
pub use value::{Located, Map, Value};
