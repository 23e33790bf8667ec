//! Directories: look people, groups and hosts up, authenticate, and survive a dead directory server.
//!
//! A [`Directory`] answers searches and says whether a password is somebody's; [`DirectoryExt`] has the look-ups that
//! people want, by the [`Profile`] that says how things are written in it. What it answers can be trusted:
//!
//! - Each wait ends: one deadline bounds a look-up with all that belongs to it.
//! - Nothing is cut short quietly: an answer that a limit ended is an error that keeps what came before it.
//! - Nothing that a user types can become a part of a question: [`Filter`], [`Dn`] and [`AttrName`] are types, not texts.
//! - A password is refused, or accepted, by the directory alone: a network that fails is never "bad credentials", and an
//!   empty password is never sent.
//! - No secret stands in an error, a span or a `Debug`.
//!
//! ```
//! use purlin_core::{Cx, Secret};
//! use purlin_ldap::{DirectoryExt, FakeDirectory, Profile, Reason};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
//! // A real one is an `LdapDirectory` (feature `client`); this one is in memory.
//! let ldif = "\
//! dn: uid=ada,ou=people,dc=example,dc=org
//! objectClass: posixAccount
//! uid: ada
//! cn: Ada Lovelace
//! uidNumber: 1001
//! userPassword: countess
//!
//! dn: cn=oncall,ou=groups,dc=example,dc=org
//! objectClass: groupOfNames
//! cn: oncall
//! member: UID=ada, ou=people,dc=example,dc=org
//! ";
//! let directory = FakeDirectory::from_ldif(Profile::rfc2307bis("dc=example,dc=org".parse()?), ldif)?;
//!
//! let cx = Cx::background();
//! let ada = directory.user(&cx, "ada").await?;
//! println!("{} has number {:?}", ada.name, ada.number);
//!
//! let oncall = directory.members_of(&cx, "oncall").nested().await?;
//! assert_eq!(oncall.people.len(), 1);
//!
//! let verdict = directory.authenticate_user(&cx, "ada", &Secret::from("")).await?;
//! assert_eq!(verdict.reason(), Some(Reason::EmptyPassword));
//! # Ok::<(), purlin_core::Error>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | feature | what it adds |
//! |---|---|
//! | (always) | the traits, the types, `FakeDirectory` |
//! | `client` | `LdapDirectory`: servers over the network, with TLS |
//! | `config` | profiles from TOML |
//! | `health` | a check of each server by itself |
//! | `inventory` | hosts and netgroups as a source of an inventory |
//! | `srv` | servers that the DNS names for a domain |

mod attribute;
#[cfg(feature = "client")]
pub mod client;
mod directory;
mod dn;
mod entries;
mod entry;
mod fake;
mod fault;
pub mod filter;
#[cfg(feature = "health")]
pub mod health;
#[cfg(feature = "inventory")]
pub mod inventory;
pub mod ldif;
mod lookup;
pub mod profile;
mod search;
mod verdict;

pub use attribute::AttrName;
#[cfg(feature = "client")]
pub use client::{Identity, LdapDirectory, LdapSettings, Security, ServerReport, ServerUrl};
#[cfg(feature = "srv")]
pub use client::{SrvAnswer, SrvDomain};
pub use directory::{Capabilities, Directory};
pub use dn::{Dn, Rdn};
pub use entries::{Batch, Batches, Entries};
pub use entry::{Attribute, Entry, EntryParts};
pub use fake::{Asked, FakeDirectory, FakeFault};
pub use fault::{LdapClass, LdapDetail, Truncated, class_of_code, name_of_code};
pub use filter::{Filter, FilterTemplate};
pub use lookup::{
    DirectoryExt, Group, GroupsOf, Host, LookUp, Members, MembersOf, Named, Netgroup, Triple, User,
};
pub use profile::Profile;
pub use search::{Scope, Search};
pub use verdict::{Accepted, Reason, Verdict};
