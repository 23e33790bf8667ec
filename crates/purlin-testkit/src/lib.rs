//! Tools for the tests of purlin and of programs built on it: [servers](Server) that are private, throw-away and
//! surely gone afterwards, [binaries](Binary) run as a test wants them, faults on the way to a server, certificates,
//! the search for [secrets](Canary) where none may be, [leaks](Leaks), and the [conformance suites](suites) of
//! purlin's traits. Only ever a dev-dependency.
//!
//! | feature | what it adds |
//! |---|---|
//! | none | [`Server`], [`Binary`], [`ReservedPort`], [`require_program`], [`Canary`], [`Capture`], [`Leaks`], [`suites`] |
//! | `bind` | `Bind`: a real name server from the system's packages |
//! | `ca` | `TestCa`: a certificate authority for one test |
//! | `db` | `suites::db`: what every connector to a database must do, and what becomes of writes when a primary is killed |
//! | `chrony` | `Chrony`: a real time server from the system's packages |
//! | `deploy` | `suites::deploy`: what every step of a deployment and every journal must do |
//! | `haproxy` | `HaProxy`: a real HAProxy from the system's packages, with members of your choice |
//! | `health` | `suites::check`: what every check must do |
//! | `fuse` | `FuseMount`: a mount whose server can fall silent |
//! | `inventory` | `suites::inventory_source`: what every source of an inventory must do |
//! | `mariadb` | `MariaDb`: a real MariaDB from the system's packages, primary or replica, synchronous on demand |
//! | `mssql-mock` | `MssqlMock`: Microsoft's mock of SQL Server as a process, which `cargo xtask test` builds |
//! | `nagios` | `Nagios`: a real Nagios from the system's packages, fed with passive results |
//! | `nginx` | `Nginx`: a real nginx from the system's packages |
//! | `oracle-mirror` | `OracleMirror`: an independent server of Oracle's protocol, from a Python package |
//! | `postgres` | `Postgres`: a real PostgreSQL from the system's packages, with the same verbs |
//! | `sshd` | `Sshd`: a real OpenSSH server from the system's packages |
//! | `transport` | `suites::transport`: what every transport must do |
//! | `proxy` | `FaultProxy`: a TCP proxy that delays, cuts, stalls and garbles |
//! | `tds` | `tds::FakeSqlServer`: a server of our own that speaks SQL Server's protocol over SQLite |
//! | `ldap` | `suites::directory`: what every directory must do; `WireLdap`: an LDAP server byte by byte; `slapd` |
//! | `slapd` | `Slapd`: a real OpenLDAP server from the system's packages, and mirrors of it |
//!
//! Everything blocks for a limited time and needs no runtime, so it is called alike from synchronous and
//! asynchronous tests. What cannot be done in a test is an error of `purlin-core`; what the machine lacks makes
//! the test [skip](skip()), or fail where `PURLIN_REQUIRE_SERVERS` is `1`. Linux is what it is tested on.
//!
//! ```
//! use purlin_core::ErrorKind;
//! use purlin_testkit::{Canary, Leaks, Program, ServerSettings, capture};
//! use std::time::Duration;
//!
//! # fn main() -> purlin_core::Result<()> {
//! let leaks = Leaks::start()?;
//! let password = Canary::new();
//!
//! // A server is a program, what it is told, and how to see that it is ready.
//! let secret = password.secret();
//! let settings = ServerSettings::new("store", move |instance| {
//!     let file = instance.write("password", secret.expose())?;
//!     Ok(Program::new("sh").args(["-c", "test -s \"$1\" && echo ready; exec sleep 60", "sh"]).arg(file))
//! });
//! let server = settings.port("sql").ready_when(|instance| instance.logged("ready")).start()?;
//!
//! // It listens on no port yet: what a client would meet.
//! let refused = std::net::TcpStream::connect(server.address("sql")).unwrap_err();
//! let error = purlin_core::Error::io("tcp.connect", refused);
//! assert_eq!(error.kind(), ErrorKind::Refused);
//!
//! // Neither the server's log nor what was told to `tracing` holds the password.
//! let ((), told) = capture(|| tracing::warn!(error = %error, "no store"));
//! password.assert_absent(server.log());
//! password.assert_absent(told);
//!
//! drop(server);
//! leaks.within(Duration::from_secs(10)).check()?;
//! # Ok(())
//! # }
//! ```

mod binary;
#[cfg(feature = "bind")]
mod bind;
#[cfg(feature = "ca")]
mod ca;
mod canary;
#[cfg(feature = "chrony")]
mod chrony;
mod count;
mod enclosure;
#[cfg(feature = "fuse")]
mod fuse;
#[cfg(feature = "haproxy")]
mod haproxy;
mod leaks;
#[cfg(feature = "mariadb")]
mod mariadb;
#[cfg(feature = "mssql-mock")]
mod mssql_mock;
#[cfg(feature = "nagios")]
mod nagios;
#[cfg(feature = "nginx")]
mod nginx;
#[cfg(feature = "oracle-mirror")]
mod oracle_mirror;
mod port;
#[cfg(feature = "postgres")]
mod postgres;
mod processes;
mod program;
#[cfg(feature = "proxy")]
mod proxy;
mod quote;
mod server;
mod skip;
#[cfg(feature = "slapd")]
mod slapd;
#[cfg(feature = "sshd")]
mod sshd;
pub mod suites;
#[cfg(feature = "tds")]
pub mod tds;
mod wait;
#[cfg(feature = "ldap")]
mod wire_ldap;

pub use binary::{Binary, Output, Running, Signal};
#[cfg(feature = "bind")]
pub use bind::{Bind, BindSettings};
#[cfg(feature = "ca")]
pub use ca::{Leaf, LeafSettings, TestCa};
pub use canary::{Canary, Capture, capture};
#[cfg(feature = "chrony")]
pub use chrony::{Chrony, ChronySettings};
pub use count::count;
#[cfg(feature = "fuse")]
pub use fuse::FuseMount;
#[cfg(feature = "haproxy")]
pub use haproxy::{HaProxy, HaProxySettings};
pub use leaks::Leaks;
#[cfg(feature = "mariadb")]
pub use mariadb::{MariaDb, MariaDbSettings};
#[cfg(feature = "mssql-mock")]
pub use mssql_mock::{MssqlMock, MssqlMockSettings};
#[cfg(feature = "nagios")]
pub use nagios::{Nagios, NagiosSettings};
#[cfg(feature = "nginx")]
pub use nginx::{Nginx, NginxSettings, TlsVersion};
#[cfg(feature = "oracle-mirror")]
pub use oracle_mirror::{OracleMirror, OracleMirrorSettings};
pub use port::ReservedPort;
#[cfg(feature = "postgres")]
pub use postgres::{Postgres, PostgresSettings};
pub use program::Program;
#[cfg(feature = "proxy")]
pub use proxy::{Accept, Counters, Fault, FaultProxy, Traffic};
pub use server::{Instance, Server, ServerSettings};
pub use skip::{require_program, skip};
#[cfg(feature = "slapd")]
pub use slapd::{Slapd, SlapdSettings};
#[cfg(feature = "sshd")]
pub use sshd::{Sshd, SshdSettings};
#[cfg(feature = "ldap")]
pub use wire_ldap::{LdapAttribute, LdapRequest, LdapResponse, WireLdap, malformed_ldap};
