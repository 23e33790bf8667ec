//! What every tool wants to know of a host, with types: where it is, whose it is, what it serves. How it is reached
//! is in [`connection`](crate::connection).

pub(crate) mod parts;

mod contact;
mod facts;
mod host;
mod identity;
mod service;

pub use contact::Contact;
pub use facts::Facts;
pub use identity::Identity;
pub use service::Service;
