//! What every tool wants to know of a host, with types: where it is, how it is reached, whose it is, what it serves.

pub(crate) mod parts;

mod become_user;
mod contact;
mod facts;
mod host;
mod identity;
mod service;
mod ssh;
mod transport;

pub use become_user::Become;
pub use contact::Contact;
pub use facts::Facts;
pub use identity::Identity;
pub use service::Service;
pub use ssh::SshSettings;
pub use transport::TransportKind;
