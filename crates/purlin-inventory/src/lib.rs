//! Hosts, groups and variables: read from where they are kept, asked by name, pattern or selector, each value with the
//! place where it was said.

mod batch;
#[allow(dead_code, reason = "the readers of formats are built on these")]
mod document;
mod expression;
mod glob;
mod hostset;
mod inventory;
mod nodeset;
mod origin;
mod pattern;
mod secret;
mod select;
mod source;
mod value;

pub use batch::{Batch, BatchGroup, BatchHost};
pub use hostset::HostSet;
pub use inventory::{Group, GroupId, Host, HostId, Inventory, InventoryBuilder, Profile};
pub use nodeset::{Names, NodeSet};
pub use origin::{FileId, Origin};
pub use pattern::PatternHosts;
pub use secret::SecretValue;
pub use source::Source;
pub use value::{Located, Map, Value};
