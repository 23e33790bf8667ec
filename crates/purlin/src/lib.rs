//! purlin: the primitives that infrastructure tools are built from, behind one name.
//!
//! This crate is features and re-exports, nothing else. Each primitive is a crate of its own; a feature named after it
//! switches it on. The default has no TLS and no driver.
//!
//! | feature | what it adds |
//! |---|---|
//! | (always) | [`core`]: errors, call context, clock, secrets, endpoints, policy |
//! | `db` | `db`: sessions, values, pool, failover and topology; no driver |
//! | `db-mssql` | `db`, and SQL Server among `db::drivers()` |
//! | `db-mysql` | `db`, and MySQL and MariaDB among `db::drivers()` |
//! | `db-oracle` | `db`, and `db::oracle`: Oracle's listener, descriptors and `tnsnames.ora`; it wants Rust 1.89 |
//! | `db-postgres` | `db`, and PostgreSQL among `db::drivers()`; it wants Rust 1.94 |
//! | `db-sqlite` | `db`, and SQLite among `db::drivers()`; it wants Rust 1.89 |
//! | `deploy` | `deploy`: steps, plans and runs; it brings `health`, `inventory` and `transport` |
//! | `deploy-config`, `deploy-db`, `deploy-http` | deployments from a file; the journal and steps in databases; steps that call web servers |
//! | `health` | `health`: checks, a monitor, alarms, publishers |
//! | `health-config`, `health-db`, `health-dns`, `health-endpoint`, `health-http`, `health-tls`, `health-webhook`, `health-zones` | more of it: checks from a file, of databases, name servers, web servers and certificates; state over HTTP, alarms to web servers, weekly windows |
//! | `inventory` | `inventory`: hosts, groups and variables, patterns and selectors, node sets |
//! | `inventory-vault` | decryption of Ansible Vault in inventories |
//! | `ldap` | `ldap`: people, groups and hosts in LDAP directories, and their passwords |
//! | `ldap-config` | profiles of directories from TOML |
//! | `ldap-health`, `ldap-inventory` | a check of each server by itself; hosts and netgroups as a source of an inventory |
//! | `ldap-srv` | servers of directories that the DNS names for a domain |
//! | `tls` | `tls`: TLS settings to a configuration, and certificates to look at |
//! | `transport` | `transport`: commands, files and kept shells on this machine and on scripted hosts |
//! | `transport-health` | checks of `health` that run on their target |
//! | `transport-inventory` | a host's connection settings from an inventory |
//! | `transport-ssh` | the same over SSH |
//! | `transport-ssh-rsa` | RSA keys for it, which its default leaves out (RUSTSEC-2023-0071) |
//!
//! ```
//! use purlin::core::units::duration;
//! use purlin::{Cx, Endpoint, Result};
//!
//! let cx = Cx::background().with_timeout(duration::parse("30s")?);
//! let endpoint: Endpoint = "db1.lon:3306".parse()?;
//! assert!(cx.remaining().is_some() && endpoint.port() == Some(3306));
//! # Ok::<(), purlin::Error>(())
//! ```

#[cfg(feature = "db")]
pub mod db;

pub use purlin_core as core;
pub use purlin_core::{Cx, Endpoint, Error, ErrorKind, Policy, Result};
#[cfg(feature = "deploy")]
pub use purlin_deploy as deploy;
#[cfg(feature = "health")]
pub use purlin_health as health;
#[cfg(feature = "inventory")]
pub use purlin_inventory as inventory;
#[cfg(feature = "ldap")]
pub use purlin_ldap as ldap;
#[cfg(feature = "tls")]
pub use purlin_tls as tls;
#[cfg(feature = "transport")]
pub use purlin_transport as transport;

/// The blocks of the guide are run as they stand there.
#[cfg(all(doctest, feature = "db-sqlite", feature = "db-oracle"))]
#[doc = include_str!("../../../docs/databases.md")]
mod guide {}

/// The same of the guide to directories.
#[cfg(all(
    doctest,
    feature = "ldap-config",
    feature = "ldap-health",
    feature = "ldap-inventory",
    feature = "ldap-srv"
))]
#[doc = include_str!("../../../docs/ldap.md")]
mod guide_to_directories {}
/// The same of the guide to hosts.
#[cfg(all(doctest, feature = "transport-health", feature = "transport-ssh"))]
#[doc = include_str!("../../../docs/transport.md")]
mod transport_guide {}
/// The same of the guide to deployments.
#[cfg(all(doctest, feature = "deploy-config"))]
#[doc = include_str!("../../../docs/deploying.md")]
mod deploying_guide {}
