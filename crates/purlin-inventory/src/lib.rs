//! Hosts, groups and variables: read from where they are kept, asked by name, pattern or selector, each value with the
//! place where it was said.

mod batch;
mod document;
mod explain;
mod inventory;
pub mod native;
mod origin;
mod secret;
mod source;
mod typed;
mod value;
pub mod write;

pub use batch::{Batch, BatchGroup, BatchHost};
pub use explain::{Contribution, Explanation, Shown};
pub use inventory::{Group, GroupId, Host, HostId, Inventory, InventoryBuilder, MergeRule, Profile};
pub use origin::{FileId, Origin};
pub use secret::SecretValue;
pub use source::Source;
pub use typed::{Become, Contact, Facts, Identity, Service, SshSettings, TransportKind};
pub use value::{Located, Map, Value};
